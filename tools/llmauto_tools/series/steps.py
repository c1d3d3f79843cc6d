"""The step of a series: hours, days, weeks, months, quarters or years, or several of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)

_SECONDS: dict[Unit, float] = {
    "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0, "month": 2_629_746.0, "quarter": 7_889_238.0,
    "year": 31_556_952.0,
}  # fmt: skip
_EPOCH = dt.datetime(1970, 1, 1)
_MONDAY = dt.datetime(1970, 1, 5)
_EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Step:
    """`count` units from one period to the next; `weekdays` (ISO, 1 = Monday) that a daily series has."""

    unit: Unit
    count: int = 1
    weekdays: tuple[int, ...] = _EVERY_DAY

    @property
    def seconds(self) -> float:
        """The mean length of one step."""
        return _SECONDS[self.unit] * self.count

    @property
    def working_days(self) -> bool:
        return self.unit == "day" and len(self.weekdays) < len(_EVERY_DAY)

    @property
    def words(self) -> str:
        """Such as "month", "5 years", "day (Monday to Friday)"."""
        if self.count > 1:
            return f"{self.count} {self.unit}s"
        if self.weekdays == (1, 2, 3, 4, 5):
            return "day (Monday to Friday)"
        return f"day ({len(self.weekdays)} days a week)" if self.working_days else self.unit

    def plural(self, periods: int) -> str:
        """A number of periods in words: "12 months", "1 week", "10 years" for 2 periods of 5."""
        units = periods * self.count
        unit = "working day" if self.working_days else self.unit
        return f"{units:,} {unit}{'' if units == 1 else 's'}"

    def calendar_periods(self) -> tuple[int, ...]:
        """How many periods the calendar's cycles have: a day, a week, a year."""
        if self.count > 1:
            return ()
        cycles: dict[Unit, tuple[int, ...]] = {
            "hour": (24, 168), "day": (7, 365), "week": (52,), "month": (12,), "quarter": (4,), "year": (),
        }  # fmt: skip
        if self.working_days:
            week = len(self.weekdays)
            return (week, round(week * 365.25 / 7)) if week > 1 else (52,)
        return cycles[self.unit]

    def index(self, at: dt.datetime) -> int:
        """The number of the unit (not of the step) that holds `at`, counted from 1970."""
        months = (at.year - 1970) * 12 + at.month - 1
        if self.unit in ("month", "quarter", "year"):
            return months // {"month": 1, "quarter": 3, "year": 12}[self.unit]
        since = at - (_MONDAY if self.unit == "week" else _EPOCH)
        return int(since.total_seconds() // _SECONDS[self.unit])

    def start(self, index: int) -> dt.datetime:
        """The moment at which the unit of that number begins. Raises OverflowError beyond the calendar."""
        if self.unit in ("month", "quarter", "year"):
            months = index * {"month": 1, "quarter": 3, "year": 12}[self.unit]
            year = 1970 + months // 12
            if not 1 <= year <= 9999:
                raise OverflowError(f"the year {year} is beyond the calendar")
            return dt.datetime(year, months % 12 + 1, 1)
        return (_MONDAY if self.unit == "week" else _EPOCH) + dt.timedelta(
            seconds=index * _SECONDS[self.unit]
        )

    def grid(self, first: dt.datetime, last: dt.datetime) -> list[dt.datetime]:
        """The starts of all periods from that of `first` to that of `last`."""
        starts = [self.start(i) for i in range(self.index(first), self.index(last) + 1, self.count)]
        return [t for t in starts if t.isoweekday() in self.weekdays] if self.working_days else starts

    def after(self, last: dt.datetime, periods: int) -> list[dt.datetime]:
        """The starts of the `periods` periods that follow that of `last`."""
        found: list[dt.datetime] = []
        index = self.index(last)
        while len(found) < periods:
            index += self.count
            at = self.start(index)
            if not self.working_days or at.isoweekday() in self.weekdays:
                found.append(at)
        return found

    def label(self, at: dt.datetime) -> str:
        """A period as people write it: 2024, 2024-Q3, 2024-07, 2024-07-15, 2024-07-15 13:00."""
        if self.unit == "year":
            return f"{at.year}"
        if self.unit == "quarter":
            return f"{at.year}-Q{(at.month + 2) // 3}"
        if self.unit == "month":
            return f"{at.year}-{at.month:02d}"
        return at.strftime("%Y-%m-%d %H:%M") if self.unit == "hour" else at.date().isoformat()
