"""Numbers as people and programs write them, recognised by one regular expression per style.

The expressions are within what Python's `re` (ASCII) and DuckDB's RE2 both understand, so that the same
test runs on a sample in Python and on a whole file in SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llmauto_tools.sources.base import literal

_MAX_DIGITS = 18
"""Longer digit strings are identifiers: they would not fit a BIGINT, and nobody adds them up."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL_PATTERN = r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DECIMAL = re.compile(_DECIMAL_PATTERN)
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]+")
_PHONE = re.compile(r"\+[0-9]{7,}")

_SPACES = " \u00a0\u202f\u2009"
_STYLES = (
    (",", "."), (".", ","), (_SPACES, ","), (_SPACES, "."), ("'’", "."), ("'’", ","),
)  # fmt: skip
"""(group separators, decimal mark), tried in this order."""

_CURRENCIES = {
    "$": "USD or another dollar", "€": "EUR", "£": "GBP", "¥": "JPY or CNY", "￥": "CNY or JPY", "₹": "INR",
    "₩": "KRW", "₽": "RUB", "₺": "TRY", "₫": "VND", "฿": "THB", "zł": "PLN", "kr": "a krone/krona",
    "元": "CNY", "R$": "BRL", "US$": "USD", "A$": "AUD", "C$": "CAD", "HK$": "HKD",
    **{code: code for code in (
        "USD", "EUR", "GBP", "JPY", "CNY", "RMB", "INR", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK",
        "PLN", "CZK", "HUF", "BRL", "MXN", "ZAR", "KRW", "RUB", "TRY", "SGD", "HKD",
    )},
}  # fmt: skip
_CURRENCY = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))
_CURRENCY_FOUND = re.compile(_CURRENCY)
_SIGNS = frozenset(f"0123456789.,'’()+-−%{_SPACES}")
"""All that a number holds besides its currency; text is turned away by it at little cost."""


@dataclass(frozen=True)
class Number:
    """A number type for a column, or (dtype None) the reason why its digits stay text."""

    dtype: str | None
    value: str = ""
    test: str = ""
    note: str | None = None
    native: bool = False
    exact: bool = True
    plain_integers: bool = False


def infer_number(values: set[str], decimal_comma: bool) -> Number | None:
    """The number type that all `values` have, or None where they are no numbers."""
    if not any(c.isdigit() for c in next(iter(values))):
        return None
    if all(map(_INTEGER.fullmatch, values)) and max(map(len, values)) <= _MAX_DIGITS:
        return _INTEGERS
    kept = _identifier(values)
    if kept is not None:
        return kept
    if decimal_comma and (number := _styled(values, (_STYLES[1],))) is not None:
        return number
    if all(map(_DECIMAL.fullmatch, values)):
        return _DECIMALS
    return _styled(values, _STYLES)


_INTEGERS = Number(
    "BIGINT", "TRY_CAST({v} AS BIGINT)", "TRY_CAST({v} AS BIGINT)::VARCHAR = {v}", native=True, exact=False,
    plain_integers=True,
)  # fmt: skip
_DECIMALS = Number(
    "DOUBLE",
    "TRY_CAST({v} AS DOUBLE)",
    f"regexp_full_match({{v}}, {literal(_DECIMAL_PATTERN)})",
    native=True,
    exact=False,
)


def _identifier(values: set[str]) -> Number | None:
    """Digits that are no quantities: 00123, +4917012345678, 1234567890123456789."""
    if any(_LEADING_ZERO.fullmatch(v) for v in values):
        if all(v.lstrip("+-").isdecimal() for v in values):
            return Number(None, note="kept as text: leading zeros")
        return None
    if all(map(_PHONE.fullmatch, values)):
        return Number(None, note="kept as text: looks like phone numbers")
    if any(len(v) > _MAX_DIGITS for v in values) and all(v.lstrip("-").isdecimal() for v in values):
        return Number(None, note=f"kept as text: more than {_MAX_DIGITS} digits")
    return None


def _styled(values: set[str], styles: tuple[tuple[str, str], ...]) -> Number | None:
    longest = max(values, key=len)
    if len(longest) > 40 or not _SIGNS.issuperset(_CURRENCY_FOUND.sub("", longest)):
        return None
    for group, decimal in styles:
        if all(map(_pattern(group, decimal).fullmatch, values)):
            return _read_style(values, group, decimal)
    return None


@lru_cache
def _pattern(group: str, decimal: str) -> re.Pattern[str]:
    return re.compile(_pattern_text(group, decimal))


def _pattern_text(group: str, decimal: str) -> str:
    """A number of that style with optional sign, parentheses, currency and percent sign."""
    g, d = f"[{re.escape(group)}]", re.escape(decimal)
    grouped = f"[1-9][0-9]{{0,2}}(?:{g}[0-9]{{3}})+"
    if group == ",":
        grouped += f"|[1-9][0-9]{{0,2}}(?:{g}[0-9]{{2}})+{g}[0-9]{{3}}"  # Indian: 12,34,567
    number = f"(?:(?:{grouped}|0|[1-9][0-9]*)(?:{d}[0-9]*)?|{d}[0-9]+)"
    gap = f"[{_SPACES}]?"
    money = f"(?:{_CURRENCY})"
    signed = f"(?:[-+−]{gap})?(?:{money}{gap})?(?:[-+−])?{number}(?:{gap}%)?(?:{gap}{money})?-?"
    in_parentheses = f"\\((?:{money}{gap})?{number}(?:{gap}%)?(?:{gap}{money})?\\)"
    return f"{signed}|{in_parentheses}"


def _read_style(values: set[str], group: str, decimal: str) -> Number:
    """The SQL for a style that all values have; text where currencies or percent signs are mixed."""
    currencies = {m.group() for v in values if (m := _CURRENCY_FOUND.search(v))}
    percent = sum("%" in v for v in values)
    if len(currencies) > 1:
        named = ", ".join(sorted(currencies))
        return Number(None, note=f"kept as text: different currencies ({named})")
    if percent and percent < len(values):
        return Number(None, note="kept as text: only some values have a percent sign")
    digits = f"regexp_replace({{v}}, '[^0-9{decimal}]', '', 'g')"
    if decimal == ",":
        digits = f"replace({digits}, ',', '.')"
    dtype, scale = _styled_type(values, decimal, bool(currencies), bool(percent))
    value = f"TRY_CAST({digits} AS {dtype})"
    if any(c in v for v in values for c in "-−("):
        value = f"(CASE WHEN regexp_matches({{v}}, '[-−(]') THEN -1 ELSE 1 END * {value})"
    if percent:
        value = f"({value} / 100)"
    elif currencies and any(c in v for v in values for c in "-−("):
        value = f"CAST({value} AS {dtype})"
    test = f"regexp_full_match({{v}}, {literal(_pattern_text(group, decimal))})"
    if scale is not None:
        test += f" AND {_scale_test(decimal, scale)}"
    if dtype == "BIGINT":
        test += f" AND NOT contains({{v}}, {literal(decimal)})"
    test += _unit_test(currencies, bool(percent))
    note = _style_note(values, group, decimal, currencies, bool(percent))
    return Number(dtype, value, test, note, exact=False)


def _styled_type(values: set[str], decimal: str, money: bool, percent: bool) -> tuple[str, int | None]:
    """Money is exact (DECIMAL with the digits that occur); other numbers BIGINT or DOUBLE."""
    scales = [len(re.split(r"[^0-9]", v.split(decimal, 1)[1], maxsplit=1)[0]) for v in values if decimal in v]
    scale = max(scales, default=0)
    if money and not percent and scale <= 4:
        kept = max(scale, 2)
        return f"DECIMAL(18,{kept})", kept
    return ("BIGINT", None) if not scales and not percent else ("DOUBLE", None)


def _scale_test(decimal: str, scale: int) -> str:
    return f"NOT regexp_matches({{v}}, {literal(f'{re.escape(decimal)}[0-9]{{{scale + 1}}}')})"


def _unit_test(currencies: set[str], percent: bool) -> str:
    """Values with another unit than those seen must not pass: 5 € among 5 $."""
    test = " AND contains({v}, '%')" if percent else " AND NOT contains({v}, '%')"
    others = [c for c in _CURRENCIES if not any(c in k or k in c for k in currencies)]
    pattern = "|".join(re.escape(c) for c in others)
    return f"{test} AND NOT regexp_matches({{v}}, {literal(pattern)})"


def _style_note(values: set[str], group: str, decimal: str, currencies: set[str], percent: bool) -> str:
    example = max(sorted(values), key=len)
    parts = [f"text like '{example}' read as a number"]
    if currencies:
        symbol = next(iter(currencies))
        meaning = _CURRENCIES[symbol]
        parts.append(f"currency {symbol}" if symbol == meaning else f"currency {symbol} ({meaning})")
    if percent:
        parts.append("percent as a fraction (45% is 0.45)")
    if any(v.startswith("(") for v in values):
        parts.append("parentheses as minus")
    if _ambiguous(values, group, decimal):
        parts.append(f"'{group if group in ',.' else decimal}' could also be a decimal mark")
    elif decimal == "," and any("," in v for v in values):
        parts.append("decimal comma")
    return ", ".join(parts)


def _ambiguous(values: set[str], group: str, decimal: str) -> bool:
    """Whether each value with a separator has one comma and three digits after it (1,234)."""
    if (group, decimal) != (",", "."):
        return False
    with_comma = [v for v in values if "," in v]
    return bool(with_comma) and all(
        v.count(",") == 1 and "." not in v and re.search(r",[0-9]{3}(?![0-9])", v) for v in with_comma
    )
