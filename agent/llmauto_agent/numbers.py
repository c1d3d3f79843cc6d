"""How numbers and dates are written for a person, in English and Chinese.

Rounding keeps what the answer needs: whole numbers in full with thousands separators, others with two
decimals (four significant digits below 1), and more where two different values would look the same.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Literal

Language = Literal["en", "zh"]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MAX_DECIMALS = 8


def is_number(value: Any) -> bool:
    """A finite number; booleans and the strings "NaN" and "Infinity" of the ledger are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def rounded(value: float, decimals: int) -> Decimal:
    """`value` at that many decimals, from its shortest decimal form (so 2.675 gives 2.68)."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if exact.adjusted() + decimals > 26:
        return exact
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def needed_decimals(value: float) -> int:
    """Two decimals, or as many as show four significant digits of a number below 1; never more than
    the number has."""
    if float(value).is_integer():
        return 0
    own = -int(Decimal(repr(float(value))).as_tuple().exponent)
    if abs(value) >= 1:
        return min(2, own)
    digits = 3 - math.floor(math.log10(abs(value)))
    return min(max(digits, 2), own, MAX_DECIMALS)


def common_decimals(values: Iterable[Any]) -> int:
    """The decimals at which numbers that stand side by side are written: as many as the one that needs
    most (but at most four), and more where two that differ would otherwise look equal."""
    numbers = [v for v in values if is_number(v)]
    if not numbers or all(float(v).is_integer() for v in numbers):
        return 0
    decimals = min(4, max(needed_decimals(v) for v in numbers))
    distinct = len(set(numbers))
    while decimals < MAX_DECIMALS and len({rounded(v, decimals) for v in numbers}) < distinct:
        decimals += 1
    return decimals


def format_number(value: float, decimals: int | None = None, *, grouped: bool = True) -> str:
    """A number for a person: 891, 1,234.5, 0.0123, 1.5e+21. `grouped` False suits years and codes."""
    if decimals is None:
        decimals = needed_decimals(value)
    if value and (abs(value) >= 1e15 or abs(value) < 10.0**-MAX_DECIMALS):
        return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"
    shown = rounded(value, decimals)
    if not shown and value:
        shown = rounded(value, needed_decimals(value))
    return f"{shown:,f}" if grouped else f"{shown:f}"


def format_percent(fraction: float, decimals: int = 1) -> str:
    """0.3838 as "38.4%"; a share that is not nought never shows as "0.0%", nor one below all as 100%."""
    percent = float(Decimal(repr(float(fraction))) * 100)
    while decimals < MAX_DECIMALS:
        shown = rounded(percent, decimals)
        if (shown == 0 and percent != 0) or (abs(shown) == 100 and abs(percent) != 100):
            decimals += 1
            continue
        break
    if float(percent).is_integer():
        decimals = 0
    return format_number(percent, decimals) + "%"


def percent_decimals(fractions: Sequence[Any]) -> int:
    """One decimal, or more where two shares that differ would look equal."""
    numbers = [float(Decimal(repr(float(v))) * 100) for v in fractions if is_number(v)]
    decimals = 1
    while decimals < MAX_DECIMALS and len({rounded(v, decimals) for v in numbers}) < len(set(numbers)):
        decimals += 1
    return decimals


def clip(text: str, length: int = 80) -> str:
    """Text of a cell on one line, cut with an ellipsis where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def parse_iso(value: Any) -> dt.datetime | None:
    """An ISO 8601 date or timestamp as the ledger stores it, or None."""
    if not isinstance(value, str) or not value[:4].isdecimal() or len(value) < 8:
        return None
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return None


def format_date(value: Any, unit: str | None, language: Language) -> str:
    """A date as its bucket is called: "2023", "Q1 2023", "Mar 2023", "2023-03-05", "2023年3月".

    `unit` None shows the date, and the time of day where it is not midnight. Values that are no dates
    come back as text.
    """
    date = parse_iso(value)
    if date is None:
        return str(value)
    if unit == "year":
        return f"{date.year}年" if language == "zh" else f"{date.year}"
    if unit == "quarter":
        quarter = (date.month + 2) // 3
        return f"{date.year}年第{quarter}季度" if language == "zh" else f"Q{quarter} {date.year}"
    if unit == "month":
        return f"{date.year}年{date.month}月" if language == "zh" else f"{MONTHS[date.month - 1]} {date.year}"
    if unit == "week":
        day = date.date().isoformat()
        return f"{day}那一周" if language == "zh" else f"the week of {day}"
    if unit == "hour":
        return f"{date.date().isoformat()} {date:%H:%M}"
    midnight = (date.hour, date.minute, date.second, date.microsecond) == (0, 0, 0, 0)
    if unit == "day" or midnight:
        return date.date().isoformat()
    return (
        f"{date.date().isoformat()} {date:%H:%M:%S}"
        if date.second
        else f"{date.date().isoformat()} {date:%H:%M}"
    )
