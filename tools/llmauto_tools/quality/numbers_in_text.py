"""Read texts as numbers, quantities with a unit, or dates."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache

_UNITS = {
    "mass": "mg g gr gram grams kg kgs kilogram kilograms t ton tons lb lbs pound pounds oz ounce ounces stone",
    "length": "mm cm m meter meters metre metres km in inch inches ft feet foot yd yard yards mi mile miles",
    "volume": "ml cl l liter liters litre litres gal gallon gallons",
    "temperature": "°c °f c f k",
    "time": "ms s sec secs second seconds min mins minute minutes h hr hrs hour hours d day days week weeks month"
    " months year years yr yrs",
    "money": "usd eur gbp jpy cny rmb chf aud cad $ € £ ¥ 元",
    "data": "b kb mb gb tb kib mib gib",
    "speed": "km/h kmh mph m/s kph",
    "power": "w kw mw hp ps",
    "share": "%",
}
_DIMENSION = {unit: dimension for dimension, units in _UNITS.items() for unit in units.split()}
_SAME = {
    "gr": "g", "gram": "g", "grams": "g", "kgs": "kg", "kilogram": "kg", "kilograms": "kg", "lbs": "lb",
    "pound": "lb", "pounds": "lb", "ounce": "oz", "ounces": "oz", "meter": "m", "meters": "m", "metre": "m",
    "metres": "m", "inch": "in", "inches": "in", "feet": "ft", "foot": "ft", "yard": "yd", "yards": "yd",
    "mile": "mi", "miles": "mi", "liter": "l", "liters": "l", "litre": "l", "litres": "l", "gallon": "gal",
    "gallons": "gal", "sec": "s", "secs": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min",
    "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d", "days": "d",
    "weeks": "week", "months": "month", "years": "year", "yr": "year", "yrs": "year", "tons": "t", "ton": "t",
    "°c": "c", "°f": "f", "kmh": "km/h", "kph": "km/h", "$": "usd", "€": "eur", "£": "gbp", "rmb": "cny",
}  # fmt: skip

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+", re.ASCII)
_QUANTITY = re.compile(
    r"(?P<before>[$€£¥])?\s*(?P<number>[-+]?\d[\d.,]*)\s*(?P<after>[A-Za-z°%€£¥元/]{1,10})?"
)
_PADDED = re.compile(r"[-+]?0\d+", re.ASCII)

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH_NAME = rf"(?:{_MONTHS})[a-z]*"
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:am|pm)?(?:Z|[-+]\d{2}:?\d{2})?)?"
_DATES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern + _TIME, re.IGNORECASE | re.ASCII))
    for name, pattern in (
        ("2024-01-31", r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
        ("2024/01/31", r"(?P<y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})"),
        ("2024.01.31", r"(?P<y>\d{4})\.(?P<m>\d{1,2})\.(?P<d>\d{1,2})"),
        ("2024年1月31日", r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
        ("a/b/2024", r"(?P<a>\d{1,2})/(?P<b>\d{1,2})/(?P<y>\d{4}|\d{2})"),
        ("a-b-2024", r"(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4})"),
        ("31.01.2024", r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
        ("31 Jan 2024", rf"(?P<d>\d{{1,2}})[ -]{_MONTH_NAME}[ -,]*(?P<y>\d{{4}}|\d{{2}})"),
        ("Jan 31, 2024", rf"{_MONTH_NAME}\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}})"),
    )
)


@cache
def unit_of(word: str) -> tuple[str, str] | None:
    """(unit, dimension) of a unit's spelling, such as ("kg", "mass"), or None."""
    folded = word.casefold()
    dimension = _DIMENSION.get(folded)
    return None if dimension is None else (_SAME.get(folded, folded), dimension)


@dataclass(frozen=True)
class Quantity:
    unit: str
    dimension: str


def is_number(text: str) -> bool:
    """Whether a text is a plain number: digits, thousands separated by commas, a decimal point, an exponent."""
    t = text.strip()
    return bool(t) and any(c.isdigit() for c in t) and _NUMBER.fullmatch(t) is not None


def is_comma_number(text: str) -> bool:
    """Whether a text is a number with a decimal comma, such as 1.234,5."""
    t = text.strip()
    return _COMMA.fullmatch(t) is not None and not is_number(t)


def is_padded(text: str) -> bool:
    """Whether a number has leading zeros, as codes have."""
    return _PADDED.fullmatch(text.strip()) is not None


def quantity(text: str) -> Quantity | None:
    """The unit of a text such as "12 kg", or None where it is no number with a known unit."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    known = unit_of(match["before"] or match["after"] or "")
    return Quantity(*known) if known else None


def date_format(text: str) -> tuple[str, bool | None] | None:
    """(format, day first) of a text that is a date; day first is None where the order cannot be told.

    A format is written by the example of 31 January 2024. None where the text is no date.
    """
    t = text.strip()
    if not 6 <= len(t) <= 40:
        return None
    for name, pattern in _DATES:
        match = pattern.fullmatch(t)
        if match is None:
            continue
        parts = match.groupdict()
        if "a" in parts:
            return _day_month(name, int(parts["a"]), int(parts["b"]))
        return (name, None) if _is_day(parts) else None
    return None


def _day_month(name: str, a: int, b: int) -> tuple[str, bool | None] | None:
    if not (1 <= a <= 31 and 1 <= b <= 31 and min(a, b) <= 12):
        return None
    return name, None if max(a, b) <= 12 else a > 12


def _is_day(parts: dict[str, str | None]) -> bool:
    year = int(parts["y"] or 0)
    try:
        dt.date(year if year > 99 else 2000 + year, int(parts.get("m") or 1), int(parts["d"] or 0))
    except ValueError:
        return False
    return True
