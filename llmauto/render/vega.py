"""Reading the Vega-Lite specifications that llmauto makes, as far as a terminal can show them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto.render.numbers import format_column, format_number
from llmauto.render.text import clean

MAX_BINS = 20


@dataclass(frozen=True)
class Axis:
    """One channel of a chart: the field that it shows, its type, its heading and its format."""

    field: str
    type: str
    title: str
    format: str = ""
    sort: tuple[str, ...] = ()

    def label(self, value: Any, unicode: bool = True) -> str:
        """A value of this axis as it is written beside a bar or under a line."""
        if value is None:
            return "NULL"
        if is_number(value) and self.type == "quantitative":
            return self.number(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if self.type == "temporal" and isinstance(value, str):
            return _moment(value, self.format)
        return clean(str(value), unicode)

    def number(self, value: float) -> str:
        """A value of a quantitative axis, as a percentage where the specification says so."""
        if self.format.endswith("%"):
            return f"{format_number(round(value * 100, 2))}%"
        return format_number(value)

    def numbers(self, values: Sequence[float]) -> list[str]:
        """Several values of this axis with as many decimals as each other."""
        if self.format.endswith("%"):
            return [f"{text}%" for text in format_column("", [round(v * 100, 2) for v in values]).cells]
        return format_column("", values).cells


@dataclass(frozen=True)
class Plot:
    """The parts of a specification that a terminal can show."""

    mark: str
    x: Axis
    y: Axis
    series: Axis | None
    rows: list[dict[str, Any]]
    title: str


def read_spec(spec: dict[str, Any]) -> Plot | None:
    """The specification as a Plot, or None where it is of no such kind (layers, facets, remote data)."""
    mark, encoding = spec.get("mark"), spec.get("encoding", {})
    mark = mark.get("type") if isinstance(mark, dict) else mark
    rows = spec.get("data", {}).get("values")
    if not mark or not isinstance(rows, list):
        return None
    if isinstance(encoding.get("x"), dict) and encoding["x"].get("bin"):
        return _histogram(spec, encoding, rows)
    x, y = _axis(encoding.get("x")), _axis(encoding.get("y"))
    if x is None or y is None:
        return None
    return Plot(str(mark), x, y, _axis(encoding.get("color")), rows, _title(spec, x, y))


def _axis(channel: Any) -> Axis | None:
    if not isinstance(channel, dict) or "field" not in channel:
        return None
    # A field with dots or brackets is escaped in Vega-Lite, since it would name a nested value.
    field = str(channel["field"]).replace("\\", "")
    sort = channel.get("sort")
    shape = (channel.get("axis") or {}).get("format", "")
    order = tuple(str(s) for s in sort) if isinstance(sort, list) else ()
    return Axis(field, str(channel.get("type", "nominal")), str(channel.get("title") or field), shape, order)


def _title(spec: dict[str, Any], x: Axis, y: Axis) -> str:
    title = spec.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    measure, by = (x, y) if x.type == "quantitative" and y.type != "quantitative" else (y, x)
    return str(text) if text else f"{measure.title} by {by.title}"


def _histogram(spec: dict[str, Any], encoding: dict[str, Any], rows: list[dict[str, Any]]) -> Plot | None:
    """Count the values into the bins that Vega-Lite would make."""
    source = _axis(encoding["x"])
    bins = encoding["x"]["bin"]
    if source is None:
        return None
    values = [float(r[source.field]) for r in rows if is_number(r.get(source.field))]
    if not values:
        return None
    span = max(values) - min(values)
    step = float(bins.get("step", 0) if isinstance(bins, dict) else 0) or span / 10 or 1.0
    while span / step > MAX_BINS:
        step *= 2
    counts = dict.fromkeys(range(math.floor(min(values) / step), math.floor(max(values) / step) + 1), 0)
    for value in values:
        counts[math.floor(value / step)] += 1
    dash = "-" if min(values) < 0 else "–"
    counted = [
        {"bin": f"{format_number(k * step)} {dash} {format_number((k + 1) * step)}", "count": n}
        for k, n in counts.items()
    ]
    x, y = Axis("bin", "ordinal", source.title), Axis("count", "quantitative", "count")
    return Plot("bar", x, y, None, counted, _title(spec, x, y))


def _moment(text: str, shape: str) -> str:
    """A date in the axis' own format, else as short as it can be said."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return clean(text)
    if shape:
        return moment.strftime(shape.replace("%q", str((moment.month + 2) // 3)))
    if (moment.hour, moment.minute) != (0, 0):
        return moment.strftime("%m-%d %H:%M")
    return moment.strftime("%Y-%m") if moment.day == 1 else moment.strftime("%Y-%m-%d")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number (true and false are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
