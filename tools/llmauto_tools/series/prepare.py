"""From the rows of a table to series with one value per period: the work is done in DuckDB."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.columns import find_column, literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column
from llmauto_tools.series.columns import TimeColumn, find_time, find_value
from llmauto_tools.series.spacing import (
    MAX_PERIODS,
    Spacing,
    choose_step,
    common_step,
    measure,
    partial_ends,
)
from llmauto_tools.series.steps import Step, Unit

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

Aggregate = Literal["sum", "mean", "median", "min", "max", "count", "last"]
Fill = Literal["none", "zero", "forward", "linear"]
Values = NDArray[np.float64]

_AVERAGED = re.compile(
    r"(?<![a-z])(price|rate|ratio|share|percent|pct|%|avg|average|mean|median|temp|score|rating|index|level|age|speed"
    r"|height|width|weight|pressure|humid|ppm|co2|close|open|high|low|margin|discount|duration|delay|expect)"
    r"|价|率|比|均|温|评分|分数|指数|年龄",
    re.IGNORECASE,
)
_SUMMED = re.compile(
    r"(?<![a-z])(amount|sales|revenue|income|cost|profit|total|sum|count|quantity|qty|units|volume|orders|visits|births"
    r"|deaths|passengers|customers|clicks|spend|turnover)|数量|金额|额|销|收入|成本|利润|人数|次数",
    re.IGNORECASE,
)
_FUNCTIONS: dict[str, str] = {
    "sum": "sum", "mean": "avg", "median": "median", "min": "min", "max": "max",
}  # fmt: skip
AS_IT_IS = "one row per period: the value as it is"
MAX_GROUPS = 20
"""Groups of `by` that are worked on: those with the most rows."""


@dataclass(frozen=True)
class Request:
    """What a person asked for; None where it is to be found from the data."""

    table: str
    time: str | None = None
    value: str | None = None
    every: Unit | None = None
    by: str | None = None
    aggregate: Aggregate | None = None
    fill: Fill | None = None


@dataclass(frozen=True)
class Series:
    """One value per period. `values` are NaN where a period has no rows; `counts` are rows per period."""

    name: str | None
    times: tuple[dt.datetime, ...]
    values: Values
    counts: NDArray[np.int64]
    partial: tuple[bool, bool] = (False, False)
    """Whether the first and the last period are covered only in part."""

    def complete(self) -> Series:
        """The series without partial periods at its ends."""
        cut = slice(int(self.partial[0]), len(self.times) - int(self.partial[1]))
        return Series(self.name, self.times[cut], self.values[cut], self.counts[cut])

    @property
    def missing(self) -> int:
        return int(np.isnan(self.values).sum())


@dataclass(frozen=True)
class Prepared:
    """The series of a table, and how they were made."""

    table: str
    label: str
    """What is measured, in words: "sum of amount", "rows"."""
    time: TimeColumn
    step: Step
    aggregate: Aggregate
    by: str | None
    series: tuple[Series, ...]
    sql: str
    notes: tuple[str, ...]
    spacing: Spacing
    figures: dict[str, Any]


def prepare(workspace: Workspace, request: Request, context: ToolContext) -> Prepared:
    """Find the columns and the step, and aggregate the rows into periods.

    Raises InvalidArguments where columns or step cannot be found or make no series.
    """
    table = workspace.table(request.table)
    time = find_time(workspace, table, request.time, request.every)
    by = find_column(table, request.by) if request.by is not None else None
    taken = [*time.columns, *([by.name] if by else ())]
    counting = request.aggregate == "count" and request.value is None
    value = None if counting else find_value(table, request.value, taken)
    context.step("looking at the times", 0.05)
    spacing = measure(workspace, table.name, time, context)
    step, why_step = choose_step(spacing, request.every, time.finest)
    aggregate, why = _aggregate(request.aggregate, value, spacing, step)
    groups, left_out = _groups(workspace, table.name, by, context) if by else ([], 0)
    sql = _sql(table.name, time, value, step, aggregate, by, groups)
    context.step(f"resampling by {step.unit}", 0.1)
    rows = _rows(workspace, sql, step, max(1, len(groups)), context)
    step = common_step(step, sorted({r[1] for r in rows})) if request.every in (None, step.unit) else step
    if request.aggregate is None and value is not None and max(r[3] for r in rows) == 1:
        aggregate, why = "mean", AS_IT_IS
    label = "rows" if value is None else value.name if why == AS_IT_IS else f"{aggregate} of {value.name}"
    ends = partial_ends(spacing, step)
    series = _series(rows, step, ends, bool(by), _fill(request.fill, aggregate, value))
    notes = [*time.notes, *_row_notes(rows, spacing, time, value), *_end_notes(series, step, ends)]
    if left_out:
        notes.append(
            f"'{by.name if by else ''}' has {left_out + len(groups):,} values;"
            f" the {len(groups)} with the most rows are worked on."
        )
    if step.working_days:
        notes.append(
            f"The series has {step.words}: the other days have no rows and are not counted as missing."
        )
    figures = {
        "time": time.label, "value": value.name if value else None, "every": step.words, "every_reason": why_step,
        "aggregate": aggregate, "aggregate_reason": why,
    }  # fmt: skip
    return Prepared(
        table.name, label, time, step, aggregate, by.name if by else None, tuple(series), sql, tuple(notes),
        spacing, figures,
    )  # fmt: skip


def _aggregate(
    asked: Aggregate | None, value: Column | None, spacing: Spacing, step: Step
) -> tuple[Aggregate, str]:
    """How the rows of a period become one value, with the reason."""
    if value is None:
        return (
            "count",
            "there is no single column of numbers to add up, so rows are counted"
            if asked is None
            else "as asked",
        )
    if asked is not None:
        return asked, "as asked"
    if spacing.rows - spacing.without_time <= spacing.distinct[step.unit]:
        return "mean", AS_IT_IS
    if value.family == "boolean":
        return "mean", f"'{value.name}' is yes or no: the share of yes"
    if _AVERAGED.search(value.name):
        return "mean", f"'{value.name}' sounds like a level, which is averaged"
    if _SUMMED.search(value.name):
        return "sum", f"'{value.name}' sounds like an amount, which is added up"
    if spacing.rows - spacing.without_time <= spacing.hours:
        return "mean", "one reading at a time, which is averaged"
    return "mean", f"nothing says that '{value.name}' can be added up, so it is averaged"


def _groups(workspace: Workspace, table: str, by: Column, context: ToolContext) -> tuple[list[str], int]:
    """The values of the column with the most rows, as text, and how many others there are."""
    q = quoted(by.name)
    result = workspace.engine.query(
        f"SELECT CAST({q} AS VARCHAR) AS g, count(*) AS n, count(*) OVER () AS groups FROM {quoted(table)}"
        f" WHERE {q} IS NOT NULL GROUP BY g ORDER BY n DESC, g LIMIT {MAX_GROUPS}",
        timeout=context.timeout,
    )
    if not result.rows:
        raise InvalidArguments(f"The column '{by.name}' is empty.", "Leave `by` out.")
    return [r[0] for r in result.rows], int(result.rows[0][2]) - len(result.rows)


def _sql(
    table: str, time: TimeColumn, value: Column | None, step: Step, aggregate: Aggregate, by: Column | None,
    groups: list[str],
) -> str:  # fmt: skip
    """One row per group and period with rows: the value, the rows, the infinite values, the repeats."""
    number = f"CAST({quoted(value.name)} AS DOUBLE)" if value else "1.0"
    group = f"CAST({quoted(by.name)} AS VARCHAR)" if by else "NULL"
    chosen = f" AND {group} IN ({', '.join(literal(g) for g in groups)})" if by else ""
    if aggregate == "count":
        measure_sql = "CAST(count(x) AS DOUBLE)"
    elif aggregate == "last":
        measure_sql = "arg_max(x, t)"
    else:
        measure_sql = f"{_FUNCTIONS[aggregate]}(x)"
    return (
        f"SELECT g AS \"group\", date_trunc('{step.unit}', t) AS period, {measure_sql} AS value,"
        " count(*) AS rows, count_if(odd) AS odd, count(*) - count(DISTINCT t) AS repeated"
        f" FROM (SELECT {group} AS g, t, CASE WHEN isfinite(v) THEN v END AS x,"
        f" coalesce(NOT isfinite(v), false) AS odd"
        f" FROM (SELECT *, {time.sql} AS t, {number} AS v FROM {quoted(table)})"
        f" WHERE t IS NOT NULL AND isfinite(t){chosen}) GROUP BY ALL ORDER BY ALL"
    )


def _rows(
    workspace: Workspace, sql: str, step: Step, groups: int, context: ToolContext
) -> list[tuple[str | None, dt.datetime, float | None, int, int, int]]:
    result = workspace.engine.query(
        sql, max_rows=MAX_PERIODS * groups, timeout=context.timeout, progress=context.progress
    )
    found = []
    for group, period, value, rows, odd, repeated in result.rows:
        at = period if isinstance(period, dt.datetime) else dt.datetime(period.year, period.month, period.day)
        if not step.working_days or at.isoweekday() in step.weekdays:
            found.append((group, at, value, rows, odd, repeated))
    if not any(r[2] is not None for r in found):
        raise InvalidArguments("The value is missing in every row.", "Name another column with `value`.")
    return found


def _series(
    rows: list[tuple[str | None, dt.datetime, float | None, int, int, int]],
    step: Step, ends: tuple[bool, bool], grouped: bool, fill: Fill,
) -> list[Series]:  # fmt: skip
    """A series per group, in the order of the groups' first rows, on a grid without holes."""
    by_group: dict[str | None, dict[dt.datetime, tuple[float | None, int]]] = {}
    for group, at, value, count, _, _ in rows:
        by_group.setdefault(group, {})[at] = (value, count)
    first, last = min(r[1] for r in rows), max(r[1] for r in rows)
    made = []
    for group, known in by_group.items():
        grid = step.grid(min(known), max(known))
        cells = [known.get(t, (None, 0)) for t in grid]
        values = np.array([np.nan if v is None else v for v, _ in cells], dtype=np.float64)
        partial = (ends[0] and grid[0] == first, ends[1] and grid[-1] == last)
        counts = np.array([n for _, n in cells], dtype=np.int64)
        series = Series(group, tuple(grid), values, counts, partial)
        made.append(replace(series, values=filled(series.values, fill)))
    return sorted(made, key=lambda s: -int(s.counts.sum())) if grouped else made


def _fill(asked: Fill | None, aggregate: Aggregate, value: Column | None) -> Fill:
    """No rows in a period means a count of nothing; any other value is missing."""
    if asked is not None:
        return asked
    return "zero" if aggregate == "count" else "none"


def filled(values: Values, how: Fill) -> Values:
    """The values with missing periods replaced: by 0, the last value before, or a straight line between."""
    missing = np.isnan(values)
    if how == "none" or not missing.any():
        return values
    if how == "zero":
        return np.where(missing, 0.0, values)
    known = np.flatnonzero(~missing)
    if how == "forward":
        last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(values))))
        return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)
    if len(known) == 0:
        return values
    line = np.interp(np.arange(len(values)), known, values[known])
    line[: known[0]] = np.nan
    line[known[-1] + 1 :] = np.nan
    return line


def _row_notes(
    rows: list[tuple[str | None, dt.datetime, float | None, int, int, int]],
    spacing: Spacing, time: TimeColumn, value: Column | None,
) -> list[str]:  # fmt: skip
    notes = []
    if spacing.without_time:
        notes.append(f"Rows left out because '{time.label}' cannot be read there: {spacing.without_time:,}.")
    odd = sum(r[4] for r in rows)
    if odd and value:
        notes.append(f"Infinite values of '{value.name}' that are left out: {odd:,}.")
    return notes


def _end_notes(series: list[Series], step: Step, ends: tuple[bool, bool]) -> list[str]:
    notes = []
    for position, place in ((0, "first"), (1, "last")):
        labels = {step.label(s.times[-position]) for s in series if s.partial[position]}
        if ends[position] and labels:
            notes.append(f"The {place} {step.unit} ({min(labels)}) is covered only in part and is left out.")
    missing = sum(s.missing for s in series)
    if missing:
        total = sum(len(s.times) for s in series)
        notes.append(
            f"Periods without a value, shown as missing: {missing:,} of {total:,}"
            " (where no rows mean that nothing happened, use fill='zero')."
        )
    return notes
