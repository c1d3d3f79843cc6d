"""The numbers of a chart in drawing order: the same for Vega-Lite and for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.charts.chart import MISSING, Chart, ChartData, Columns, as_columns
from llmauto_tools.charts.fields import TimeUnit, column_position, moment
from llmauto_tools.charts.panels import MAX_PANELS

_TIME_FORMATS = {
    "year": "%Y",
    "month": "%Y-%m",
    "week": "%Y-%m-%d",
    "day": "%Y-%m-%d",
    "hour": "%Y-%m-%d %H:%M",
}


@dataclass(frozen=True)
class Mark:
    """One value of a chart: where it is along x, which series it is of, and what it is."""

    x: Any
    label: str
    series: str
    value: float | None
    facet: str | None = None


def marks_of(chart: Chart, columns: Columns, rows: Sequence[Sequence[Any]]) -> list[Mark]:
    """The values that are drawn, in order, without the categories and series that the chart leaves out."""
    names = [c.name for c in as_columns(columns)]
    x = column_position(chart.x, names) if chart.x is not None else None
    apart = column_position(chart.series, names) if chart.series is not None else None
    panel = column_position(chart.facet, names) if chart.facet is not None else None
    marks = []
    for column in chart.y or ((chart.x,) if chart.x else ()):
        y = column_position(column, names)
        for row in rows:
            at = row[x] if x is not None else None
            label = label_of(at, chart.time_unit) if x is not None else ""
            series = label_of(row[apart], None) if apart is not None else chart.titles.get(column, column)
            facet = label_of(row[panel], None) if panel is not None else None
            marks.append(Mark(at, label, series, number(row[y]), facet))
    return _limited(chart, marks)


def _limited(chart: Chart, marks: list[Mark]) -> list[Mark]:
    if chart.kind in {"scatter", "histogram"}:
        return marks
    if chart.facet is not None:
        shown = set(list(dict.fromkeys(m.facet for m in marks))[:MAX_PANELS])
        marks = [m for m in marks if m.facet in shown]
    if chart.series is not None:
        kept = set(_largest(marks, "series")[: chart.max_series])
        marks = [m for m in marks if m.series in kept]
    labels = (
        _largest(marks, "label") if chart.sort == "value" else list(dict.fromkeys(m.label for m in marks))
    )
    if chart.max_x is not None:
        labels = labels[: chart.max_x]
    rank = {label: position for position, label in enumerate(labels)}
    if chart.x_type == "time":  # a line runs from left to right, whatever the order of the rows
        return sorted(marks, key=lambda m: (m.x is None, str(m.x)))
    if chart.x_type == "number":
        return marks
    return sorted((m for m in marks if m.label in rank), key=lambda m: rank[m.label])


def _largest(marks: list[Mark], attribute: str) -> list[str]:
    """Labels or series by the sum of their values, largest first; equal ones as they come."""
    totals: dict[str, float] = {}
    for mark in marks:
        name = getattr(mark, attribute)
        totals[name] = totals.get(name, 0.0) + (mark.value or 0.0)
    return sorted(totals, key=lambda name: -totals[name])


def number(value: Any) -> float | None:
    """The value as a finite float, or None where it is missing, NaN or infinite."""
    if value is None:
        return None
    try:
        as_float = float(value)
    except (TypeError, ValueError):
        return None
    return as_float if math.isfinite(as_float) else None


def label_of(value: Any, unit: TimeUnit | None) -> str:
    """How a value is written along an axis: 2024, 2024-Q1, 2024-03, 2024-03-15, (missing)."""
    if value is None:
        return MISSING
    if unit is not None:
        at = moment(value)
        if at is None:
            return str(value)
        if unit == "quarter":
            return f"{at.year}-Q{(at.month + 2) // 3}"
        return at.strftime(_TIME_FORMATS[unit])
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


# ---- for a renderer that draws for itself


def series_of(chart: Chart, columns: Columns, rows: Sequence[Sequence[Any]]) -> ChartData:
    """The labels and the values of each series, as a terminal draws them (see ChartData)."""
    marks = marks_of(chart, columns, rows)
    if chart.kind == "scatter":
        return _points(chart, columns, rows)
    if chart.kind == "histogram":
        return _bins([m.value for m in marks if m.value is not None])
    if chart.kind == "box":
        return _boxes(marks)
    labels = list(dict.fromkeys(m.label for m in marks))
    at = {label: position for position, label in enumerate(labels)}
    series: dict[str, list[float | None]] = {}
    for mark in marks:
        series.setdefault(mark.series, [None] * len(labels))[at[mark.label]] = mark.value
    return ChartData(labels, list(series.items()))


def _points(chart: Chart, columns: Columns, rows: Sequence[Sequence[Any]]) -> ChartData:
    points: dict[str, list[tuple[float, float]]] = {}
    for mark in marks_of(chart, columns, rows):
        x = number(mark.x)
        if x is not None and mark.value is not None:
            points.setdefault(mark.series, []).append((x, mark.value))
    return ChartData([], [], list(points.items()))


def bin_edges(values: Sequence[float], count: int = 20) -> tuple[float, float]:
    """A round start and width that cut the values into at most about `count` bins."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    raw = span / count
    magnitude = 10.0 ** math.floor(math.log10(raw))
    width = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= raw)
    return math.floor(low / width) * width, width


def _bins(values: list[float]) -> ChartData:
    if not values:
        return ChartData([], [])
    start, width = bin_edges(values)
    positions = [int((v - start) // width) for v in values]
    counts: list[float | None] = [0.0] * (max(positions) + 1)
    for position in positions:
        counts[position] = (counts[position] or 0.0) + 1
    labels = [f"{start + i * width:g}–{start + (i + 1) * width:g}" for i in range(len(counts))]
    return ChartData(labels, [("count", counts)])


def _boxes(marks: list[Mark]) -> ChartData:
    groups: dict[str, list[float]] = {}
    for mark in marks:
        if mark.value is not None:
            groups.setdefault(mark.label, []).append(mark.value)
    figures = {label: [_quantile(sorted(v), f / 4) for f in range(5)] for label, v in groups.items()}
    names = ("min", "q1", "median", "q3", "max")
    columns: list[tuple[str, list[float | None]]] = [
        (name, [figures[label][i] for label in figures]) for i, name in enumerate(names)
    ]
    return ChartData(list(figures), columns)


def _quantile(ordered: list[float], fraction: float) -> float:
    """The interpolated quantile of sorted values (numpy's default, type 7 of Hyndman and Fan, 1996)."""
    position = (len(ordered) - 1) * fraction
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
