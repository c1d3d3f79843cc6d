"""Small Vega-Lite charts of aggregated data, each with the point that the sentence is about picked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_tools.charts.spec import SCHEMA
from llmauto_tools.charts.theme import OTHER, PALETTE
from llmauto_tools.insights import words

Spec = dict[str, Any]
BLUE, ORANGE = PALETTE[0], PALETTE[3]
MAX_POINTS = 400
MAX_BARS = 20


def framed(title: str, body: Spec, subtitle: str = "") -> Spec:
    """A complete specification."""
    heading: Spec = {"text": words.value(title), "anchor": "start"}
    if subtitle:
        heading["subtitle"] = subtitle
    return {"$schema": SCHEMA, "title": heading, "width": "container", "height": 240, **body, "config": {"view": {"stroke": None}}}  # fmt: skip


def line(
    title: str, label: str, points: Sequence[tuple[str, float | None]], *, rule: str | None = None,
    spots: Sequence[int] = (), levels: Sequence[tuple[str, str, float]] = (), others: Sequence[tuple[str, float | None]] = (),
    percent: bool = False, named: tuple[str, str] = ("", ""),
) -> Spec:  # fmt: skip
    """A line over time. rule: a moment; spots: points that are marked; levels: (from, to, value) drawn across."""
    every = -(-len(points) // MAX_POINTS)
    y: Spec = {
        "field": "y",
        "type": "quantitative",
        "title": words.value(label) if label else None,
        "scale": {"zero": False},
    }
    if percent:
        y["axis"] = {"format": ".1%"}
    x: Spec = {"field": "x", "type": "temporal", "title": None}
    kept = [i for i in range(len(points)) if points[i][1] is not None and (i % every == 0 or i in spots)]
    values: list[Spec] = [_point(points[i], named[0]) for i in kept]
    encoding: Spec = {"x": x, "y": y}
    if others:
        values += [_point(others[i], named[1]) for i in kept]
        encoding["color"] = {
            "field": "of", "type": "nominal", "title": None, "scale": {"domain": [words.value(n) for n in named], "range": [BLUE, OTHER]},
        }  # fmt: skip
    mark: Spec = {"type": "line", "strokeWidth": 1.5} | ({} if others else {"color": BLUE})
    layers: list[Spec] = [{"data": {"values": values}, "mark": mark, "encoding": encoding}]
    if levels:
        ends = [{"x": a, "x2": b, "y": _short(v)} for a, b, v in levels]
        layers.append({"data": {"values": ends}, "mark": {"type": "rule", "color": ORANGE, "strokeWidth": 2.5},
                       "encoding": {"x": x, "x2": {"field": "x2"}, "y": y}})  # fmt: skip
    if rule is not None:
        layers.append({"data": {"values": [{"x": rule}]}, "mark": {"type": "rule", "color": OTHER, "strokeDash": [4, 4]},
                       "encoding": {"x": x}})  # fmt: skip
    if spots:
        marked = [_point(points[i], "") for i in spots]
        layers.append({"data": {"values": marked}, "mark": {"type": "point", "filled": True, "size": 80, "color": ORANGE},
                       "encoding": {"x": x, "y": y}})  # fmt: skip
    return framed(title, {"layer": layers})


def _point(point: tuple[str, float | None], of: str) -> Spec:
    made: Spec = {"x": point[0], "y": None if point[1] is None else _short(point[1])}
    return made | ({"of": words.value(of)} if of else {})


def _short(x: float) -> float:
    return words.rounded(float(x), 6)


def bars(
    title: str, label: str, items: Sequence[tuple[str, float]], marked: Sequence[str] = (), *, percent: bool = False,
    ordered: bool = False, rule: float | None = None, axis: str = "",
) -> Spec:  # fmt: skip
    """A bar per group, the marked ones in another colour. ordered: keep the order, upright."""
    values = [{"g": words.value(g), "v": _short(v), "m": g in marked} for g, v in items[:MAX_BARS]]
    size: Spec = {"field": "v", "type": "quantitative", "title": words.value(label)}
    if percent:
        size["axis"] = {"format": ".0%"}
    group: Spec = {
        "field": "g",
        "type": "nominal",
        "title": words.value(axis) if axis else None,
        "sort": None,
    }
    colour = {"condition": {"test": "datum.m", "value": ORANGE}, "value": BLUE}
    encoding: Spec = {"x": group, "y": size} if ordered else {"y": group, "x": size}
    layers: list[Spec] = [
        {"data": {"values": values}, "mark": "bar", "encoding": {**encoding, "color": colour}}
    ]
    if rule is not None:
        place = {"field": "v", "type": "quantitative"}
        layers.append({"data": {"values": [{"v": _short(rule)}]}, "mark": {"type": "rule", "color": OTHER, "strokeDash": [4, 4]},
                       "encoding": {"y": place} if ordered else {"x": place}})  # fmt: skip
    return framed(title, {"layer": layers})


def curve(
    title: str, x_label: str, y_label: str, points: Sequence[tuple[float, float, str]], percent: bool = False
) -> Spec:
    """Means of y at means of x, a line per group (the third of each point; "" for one line)."""
    values = [{"x": _short(x), "y": _short(y)} | ({"of": words.value(g)} if g else {}) for x, y, g in points]
    encoding: Spec = {
        "x": {"field": "x", "type": "quantitative", "title": words.value(x_label), "scale": {"zero": False}},
        "y": {"field": "y", "type": "quantitative", "title": words.value(y_label), "scale": {"zero": False}},
    }
    if percent:
        encoding["y"]["axis"] = {"format": ".0%"}
    if any(g for _, _, g in points):
        encoding["color"] = {"field": "of", "type": "nominal", "title": None}
    mark: Spec = {"type": "line", "point": True} | ({} if "color" in encoding else {"color": BLUE})
    return framed(title, {"data": {"values": values}, "mark": mark, "encoding": encoding})


def heat(
    title: str, rows: Sequence[tuple[str, str, float]], row_label: str, column_label: str, value_label: str,
    marked: tuple[str, str], percent: bool = False,
) -> Spec:  # fmt: skip
    """A cell per pair of groups; the marked one is framed."""
    values = [
        {"a": words.value(a), "b": words.value(b), "v": _short(v), "m": (a, b) == marked} for a, b, v in rows
    ]
    colour: Spec = {
        "field": "v",
        "type": "quantitative",
        "title": words.value(value_label),
        "scale": {"scheme": "blues"},
    }
    if percent:
        colour["legend"] = {"format": ".0%"}
    place: Spec = {
        "y": {"field": "a", "type": "nominal", "title": words.value(row_label), "sort": None},
        "x": {"field": "b", "type": "nominal", "title": words.value(column_label), "sort": None},
    }
    frame: Spec = {"condition": {"test": "datum.m", "value": ORANGE}, "value": None}
    width: Spec = {"condition": {"test": "datum.m", "value": 4}, "value": 0}
    mark: Spec = {"type": "rect"}
    encoding: Spec = {**place, "color": colour, "stroke": frame, "strokeWidth": width}
    return framed(title, {"data": {"values": values}, "mark": mark, "encoding": encoding})
