"""Charts of tests, as Vega-Lite specifications of aggregated data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_tools.charts.spec import SCHEMA, words
from llmauto_tools.stats.counts import Crosstab
from llmauto_tools.stats.data import Data
from llmauto_tools.stats.means import mean_interval
from llmauto_tools.stats.moments import Moments

Spec = dict[str, Any]

BINS = 30
MAX_CELLS = 400


def _frame(title: str, subtitle: Sequence[str], values: list[dict[str, Any]], body: Spec) -> Spec:
    heading: Spec = {"text": title, "anchor": "start"}
    if subtitle:
        heading["subtitle"] = list(subtitle)
    return {
        "$schema": SCHEMA,
        "title": heading,
        "width": "container",
        "data": {"values": values},
        **body,
        "config": {"view": {"stroke": None}, "axis": {"labelLimit": 240}},
    }


def boxes(value: str, by: str, groups: Sequence[Moments], alpha: float) -> Spec:
    """A box per group from its quartiles; whiskers reach the extremes; a dot and bar are the mean's interval."""
    values = []
    for g in groups:
        low, high = mean_interval(g, alpha)
        values.append(
            {"group": g.label, "n": g.n, "min": g.minimum, "q1": g.q1, "median": g.median, "q3": g.q3,
             "max": g.maximum, "mean": g.mean, "low": low, "high": high}
        )  # fmt: skip
    y = {"field": "group", "type": "nominal", "title": words(by), "sort": [g.label for g in groups]}
    tips = [{"field": f} for f in ("group", "n", "mean", "low", "high", "median", "q1", "q3")]

    def x(field: str, end: str | None = None) -> Spec:
        start = {"field": field, "type": "quantitative", "title": words(value), "scale": {"zero": False}}
        return {"y": y, "x": start, **({"x2": {"field": end}} if end else {}), "tooltip": tips}

    layers = [
        {"mark": {"type": "rule", "color": "#888"}, "encoding": x("min", "max")},
        {"mark": {"type": "bar", "size": 16, "color": "#9ecae1"}, "encoding": x("q1", "q3")},
        {"mark": {"type": "tick", "size": 16, "color": "#3182bd", "thickness": 2}, "encoding": x("median")},
        {"mark": {"type": "rule", "size": 3, "color": "#d95f02"}, "encoding": x("low", "high")},
        {"mark": {"type": "point", "filled": True, "opacity": 1, "color": "#d95f02"}, "encoding": x("mean")},
    ]
    subtitle = [f"box: quartiles and extremes; orange: mean with its {1 - alpha:.0%} interval"]
    title = f"{words(value)} by {words(by)}"
    return _frame(title, subtitle, values, {"height": {"step": 30}, "layer": layers})


def histogram(data: Data, relation: str, name: str, reference: float | None) -> Spec:
    """Counts of a relation (v) in equal bins, with a line at a number to compare with."""
    low, high = data.row(f"SELECT min(v), max(v) FROM ({relation})")
    width = (high - low) / BINS or 1.0
    counted = data.rows(
        f"SELECT least(floor((v - {low!r}) / {width!r}), {BINS - 1}) AS bin, count(*)"
        f" FROM ({relation}) GROUP BY bin ORDER BY bin"
    )
    values = [{"low": low + b * width, "high": low + (b + 1) * width, "count": n} for b, n in counted]
    bars = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "bin": {"binned": True}, "title": words(name)},
            "x2": {"field": "high"},
            "y": {"field": "count", "type": "quantitative", "title": "count"},
            "tooltip": [{"field": "low"}, {"field": "high"}, {"field": "count"}],
        },
    }
    layers: list[Spec] = [bars]
    if reference is not None:
        layers.append({"mark": {"type": "rule", "color": "#d95f02", "size": 2},
                       "encoding": {"x": {"datum": reference}}})  # fmt: skip
    return _frame(words(name), [], values, {"height": 300, "layer": layers})


def binned_scatter(data: Data, pairs: str, x: str, y: str) -> Spec:
    """Counts of a relation (x, y) in a grid: a scatter that stays small whatever the number of pairs."""
    xl, xh, yl, yh = data.row(f"SELECT min(x), max(x), min(y), max(y) FROM ({pairs})")
    xw, yw = ((xh - xl) / BINS or 1.0), ((yh - yl) / BINS or 1.0)
    counted = data.rows(
        f"SELECT least(floor((x - {xl!r}) / {xw!r}), {BINS - 1}) AS i,"
        f" least(floor((y - {yl!r}) / {yw!r}), {BINS - 1}) AS j, count(*) FROM ({pairs})"
        " GROUP BY i, j ORDER BY i, j"
    )
    values = [
        {"x": xl + i * xw, "x2": xl + (i + 1) * xw, "y": yl + j * yw, "y2": yl + (j + 1) * yw, "count": n}
        for i, j, n in counted
    ]
    encoding = {
        "x": {"field": "x", "type": "quantitative", "bin": {"binned": True}, "title": words(x),
              "scale": {"zero": False}},
        "x2": {"field": "x2"},
        "y": {"field": "y", "type": "quantitative", "bin": {"binned": True}, "title": words(y),
              "scale": {"zero": False}},
        "y2": {"field": "y2"},
        "color": {"field": "count", "type": "quantitative", "title": "rows"},
        "tooltip": [{"field": f} for f in ("x", "x2", "y", "y2", "count")],
    }  # fmt: skip
    body = {"mark": {"type": "rect"}, "height": 320, "encoding": encoding}
    return _frame(f"{words(y)} against {words(x)}", ["counts of rows in a grid"], values, body)


def shares(table: Crosstab, row_name: str, column_name: str) -> Spec:
    """A bar per row of the table, divided by the shares of its columns."""
    values = [
        {"row": r, "column": c, "count": n, "share": n / total if total else 0, "place": place}
        for r, counts, total in zip(table.rows, table.counts, table.row_sums, strict=True)
        for place, (c, n) in enumerate(zip(table.columns, counts, strict=True))
    ][:MAX_CELLS]
    encoding = {
        "y": {"field": "row", "type": "nominal", "title": words(row_name), "sort": list(table.rows)},
        "x": {"field": "share", "type": "quantitative", "title": "share", "stack": "zero",
              "axis": {"format": "~%"}},
        "color": {"field": "column", "type": "nominal", "title": words(column_name),
                  "sort": list(table.columns)},
        "order": {"field": "place"},
        "tooltip": [{"field": "row"}, {"field": "column"}, {"field": "count"},
                    {"field": "share", "format": ".1%"}],
    }  # fmt: skip
    body = {"mark": {"type": "bar"}, "height": {"step": 26}, "encoding": encoding}
    return _frame(f"{words(column_name)} by {words(row_name)}", [], values, body)


def intervals(title: str, axis: str, rows: Sequence[tuple[str, float, float, float]], zero: float) -> Spec:
    """A dot and a bar per row (label, value, low, high), with a line at `zero`, where there is no effect."""
    values = [{"label": a, "value": v, "low": low, "high": high} for a, v, low, high in rows]
    y = {"field": "label", "type": "nominal", "title": None, "sort": [r[0] for r in rows]}
    tips = [{"field": f} for f in ("label", "value", "low", "high")]

    def x(field: str) -> Spec:
        return {"field": field, "type": "quantitative", "title": axis, "scale": {"zero": False}}

    layers: list[Spec] = [
        {"mark": {"type": "rule", "color": "#888", "strokeDash": [4, 3]}, "encoding": {"x": {"datum": zero}}},
        {"mark": {"type": "rule", "size": 2}, "encoding": {"y": y, "x": x("low"), "x2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "opacity": 1, "size": 60},
         "encoding": {"y": y, "x": x("value"), "tooltip": tips}},
    ]  # fmt: skip
    return _frame(title, [], values, {"height": {"step": 24}, "layer": layers})
