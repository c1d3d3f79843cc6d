"""The rules that tell a column's kind from its name, its type and some of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from llmauto_tools.plan.keys import name_words
from llmauto_tools.schema import Column

Kind = Literal[
    "id", "category", "number", "money", "date", "time", "text", "url", "email", "geo", "boolean", "constant",
    "empty",
]  # fmt: skip
"""`date` is dates and timestamps, `time` times of day and intervals. Nested values and bytes are `text`
(tell them by the column's family, "other")."""

MOST = 0.95
"""The part of the values that must have a form."""
CATEGORY_MAX_DISTINCT = 1_000
CATEGORY_ALWAYS_DISTINCT = 20
"""So few different texts are categories whatever their share, if they repeat at all."""
CATEGORY_MAX_SHARE = 0.1
CATEGORY_MAX_LENGTH = 60
CODE_MAX_DISTINCT = 30
"""Whole numbers with more values than this are measured or counted, whatever they are called."""
ID_MIN_SHARE = 0.98

_ID_WORDS = {"id", "key", "uuid", "guid", "pk", "sk", "ref", "isbn", "sku", "iban", "vin", "ean"}
_WEAK_ID_WORDS = {"no", "nr", "num", "number", "code"}
_CHINESE_ID = re.compile(r"(编号|编码|代码|号码|单号|订单号|学号|工号|序号)$")
_CODE_WORDS = {
    "class", "pclass", "code", "type", "grade", "level", "status", "group", "cluster", "category", "zone",
    "label", "tier", "segment", "region", "stage", "month", "weekday", "dow", "quarter", "season", "gender",
    "sex", "flag", "district",
}  # fmt: skip
_MONEY_WORDS = {
    "price", "amount", "cost", "revenue", "salary", "income", "fare", "fee", "payment", "balance", "charge",
    "turnover", "profit", "spend", "spent", "expense", "budget", "wage", "tax", "refund", "usd", "eur", "gbp",
    "cny", "rmb", "jpy", "dollar", "euro", "money", "gdp", "debt", "loan", "premium", "cash", "paid", "msrp",
    "sales",
}  # fmt: skip
_CHINESE_MONEY = re.compile(r"(金额|价格|单价|总价|收入|工资|薪资|费用|成本|利润|销售额|余额|租金|房价|元)")
_NOT_MONEY_WORDS = {
    "count",
    "rate",
    "ratio",
    "share",
    "pct",
    "percent",
    "qty",
    "quantity",
    "date",
    "index",
    "idx",
    "id",
}
_CURRENCY = re.compile(r"[$€£¥￥₹]|\b(USD|EUR|GBP|CNY|RMB|JPY)\b")
_MONEY_TEXT = re.compile(
    r"\s*[-(]?\s*(?:[$€£¥￥₹]|USD|EUR|GBP|CNY|RMB|JPY)\s*-?[\d.,\s]*\d\)?\s*"
    r"|\s*[-(]?[\d.,]*\d\s*(?:[$€£¥￥₹元]|USD|EUR|GBP|CNY|RMB|JPY)\)?\s*"
)
_LATITUDE = {"lat", "latitude"}
_LONGITUDE = {"lon", "lng", "long", "longitude"}
_CHINESE_GEO = re.compile(r"(纬度|经度)$")

_URL = re.compile(r"(?:https?|ftp|s3|gs)://\S+|www\.\S+\.\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_UUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_POINT = re.compile(
    r"\(?\s*-?\d{1,3}\.\d+\s*[,; ]\s*-?\d{1,3}\.\d+\s*\)?|(?:POINT|POLYGON|LINESTRING|MULTI\w+)\s*Z?\s*\(.*",
    re.IGNORECASE | re.DOTALL,
)
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?:[ T]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:[ T]\d{1,2}:\d{2}.*)?"
    r"|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2}, \d{4}"
)
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][-+]?\d+)?\s*%?")
_CODE = re.compile(r"[\w.:/#-]*\d[\w.:/#-]*")
_BOOLEANS = [
    {"yes", "no"}, {"y", "n"}, {"true", "false"}, {"t", "f"}, {"on", "off"}, {"0", "1"}, {"是", "否"},
    {"有", "无"}, {"真", "假"},
]  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What was seen of a column.

    rows and missing: of the rows that were looked at; distinct: different values among them; values: some
    of the different values, numbers as float, everything else as text.
    """

    column: Column
    rows: int
    missing: int
    distinct: int
    values: tuple[Any, ...]
    whole: bool
    """All rows of the table were looked at."""

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def unique_share(self) -> float:
        return self.distinct / self.present if self.present else 0.0


def kind_of(seen: Seen) -> Kind:
    """The kind of a column of which this was seen."""
    if seen.present == 0:
        return "empty"
    if seen.distinct <= 1 and not seen.missing and seen.rows > 1:
        return "constant"
    family = seen.column.family
    if family == "boolean":
        return "boolean"
    if family == "date":
        return "date"
    if family == "time":
        return "time"
    if family == "number":
        return _number_kind(seen)
    return _text_kind(seen) if family == "text" else "text"


# ---- numbers


def _number_kind(seen: Seen) -> Kind:
    values = seen.values
    words = set(name_words(seen.column.name))
    whole = all(v == v and abs(v) != float("inf") and v == int(v) for v in values)
    if set(values) == {0.0, 1.0}:
        return "boolean"
    if _is_coordinate(seen.column.name, words, values):
        return "geo"
    if whole and _is_id(seen, words):
        return "id"
    if _is_money(seen.column, words):
        return "money"
    is_code = bool(words & (_CODE_WORDS | _ID_WORDS)) and seen.distinct <= CODE_MAX_DISTINCT
    return "category" if whole and is_code and seen.unique_share < 0.5 else "number"


def _is_coordinate(name: str, words: set[str], values: Sequence[float]) -> bool:
    finite = [v for v in values if v == v]
    if words & _LATITUDE or name.endswith("纬度"):
        return all(abs(v) <= 90 for v in finite)
    if words & _LONGITUDE or name.endswith("经度"):
        # "long" may also be a plain length: coordinates have decimals.
        return all(abs(v) <= 360 for v in finite) and any(v != int(v) for v in finite)
    return False


def _is_id(seen: Seen, words: set[str]) -> bool:
    """A key by its name, or a number that counts the rows."""
    last = (name_words(seen.column.name) or ("",))[-1]
    named = last in _ID_WORDS or bool(_CHINESE_ID.search(seen.column.name))
    weakly = last in _WEAK_ID_WORDS
    if seen.unique_share == 1.0 and not seen.missing and seen.rows >= 10 and seen.column.family == "number":
        numbers = seen.values
        if max(numbers) - min(numbers) == len(numbers) - 1 and "year" not in words:
            return True
    if named:
        return seen.distinct > CODE_MAX_DISTINCT or seen.unique_share >= 0.5
    return weakly and seen.unique_share >= ID_MIN_SHARE and seen.distinct > CODE_MAX_DISTINCT


def _is_money(column: Column, words: set[str]) -> bool:
    if words & _NOT_MONEY_WORDS:
        return False
    noted = bool(column.note and _CURRENCY.search(column.note))
    return noted or bool(words & _MONEY_WORDS) or bool(_CHINESE_MONEY.search(column.name))


# ---- text

_FORMS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("url", _URL), ("email", _EMAIL), ("id", _UUID), ("geo", _POINT), ("time", _TIME), ("money", _MONEY_TEXT),
    ("date", _DATE), ("number", _NUMBER),
)  # fmt: skip


def _text_kind(seen: Seen) -> Kind:
    texts = [str(v).strip() for v in seen.values]
    if {t.casefold() for t in texts} in _BOOLEANS and seen.distinct == len(texts):
        return "boolean"
    words = set(name_words(seen.column.name))
    if _is_id(seen, words):
        return "id"
    for kind, pattern in _FORMS:
        if _share(texts, lambda t, p=pattern: p.fullmatch(t) is not None) >= MOST:  # type: ignore[misc]
            return kind
    if _is_category(seen, texts):
        return "category"
    codes = _share(texts, lambda t: _CODE.fullmatch(t) is not None)
    unique = seen.unique_share >= ID_MIN_SHARE and seen.rows >= 10
    return "id" if unique and codes >= MOST else "text"


def _is_category(seen: Seen, texts: Sequence[str]) -> bool:
    if seen.column.dtype.upper().startswith("ENUM"):
        return True
    if sum(map(len, texts)) > CATEGORY_MAX_LENGTH * len(texts):
        return False
    if seen.distinct <= CATEGORY_ALWAYS_DISTINCT and seen.unique_share <= 0.5:
        return True
    few = seen.distinct <= CATEGORY_MAX_DISTINCT
    limit = CATEGORY_MAX_SHARE if seen.rows >= 1_000 else 0.5
    return few and seen.unique_share <= limit


def _share(values: Sequence[str], has: Callable[[str], bool]) -> float:
    return sum(map(has, values)) / len(values) if values else 0.0
