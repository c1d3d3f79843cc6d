"""How a fact is written: names as they may stand in a sentence, numbers as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from llmauto_tools.insights.model import Format
from llmauto_tools.stats.format import number, share

NAME_CHARACTERS = 60
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")

UNIT_EN = {
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
}
UNIT_ZH = {"hour": "小时", "day": "天", "week": "周", "month": "个月", "quarter": "个季度", "year": "年"}
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAYS_ZH = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def name(text: str) -> str:
    """A column's name inside a sentence: one line, cut, and never a placeholder."""
    plain = _CONTROL.sub(" ", text).replace("{", "(").replace("}", ")").strip() or "(unnamed)"
    return plain if len(plain) <= NAME_CHARACTERS else plain[: NAME_CHARACTERS - 1] + "…"


def value(text: Any) -> str:
    """A data value among the values of a fact: one line, cut."""
    plain = _CONTROL.sub(" ", str(text)).strip() or "(empty)"
    return plain if len(plain) <= NAME_CHARACTERS else plain[: NAME_CHARACTERS - 1] + "…"


def filled(sentence: str, values: Mapping[str, Any], formats: Mapping[str, Format]) -> str:
    """The sentence with its placeholders replaced. A percent is stored as a fraction."""
    return _PLACEHOLDER.sub(lambda m: shown(values[m[1]], formats.get(m[1])), sentence)


def shown(cell: Any, form: Format | None) -> str:
    """One value as it is read."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return str(cell)
    if form == "percent":
        return share(cell)
    return f"{cell:,.0f}" if form == "integer" else number(float(cell))


def capital(text: str) -> str:
    """With a capital letter at the beginning."""
    return text[:1].upper() + text[1:]


def rounded(x: float, digits: int = 10) -> float:
    """A figure without the last digits, which depend on the order in which a parallel sum was taken."""
    return float(f"{x:.{digits}g}") if math.isfinite(x) else 0.0
