"""A chart in the terminal, drawn by plotext from the same Vega-Lite specification that is saved.

Bars lie down (a category's name needs room on the left), lines and points stand. What cannot be drawn
in characters (a heat map, more than six series) is left to the picture.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto.render.numbers import format_number
from llmauto.render.screen import Screen
from llmauto.render.text import clean, cut, pad, width

MAX_BARS = 20
MAX_SERIES = 6
MAX_WIDTH = 100
LINE_HEIGHT = 14
_COLORS = ("blue", "orange", "green", "red", "magenta", "cyan")
_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│■•●", "+++++++++-|#..")


@dataclass(frozen=True)
class _Axis:
    field: str
    type: str
    title: str


@dataclass(frozen=True)
class _Plot:
    """The parts of a Vega-Lite specification that a terminal can show."""

    mark: str
    x: _Axis
    y: _Axis
    series: _Axis | None
    rows: list[dict[str, Any]]


def draw_chart(spec: dict[str, Any], screen: Screen) -> str | None:
    """The chart as lines of text (with colours where the screen has them), or None if it cannot be drawn."""
    plot = _read(spec)
    if plot is None or len(plot.rows) < 2 or screen.width < 30:
        return None
    if plot.mark == "bar":
        return _bars(plot, screen)
    if plot.mark in {"line", "area", "point", "circle"}:
        return _lines(plot, screen)
    return None


def _read(spec: dict[str, Any]) -> _Plot | None:
    mark = spec.get("mark")
    mark = mark.get("type") if isinstance(mark, dict) else mark
    encoding, rows = spec.get("encoding", {}), spec.get("data", {}).get("values")
    if not mark or not isinstance(rows, list):
        return None
    x, y = _axis(encoding.get("x")), _axis(encoding.get("y"))
    if x is None or y is None:
        return None
    return _Plot(str(mark), x, y, _axis(encoding.get("color")), rows)


def _axis(channel: Any) -> _Axis | None:
    if not isinstance(channel, dict) or "field" not in channel:
        return None
    # A field with dots or brackets is escaped in Vega-Lite, since it would name a nested value.
    field = str(channel["field"]).replace("\\", "")
    return _Axis(field, str(channel.get("type", "nominal")), str(channel.get("title") or field))


# ---- bars


def _bars(plot: _Plot, screen: Screen) -> str | None:
    flat = plot.x.type == "quantitative"
    measure, category = (plot.x, plot.y) if flat else (plot.y, plot.x)
    pairs = [
        (_label(r.get(category.field), category, screen), float(r[measure.field]))
        for r in plot.rows
        if _is_number(r.get(measure.field))
    ]
    if plot.series is not None and plot.series.field != category.field:
        pairs = [
            (f"{_label(r.get(category.field), category, screen)} / "
             f"{_label(r.get(plot.series.field), plot.series, screen)}", float(r[measure.field]))
            for r in plot.rows
            if _is_number(r.get(measure.field))
        ]  # fmt: skip
    if len(pairs) < 2:
        return None
    left_out = len(pairs) - MAX_BARS
    lines = _draw_bars(pairs[:MAX_BARS], screen)
    if left_out > 0:
        lines.append(f"{screen.ellipsis} {left_out:,} more")
    return "\n".join([_title(measure, category, screen), *lines])


def _draw_bars(pairs: Sequence[tuple[str, float]], screen: Screen) -> list[str]:
    """plotext counts a wide character as one column: it is given stand-ins of the right width."""
    columns = min(screen.width, MAX_WIDTH)
    longest = max(width(label) for label, _ in pairs)
    room = min(longest, max(8, columns // 3))
    labels = [pad(cut(label, room, screen.ellipsis), room, right=True) for label, _ in pairs]
    stand_ins = [chr(0xE000 + number) * room for number in range(len(pairs))]
    figures = [format_number(value) for _, value in pairs]
    figure_room = max(len(f) for f in figures) + 1

    import plotext as plt

    plt.clear_figure()
    plt.plot_size(columns - figure_room, len(pairs) + 2)
    plt.theme("clear" if not screen.color else "default")
    values = [value for _, value in pairs]
    plt.bar(
        stand_ins[::-1], values[::-1], orientation="horizontal", width=0.001,
        marker="■" if screen.unicode else "#", color=_COLORS[0] if screen.color else "default",
    )  # fmt: skip
    plt.xlim(min(0.0, *values), max(0.0, *values))
    plt.frame(False)
    plt.xticks([])
    _clear_background(plt)
    drawn = _finish(plt.build(), screen).split("\n")
    lines = []
    for label, stand_in, figure in zip(labels, stand_ins, figures, strict=True):
        line = next((each for each in drawn if stand_in in each), stand_in)
        lines.append(f"{line.replace(stand_in, label).rstrip()} {figure}")
    return lines


# ---- lines and points


def _lines(plot: _Plot, screen: Screen) -> str | None:
    groups = _groups(plot)
    if groups is None:
        return None
    import plotext as plt

    plt.clear_figure()
    plt.plot_size(min(screen.width, MAX_WIDTH), LINE_HEIGHT)
    plt.theme("clear" if not screen.color else "default")
    ticks = _ticks(plot, screen)
    positions = {key: place for place, key in enumerate(_order(plot))} if ticks else None
    joined = plot.mark in {"line", "area"}
    for number, points in enumerate(groups.values()):
        xs = [positions[x] if positions is not None else float(x) for x, _ in points]
        draw = plt.plot if joined else plt.scatter
        marker = ("braille" if joined else "dot") if screen.unicode else "*+ox#@"[number]
        draw(xs, [y for _, y in points], marker=marker, color=_COLORS[number] if screen.color else "default")
    if ticks:
        plt.xticks(*ticks)
    _clear_background(plt)
    body = _finish(plt.build(), screen).rstrip("\n")
    return "\n".join([_title(plot.y, plot.x, screen), body, *_legend(list(groups), screen)])


def _groups(plot: _Plot) -> dict[str, list[tuple[Any, float]]] | None:
    groups: dict[str, list[tuple[Any, float]]] = {}
    numeric = plot.x.type == "quantitative"
    for row in plot.rows:
        x, y = row.get(plot.x.field), row.get(plot.y.field)
        if y is None or x is None or not _is_number(y) or (numeric and not _is_number(x)):
            continue
        name = str(row.get(plot.series.field)) if plot.series else ""
        groups.setdefault(name, []).append((x, float(y)))
    points = sum(len(g) for g in groups.values())
    return groups if 0 < len(groups) <= MAX_SERIES and points > 1 else None


def _order(plot: _Plot) -> list[Any]:
    """The values along a time or category axis: time sorted, categories as they come."""
    seen = list(dict.fromkeys(r.get(plot.x.field) for r in plot.rows if r.get(plot.x.field) is not None))
    return sorted(seen, key=str) if plot.x.type == "temporal" else seen


def _ticks(plot: _Plot, screen: Screen) -> tuple[list[int], list[str]] | None:
    """As many labels as fit; None for a numeric axis, which plotext labels itself."""
    if plot.x.type == "quantitative":
        return None
    keys = _order(plot)
    labels = [_label(k, plot.x, screen) for k in keys]
    room = max(width(label) for label in labels) + 3
    step = max(1, -(-len(keys) * room // (min(screen.width, MAX_WIDTH) - 10)))
    places = list(range(0, len(keys), step))
    return places, [labels[p] for p in places]


def _legend(names: Sequence[str], screen: Screen) -> list[str]:
    if len(names) < 2:
        return []
    marks = ["●"] * len(names) if screen.unicode and screen.color else list("*+ox#@")
    shown = []
    for mark, color, name in zip(marks, _COLORS, names, strict=False):
        shown.append(f"{_paint(mark, color, screen)} {clean(name, screen.unicode)}")
    return ["  ".join(shown)]


# ---- shared


def _title(measure: _Axis, by: _Axis, screen: Screen) -> str:
    text = f"{clean(measure.title, screen.unicode)} by {clean(by.title, screen.unicode)}"
    return cut(text, screen.width, screen.ellipsis)


def _label(value: Any, axis: _Axis, screen: Screen) -> str:
    if value is None:
        return "NULL"
    if axis.type == "temporal" and isinstance(value, str):
        return _short_date(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value), screen.unicode)


def _short_date(text: str) -> str:
    """A month's first day as 2024-03, another midnight as 2024-03-15, else with the time."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if (moment.hour, moment.minute) != (0, 0):
        return moment.strftime("%m-%d %H:%M")
    return moment.strftime("%Y-%m") if moment.day == 1 else moment.strftime("%Y-%m-%d")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _clear_background(plt: Any) -> None:
    """Draw on the terminal's own background, light or dark."""
    plt.canvas_color("default")
    plt.axes_color("default")
    plt.ticks_color("default")


def _finish(built: str, screen: Screen) -> str:
    import plotext as plt

    text = built if screen.color else plt.uncolorize(built)
    return text if screen.unicode else text.translate(_ASCII)


def _paint(text: str, color: str, screen: Screen) -> str:
    import plotext as plt

    return str(plt.colorize(text, color)) if screen.color else text
