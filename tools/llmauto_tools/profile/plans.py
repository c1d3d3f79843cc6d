"""What to count in the whole table, planned from the sample: bins, units of time, frequent values.

Planning on the sample is what saves a pass: minimum and maximum need not be known before the bins are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from llmauto_tools.charts.data import bin_edges
from llmauto_tools.profile.sample import CUT_CHARACTERS, Sample

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 24
WHOLE_BINS = 40
"""Whole numbers within a range of so many get a bin each."""
LONG_TAIL = 4.0
"""Where all values span this many times the middle 98%, the histogram shows the middle only."""
FEW_VALUES = 2_000
"""Columns with about as many different values are counted value by value."""
EXACT_DISTINCT = 50_000
"""Up to about so many, different values are counted one by one; above, those in every M-th place."""
FREQUENT = 5
FREQUENT_SHARE = 0.001
TIME_BUCKETS = 1_500
TIME_UNITS = (
    ("minute", 60.0), ("hour", 3600.0), ("day", 86400.0), ("month", 2629746.0), ("year", 31556952.0),
)  # fmt: skip


@dataclass(frozen=True)
class Bins:
    """Bins of equal width from `start`."""

    start: float
    width: float
    count: int

    @property
    def edges(self) -> tuple[float, ...]:
        return tuple(self.start + i * self.width for i in range(self.count + 1))


@dataclass(frozen=True)
class ColumnPlan:
    """How one column is counted. Without a sample of it (all NULL there) most of it is empty."""

    centre: float = 0.0
    scale: float = 1.0
    """Powers are summed of (x - centre) / scale, which loses no digits to a large mean."""
    quantiles: dict[float, float] = field(default_factory=dict)
    bins: Bins | None = None
    time_unit: str | None = None
    by_value: bool = False
    every: int = 1
    """Different values are counted among those whose hash is divisible by this."""
    frequent: tuple[str | float, ...] = ()
    """Values to count in the whole table, where they are not counted value by value."""
    repeats: bool = True
    """Two rows of the sample have the same value (or one has none), so it is no key."""


def plan_columns(sample: Sample) -> list[ColumnPlan]:
    """A plan for each column of the sample."""
    return [_plan(sample, i) for i in range(len(sample.columns))]


def _plan(sample: Sample, i: int) -> ColumnPlan:
    distinct, once, present = sample.rows_of(
        f"SELECT count(*), count_if(n = 1), sum(n) FROM (SELECT count(*) AS n FROM s WHERE c{i} IS NOT NULL GROUP BY c{i})"
    )[0]
    if not present:
        return ColumnPlan(by_value=sample.columns[i].family in ("text", "boolean"))
    expected = _expected_distinct(sample, distinct, once, present)
    by_value = expected <= FEW_VALUES and sample.columns[i].family != "other"
    plan = {
        "by_value": by_value,
        "every": 2 ** max(0, math.ceil(math.log2(max(expected, 1) / EXACT_DISTINCT))),
        "frequent": () if by_value else _frequent(sample, i),
        "repeats": distinct < sample.rows,
    }
    if sample.is_number(i):
        plan |= _numeric(sample, i)
    return ColumnPlan(**plan)


def _expected_distinct(sample: Sample, distinct: int, once: int, present: int) -> float:
    """Different values in the whole table (GEE of Charikar et al., PODS 2000): right to within the root of
    the sampling ratio, which is enough to plan with."""
    ratio = math.sqrt(max(sample.of / max(sample.rows, 1), 1.0))
    return ratio * once + (distinct - once)


def _frequent(sample: Sample, i: int) -> tuple[str | float, ...]:
    least = max(5, int(FREQUENT_SHARE * sample.rows))
    rows = sample.rows_of(
        f"SELECT c{i} FROM s WHERE c{i} IS NOT NULL GROUP BY c{i} HAVING count(*) >= {least}"
        f" ORDER BY count(*) DESC, c{i} LIMIT {FREQUENT}"
    )
    values = tuple(v for (v,) in rows)
    return tuple(v for v in values if not isinstance(v, str) or len(v) < CUT_CHARACTERS)


def _numeric(sample: Sample, i: int) -> dict[str, object]:
    fractions = [0.0, *QUANTILES, 1.0]
    mean, std, whole, found = sample.rows_of(
        f"SELECT avg(c{i}), stddev_pop(c{i}), bool_and(c{i} = floor(c{i})), quantile_cont(c{i}, {fractions}) FROM s"
    )[0]
    quantiles = dict(zip(fractions, found, strict=True))
    if sample.columns[i].family == "date":
        return {"time_unit": _time_unit(quantiles[0.0], quantiles[1.0])}
    return {
        "centre": mean,
        "scale": std or 1.0,
        "quantiles": quantiles,
        "bins": _bins(quantiles, whole),
    }


def _bins(quantiles: dict[float, float], whole: bool) -> Bins:
    low, high = quantiles[0.0], quantiles[1.0]
    middle = quantiles[0.99] - quantiles[0.01]
    if middle > 0 and high - low > LONG_TAIL * middle:
        low, high = quantiles[0.01], quantiles[0.99]
    if whole and high - low < WHOLE_BINS:
        return Bins(float(math.floor(low)), 1.0, int(math.floor(high) - math.floor(low)) + 1)
    start, width = bin_edges([low, high], BINS)
    if whole:
        width = max(width, 1.0)
    count = max(math.ceil((high - start) / width), 1)
    return Bins(start, width, count + (start + count * width <= high and whole))


def _time_unit(first: float, last: float) -> str:
    """The smallest unit that cuts the range into at most TIME_BUCKETS parts."""
    span = last - first
    return next((unit for unit, seconds in TIME_UNITS if span / seconds <= TIME_BUCKETS), "year")
