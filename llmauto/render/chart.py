"""A chart in the terminal, drawn by plotext from the same Vega-Lite specification that is saved.

Bars lie down (a category's name needs room on the left), lines and points stand. What cannot be drawn
in characters (more than six series) is left to the picture. Panels, boxes and shaded cells: kinds.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from typing import Any

from llmauto.render.kinds import cannot, draw_kind
from llmauto.render.screen import Screen
from llmauto.render.text import clean, cut, pad, width
from llmauto.render.vega import Axis, Plot, is_number, read_spec

MAX_BARS = 20
MAX_SERIES = 6
MAX_WIDTH = 100
MIN_WIDTH = 30
LINE_HEIGHT = 14
_COLORS = ("blue", "orange", "green", "red", "magenta", "cyan")
_TRAILING = re.compile(r"(?:\x1b\[[0-9;]*m|\s)+$")
_RESET = "\x1b[0m"
_ASCII_MARKS = "*+ox#@"
_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│■•●–", "+++++++++-|#..-")


def draw_chart(spec: dict[str, Any], screen: Screen) -> str | None:
    """The chart as lines of text (with colours where the screen has them), or None if it cannot be drawn."""
    if screen.width < MIN_WIDTH:
        return None
    return draw_kind(spec, screen, draw_chart) or _drawn(spec, screen) or cannot(spec, screen)


def _drawn(spec: dict[str, Any], screen: Screen) -> str | None:
    plot = read_spec(spec)
    if plot is None or len(plot.rows) < 2:
        return None
    if plot.mark == "bar":
        return _bars(plot, screen)
    if plot.mark in {"line", "area", "point", "circle"}:
        return _lines(plot, screen)
    return None


# ---- bars


def _bars(plot: Plot, screen: Screen) -> str | None:
    flat = plot.x.type == "quantitative"
    measure, category = (plot.x, plot.y) if flat else (plot.y, plot.x)
    rows = [r for r in plot.rows if is_number(r.get(measure.field))]
    if len(rows) < 2:
        return None
    if category.sort:
        place = {label: number for number, label in enumerate(category.sort)}
        rows.sort(key=lambda r: place.get(str(r.get(category.field)), len(place)))
    pairs = [(_bar_label(r, category, plot.series, screen), float(r[measure.field])) for r in rows]
    lines = _draw_bars(pairs[:MAX_BARS], measure, screen)
    if len(pairs) > MAX_BARS:
        lines.append(f"{screen.ellipsis} {len(pairs) - MAX_BARS:,} more")
    return "\n".join([_title(plot, screen), *lines])


def _bar_label(row: dict[str, Any], category: Axis, series: Axis | None, screen: Screen) -> str:
    label = category.label(row.get(category.field), screen.unicode)
    if series is None or series.field == category.field:
        return label
    return f"{label} / {series.label(row.get(series.field), screen.unicode)}"


def _draw_bars(pairs: Sequence[tuple[str, float]], measure: Axis, screen: Screen) -> list[str]:
    """plotext counts a wide character as one column: it is given stand-ins of the right width."""
    columns = min(screen.width, MAX_WIDTH)
    longest = max(width(label) for label, _ in pairs)
    room = min(longest, max(8, columns // 3))
    labels = [pad(cut(label, room, screen.ellipsis), room, right=True) for label, _ in pairs]
    stand_ins = [chr(0xE000 + number) * room for number in range(len(pairs))]
    figures = measure.numbers([value for _, value in pairs])
    plt = _new_figure(columns - max(len(f) for f in figures) - 2, len(pairs) + 2, screen)
    values = [value for _, value in pairs]
    plt.bar(
        stand_ins[::-1],
        values[::-1],
        orientation="horizontal",
        width=0.001,
        marker="■" if screen.unicode else "#",
        color=_COLORS[0] if screen.color else "default",
    )
    plt.xlim(min(0.0, *values), max(0.0, *values))
    plt.frame(False)
    plt.xticks([])
    drawn = _finish(plt, screen).split("\n")
    lines = []
    for label, stand_in, figure in zip(labels, stand_ins, figures, strict=True):
        line = next((each for each in drawn if stand_in in each), stand_in)
        bar = _TRAILING.sub(_RESET if screen.color else "", line)
        lines.append(f"{bar.replace(stand_in, label + ' ')} {figure}".translate(_plain_if(screen)))
    return lines


# ---- lines and points


def _lines(plot: Plot, screen: Screen) -> str | None:
    groups = _groups(plot)
    if groups is None:
        return None
    plt = _new_figure(min(screen.width, MAX_WIDTH), LINE_HEIGHT, screen)
    keys = None if plot.x.type == "quantitative" else _order(plot)
    joined = plot.mark in {"line", "area"}
    for number, points in enumerate(groups.values()):
        xs = [float(x) for x, _ in points] if keys is None else [keys.index(x) for x, _ in points]
        fine = "braille" if joined else "dot"
        marker = _ASCII_MARKS[number] if _by_marks(groups, screen) else fine
        draw = plt.plot if joined else plt.scatter
        draw(xs, [y for _, y in points], marker=marker, color=_COLORS[number] if screen.color else "default")
    if keys is not None:
        plt.xticks(*_key_ticks(keys, plot.x, screen))
    ticks = nice_ticks([y for points in groups.values() for _, y in points])
    plt.ylim(ticks[0], ticks[-1])
    plt.yticks(ticks, [plot.y.number(tick) for tick in ticks])
    body = _finish(plt, screen).rstrip("\n")
    return "\n".join([_title(plot, screen), body, *_legend(list(groups), screen)])


def _groups(plot: Plot) -> dict[str, list[tuple[Any, float]]] | None:
    """The points of each series, in the order of the axis; None where there is nothing to draw."""
    groups: dict[str, list[tuple[Any, float]]] = {}
    numeric = plot.x.type == "quantitative"
    for row in plot.rows:
        x, y = row.get(plot.x.field), row.get(plot.y.field)
        if y is None or x is None or not is_number(y) or (numeric and not is_number(x)):
            continue
        name = str(row.get(plot.series.field)) if plot.series else ""
        groups.setdefault(name, []).append((x, float(y)))
    if not groups or len(groups) > MAX_SERIES or sum(len(g) for g in groups.values()) < 2:
        return None
    order = {key: place for place, key in enumerate(_order(plot))}
    for points in groups.values():
        points.sort(key=lambda point: point[0] if numeric else order[point[0]])
    return groups


def _order(plot: Plot) -> list[Any]:
    """The values along a time or category axis: time sorted, categories as the specification says."""
    seen = list(dict.fromkeys(r.get(plot.x.field) for r in plot.rows if r.get(plot.x.field) is not None))
    if plot.x.type == "temporal":
        return sorted(seen, key=str)
    place = {label: number for number, label in enumerate(plot.x.sort)}
    return sorted(seen, key=lambda key: place.get(str(key), len(place)))


def _key_ticks(keys: Sequence[Any], axis: Axis, screen: Screen) -> tuple[list[int], list[str]]:
    """As many labels under the axis as fit without touching."""
    labels = [axis.label(key, screen.unicode) for key in keys]
    room = max(width(label) for label in labels) + 3
    step = max(1, -(-len(keys) * room // (min(screen.width, MAX_WIDTH) - 10)))
    places = list(range(0, len(keys), step))
    return places, [labels[place] for place in places]


def nice_ticks(values: Sequence[float], count: int = 5) -> list[float]:
    """Round numbers that enclose the values, about `count` of them, with 0 where it is near."""
    low, high = min(values), max(values)
    if 0 < low < (high - low) or low == high > 0:
        low = 0.0
    if high < 0 and -high < (high - low):
        high = 0.0
    if low == high:
        low, high = low - 1, high + 1
    rough = (high - low) / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _by_marks(series: Collection[str], screen: Screen) -> bool:
    """Whether lines have to be told apart by their marks: without colours, fine lines look the same."""
    return not screen.unicode or (not screen.color and len(series) > 1)


def _legend(names: Sequence[str], screen: Screen) -> list[str]:
    """One mark a series."""
    if len(names) < 2:
        return []
    shown = []
    for number, name in enumerate(names):
        mark = _ASCII_MARKS[number] if _by_marks(names, screen) else "●"
        shown.append(f"{_paint(mark, _COLORS[number], screen)} {clean(name, screen.unicode)}")
    return [cut("  ".join(shown), screen.width, screen.ellipsis)] if not screen.color else ["  ".join(shown)]


# ---- shared


def _title(plot: Plot, screen: Screen) -> str:
    return cut(clean(plot.title, screen.unicode), screen.width, screen.ellipsis)


def _new_figure(columns: int, lines: int, screen: Screen) -> Any:
    """An empty figure on the terminal's own background, light or dark."""
    import plotext as plt

    plt.clear_figure()
    plt.plot_size(columns, lines)
    plt.theme("default" if screen.color else "clear")
    plt.canvas_color("default")
    plt.axes_color("default")
    plt.ticks_color("default")
    return plt


def _finish(plt: Any, screen: Screen) -> str:
    built = str(plt.build())
    return (built if screen.color else str(plt.uncolorize(built))).translate(_plain_if(screen))


def _plain_if(screen: Screen) -> dict[int, int]:
    return {} if screen.unicode else _ASCII


def _paint(text: str, color: str, screen: Screen) -> str:
    if not screen.color:
        return text
    import plotext as plt

    return str(plt.colorize(text, color))
