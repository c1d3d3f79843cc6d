"""What the grounding check finds in a text: one mention per number, date, or name that holds digits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

MentionKind = Literal["number", "percent", "points", "times", "ordinal", "date", "name"]


@dataclass(frozen=True)
class DateParts:
    """A date as far as the text gives it; what it leaves out is None."""

    year: int | None = None
    quarter: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None

    def fits(self, date: dt.datetime) -> bool:
        """Whether the date is that date, or lies in that year, quarter, month or day."""
        return (
            self.year in (None, date.year)
            and self.quarter in (None, (date.month + 2) // 3)
            and self.month in (None, date.month)
            and self.day in (None, date.day)
            and self.hour in (None, date.hour)
            and self.minute in (None, date.minute)
            and self.second in (None, date.second)
        )


@dataclass(frozen=True)
class Mention:
    """A number in a text: `text[start:end]`.

    `value` has its unit word multiplied in (1.2 million is 1200000); a percentage keeps its printed
    size (38.4). `step` is the worth of its last printed digit: the value it stands for lies within
    half a step. `kind` "times" is a ratio ("2.1 times"), "points" percentage points, "name" a word
    that holds digits ("A320"), which only text can ground.
    """

    start: int
    end: int
    text: str
    kind: MentionKind
    value: float = 0.0
    step: float = 1.0
    date: DateParts | None = None
    word: bool = False
    """Written in letters or characters ("three", "三")."""

    def stands_for(self, value: float, *, step: float | None = None) -> bool:
        """Whether the value rounds to what is printed, at the printed precision."""
        tolerance = (step if step is not None else self.step) / 2
        return abs(value - self.value) <= tolerance * (1 + 1e-6) + abs(value) * 1e-15

    @property
    def year_like(self) -> bool:
        """A bare whole number that may be a year."""
        return self.kind == "number" and self.step == 1 and 1000 <= self.value <= 2999 and len(self.text) == 4


def overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < e and s < end for s, e in spans)
