"""Dates in a question: absolute and relative periods, parts of dates, granularity; English and Chinese."""

from __future__ import annotations

import datetime as dt
import re
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
    grain     group by `unit` ("by month", "weekly", 按月)
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


def read_dates(text: str, *, today: dt.date | None = None, day_first: bool = False) -> list[DateLiteral]:
    """All date expressions of a text in order, longest first, without overlaps.

    `day_first` says how to read 3/5/2023 (False: March 5). `today` is only needed for years that are
    left out ("since 5 March"); the default is the current date.
    """
    found = []
    for match in re.finditer(r"(?:\bin )?(?<!\d)((?:1[5-9]|20)\d\d)(?!\d)(?:年)?", text):
        year = int(match.group(1))
        found.append(
            DateLiteral(
                "period",
                match.start(),
                match.end(),
                match.group(),
                f"{year}-01-01",
                f"{year + 1}-01-01",
                "year",
            )
        )
    return found
