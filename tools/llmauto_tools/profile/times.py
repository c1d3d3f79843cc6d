"""The range of dates and times, the gaps in them, and their histogram."""

from __future__ import annotations

import datetime as dt
import itertools
from statistics import median_low

from llmauto_tools.profile.counts import Counts
from llmauto_tools.profile.model import Histogram, Times
from llmauto_tools.profile.plans import ColumnPlan
from llmauto_tools.profile.scan import Scanned
from llmauto_tools.schema import Column

BARS = 60
GAP_STEPS = 3
"""A step of more than so many usual ones is a gap: a weekend without a row is none."""
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def times_of(column: Column, plan: ColumnPlan, scanned: Scanned, counts: Counts) -> Times | None:
    """Range and gaps; None for a column that is no time or has no value."""
    if scanned.first is None or scanned.last is None:
        return None
    first, last = scanned.first, scanned.last
    if column.dtype == "DATE":
        first, last = (t.removesuffix(" 00:00:00") for t in (first, last))
    unit = plan.time_unit
    units = sorted(_ordinal(at, unit) for at in counts.by_unit or ()) if unit else []
    if unit is None or len(units) < 2:
        return Times(first, last, unit)
    steps = [b - a for a, b in itertools.pairwise(units)]
    usual = median_low(steps)
    gaps = sum(step > GAP_STEPS * usual for step in steps)
    widest = max(range(len(steps)), key=steps.__getitem__)
    ends = (written(_start(units[widest], unit), unit), written(_start(units[widest + 1], unit), unit))
    return Times(first, last, unit, usual, gaps, ends if gaps else None)


def time_histogram(unit: str, by_unit: dict[int, int]) -> Histogram | None:
    """Rows per unit of time, units taken together until there are at most BARS bars."""
    if not by_unit:
        return None
    counted = {_ordinal(at, unit): rows for at, rows in by_unit.items()}
    first, last = min(counted), max(counted)
    each = -(-(last - first + 1) // BARS)
    counts = [0] * ((last - first) // each + 1)
    for at, rows in counted.items():
        counts[(at - first) // each] += rows
    edges = tuple(float(_start(first + i * each, unit)) for i in range(len(counts) + 1))
    return Histogram(edges, tuple(counts), time_unit=unit)


def _ordinal(seconds: int, unit: str) -> int:
    """The number of the unit that starts at these seconds since 1970."""
    if unit in _SECONDS:
        return seconds // _SECONDS[unit]
    at = moment_of(seconds)
    return at.year if unit == "year" else at.year * 12 + at.month - 1


def _start(ordinal: int, unit: str) -> int:
    """The seconds since 1970 at which a unit starts."""
    if unit in _SECONDS:
        return ordinal * _SECONDS[unit]
    year, month = (ordinal, 0) if unit == "year" else divmod(ordinal, 12)
    year = min(max(year, 1), 9999)
    return round((dt.datetime(year, month + 1, 1) - dt.datetime(1970, 1, 1)).total_seconds())


def moment_of(seconds: float) -> dt.datetime:
    """Seconds since 1970 as a date and time without a zone."""
    return dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)


def written(seconds: float, unit: str) -> str:
    """A moment, as exactly as the unit is."""
    shape = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}.get(unit, "%Y-%m-%d %H:%M")
    return moment_of(seconds).strftime(shape)
