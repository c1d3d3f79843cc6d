"""Histogram and box plot of a relation: bins, quartiles and outliers come out of DuckDB, not the rows."""

from __future__ import annotations

from typing import Any

from llmauto_tools.charts.bins import (
    Bins,
    axis_sql,
    freedman_diaconis,
    note_missing,
    note_outside,
    scale,
    spreads,
)
from llmauto_tools.charts.chart import MISSING, Chart
from llmauto_tools.charts.dimensions import Dimension, categories, dimension
from llmauto_tools.charts.panels import MAX_PANELS
from llmauto_tools.charts.request import Drawn, Source, Wish, as_double, is_measure
from llmauto_tools.charts.spec import framed
from llmauto_tools.charts.wording import number_axis, words
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column

MAX_SERIES_OF_BINS = 4
TOP_BOXES = 20
MAX_OUTLIERS = 20
"""The outliers farthest out that are drawn of each box and side; the others are counted."""


def splits(source: Source, *columns: Column | None, limit: int) -> list[Dimension | None]:
    """The groupings by the columns that are given, the most frequent values of each."""
    found: list[Dimension | None] = []
    for column in columns:
        if column is None:
            found.append(None)
        elif column.family in {"number", "date"}:
            found.append(dimension(source, column, limit, "count(*)"))
        else:
            found.append(categories(source, column, limit, "count(*)", others=False))
    return found


def _keys(*parts: Dimension | None) -> tuple[str, str]:
    """SQL: the select list and the condition of the groupings."""
    there = [(i, d) for i, d in enumerate(parts) if d is not None]
    keys = "".join(f", {d.key} AS k{i}, {d.state} AS s{i}" for i, d in there)
    return keys, "".join(f" AND {d.state} <> 2" for _, d in there)


def draw_histogram(source: Source, wish: Wish) -> Drawn:
    """Counts in Freedman-Diaconis bins. Raises InvalidArguments for a column that is no number."""
    column = wish.x or (wish.y[0] if wish.y else None)
    if column is None or not is_measure(column):
        raise InvalidArguments(
            "A histogram needs a column of numbers along x.", "Use kind=bar for counts of categories."
        )
    if wish.log_y:
        raise InvalidArguments(
            "The bars of a histogram start at zero, which a logarithmic axis lacks.", "Use log=x."
        )
    (spread,) = spreads(source, [(column, wish.log_x)])
    if not spread.count:
        raise InvalidArguments(f"'{column.name}' has no value that could be drawn.")
    note_missing(source, [spread])
    bins = freedman_diaconis(spread)
    (series,) = splits(source, wish.series, limit=MAX_SERIES_OF_BINS)
    (facet,) = splits(source, wish.facet, limit=MAX_PANELS)
    keys, kept = _keys(series, facet)
    value = axis_sql(column, wish.log_x)
    found = source.query(
        f"SELECT {bins.index(value)} AS b, count(*) AS n{keys} FROM {source.relation}"
        f" WHERE {bins.within(value)}{kept} GROUP BY ALL ORDER BY ALL"
    ).rows
    if bins.outside:
        inside = sum(row[1] for row in found)
        note_outside(source, spread, spread.count - inside if not kept else 0)
    values = [_bin(row, bins, series, facet) for row in found]
    return _histogram(source, wish, column, bins, values, series, facet)


def _bin(
    row: tuple[Any, ...], bins: Bins, series: Dimension | None, facet: Dimension | None
) -> dict[str, Any]:
    value = {"x": bins.edge(row[0]), "x2": bins.edge(row[0] + 1), "y": row[1]}
    rest = list(row[2:])
    for name, part in (("series", series), ("facet", facet)):
        if part is not None:
            value[name] = str(part.label(rest.pop(0), rest.pop(0)))
    return value


def _histogram(
    source: Source, wish: Wish, column: Column, bins: Bins, values: list[dict[str, Any]],
    series: Dimension | None, facet: Dimension | None,
) -> Drawn:  # fmt: skip
    source.note(f"{bins.count} bins of width {bins.width:g}{' of the logarithm' if bins.log else ''}.")
    x: dict[str, Any] = {
        "field": "x", "bin": {"binned": True}, "type": "quantitative", "title": words(column.name),
        "axis": number_axis(v["x2"] for v in values),
    }  # fmt: skip
    if bins.log:
        ends = [min(v["x"] for v in values), max(v["x2"] for v in values)]
        x = {**x, "scale": {"type": "log", "domain": ends, "nice": False}}
        del x["bin"]
    counts = number_axis(v["y"] for v in values)
    y = {"field": "y", "type": "quantitative", "title": "number of rows", "stack": None, "axis": counts}
    encoding: dict[str, Any] = {"x": x, "x2": {"field": "x2"}, "y": y, "tooltip": _tips(values)}
    mark: dict[str, Any] = {"type": "bar"}
    if bins.log:
        encoding["y2"] = {"datum": 0}
        mark["type"] = "rect"
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": words(series.column.name)}
        mark["opacity"] = 0.55
    title = wish.title or f"Distribution of {words(column.name)}{_by(series, facet)}"
    chart = _chart("histogram", wish, title, source, facet)
    spec = framed(chart, {"data": {"values": values}, "mark": mark, "height": 300, "encoding": encoding})
    names = tuple(values[0])
    return Drawn(
        "histogram",
        title,
        spec,
        names,
        tuple(tuple(v[n] for n in names) for v in values),
        {"bins": bins.count},
    )


def _tips(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    numbers = [("x", "from"), ("x2", "to"), ("y", "rows")]
    tips = [{"field": f, "type": "quantitative", "title": t, "format": ",.6~r"} for f, t in numbers]
    return [*tips, {"field": "series", "type": "nominal"}] if "series" in values[0] else tips


def _by(*parts: Dimension | None) -> str:
    names = [words(part.column.name) for part in parts if part is not None]
    return f" by {' and '.join(names)}" if names else ""


def _chart(kind: Any, wish: Wish, title: str, source: Source, facet: Dimension | None) -> Chart:
    return Chart(
        kind, "x", title=title, notes=tuple(source.notes), theme=wish.theme,
        facet="facet" if facet else None, titles={"facet": words(facet.column.name)} if facet else {},
    )  # fmt: skip


# ---- boxes


def draw_box(source: Source, wish: Wish) -> Drawn:
    """Median, quartiles, whiskers (Tukey's 1.5 IQR) and the outermost outliers of each group."""
    column, by = _value_and_group(wish)
    (spread,) = spreads(source, [(column, wish.log_y)])
    if not spread.count:
        raise InvalidArguments(f"'{column.name}' has no value that could be drawn.")
    note_missing(source, [spread])
    x = dimension(source, by, TOP_BOXES, "count(*)") if by is not None else None
    (facet,) = splits(source, wish.facet, limit=MAX_PANELS)
    value = as_double(column)
    keys, _ = _keys(x, facet)
    there = f"{value} > 0" if wish.log_y else f"{value} IS NOT NULL"
    dropped = f" AND {facet.state} <> 2" if facet is not None else ""
    source_rows = f"(SELECT {value} AS v{keys} FROM {source.relation} WHERE {there}{dropped})"
    boxes = source.query(_box_sql(source, source_rows, x, facet)).rows
    values = [_box(row, x, facet) for row in boxes]
    if x is not None and x.order:
        rank = {x.label(key, 1): i for i, key in enumerate(x.order)}
        values.sort(key=lambda v: rank.get(v["x"], len(rank) + (v["x"] == MISSING)))
    title = wish.title or f"Distribution of {words(column.name)}{_by(x, facet)}"
    hidden = sum(v.pop("hidden") for v in values)
    if hidden:
        source.note(f"{hidden:,} outliers nearer to the boxes are not drawn.")
    if not source.exact:
        source.note(f"Quartiles are approximate (t-digest), as they are of {source.rows:,} rows.")
    return _boxes(source, wish, column, title, x, facet, values)


def _value_and_group(wish: Wish) -> tuple[Column, Column | None]:
    given = [c for c in (*wish.y, wish.x) if c is not None]
    column = next((c for c in given if is_measure(c)), None)
    if column is None:
        raise InvalidArguments("A box plot needs a column of numbers.", "Name it as y.")
    if len(wish.y) > 1 or wish.log_x:
        raise InvalidArguments(
            "A box plot shows one column of numbers along y.", "Name one y; log=y for its axis."
        )
    others = [c for c in (*given, wish.series) if c is not None and c != column]
    if len(others) > 1:
        raise InvalidArguments(
            "A box plot has one column of groups.", "Name it as x, and a second one as facet."
        )
    return column, others[0] if others else None


def _box_sql(source: Source, rows: str, x: Dimension | None, facet: Dimension | None) -> str:
    """Two passes: the quartiles of each group, then what lies inside and outside of the fences."""
    names = [f"{letter}{i}" for i, d in enumerate((x, facet)) if d is not None for letter in "ks"]
    keys = "".join(f"{name}, " for name in names)
    function = "quantile_cont" if source.exact else "approx_quantile"
    quartiles = f"SELECT {keys}{function}(v, [0.25, 0.5, 0.75]) AS q FROM {rows}" + (
        " GROUP BY ALL" if names else ""
    )
    match = " AND ".join(f"r.{n} IS NOT DISTINCT FROM f.{n}" for n in names) or "true"
    group = "".join(f"f.{name}, " for name in names)
    low, high = "q[1] - 1.5 * (q[3] - q[1])", "q[3] + 1.5 * (q[3] - q[1])"
    inside = f"v BETWEEN {low} AND {high}"
    return (
        f"WITH r AS {rows}, f AS ({quartiles}) SELECT {group}any_value(q), min(v) FILTER ({inside}),"
        f" max(v) FILTER ({inside}), count(*), count(*) FILTER (v < {low}), count(*) FILTER (v > {high}),"
        f" min(v, {MAX_OUTLIERS}) FILTER (v < {low}), max(v, {MAX_OUTLIERS}) FILTER (v > {high})"
        f" FROM r JOIN f ON {match}" + (" GROUP BY ALL" if names else "")
    )


def _box(row: tuple[Any, ...], x: Dimension | None, facet: Dimension | None) -> dict[str, Any]:
    rest = list(row)
    labels = {
        n: str(d.label(rest.pop(0), rest.pop(0)))[:80]
        for n, d in (("x", x), ("facet", facet))
        if d is not None
    }
    quartiles, low, high, count, below, above, smallest, largest = rest
    far = sorted({float(f"{v:.6g}") for v in (*(smallest or ()), *(largest or ()))})
    return {
        **labels, "low": low, "q1": quartiles[0], "median": quartiles[1], "q3": quartiles[2], "high": high,
        "n": count, "outliers": far,
        "hidden": max(0, below - MAX_OUTLIERS) + max(0, above - MAX_OUTLIERS),
    }  # fmt: skip


def _boxes(
    source: Source, wish: Wish, column: Column, title: str, x: Dimension | None, facet: Dimension | None,
    values: list[dict[str, Any]],
) -> Drawn:  # fmt: skip
    scaled = scale(wish.log_y)
    form = number_axis(v["high"] for v in values)

    def y(field: str) -> dict[str, Any]:
        return {
            "field": field,
            "type": "quantitative",
            "title": words(column.name),
            "scale": scaled,
            "axis": form,
        }

    encoding: dict[str, Any] = {}
    if x is not None:
        order = list(dict.fromkeys(v["x"] for v in values))
        short = sum(len(str(label)) + 2 for label in order) < 80 and facet is None
        encoding["x"] = {
            "field": "x", "type": "nominal", "title": words(x.column.name), "sort": order,
            "axis": {"labelAngle": 0 if short else -45},
        }  # fmt: skip
    numbers = ["n", "low", "q1", "median", "q3", "high"]
    tips = [{"field": n, "type": "quantitative", "format": ",.6~r"} for n in numbers]
    ink = "#444444" if wish.theme == "light" else "#dddddd"
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rule", "color": ink}, "encoding": {"y": y("low"), "y2": {"field": "high"}}},
        {"mark": {"type": "bar", "size": 24}, "encoding": {"y": y("q1"), "y2": {"field": "q3"}, "tooltip": tips}},
        {"mark": {"type": "tick", "color": "white", "size": 24, "thickness": 2}, "encoding": {"y": y("median")}},
        {"transform": [{"flatten": ["outliers"]}], "mark": {"type": "point", "size": 18, "opacity": 0.7, "color": ink},
         "encoding": {"y": y("outliers")}},
    ]  # fmt: skip
    view = {"data": {"values": values}, "height": 300, "encoding": encoding, "layer": layers}
    spec = framed(_chart("box", wish, title, source, facet), view)
    names = tuple(n for n in values[0] if n != "outliers")
    return Drawn("box", title, spec, names, tuple(tuple(v[n] for n in names) for v in values))
