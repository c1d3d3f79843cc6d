"""The rows of a table by periods of time: which unit to cut at, and moments per period, whole and by group."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.columns import quoted
from llmauto_tools.insights.layout import Category, Layout
from llmauto_tools.insights.passes import Moments, moments_of, standard, sums

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

Unit = Literal["hour", "day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = ("year", "quarter", "month", "week", "day", "hour")
DAYS: dict[Unit, float] = {
    "hour": 1 / 24,
    "day": 1,
    "week": 7,
    "month": 30.44,
    "quarter": 91.3,
    "year": 365.25,
}
ENOUGH, LEAST = 24, 10
"""The largest unit with this many periods is used; else the largest with the smaller number."""
FULL = 0.8
"""The part of the periods that must have rows."""
GROUPED_CATEGORIES = 5
GROUPED_LEVELS = 8
MAX_GROUPS = 50
"""Of a category with more levels, the first few would say little."""
LONGEST_HOURS = 400.0
MAX_PERIODS = 15_000
DENSE, DENSE_SLACK, SPARSE_SLACK = 1.2, 0.5, 2.0
"""A first or last period lacks a part where a day is missing and most days have rows, else twice the usual
distance between days that have some."""
_EPOCH = dt.datetime(1970, 1, 1)


def index_of(seconds: NDArray[np.float64], unit: Unit) -> NDArray[np.int64]:
    """The number of the period (since 1970; weeks start on Mondays) of times in seconds since 1970."""
    whole = np.floor(seconds).astype(np.int64).astype("datetime64[s]")
    if unit == "hour":
        return whole.astype("datetime64[h]").astype(np.int64)
    if unit == "day":
        return whole.astype("datetime64[D]").astype(np.int64)
    if unit == "week":
        return np.floor_divide(whole.astype("datetime64[D]").astype(np.int64) + 3, 7)
    months = whole.astype("datetime64[M]").astype(np.int64)
    return np.floor_divide(months, {"month": 1, "quarter": 3, "year": 12}[unit])


def start_of(index: int, unit: Unit) -> dt.datetime:
    """The first moment of a period."""
    if unit in ("hour", "day", "week"):
        hours = {"hour": index, "day": index * 24, "week": (index * 7 - 3) * 24}[unit]
        return _EPOCH + dt.timedelta(hours=hours)
    months = index * {"month": 1, "quarter": 3, "year": 12}[unit]
    return dt.datetime(1970 + months // 12, months % 12 + 1, 1)


@dataclass(frozen=True)
class Span:
    """The range of the times of a table."""

    first: dt.datetime
    last: dt.datetime
    days: int
    """Different days that have rows."""
    hours: bool
    """Some times are not midnight."""

    @property
    def length(self) -> float:
        """In days."""
        return (self.last - self.first).total_seconds() / 86400


@dataclass(frozen=True)
class Series:
    """Moments of consecutive periods, from `first` on; without rows they count 0."""

    unit: Unit
    first: int
    rows: NDArray[np.float64]
    moments: dict[str, Moments]
    gaps: dict[str, NDArray[np.float64]]

    @property
    def index(self) -> NDArray[np.int64]:
        return self.first + np.arange(len(self.rows))


@dataclass(frozen=True)
class Timeline:
    """All series: the whole by the unit and by a finer one, and the levels of the categories by the unit."""

    span: Span
    whole: Series
    fine: Series
    levels: dict[tuple[str, str], Series] = field(default_factory=dict)


def read_timeline(workspace: Workspace, layout: Layout, context: ToolContext) -> Timeline | None:
    """Two scans; None where there is no time, or it spans too few periods."""
    if layout.time is None or layout.rows == 0:
        return None
    context.step("following the time", 0.2)
    span = _span(workspace, layout, context)
    if span is None:
        return None
    base = finest(span, layout)
    fine = _read(workspace, layout, base, (), context)[None]
    unit = choose_unit(fine, span, base)
    if unit is None:
        return None
    grouped = [c for c in layout.categories if 2 <= len(c.levels) <= MAX_GROUPS][:GROUPED_CATEGORIES]
    found = _read(workspace, layout, unit, grouped, context)
    whole = found.pop(None)
    keep = _complete(whole, span)
    levels = {key: cut(aligned(part, whole), keep) for key, part in found.items() if key is not None}
    return Timeline(span, cut(whole, keep), fine, levels)


def _span(workspace: Workspace, layout: Layout, context: ToolContext) -> Span | None:
    assert layout.time is not None
    inner = f"SELECT {layout.time.sql} AS t FROM {quoted(layout.table.name)}"
    row = workspace.engine.query(
        "SELECT min(t), max(t), count(DISTINCT date_trunc('day', t)), coalesce(bool_or(t <> date_trunc('day', t)), false)"
        f" FROM ({inner}) WHERE isfinite(t)",
        max_rows=1,
        timeout=context.timeout,
    ).rows[0]
    if row[0] is None or row[0].year < 1 or row[1].year >= 9000:
        return None
    return Span(row[0], row[1], int(row[2]), bool(row[3]))


def finest(span: Span, layout: Layout) -> Unit:
    """The finest unit that says something: hours only over a year or so, days only where there are many."""
    known = layout.time.finest if layout.time else None
    if known in ("year", "quarter", "month"):
        return known
    if span.hours and span.length <= LONGEST_HOURS and span.days >= 2:
        return "hour"
    if span.length > MAX_PERIODS or span.days <= span.length / 25 + 1:
        return "month" if span.length < MAX_PERIODS * 30 else "year"
    return "day"


def choose_unit(fine: Series, span: Span, base: Unit) -> Unit | None:
    """The largest unit of which there are enough periods with rows; None where there are too few of any."""
    seconds = np.array([(start_of(int(i), base) - _EPOCH).total_seconds() for i in fine.index[fine.rows > 0]])
    allowed = [u for u in UNITS if DAYS[u] >= DAYS[base]]
    counted = {}
    for unit in allowed:
        at = np.unique(index_of(seconds, unit))
        long = int(at[-1] - at[0]) + 1
        if len(at) >= FULL * long or (unit == base and len(at) >= LEAST):
            counted[unit] = len(at)
    for least in (ENOUGH, LEAST):
        for unit in allowed:
            if counted.get(unit, 0) >= least:
                return unit
    return None


def _read(
    workspace: Workspace, layout: Layout, unit: Unit, categories: Sequence[Category], context: ToolContext
) -> dict[tuple[str, str] | None, Series]:
    """Moments by period: of all rows (key None) and of the first levels of some categories."""
    assert layout.time is not None
    inner = [f"date_trunc('{unit}', {layout.time.sql}) AS t"]
    inner += [f"({c.code_sql})::SMALLINT AS g{i}" for i, c in enumerate(categories)]
    inner += [f"{standard(m)} AS z{i}" for i, m in enumerate(layout.measures)]
    inner += [f"({quoted(g.column)} IS NULL)::INT AS k{i}" for i, g in enumerate(layout.gaps)]
    gaps = "".join(f", sum(k{i})::DOUBLE AS k{i}" for i in range(len(layout.gaps)))
    which = " ".join(f"WHEN grouping(g{i}) = 0 THEN {i}" for i in range(len(categories)))
    code = " ".join(f"WHEN grouping(g{i}) = 0 THEN g{i}" for i in range(len(categories)))
    chosen = (
        f"CASE {which} ELSE -1 END AS category, CASE {code} ELSE -1 END AS code"
        if categories
        else "-1 AS category, -1 AS code"
    )
    sets = ", ".join(["(t)", *(f"(t, g{i})" for i in range(len(categories)))])
    sql = (
        f"SELECT epoch(t) AS t, {chosen}, count(*)::DOUBLE AS n{sums(layout.measures)}{gaps}"
        f" FROM (SELECT {', '.join(inner)} FROM {quoted(layout.table.name)}) WHERE isfinite(t) AND t IS NOT NULL"
        f" GROUP BY GROUPING SETS ({sets}) ORDER BY 2, 3, 1"
    )
    table = workspace.engine.arrow(sql, timeout=context.timeout)
    found = {
        c: np.asarray(table.column(c).to_numpy(zero_copy_only=False), dtype=float) for c in table.column_names
    }
    series: dict[tuple[str, str] | None, Series] = {None: _series(layout, unit, found, -1, -1)}
    for i, category in enumerate(categories):
        for j, level in enumerate(category.coded[:GROUPED_LEVELS]):
            series[category.column, level] = _series(layout, unit, found, i, j)
    return series


def _series(layout: Layout, unit: Unit, found: dict[str, Any], category: int, code: int) -> Series:
    mine = (found["category"] == category) & (found["code"] == code)
    at = index_of(found["t"][mine], unit)
    if not len(at):
        return Series(unit, 0, np.zeros(0), {}, {})
    first, size = int(at[0]), int(at[-1] - at[0]) + 1

    def spread(name: str) -> NDArray[np.float64]:
        full = np.zeros(size)
        full[at - first] = np.nan_to_num(found[name][mine])
        return full

    moments = {
        m.column: moments_of(m, spread(f"n{i}"), spread(f"s{i}"), spread(f"q{i}"))
        for i, m in enumerate(layout.measures)
    }
    gaps = {g.column: spread(f"k{i}") for i, g in enumerate(layout.gaps)}
    return Series(unit, first, spread("n"), moments, gaps)


def aligned(part: Series, whole: Series) -> Series:
    """A group's series over the periods of the whole one."""
    start = part.first - whole.first if len(part.rows) else 0

    def padded(values: NDArray[np.float64]) -> NDArray[np.float64]:
        full = np.zeros(len(whole.rows))
        full[start : start + len(values)] = values
        return full

    moments = {k: Moments(padded(m.n), padded(m.mean), padded(m.variance)) for k, m in part.moments.items()}
    return Series(
        whole.unit, whole.first, padded(part.rows), moments, {k: padded(v) for k, v in part.gaps.items()}
    )


def cut(series: Series, keep: slice) -> Series:
    """Some consecutive periods of a series."""
    moments = {k: Moments(m.n[keep], m.mean[keep], m.variance[keep]) for k, m in series.moments.items()}
    gaps = {k: v[keep] for k, v in series.gaps.items()}
    return Series(series.unit, series.first + (keep.start or 0), series.rows[keep], moments, gaps)


def _complete(whole: Series, span: Span) -> slice:
    """Without a first or last period that the data covers in part only."""
    n = len(whole.rows)
    if whole.unit in ("hour", "day"):
        return slice(0, n)
    # The usual distance between days is no gap: monthly figures end on the first of the last month.
    step = max(span.length / max(span.days - 1, 1), 1.0)
    slack = DENSE_SLACK if step < DENSE else SPARSE_SLACK * step
    late = (span.first - start_of(whole.first, whole.unit)).total_seconds() / 86400
    early = (start_of(whole.first + n, whole.unit) - span.last).total_seconds() / 86400 - step
    start, stop = int(late > slack), n - int(early > slack)
    return slice(start, stop) if stop - start >= LEAST else slice(0, n)


def coarser(fine: Series, unit: Unit) -> Series:
    """The series by a coarser unit, from its moments."""
    seconds = np.array([(start_of(int(i), fine.unit) - _EPOCH).total_seconds() for i in fine.index])
    at = index_of(seconds, unit)
    place = at - at[0]
    size = int(place[-1]) + 1

    def added(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(place, values, size), dtype=np.float64)

    moments = {}
    for name, m in fine.moments.items():
        n, total, squares = added(m.n), added(m.total), added(m.squares)
        mean = np.divide(total, n, out=np.zeros(size), where=n > 0)
        variance = np.divide(np.maximum(squares - n * mean**2, 0), n - 1, out=np.zeros(size), where=n > 1)
        moments[name] = Moments(n, mean, variance)
    return Series(unit, int(at[0]), added(fine.rows), moments, {k: added(v) for k, v in fine.gaps.items()})
