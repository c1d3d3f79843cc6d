"""What the readers of dates share: the literal, calendar arithmetic, names of months and weekdays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Unit = Literal["year", "quarter", "month", "week", "day", "hour"]
Part = Literal["year", "quarter", "month", "week", "day", "weekday", "hour"]
DateKind = Literal["period", "relative", "part", "grain", "today"]


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """A date expression that was read; which fields are set depends on `kind`.

    period    `low` <= date < `high`, ISO dates, None is unbounded ("in March 2023", "since 2019",
              "between 2010 and 2015", "before 5 March 2023"); `unit` is the precision it was said with
    relative  `unit`, `offset`, `count`, `rolling` as in `plan.model.RelativePeriod` ("last month" is
              unit month, offset -1; "past 30 days" is unit day, count 30, rolling)
    part      `part` is one of `values` ("in March" month (3,), "on weekends" weekday (6, 7))
    grain     group by `unit` ("by month", "weekly", 按月) or by `part` ("by weekday", "by hour of day")
    today     the day itself, in a comparison ("until today", "older than today")

    Weekdays are ISO numbers, Monday 1 to Sunday 7. `start`, `end`: character offsets, with the
    preposition ("in", "since", "between") that belongs to the expression. `score` is below 1 where the
    words may mean something else ("2010" alone, "may", "march", "second").
    """

    kind: DateKind
    start: int
    end: int
    text: str
    low: str | None = None
    high: str | None = None
    unit: Unit | None = None
    offset: int = 0
    count: int = 1
    rolling: bool = False
    part: Part | None = None
    values: tuple[int, ...] = ()
    score: float = 1.0


MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
    "september": 9, "october": 10, "november": 11, "december": 12, "jan": 1, "feb": 2, "mar": 3, "apr": 4,
    "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
WEEKDAYS = {
    "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7,
    "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6, "sun": 7,
}  # fmt: skip
LAST_YEAR_READ = 2100
FIRST_YEAR_READ = 1500


def span_of(unit: Unit, year: int, place: int = 1, day: int = 1) -> tuple[str, str] | None:
    """[low, high) of a year, of quarter or month `place` of it, or of a day; None for an impossible date."""
    try:
        if unit == "year":
            low, high = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
        elif unit == "quarter":
            low, high = dt.date(year, 3 * place - 2, 1), _next_month(year, 3 * place)
        elif unit == "month":
            low, high = dt.date(year, place, 1), _next_month(year, place)
        else:
            low = dt.date(year, place, day)
            high = low + dt.timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return low.isoformat(), high.isoformat()


def _next_month(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1)


def period(
    start: int, end: int, unit: Unit, year: int, place: int = 1, day: int = 1, score: float = 1.0
) -> DateLiteral | None:
    """A period literal without its text, or None for an impossible date."""
    span = span_of(unit, year, place, day)
    return DateLiteral("period", start, end, "", *span, unit, score=score) if span else None


def years(start: int, end: int, first: int, last: int, score: float = 1.0) -> DateLiteral:
    """The period of the years first..last."""
    return DateLiteral(
        "period", start, end, "", f"{first:04}-01-01", f"{last + 1:04}-01-01", "year", score=score
    )


def half_year(start: int, end: int, year: int, half: int) -> DateLiteral:
    low = f"{year:04}-{'01' if half == 1 else '07'}-01"
    high = f"{year:04}-07-01" if half == 1 else f"{year + 1:04}-01-01"
    return DateLiteral("period", start, end, "", low, high, "month")


def full_year(digits: str) -> int:
    """The year of two or four digits: 23 → 2023, 95 → 1995 (from 70 on the last century)."""
    year = int(digits)
    if len(digits) > 2:
        return year
    return 1900 + year if year >= 70 else 2000 + year
