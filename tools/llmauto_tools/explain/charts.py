"""Vega-Lite charts of an explanation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.assess import rounded

if TYPE_CHECKING:
    from llmauto_tools.explain.dependence import Dependence

Spec = dict[str, Any]
Bar = tuple[str, float, float | None, float | None]
"""Input, value, and the ends of its interval where there is one."""

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_CONFIG = {"view": {"stroke": None}, "axis": {"labelLimit": 240}}


def importance_chart(rows: Sequence[Bar], title: str) -> Spec:
    """Bars per input with their interval, where there is one: (input, value, low, high)."""
    values = [{"input": n, "value": v, "low": low, "high": high} for n, v, low, high in rows]
    y = {"field": "input", "type": "nominal", "sort": [r[0] for r in rows], "title": None}
    x = {"field": "value", "type": "quantitative", "title": title}
    layers: list[Spec] = [{"mark": "bar", "encoding": {"y": y, "x": x}}]
    if all(r[2] is not None for r in rows):
        ends = {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}
        layers.append({"mark": {"type": "rule", "strokeWidth": 2}, "encoding": {"y": y, **ends}})
    return _spec("What the model goes by", values, {"height": {"step": 22}, "layer": layers})


def row_chart(parts: Sequence[tuple[str, float]], title: str, unit: str) -> Spec:
    """Contributions of one row, for and against."""
    values = [{"input": n, "value": v, "way": "up" if v > 0 else "down"} for n, v in parts]
    encoding = {
        "y": {"field": "input", "type": "nominal", "sort": [p[0] for p in parts], "title": None},
        "x": {"field": "value", "type": "quantitative", "title": unit},
        "color": {"field": "way", "type": "nominal", "legend": None,
                  "scale": {"domain": ["up", "down"], "range": ["#c44e52", "#4c72b0"]}},
    }  # fmt: skip
    return _spec(title, values, {"height": {"step": 22}, "mark": "bar", "encoding": encoding})


def dependence_chart(found: Dependence, unit: str) -> Spec:
    """The average with its band and some rows' curves, and below it how many rows have which value."""
    ordered = found.role in ("number", "date")
    kind = {"number": "quantitative", "date": "temporal"}.get(found.role, "nominal")
    shown = [_shown(v) for v in found.values]
    x = {"field": "value", "type": kind, "title": found.name, "scale": {"zero": False}} if ordered else {
        "field": "value", "type": kind, "title": found.name, "sort": shown}  # fmt: skip
    means = [
        {"value": v, "mean": rounded(float(m)), "low": rounded(float(a)), "high": rounded(float(b))}
        for v, m, a, b in zip(shown, found.mean, found.low, found.high, strict=True)
    ]
    curves = [
        {"value": v, "row": j, "one": rounded(float(y))}
        for v, line in zip(shown, found.curves, strict=True) for j, y in enumerate(line)
    ]  # fmt: skip
    y = {"type": "quantitative", "title": unit, "scale": {"zero": False}}
    line = "line" if ordered else "tick"
    layers: list[Spec] = [
        {"data": {"values": curves}, "mark": {"type": line, "opacity": 0.2, "color": "gray"},
         "encoding": {"x": x, "y": {"field": "one", **y}, "detail": {"field": "row"}}},
        {"mark": {"type": "area" if ordered else "rule", "opacity": 0.25},
         "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}}},
        {"mark": {"type": "line", "point": True} if ordered else {"type": "point", "filled": True, "size": 70},
         "encoding": {"x": x, "y": {"field": "mean", **y}}},
    ]  # fmt: skip
    above = {"width": 420, "height": 220, "data": {"values": means}, "layer": layers}
    return {
        "$schema": _SCHEMA,
        "title": {"text": f"{found.name} and the prediction", "anchor": "start",
                  "subtitle": ["average, band of 80% of the rows, some rows in gray; below, the data"]},
        "vconcat": [above, _data_bars(found, x)],
        "config": _CONFIG,
    }  # fmt: skip


def _data_bars(found: Dependence, x: Spec) -> Spec:
    rows = {"field": "rows", "type": "quantitative", "title": "rows"}
    if found.role == "number" or found.role == "date":
        scale = 1 if found.role == "number" else 1000  # microseconds to milliseconds
        values = [{"value": a / scale, "to": b / scale, "rows": n} for a, b, n in found.bars]
        encoding = {"x": {**x, "bin": {"binned": True}} if found.role == "number" else x,
                    "x2": {"field": "to"}, "y": rows}  # fmt: skip
    else:
        values = [{"value": level, "rows": n} for level, n in found.bars]
        encoding = {"x": x, "y": rows}
    mark = {"type": "bar", "opacity": 0.5}
    return {"width": 420, "height": 60, "data": {"values": values}, "mark": mark, "encoding": encoding}


def _shown(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "datetime64":
        return str(value)
    return rounded(float(value)) if not isinstance(value, str) else value


def _spec(title: str, values: list[Spec], body: Spec) -> Spec:
    return {
        "$schema": _SCHEMA,
        "title": {"text": title, "anchor": "start"},
        "width": "container",
        "data": {"values": values},
        **body,
        "config": _CONFIG,
    }
