"""Dates, timestamps and times of day in the notations that files use.

A column gets a notation only if every value fits it. Where day and month could be either way round in
every value, the usual order for the separator is taken and the note says that the values don't decide.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from llmauto_tools.sources.base import literal

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
            "aug august", "sep september", "oct october", "nov november", "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MAYBE = re.compile(
    r"[0-9]{1,4}[-/. 年][0-9A-Za-z]{1,9}[-/. 月].*|[A-Za-z]{3,9}[- ][0-9].*|[0-9]{4}-[0-9]{2}"
)
"""What every notation of a date looks like; most text is turned away here."""
_DATE_NAME = re.compile(r"date|datum|fecha|(^|[^a-z])(day|dt|ymd)([^a-z]|$)|日期|年月日", re.IGNORECASE)
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?: ?[AaPp][Mm])?"
_SPLIT = re.compile(rf"(?P<date>.*?[0-9年月日A-Za-z])(?P<gap>T|,? )(?P<clock>{_CLOCK})")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONED = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)? ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)"
)
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")


@dataclass(frozen=True)
class When:
    """A date or time type for a column; `alternative` is the test for the other day/month order."""

    dtype: str
    value: str
    test: str
    note: str | None = None
    native: bool = False
    alternative: str | None = None


@dataclass(frozen=True)
class _Shape:
    """A notation of a date: what it looks like, its strptime format, and where its parts are."""

    text: str
    format: str
    order: str
    """Letters d, m, y (four digits), Y (two digits), b (month name) in the order of the groups."""
    says: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when first needed: all of them cost more than attaching a small file."""
        return _compiled(self.text)


_compiled = lru_cache(maxsize=None)(re.compile)
_shape = _Shape


def _numeric_shapes() -> list[_Shape]:
    shapes = []
    for sep in "/.- ":
        s = re.escape(sep)
        shapes.append(_shape(
            rf"([0-9]{{4}}){s}([0-9]{{1,2}}){s}([0-9]{{1,2}})", f"%Y{sep}%m{sep}%d", "ymd", "year/month/day"
        ))  # fmt: skip
        orders = ("mdy", "dmy") if sep == "/" else ("dmy", "mdy")
        for order in orders:
            first, second = ("%m", "%d") if order == "mdy" else ("%d", "%m")
            says = "month/day/year" if order == "mdy" else "day/month/year"
            two = rf"([0-9]{{1,2}}){s}([0-9]{{1,2}}){s}"
            shapes.append(_shape(two + r"([0-9]{4})", f"{first}{sep}{second}{sep}%Y", order, says))
            shapes.append(
                _shape(two + r"([0-9]{2})", f"{first}{sep}{second}{sep}%y", order[:2] + "Y", f"{says} (two-digit year)")
            )  # fmt: skip
    return shapes


def _named_shapes() -> list[_Shape]:
    shapes = []
    for name, fmt in (("[A-Za-z]{3}", "%b"), ("[A-Za-z]{3,9}", "%B")):
        for sep in "- /":
            s = re.escape(sep)
            day_first = rf"([0-9]{{1,2}}){s}({name}){s}"
            shapes.append(_shape(day_first + r"([0-9]{4})", f"%d{sep}{fmt}{sep}%Y", "dby", "day month year"))
            shapes.append(
                _shape(
                    day_first + r"([0-9]{2})",
                    f"%d{sep}{fmt}{sep}%y",
                    "dbY",
                    "day month year (two-digit year)",
                )
            )
        for comma in (",", ""):
            shapes.append(
                _shape(
                    rf"({name}) ([0-9]{{1,2}}){comma} ([0-9]{{4}})",
                    f"{fmt} %d{comma} %Y",
                    "bdy",
                    "month day year",
                )
            )
        shapes.append(_shape(rf"({name})[ ]([0-9]{{4}})", f"{fmt} %Y", "by", "month year, as its first day"))
        shapes.append(_shape(rf"({name})[-]([0-9]{{4}})", f"{fmt}-%Y", "by", "month year, as its first day"))
    return shapes  # fmt: skip


_SHAPES = [
    *_numeric_shapes(),
    *_named_shapes(),
    _shape(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日", "%Y年%m月%d日", "ymd", "年月日"),
    _shape(r"([0-9]{4})年([0-9]{1,2})月", "%Y年%m月", "ym", "year month, as its first day"),
    _shape(r"([0-9]{4})-([0-9]{2})", "%Y-%m", "ym", "year-month, as its first day"),
]
_ISO_SHAPES = [s for s in _SHAPES if s.format == "%Y-%m-%d"]
_COMPACT = _shape(r"([0-9]{4})([0-9]{2})([0-9]{2})", "%Y%m%d", "ymd", "year, month, day without separators")


def infer_date(values: set[str], name: str = "") -> When | None:
    """The date or timestamp notation that all `values` have, or None."""
    example = next(iter(values))
    if len(example) < 6 or len(example) > 40 or not any(c.isdigit() for c in example):
        return None
    if example.isdigit():
        return _compact(values) if _DATE_NAME.search(name) else None
    if _MAYBE.fullmatch(example) is None:
        return None
    if all(map(_ZONED.fullmatch, values)):
        return _zoned()
    parts = {v: m for v in values if (m := _SPLIT.fullmatch(v))}
    dates = {m["date"] for m in parts.values()} | {v for v in values if v not in parts}
    iso = all(map(_ISO_DATE.fullmatch, dates))
    fitting = [s for s in (_ISO_SHAPES if iso else _SHAPES) if all(_is_date(s, d) for d in dates)]
    if not fitting:
        return None
    clocks = {(m["gap"], _clock_format(m["clock"])) for m in parts.values()}
    if any(fmt is None for _, fmt in clocks):
        return None
    suffixes = sorted(f"{gap}{fmt}" for gap, fmt in clocks)
    whole_days = len(parts) < len(values)
    if iso:
        return _iso(
            bool(parts), any("," in s or "%p" in s for s in suffixes), fitting[0], suffixes, whole_days
        )
    return _ordered(fitting, suffixes, whole_days, min(dates, key=len))


def _iso(clock: bool, odd: bool, shape: _Shape, suffixes: list[str], whole_days: bool) -> When:
    if odd:
        return _by_format(shape, suffixes, whole_days)
    if not clock:
        return When(
            "DATE",
            "TRY_CAST({v} AS DATE)",
            "TRY_CAST({v} AS DATE) IS NOT NULL AND length({v}) = 10",
            native=True,
        )
    return When(
        "TIMESTAMP", "TRY_CAST({v} AS TIMESTAMP)", "TRY_CAST({v} AS TIMESTAMP) IS NOT NULL", native=True
    )


def _zoned() -> When:
    test = (
        f"regexp_full_match({{v}}, {literal(_ZONED.pattern)}) AND TRY_CAST({{v}} AS TIMESTAMPTZ) IS NOT NULL"
    )
    value = "(TRY_CAST({v} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    return When("TIMESTAMP", value, test, "times with a zone read as UTC")


def _compact(values: set[str]) -> When | None:
    if not all(_is_date(_COMPACT, v) and 1800 <= int(v[:4]) <= 2200 for v in values):
        return None
    when = _by_format(_COMPACT, [], True)
    return replace(when, test=f"{when.test} AND length({{v}}) = 8")


def _ordered(fitting: list[_Shape], suffixes: list[str], whole_days: bool, example: str) -> When:
    """The first notation; when another reads the same values as other days, its test goes along."""
    shape = fitting[0]
    when = _by_format(shape, suffixes, whole_days)
    rival = next(
        (s for s in fitting[1:] if s.order[:2] == shape.order[:2][::-1] and s.order[2:] == shape.order[2:]),
        None,
    )
    note = f"dates like '{example}' read as {shape.says}"
    if rival is None:
        return replace(when, note=note)
    return replace(when, note=note, alternative=_by_format(rival, suffixes, whole_days).test)


def _by_format(shape: _Shape, suffixes: list[str], whole_days: bool) -> When:
    formats = [f"{shape.format}{s}" for s in suffixes]
    if whole_days or not formats:
        formats.append(shape.format)
    parsed = f"try_strptime({{v}}, [{', '.join(literal(f) for f in formats)}])"
    test = f"{parsed} >= TIMESTAMP '1000-01-01'"
    if suffixes:
        return When("TIMESTAMP", parsed, test, f"read as {shape.says}")
    return When("DATE", f"CAST({parsed} AS DATE)", test, f"read as {shape.says}")


def _clock_format(clock: str) -> str | None:
    """The strptime format of a time of day, or None where an hour or minute is out of range."""
    digits = clock.rstrip("AaPpMm ")
    parts = digits.split(":")
    half = digits != clock
    if int(parts[0]) > (12 if half else 23) or int(parts[1]) > 59:
        return None
    hour = "%I" if half else "%H"
    fmt = f"{hour}:%M"
    if len(parts) == 3:
        fmt += ":%S.%f" if "." in parts[2] else ":%S"
    if half:
        fmt += " %p" if clock[len(digits)] == " " else "%p"
    return fmt


def _is_date(shape: _Shape, text: str) -> bool:
    match = shape.pattern.fullmatch(text)
    if match is None:
        return False
    day = month = 1
    year = 2000
    for letter, part in zip(shape.order, match.groups(), strict=True):
        if letter == "b":
            month = _month(part, shape.format)
        elif letter == "d":
            day = int(part)
        elif letter == "m":
            month = int(part)
        else:
            year = int(part) if letter == "y" else _full_year(int(part))
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return year >= 1000


def _month(name: str, fmt: str) -> int:
    """The month of an English name, 0 where the format doesn't read it (%b: three letters)."""
    folded = name.lower()
    if "%b" in fmt:
        return _MONTHS.get(folded, 0) if len(folded) == 3 else 0
    return _MONTHS.get(folded, 0) if len(folded) > 3 or folded == "may" else 0


def _full_year(two_digits: int) -> int:
    return two_digits + (1900 if two_digits >= 69 else 2000)


def infer_time(values: set[str]) -> When | None:
    """TIME where all `values` are times of day (0:00 to 23:59:59), or None."""
    for value in values:
        if _TIME.fullmatch(value) is None:
            return None
        hour, minute, *second = value.split(":")
        if int(hour) > 23 or int(minute) > 59 or (second and float(second[0]) >= 60):
            return None
    test = f"regexp_full_match({{v}}, {literal(_TIME.pattern)}) AND TRY_CAST({{v}} AS TIME) IS NOT NULL"
    return When("TIME", "TRY_CAST({v} AS TIME)", test, native=True)
