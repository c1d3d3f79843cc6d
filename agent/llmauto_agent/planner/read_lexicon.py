"""The operators of the grammar, and how the words of a language turn into them.

    ≻ ⪰ ≺ ⪯ ≈ ≠   comparisons            ⊤ ⊥   superlatives (⊤#: by count, ⊤⟨price⟩: by that concept)
    μ η Σ ↑ ↓ σ ν ◊   average, median, total, maximum, minimum, deviation, variance, mode
    # ‡            count, count distinct   %     share              rate  share of the yes-values
    ⊞              group by                ⇓ ⇑ ⇅ descending, ascending, sorted by
    ∅ ∃            missing, not missing    ℓ ⊢ ⊣ contains, starts with, ends with
    corr           correlation

With these, most rules of the grammar are the same for English and Chinese.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llmauto_agent.planner.read_code import pattern
from llmauto_agent.planner.read_lexicon_en import ENGLISH
from llmauto_agent.planner.read_lexicon_zh import CHINESE
from llmauto_agent.planner.tokens import Language

OPERATORS = "¤≻⪰≺⪯≈≠⊤⊥μηΣ↑↓σν◊#‡%⊞⇓⇑⇅∅∃ℓ⊢⊣"

AGGREGATES = {
    "μ": "avg", "η": "median", "Σ": "sum", "↑": "max", "↓": "min", "σ": "stddev", "ν": "variance", "◊": "mode",
}  # fmt: skip
COMPARISONS = {"≻": ">", "⪰": ">=", "≺": "<", "⪯": "<=", "≈": "=", "≠": "!="}

CONCEPTS: dict[str, tuple[str, ...]] = {
    "price": (
        "price",
        "cost",
        "fare",
        "msrp",
        "rent",
        "fee",
        "charge",
        "charges",
        "bill",
        "payment",
        "premium",
        "rate",
        "amount",
        "value",
    ),
    "cost": ("cost", "price", "fare", "rent", "fee", "charge", "charges", "bill", "amount"),
    "old": (
        "age",
        "birth year",
        "birthday",
        "birth date",
        "birthdate",
        "date of birth",
        "year built",
        "year",
    ),
    "date": ("date", "year"),
    "length": (
        "length",
        "duration",
        "milliseconds",
        "running time",
        "runtime",
        "hours",
        "minutes",
        "distance",
    ),
    "area": ("area", "sqm", "sqft", "square", "surface", "size", "面积"),
    "weight": ("weight", "body mass", "mass"),
    "height": ("height", "elevation", "elev", "altitude"),
    "depth": ("depth",),
    "strength": ("magnitude", "strength", "power", "intensity"),
    "deaths": ("deaths", "fatalities", "casualties", "killed", "dead"),
    "duration": ("duration", "length", "hours", "minutes", "running time", "runtime", "milliseconds", "time"),
    "temperature": ("temperature", "temp max", "temp", "actual max temp"),
    "cold": ("temp min", "temperature", "temp", "最低气温", "气温", "温度"),
    "distance": ("distance", "length"),
    "speed": ("speed", "top speed"),
    "income": (
        "income",
        "salary",
        "wage",
        "wages",
        "pay",
        "earnings",
        "gdp per capita",
        "median income",
        "wealth",
    ),
    "precipitation": ("precipitation", "rain", "rainfall"),
    "wind": ("wind", "wind speed"),
    "population": ("population", "pop"),
    "quantity": ("quantity", "units sold", "units", "数量", "销量"),
    "sales": ("销售额", "销量", "金额", "sales", "revenue", "数量", "quantity"),
    "rating": ("rating", "score", "stars", "评分"),
}
"""What an adjective measures: names to look for among the columns, best first."""
CONCEPTS_ZH: dict[str, tuple[str, ...]] = {
    "price": ("价格", "单价", "票价", "租金", "房租", "总价", "售价", "费用", "金额"), "old": ("年龄", "出生年份"), "date": ("日期", "时间", "年份"),
    "length": ("长度", "时长"), "weight": ("重量", "体重"), "temperature": ("气温", "温度", "最高气温"),
    "speed": ("速度",), "income": ("收入", "人均gdp"), "rating": ("评分",), "score": ("分数", "成绩", "得分", "总分"), "area": ("面积",),
}  # fmt: skip
LOW_IS_OLD = {
    "birth year",
    "birthday",
    "birth date",
    "birthdate",
    "date of birth",
    "year built",
    "year",
    "出生年份",
}
"""Concept names for which "older" means a smaller value."""


@dataclass(frozen=True)
class Operator:
    """A phrase that stands for an operator: character offsets in the half-coded text."""

    symbol: str
    start: int
    end: int


@lru_cache(maxsize=2)
def _compiled(language: Language) -> list[tuple[str, re.Pattern[str]]]:
    if language == "zh":
        return [(symbol, pattern(source)) for symbol, source in CHINESE]
    return [(symbol, pattern(rf"(?<!\w)(?:{source})(?![\w'])")) for symbol, source in ENGLISH]


def operators(text: str, language: Language) -> list[Operator]:
    """All operator phrases of a half-coded text; they may overlap."""
    return [
        Operator(symbol, m.start(), m.end())
        for symbol, compiled in _compiled(language)
        for m in compiled.finditer(text)
        if m.end() > m.start()
    ]
