"""The columns of a result as a chart sees them: what the rows are told apart by, and what was measured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from llmauto_tools.charts.chart import AxisType, ChartKind
from llmauto_tools.errors import QueryInvalid, did_you_mean
from llmauto_tools.plan.model import Arithmetic, DateBucket, DatePart, Measure, Node, Plan
from llmauto_tools.plan.naming import is_share
from llmauto_tools.schema import Column

TimeUnit = Literal["year", "quarter", "month", "week", "day", "hour"]
_MAX_KEY_VALUES = 60


@dataclass(frozen=True)
class Field:
    """A column with its values, as an axis."""

    name: str
    axis: AxisType
    values: list[Any]
    continuous: bool = False
    """An ordinal that reads as a line, such as years."""
    percent: bool = False
    time_unit: TimeUnit | None = None
    function: str | None = None
    """The aggregate that made it."""
    node: Node | None = None
    """The expression of the plan that it is."""

    @property
    def distinct(self) -> int:
        return len({str(v) for v in self.values})


@dataclass(frozen=True)
class Shape:
    """A result as keys (what tells its rows apart) and numbers."""

    keys: list[Field]
    numbers: list[Field]
    grouped: bool
    """Each combination of keys occurs once, so that a number belongs to it."""
    ordered: bool
    """The request asked for an order, which the chart keeps."""
    rows: int


def shape_of(plan: Plan | None, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> Shape:
    values = [[row[i] for row in rows] for i in range(len(columns))]
    if plan is not None and plan.group_by and len(columns) == len(plan.group_by) + len(plan.measures):
        return _grouped(plan, columns, values, len(rows))
    return _listed(plan, columns, values, len(rows))


def _grouped(plan: Plan, columns: Sequence[Column], values: list[list[Any]], count: int) -> Shape:
    split = len(plan.group_by)
    keys = [_key(c, v, i.expr) for c, v, i in zip(columns, values, plan.group_by, strict=False)]
    numbers = [
        _number(c, v, m)
        for c, v, m in zip(columns[split:], values[split:], plan.measures, strict=True)
        if c.family == "number"
    ]
    return Shape(keys, _sorted_first(plan, numbers), True, bool(plan.order_by), count)


def _sorted_first(plan: Plan, numbers: list[Field]) -> list[Field]:
    """The measure that the plan sorts by in front: it is the one that the question is about."""
    by = plan.order_by[0].by if plan.order_by else None
    if isinstance(by, str):
        return sorted(numbers, key=lambda f: f.name.casefold() != by.casefold())
    return sorted(numbers, key=lambda f: by is None or f.node != by)


def _key(column: Column, values: list[Any], node: object) -> Field:
    if isinstance(node, DateBucket):
        return Field(column.name, "time", values, time_unit=node.unit)
    if isinstance(node, DatePart):
        return Field(column.name, "ordinal", values, continuous=node.part == "year")
    if column.family == "date":
        return Field(column.name, "time", values, time_unit=_time_unit(values))
    return Field(column.name, "ordinal" if column.family == "number" else "category", values)


def _number(column: Column, values: list[Any], measure: Measure) -> Field:
    share = isinstance(measure.expr, Arithmetic) and is_share(measure.expr)
    percent = measure.window in {"share", "percent_change"} or share
    function = getattr(measure.expr, "function", None) if measure.window == "none" else measure.window
    node = measure.expr if measure.window == "none" else None
    return Field(column.name, "number", values, percent=percent, function=function, node=node)


def _listed(plan: Plan | None, columns: Sequence[Column], values: list[list[Any]], count: int) -> Shape:
    """Rows of which nobody said what is a key: text and dates are, and a number that counts up."""
    keys, numbers = [], []
    for position, (column, column_values) in enumerate(zip(columns, values, strict=True)):
        if column.family == "number":
            if _is_id(column.name):
                continue
            first = position == 0 and plan is None and len(columns) > 1
            if first and _counts_up(column, column_values):
                keys.append(
                    Field(column.name, "ordinal", column_values, continuous=_are_years(column_values))
                )
            else:
                numbers.append(Field(column.name, "number", column_values, percent=column.name == "share"))
        elif column.family != "other":
            keys.append(_key(column, column_values, None))
    combinations = {tuple(str(f.values[i]) for f in keys) for i in range(count)}
    grouped = bool(keys) and len(combinations) == count
    ordered = bool(plan.order_by) if plan is not None else any(_is_sorted(f.values) for f in numbers[:1])
    return Shape(keys, numbers, grouped, ordered, count)


def _is_sorted(values: list[Any]) -> bool:
    """Whether the rows of a statement that we did not write come in the order of a number."""
    present = [v for v in values if v is not None and not isinstance(v, str)]  # evidence writes NaN as text
    return present in (sorted(present), sorted(present, reverse=True))


def shape_of_columns(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    kind: ChartKind | None,
    x: str,
    y: Sequence[str],
    series: str | None,
) -> Shape:
    """The shape that a person chose: x and series are keys, y are numbers. Raises QueryInvalid."""

    def field(name: str, number: bool) -> Field:
        position = column_position(name, [c.name for c in columns])
        values = [row[position] for row in rows]
        if number:
            return Field(columns[position].name, "number", values)
        key = _key(columns[position], values, None)
        return replace(key, continuous=key.axis == "ordinal" and _are_years(values))

    measured = [field(name, True) for name in y]
    keys = [field(name, False) for name in ([series] if series else [])]
    if kind in {"scatter", "histogram"} or (not y and kind != "box"):
        return Shape(keys, [field(x, True), *measured], False, True, len(rows))
    keys = [field(x, False), *keys]
    combinations = {tuple(str(k.values[i]) for k in keys) for i in range(len(rows))}
    return Shape(keys, measured, len(combinations) == len(rows), True, len(rows))


def column_position(name: str | None, names: Sequence[str]) -> int:
    """Where a column is, by its exact name. Raises QueryInvalid with the nearest names."""
    if name is not None and name in names:
        return list(names).index(name)
    hint = did_you_mean(str(name), names) or "The columns are: " + ", ".join(names[:20])
    raise QueryInvalid(f"The result has no column '{name}'.", hint)


def _is_id(name: str) -> bool:
    folded = name.casefold()
    return folded in {"id", "index", "rowid"} or folded.endswith(("_id", " id")) or name.endswith("Id")


def _counts_up(column: Column, values: list[Any]) -> bool:
    whole = column.dtype.upper().endswith(("INT", "INTEGER"))
    present = [v for v in values if v is not None]
    return whole and len(set(present)) == len(present) <= _MAX_KEY_VALUES and present == sorted(present)


def _are_years(values: list[Any]) -> bool:
    present = [v for v in values if v is not None]
    return bool(present) and all(isinstance(v, int) and 1500 <= v <= 2200 for v in present)


def moment(value: Any) -> dt.datetime | None:
    """The date and time of a value, which evidence keeps as ISO 8601 text."""
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    try:
        return dt.datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def _time_unit(values: list[Any]) -> TimeUnit:
    """The coarsest unit at whose start all the moments are."""
    moments = [m for v in values if v is not None and (m := moment(v))]
    if any(m.hour or m.minute or m.second for m in moments):
        return "hour"
    if any(m.day != 1 for m in moments):
        return "day"
    return "month" if any(m.month != 1 for m in moments) else "year"
