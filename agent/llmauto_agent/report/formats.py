"""How a value of the evidence is printed in a report.

A format is a kind and modifiers, in any order: "percent", "abs percent", "signed number", "number 1".

    auto      what suits: a number, a date, text          percent    0.384 as 38.4%
    number    1,234.5                                     points     0.05 as 5 percentage points
    integer   1,235                                       p          a p-value: 0.031, or < 0.001
    plain     digits without separators (years, codes)    text       as it is
    date, month, quarter, year, week, hour                a date as its period is called

    abs       without its sign                            signed     with + or −
    0 … 6     so many decimals
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmauto_agent.numbers import (
    Language,
    clip,
    format_date,
    format_number,
    format_percent,
    is_number,
    parse_iso,
    rounded,
)
from llmauto_tools.errors import ReportError

_DATES = {
    "date": None,
    "day": "day",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "week": "week",
    "hour": "hour",
}
KINDS = frozenset({"auto", "number", "integer", "percent", "points", "p", "plain", "text", *_DATES})
_MODIFIERS = frozenset({"abs", "signed"})
SMALLEST_P = 0.001
MAX_TEXT = 120


@dataclass(frozen=True)
class Format:
    """A format, taken apart."""

    kind: str = "auto"
    absolute: bool = False
    signed: bool = False
    decimals: int | None = None


def parse_format(text: str) -> Format:
    """The format that a text names. Raises ReportError for an unknown word."""
    kind, absolute, signed, decimals = "auto", False, False, None
    for word in text.split():
        if word in KINDS:
            kind = word
        elif word in _MODIFIERS:
            absolute, signed = absolute or word == "abs", signed or word == "signed"
        elif len(word) == 1 and word.isdecimal():
            decimals = int(word)
        else:
            raise ReportError(
                f"'{word}' is no format of a value.",
                f"The formats are {', '.join(sorted(KINDS))}, abs and signed.",
            )
    return Format(kind, absolute, signed, decimals)


def format_value(value: Any, format_: str, language: Language) -> str:
    """The value as it is printed. Raises ReportError where the format does not suit it."""
    form = parse_format(format_)
    if value is None:
        return "无" if language == "zh" else "no value"
    if form.kind in _DATES or (form.kind == "auto" and parse_iso(value) is not None):
        return format_date(value, _DATES.get(form.kind), language)
    if isinstance(value, bool):
        return _truth(value, language)
    if not is_number(value):
        if form.kind in {"auto", "text", "plain"} and not isinstance(value, (list, dict)):
            return clip(str(value), MAX_TEXT)
        raise ReportError(f"The value {str(value)[:60]!r} cannot be printed as '{format_}'.")
    return _number(float(value) if isinstance(value, float) else value, form, language)


def _truth(value: bool, language: Language) -> str:
    if language == "zh":
        return "是" if value else "否"
    return "yes" if value else "no"


def _number(value: float, form: Format, language: Language) -> str:
    sign = ""
    if form.absolute:
        value = abs(value)
    if form.signed and value > 0:
        sign = "+"
    if form.kind == "p":
        return (
            f"< {SMALLEST_P}" if 0 <= value < SMALLEST_P else format_number(value, 3 if value >= 0.01 else 4)
        )
    if form.kind == "percent":
        return sign + format_percent(value, 1 if form.decimals is None else form.decimals)
    if form.kind == "points":
        points = format_percent(value, 1 if form.decimals is None else form.decimals).removesuffix("%")
        return f"{sign}{points} 个百分点" if language == "zh" else f"{sign}{points} percentage points"
    if form.kind == "plain":
        return f"{value:g}" if isinstance(value, float) else str(value)
    if form.kind == "integer":
        return sign + format_number(value, 0)
    return sign + format_number(value, form.decimals)


def prints(text: str, value: Any, format_: str, language: Language) -> bool:
    """Whether a text is what the value prints as."""
    try:
        return text == format_value(value, format_, language)
    except ReportError:
        return False


def step_of(text: str) -> float:
    """The worth of the last printed digit of a number: 0.1 for "38.4"."""
    digits = text.partition(".")[2]
    return 10.0 ** -sum(c.isdigit() for c in digits) if digits else float(rounded(1.0, 0))
