"""How the rows of a table lie in time, and the step of the series that they make."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.series.columns import TimeColumn
from llmauto_tools.series.steps import UNITS, Step, Unit

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

MAX_PERIODS = 50_000
"""Periods of one series at most (hours of more than five years)."""
AUTO_PERIODS = 6_000
"""Periods that a step may make that nobody asked for (days of 16 years)."""
FILLED = 0.75
"""The share of periods with rows from which a step is chosen; the coarsest that is tried needs none."""
_RARE_WEEKDAY = 0.02


@dataclass(frozen=True)
class Spacing:
    """The times of a table in numbers. Gaps are in seconds, between different hours with rows."""

    rows: int
    without_time: int
    first: dt.datetime
    last: dt.datetime
    hours: int
    usual_gap: float
    """The 95th percentile of the gaps: a longer one is unusual."""
    whole_days: bool
    distinct: dict[Unit, int]
    """How many different hours, days, ... have rows."""
    weekdays: tuple[int, ...]
    """ISO weekdays with at least 2% of the days."""

    def step(self, unit: Unit) -> Step:
        """A step of one unit; days that the table never has (weekends, say) are not part of it."""
        if unit == "day" and self.distinct["day"] >= 14 and len(self.weekdays) > 1:
            return Step("day", weekdays=self.weekdays)
        return Step(unit)

    def periods(self, step: Step) -> int:
        """The periods of that step from the first time to the last."""
        units = step.index(self.last) - step.index(self.first) + 1
        return max(1, round(units * len(step.weekdays) / 7) if step.working_days else units)

    def filled(self, step: Step) -> float:
        """The share of these periods that have rows."""
        return min(1.0, self.distinct[step.unit] / self.periods(step))


def measure(workspace: Workspace, table: str, time: TimeColumn, context: ToolContext) -> Spacing:
    """Count the times of a table in one statement. Raises InvalidArguments where it has none."""
    counts = ", ".join(f"count(DISTINCT date_trunc('{u}', h)) AS {u}s" for u in UNITS[1:])
    days = ", ".join(f"count(DISTINCT h) FILTER (isodow(h) = {d}) AS d{d}" for d in range(1, 8))
    sql = (
        f"WITH rows AS (SELECT {time.sql} AS t FROM {quoted(table)}),"
        " hours AS (SELECT date_trunc('hour', t) AS h, count(*) AS n, min(t) AS first, max(t) AS last"
        " FROM rows WHERE t IS NOT NULL AND isfinite(t) GROUP BY 1),"
        " gaps AS (SELECT *, epoch(h) - lag(epoch(h)) OVER (ORDER BY h) AS gap FROM hours)"
        " SELECT (SELECT count(*) FROM rows), sum(n), min(first), max(last), count(*),"
        f" quantile_cont(gap, 0.95), bool_and(h = date_trunc('day', h)), {counts}, {days} FROM gaps"
    )
    row = workspace.engine.query(sql, timeout=context.timeout, progress=context.progress).rows[0]
    rows, timed, first, last, hours, gap, whole_days = row[:7]
    if not timed:
        raise InvalidArguments(
            f"'{time.label}' holds no times that can be read.", "Name another column with `time`."
        )
    distinct: dict[Unit, int] = {"hour": hours, **dict(zip(UNITS[1:], row[7:12], strict=True))}
    per_day = row[12:]
    kept = tuple(d for d, n in enumerate(per_day, 1) if n >= _RARE_WEEKDAY * hours)
    return Spacing(
        rows, int(rows - timed), first, last, hours, float(gap or 0), bool(whole_days), distinct, kept
    )


def choose_step(spacing: Spacing, every: Unit | None, finest: Unit | None) -> tuple[Step, str]:
    """The step that was asked for, or the finest of which most periods have rows, with the reason.

    Raises InvalidArguments where the step is finer than the times or makes too many periods.
    """
    if every is not None:
        return _asked(spacing, every, finest), "as asked"
    tried = [u for u in UNITS if finest is None or UNITS.index(u) >= UNITS.index(finest)]
    if spacing.whole_days:
        tried = [u for u in tried if u != "hour"]
    for unit in tried:
        step = spacing.step(unit)
        if spacing.periods(step) <= AUTO_PERIODS and spacing.filled(step) >= FILLED:
            filled = f"{100 * spacing.filled(step):.0f}% of the {spacing.periods(step):,} periods have rows"
            return step, f"the finest step that most periods have: {filled}"
    return spacing.step(tried[-1]), "no finer step has rows in most periods"


def _asked(spacing: Spacing, every: Unit, finest: Unit | None) -> Step:
    step = spacing.step(every)
    too_fine = finest is not None and UNITS.index(every) < UNITS.index(finest)
    if too_fine or (every == "hour" and spacing.whole_days and spacing.hours > 1):
        known = finest or "day"
        raise InvalidArguments(
            f"The times are known by {known}, so there is nothing to say by {every}.",
            f"Leave `every` out, or take {known} or a longer step.",
        )
    if spacing.periods(step) > MAX_PERIODS:
        raise InvalidArguments(
            f"By {every} there are {spacing.periods(step):,} periods; at most {MAX_PERIODS:,} can be worked on.",
            "Take a longer step with `every`, or save the rows of fewer years as a table first.",
        )
    return step


def common_step(step: Step, filled: list[dt.datetime]) -> Step:
    """The step of several units that all gaps are multiples of, such as 5 years; else `step` itself."""
    if step.working_days or len(filled) < 3:
        return step
    indices = [step.index(t) for t in filled]
    count = math.gcd(*(b - a for a, b in pairwise(indices)))
    return Step(step.unit, count) if count > 1 else step


def partial_ends(spacing: Spacing, step: Step) -> tuple[bool, bool]:
    """Whether the first and the last period are only partly covered by the times.

    A period counts as partial where as much as the usual gap between rows is missing at its edge: a month whose sales are known until the 12th, in a table with sales on most days.
    """
    if step.count > 1:
        return False, False
    start = step.start(step.index(spacing.first))
    end = step.start(step.index(spacing.last) + 1)
    # The smallest gap that can be seen is the hour, or the day of a table of days.
    resolution = 86_400.0 if spacing.whole_days else 3_600.0
    gap = max(spacing.usual_gap, resolution)
    if gap >= 0.9 * step.seconds:
        return False, False  # one row per period: there is nothing to be partial about
    return (
        (spacing.first - start).total_seconds() >= gap,
        # The last time stands for a day or an hour of its own.
        (end - spacing.last).total_seconds() >= gap + resolution,
    )
