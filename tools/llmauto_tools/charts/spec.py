"""A chart as a Vega-Lite specification with its data inside.

The fields of the data are called x, y and series whatever the columns are called: Vega-Lite reads dots
and brackets in a field's name as a path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llmauto_tools.charts.chart import Chart, Columns
from llmauto_tools.charts.data import Mark, marks_of, number, series_of
from llmauto_tools.charts.fields import moment
from llmauto_tools.charts.panels import in_panels
from llmauto_tools.charts.theme import config, subtitle
from llmauto_tools.charts.wording import number_axis, words

__all__ = ["SCHEMA", "framed", "vega_lite", "words"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_TIME_FORMATS = {
    "year": "%Y", "quarter": "%Y-Q%q", "month": "%Y-%m", "week": "%Y-%m-%d", "day": "%Y-%m-%d",
    "hour": "%Y-%m-%d %H:%M",
}  # fmt: skip
_MANY_POINTS = 300
_MAX_TICKS = 12

Spec = dict[str, Any]


def vega_lite(chart: Chart, columns: Columns, rows: Sequence[Sequence[Any]]) -> Spec:
    """The Vega-Lite specification (version 6) of a chart, complete with its data.

    It is as wide as the place where it is shown. Raises QueryInvalid where the chart names a column
    that the result lacks.
    """
    marks = _bins(chart, columns, rows) if chart.kind == "histogram" else marks_of(chart, columns, rows)
    if chart.facet is not None:  # panels keep the order of their column, others that of the axis
        marks = sorted(marks, key=lambda m: str(m.facet)) if chart.x_type == "time" else marks
    spec = {"data": {"values": _values(chart, marks)}, **_BUILDERS[chart.kind](chart, marks)}
    return framed(chart, spec)


def framed(chart: Chart, spec: Spec) -> Spec:
    """A view with its data as a complete specification: title, notes, panels, colours.

    `usermeta` (which Vega-Lite leaves alone) says what it shows, for a reader that draws in characters.
    """
    title: Any = {"text": chart.title, "anchor": "start"}
    if chart.notes:
        title["subtitle"] = subtitle(chart.notes)
    about = {"kind": chart.kind, **spec.pop("usermeta", {})}
    whole = {"$schema": SCHEMA, "title": title, "width": "container", **spec}
    if chart.facet is not None:
        whole = in_panels(whole, _heading(chart, chart.facet))
    return {**whole, "usermeta": {"llmauto": about}, "config": config(chart.theme)}


def _heading(chart: Chart, name: str | None) -> str:
    """The heading of a column: what the chart calls it, else its name in words."""
    return chart.titles.get(name or "", words(name or ""))


def _bins(chart: Chart, columns: Columns, rows: Sequence[Sequence[Any]]) -> list[Mark]:
    """The bars of a histogram: counted here, so that the specification holds bins and not every row."""
    data = series_of(chart, columns, rows)
    counts = data.series[0][1] if data.series else []
    return [Mark(label, label, "count", count) for label, count in zip(data.labels, counts, strict=True)]


def _values(chart: Chart, marks: Sequence[Mark]) -> list[dict[str, Any]]:
    several = len({m.series for m in marks}) > 1 or chart.series is not None
    values = []
    for mark in marks:
        value: dict[str, Any] = {"y": mark.value}
        if chart.kind == "scatter" or (chart.x_type == "number" and chart.kind != "histogram"):
            value["x"] = number(mark.x)
        elif chart.x_type == "time":
            at = moment(mark.x)
            # With a time of day, JavaScript reads it as local time and no zone moves the day.
            value["x"] = at.isoformat() if at else None
        elif chart.x is not None:
            value["x"] = mark.label
        if several:
            value["series"] = mark.series
        if mark.facet is not None:
            value["facet"] = mark.facet
        values.append(value)
    return values


# ---- encodings


def _value_channel(chart: Chart, marks: Sequence[Mark], title: str | None = None) -> Spec:
    channel: Spec = {"field": "y", "type": "quantitative", "title": title or _value_title(chart)}
    axis = number_axis((m.value for m in marks), percent=chart.percent)
    if axis:
        channel["axis"] = axis
    if chart.log_y:
        channel["scale"] = {"type": "log"}
    return channel


def _value_title(chart: Chart) -> str:
    if chart.kind == "histogram":
        return "count"
    return _heading(chart, chart.y[0]) if len(chart.y) == 1 else "value"


def _key_channel(chart: Chart, marks: Sequence[Mark]) -> Spec:
    title = _heading(chart, chart.x)
    if chart.x_type == "number":
        values = [v for m in marks if (v := number(m.x)) is not None]
        return {
            "field": "x", "type": "quantitative", "title": title, "scale": {"zero": False},
            **({"axis": form} if (form := _number_line(chart.x, title, values)) else {}),
        }  # fmt: skip
    if chart.x_type == "time":
        axis = {"format": _TIME_FORMATS[chart.time_unit or "day"], "labelOverlap": True}
        return {"field": "x", "type": "temporal", "title": title, "axis": axis | _ticks(chart, marks)}
    return {
        "field": "x",
        "type": "ordinal" if chart.x_type == "ordinal" else "nominal",
        "title": title,
        "sort": list(dict.fromkeys(m.label for m in marks)),
    }


def _number_line(name: str | None, title: str, values: list[float]) -> Spec:
    """The axis of numbers along x; years are written without a thousands separator."""
    if "year" in title.casefold() and all(v.is_integer() and 1000 <= v < 3000 for v in values):
        return {"format": "d", "tickMinStep": 1}
    return number_axis(values)


def _ticks(chart: Chart, marks: Sequence[Mark]) -> Spec:
    """Ticks at values that are there: between them, a format of quarters would say one of them twice."""
    if chart.time_unit == "hour":
        return {}
    days = sorted({at.date() for m in marks if (at := moment(m.x))})
    step = -(-len(days) // _MAX_TICKS) or 1
    return {"values": [{"year": d.year, "month": d.month, "date": d.day} for d in days[::step]]}


def _color(chart: Chart, marks: Sequence[Mark]) -> Spec:
    """The colour of the series, or nothing where there is one."""
    series = list(dict.fromkeys(m.series for m in marks))
    if len(series) < 2 and chart.series is None:
        return {}
    title = _heading(chart, chart.series) if chart.series else None
    return {"color": {"field": "series", "type": "nominal", "title": title, "sort": series}}


def _tooltips(chart: Chart, marks: Sequence[Mark]) -> list[Spec]:
    tips: list[Spec] = []
    if chart.kind == "scatter":
        tips.append(
            {"field": "x", "type": "quantitative", "title": _heading(chart, chart.x), "format": ",.6~r"}
        )
    elif chart.x_type == "time":
        form = _TIME_FORMATS[chart.time_unit or "day"]
        tips.append({"field": "x", "type": "temporal", "title": _heading(chart, chart.x), "format": form})
    else:
        tips.append({"field": "x", "type": "nominal", "title": _heading(chart, chart.x)})
    if _color(chart, marks):
        tips.append(
            {"field": "series", "type": "nominal", "title": _heading(chart, chart.series or "series")}
        )
    form = ".1%" if chart.percent else ",.6~r"
    return [*tips, {"field": "y", "type": "quantitative", "title": _value_title(chart), "format": form}]


# ---- kinds


def _bar(chart: Chart, marks: Sequence[Mark]) -> Spec:
    key, value = _key_channel(chart, marks), _value_channel(chart, marks)
    color = _color(chart, marks)
    along, across = ("y", "x") if chart.horizontal else ("x", "y")
    encoding = {along: key, across: value, **color, "tooltip": _tooltips(chart, marks)}
    if not color or chart.stacked:
        encoding[across]["stack"] = "zero" if color else None
    elif color:
        encoding[along + "Offset"] = {"field": "series", "sort": color["color"]["sort"]}
    if not chart.horizontal and key["type"] != "temporal":
        key["axis"] = {"labelAngle": 0 if _short(marks) else -45}
        if along == "x" and chart.facet is not None:
            key["axis"] = {"labelAngle": -45}
    height: Any = {"step": 22} if chart.horizontal else 300
    return {"mark": {"type": "bar"}, "height": height, "encoding": encoding}


def _short(marks: Sequence[Mark]) -> bool:
    labels = {m.label for m in marks}
    return sum(len(label) + 2 for label in labels) < 80


def _line(chart: Chart, marks: Sequence[Mark]) -> Spec:
    encoding = {"x": _key_channel(chart, marks), "y": _value_channel(chart, marks), **_color(chart, marks)}
    encoding["tooltip"] = _tooltips(chart, marks)
    points = len(marks) <= 60
    if chart.x_type != "time" and len({m.label for m in marks}) > 30 and "axis" not in encoding["x"]:
        encoding["x"]["axis"] = {"labelOverlap": True, "labelAngle": -45}
    return {"mark": {"type": "line", "point": points}, "height": 300, "encoding": encoding}


def _area(chart: Chart, marks: Sequence[Mark]) -> Spec:
    spec = _line(chart, marks)
    spec["encoding"]["y"]["stack"] = "zero" if chart.stacked else None
    return {**spec, "mark": {"type": "area", "line": True, "opacity": 0.7}}


def _pie(chart: Chart, marks: Sequence[Mark]) -> Spec:
    labels = list(dict.fromkeys(m.label for m in marks))
    encoding = {
        "theta": {"field": "y", "type": "quantitative", "stack": True},
        "color": {"field": "x", "type": "nominal", "title": _heading(chart, chart.x), "sort": labels},
        "order": {"field": "y", "type": "quantitative", "sort": "descending"},
        "tooltip": _tooltips(chart, marks),
    }
    return {"mark": {"type": "arc"}, "height": 300, "encoding": encoding}


def _scatter(chart: Chart, marks: Sequence[Mark]) -> Spec:
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "title": _heading(chart, chart.x),
        "scale": {"zero": False},
    }
    encoding = {
        "x": x,
        "y": {**_value_channel(chart, marks), "scale": {"zero": False}},
        **_color(chart, marks),
    }
    encoding["tooltip"] = _tooltips(chart, marks)
    many = len(marks) > _MANY_POINTS
    mark = {"type": "point", "filled": True, "opacity": 0.4 if many else 0.7, "size": 20 if many else 50}
    return {"mark": mark, "height": 360, "encoding": encoding}


def _histogram(chart: Chart, marks: Sequence[Mark]) -> Spec:
    labels = [m.label for m in marks]
    encoding = {
        "x": {"field": "x", "type": "ordinal", "title": _heading(chart, chart.x), "sort": labels,
              "axis": {"labelAngle": 0 if _short(marks) else -45}, "scale": {"paddingInner": 0.05}},
        "y": {"field": "y", "type": "quantitative", "title": "count"},
        "tooltip": _tooltips(chart, marks),
    }  # fmt: skip
    return {"mark": {"type": "bar"}, "height": 300, "encoding": encoding}


def _box(chart: Chart, marks: Sequence[Mark]) -> Spec:
    encoding: Spec = {"y": {**_value_channel(chart, marks), "scale": {"zero": False}}}
    if chart.x is not None:
        encoding["x"] = {**_key_channel(chart, marks), "axis": {"labelAngle": 0 if _short(marks) else -45}}
    return {"mark": {"type": "boxplot", "extent": 1.5, "size": 30}, "height": 300, "encoding": encoding}


def _heatmap(chart: Chart, marks: Sequence[Mark]) -> Spec:
    form = {"legend": {"format": "~%"}} if chart.percent else {}
    encoding = {
        "x": {**_key_channel(chart, marks), "axis": {"labelAngle": 0 if _short(marks) else -45}},
        "y": {"field": "series", "type": "nominal", "title": _heading(chart, chart.series),
              "sort": list(dict.fromkeys(m.series for m in marks))},
        "color": {"field": "y", "type": "quantitative", "title": _value_title(chart), **form, **_shades(marks)},
        "tooltip": _tooltips(chart, marks),
    }  # fmt: skip
    return {"mark": {"type": "rect"}, "height": {"step": 24}, "encoding": encoding}


def _shades(marks: Sequence[Mark]) -> Spec:
    """Colours from dark to light, or of two sides where the values are on both sides of zero."""
    values = [m.value for m in marks if m.value is not None]
    if values and min(values) < 0 < max(values):
        return {"scale": {"scheme": "blueorange", "domainMid": 0}}
    return {"scale": {"scheme": "viridis"}}


_BUILDERS: dict[str, Callable[[Chart, Sequence[Mark]], Spec]] = {
    "bar": _bar, "line": _line, "area": _area, "scatter": _scatter, "histogram": _histogram,
    "box": _box, "heatmap": _heatmap, "pie": _pie,
}  # fmt: skip
