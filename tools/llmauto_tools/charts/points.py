"""Scatter of a relation: every point where they are few, else a grid of counts that hides none.

Binned plots instead of overplotted points: Carr et al., Scatterplot matrix techniques for large N
(JASA 1987); with rectangular bins here.
"""

from __future__ import annotations

from typing import Any

from llmauto_tools.charts.bins import (
    Bins,
    Spread,
    axis_sql,
    grid,
    note_missing,
    note_outside,
    scale,
    spreads,
)
from llmauto_tools.charts.chart import Chart
from llmauto_tools.charts.dimensions import Dimension
from llmauto_tools.charts.distributions import splits
from llmauto_tools.charts.panels import MAX_PANELS
from llmauto_tools.charts.request import Drawn, Source, Wish, is_measure
from llmauto_tools.charts.spec import framed
from llmauto_tools.charts.wording import number_axis, words
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column

MAX_POINTS = 1_500
"""More are binned. A specification holds about 45 bytes a point."""
GRID = (60, 40)
PANEL_GRID = (24, 18)
MAX_ALONE = 200
MAX_COLORS = 7


def draw_scatter(source: Source, wish: Wish) -> Drawn:
    """Points, or bins of the plane. Raises InvalidArguments where x or y is no column of numbers."""
    x, y = _axes(wish)
    found = spreads(source, [(x, wish.log_x), (y, wish.log_y)])
    note_missing(source, found)
    if not all(spread.count for spread in found):
        raise InvalidArguments("There is no point to draw: one of the columns has no value.")
    few = source.rows <= MAX_POINTS
    panel = wish.facet
    if wish.series is not None and not few:
        if panel is None:
            panel = wish.series
            source.note(f"Bins have no colour left for {words(panel.name)}: each value has a panel.")
        else:
            source.note(f"Bins have no colour left for {words(wish.series.name)}, which is not shown.")
    (series,) = splits(source, wish.series if few else None, limit=MAX_COLORS)
    (facet,) = splits(source, panel, limit=MAX_PANELS)
    title = wish.title or f"{_first_upper(words(y.name))} against {words(x.name)}" + _by(series, facet)
    if few:
        return _points(source, wish, (x, y), title, series, facet)
    return _binned(source, wish, found, title, facet)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _by(*parts: Dimension | None) -> str:
    names = [words(part.column.name) for part in parts if part is not None]
    return f" by {' and '.join(names)}" if names else ""


def _axes(wish: Wish) -> tuple[Column, Column]:
    if wish.x is None or len(wish.y) != 1 or not (is_measure(wish.x) and is_measure(wish.y[0])):
        raise InvalidArguments("A scatter plot needs a column of numbers as x and one as y.", "Name both.")
    return wish.x, wish.y[0]


def _axis(column: Column, values: list[float], log: bool) -> dict[str, Any]:
    return {
        "type": "quantitative", "title": words(column.name), "scale": scale(log), "axis": number_axis(values),
    }  # fmt: skip


def _chart(source: Source, wish: Wish, title: str, facet: Dimension | None) -> Chart:
    titles = {"facet": words(facet.column.name)} if facet else {}
    return Chart(
        "scatter", "x", ("y",), title=title, notes=tuple(source.notes), theme=wish.theme,
        facet="facet" if facet else None, titles=titles,
    )  # fmt: skip


def _split(parts: list[tuple[str, Dimension | None]]) -> tuple[str, str]:
    there = [(name, part) for name, part in parts if part is not None]
    keys = "".join(f", {d.key} AS k_{name}, {d.state} AS s_{name}" for name, d in there)
    return keys, "".join(f" AND {d.state} <> 2" for _, d in there)


def _points(
    source: Source, wish: Wish, columns: tuple[Column, Column], title: str, series: Dimension | None,
    facet: Dimension | None,
) -> Drawn:  # fmt: skip
    parts = [("series", series), ("facet", facet)]
    keys, kept = _split(parts)
    x, y = (axis_sql(c, False) for c in columns)
    positive = "".join(f" AND {v} > 0" for v, log in ((x, wish.log_x), (y, wish.log_y)) if log)
    rows = source.query(
        f"SELECT {x} AS x, {y} AS y{keys} FROM {source.relation} WHERE {x} IS NOT NULL AND {y} IS NOT NULL{positive}{kept}"
    ).rows
    values = []
    for row in rows:
        value: dict[str, Any] = {"x": float(f"{row[0]:.8g}"), "y": float(f"{row[1]:.8g}")}
        rest = list(row[2:])
        for name, part in parts:
            if part is not None:
                value[name] = str(part.label(rest.pop(0), rest.pop(0)))
        values.append(value)
    if not values:
        raise InvalidArguments("There is no point to draw: no row has both values.")
    encoding: dict[str, Any] = {
        "x": {"field": "x", **_axis(columns[0], [v["x"] for v in values], wish.log_x)},
        "y": {"field": "y", **_axis(columns[1], [v["y"] for v in values], wish.log_y)},
    }
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": words(series.column.name)}
        encoding["shape"] = {"field": "series", "type": "nominal", "title": words(series.column.name)}
    many = len(values) > 300
    mark = {"type": "point", "filled": True, "opacity": 0.5 if many else 0.75, "size": 22 if many else 45}
    view = {"data": {"values": values}, "mark": mark, "height": 360, "encoding": encoding}
    return Drawn(
        "scatter", title, framed(_chart(source, wish, title, facet), view), figures={"points": len(values)}
    )


# ---- bins


def _binned(source: Source, wish: Wish, found: list[Spread], title: str, facet: Dimension | None) -> Drawn:
    size = PANEL_GRID if facet is not None else GRID
    bins = tuple(grid(spread, count) for spread, count in zip(found, size, strict=True))
    x, y = (axis_sql(s.column, s.log) for s in found)
    keys, kept = _split([("facet", facet)])
    inside = " AND ".join(b.within(v) for b, v in zip(bins, (x, y), strict=True))
    rows = source.query(
        f"SELECT {bins[0].index('x')} AS i, {bins[1].index('y')} AS j, count(*) AS n, min(x) AS x, min(y) AS y"
        f"{', k_facet, s_facet' if facet else ''} FROM (SELECT {x} AS x, {y} AS y{keys} FROM {source.relation}"
        f" WHERE {inside}{kept}) GROUP BY ALL ORDER BY ALL"
    ).rows
    if not rows:
        raise InvalidArguments("There is no point to draw: no row has both values.")
    drawn = sum(row[2] for row in rows)
    for spread, cut in zip(found, bins, strict=True):
        if cut.outside:
            value = axis_sql(spread.column, spread.log)
            out = source.query(
                f"SELECT count(*) FROM {source.relation} WHERE {value} IS NOT NULL AND NOT ({cut.within(value)})"
            )
            note_outside(source, spread, out.rows[0][0])
    cells, alone = _apart(rows, facet, bins)
    source.note(
        f"{drawn:,} points, counted in cells of {bins[0].count} by {bins[1].count}; colour is logarithmic."
    )
    if alone:
        source.note(f"{len(alone):,} points that stand alone are drawn as points.")
    return _grid(source, wish, found, bins, title, facet, cells, alone)


def _apart(
    rows: tuple[tuple[Any, ...], ...], facet: Dimension | None, bins: tuple[Bins, ...]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Cells, and the single points in them that have no neighbours, at their exact place."""
    panel = [str(facet.label(row[5], row[6])) if facet is not None else "" for row in rows]
    counts = {(name, row[0], row[1]): row[2] for name, row in zip(panel, rows, strict=True)}
    cells: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    for name, row in zip(panel, rows, strict=True):
        i, j, n = row[:3]
        extra = {"facet": name} if facet is not None else {}
        near = sum(counts.get((name, i + a, j + b), 0) for a in (-1, 0, 1) for b in (-1, 0, 1)) - n
        if n == 1 and near <= 1 and len(alone) < MAX_ALONE:
            at = [10**v if cut.log else v for v, cut in zip(row[3:5], bins, strict=True)]
            alone.append({"px": float(f"{at[0]:.8g}"), "py": float(f"{at[1]:.8g}"), **extra})
        else:
            cells.append({"i": i, "j": j, "n": n, **extra})
    return cells, alone


def _edges(letter: str, index: str, cut: Bins) -> list[dict[str, Any]]:
    """Transforms (Vega-Lite) that turn the number of a bin into its two edges."""
    made = []
    for name, more in ((letter, ""), (f"{letter}2", " + 1")):
        edge = f"{cut.start!r} + {cut.width!r} * (datum.{index}{more})"
        made.append({"calculate": f"pow(10, {edge})" if cut.log else edge, "as": name})
    return made


def _grid(
    source: Source, wish: Wish, found: list[Spread], bins: tuple[Bins, ...], title: str, facet: Dimension | None,
    cells: list[dict[str, Any]], alone: list[dict[str, Any]],
) -> Drawn:  # fmt: skip
    axes = [_axis(s.column, [b.edge(0), b.edge(b.count)], s.log) for s, b in zip(found, bins, strict=True)]
    for axis, cut in zip(axes, bins, strict=True):
        axis["scale"] = {**axis["scale"], "domain": [cut.edge(0), cut.edge(cut.count)], "nice": False}
    color = {
        "field": "n", "type": "quantitative", "title": "number of rows",
        "scale": {"type": "log", "scheme": "viridis"}, "legend": {"format": "~s", "tickCount": 5},
    }  # fmt: skip
    tips = [
        {"field": f, "type": "quantitative", "format": ",.6~r", "title": t}
        for f, t in (("x", "x from"), ("y", "y from"), ("n", "rows"))
    ]
    layers: list[dict[str, Any]] = [{
        "transform": [{"filter": "isValid(datum.n)"}, *_edges("x", "i", bins[0]), *_edges("y", "j", bins[1])],
        "mark": {"type": "rect"},
        "encoding": {"x": {"field": "x", **axes[0]}, "x2": {"field": "x2"}, "y": {"field": "y", **axes[1]},
                     "y2": {"field": "y2"}, "color": color, "tooltip": tips},
    }]  # fmt: skip
    if alone:
        layers.append({
            "transform": [{"filter": "isValid(datum.px)"}],
            "mark": {"type": "point", "size": 14, "filled": True, "opacity": 0.8},
            "encoding": {"x": {"field": "px", **axes[0]}, "y": {"field": "py", **axes[1]}},
        })  # fmt: skip
    about = {
        "bins": [[b.start, b.width, b.count, b.log] for b in bins],
        "titles": [words(s.column.name) for s in found],
    }
    view = {"data": {"values": [*cells, *alone]}, "height": 360, "layer": layers, "usermeta": about}
    figures = {"cells": len(cells), "points": len(alone), "binned": True}
    return Drawn("scatter", title, framed(_chart(source, wish, title, facet), view), figures=figures)
