"""The geometry of the small charts; their SVG is in templates/charts.html.j2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llmauto_tools.pages.blocks import Bars, Matrix, Ranking
from llmauto_tools.pages.words import number_text, share_text, shortened, visible

WIDTH = 400.0
"""Of every chart, in units that are about pixels."""
BAR_HEIGHT = 120.0
LINE = 22.0
LABEL_COLUMNS = 20
CELL = 26.0
NAME_COLUMNS = 18


@dataclass(frozen=True)
class Drawing:
    """What the template needs: the size, a description for people who cannot see it, and the shapes."""

    kind: str
    title: str
    description: str
    width: float
    height: float
    note: str
    shapes: dict[str, Any]


def draw_bars(chart: Bars) -> Drawing:
    """Bars from the first bin to the last; the tallest is as high as the chart."""
    most = max(chart.counts, default=0) or 1
    step = WIDTH / max(len(chart.counts), 1)
    bars = [
        {
            "x": round(i * step + 0.5, 2), "width": round(max(step - 1, 0.5), 2),
            "height": round(max(BAR_HEIGHT * n / most, 1.0 if n else 0.0), 2),
            "label": f"{visible(label)}: {n:,}",
        }
        for i, (label, n) in enumerate(zip(chart.labels, chart.counts, strict=True))
    ]  # fmt: skip
    ticks = [
        {"x": round(at * step, 2), "text": text, "anchor": _anchor(at, len(chart.counts))}
        for at, text in chart.ticks
    ]
    peak = max(range(len(chart.counts)), key=chart.counts.__getitem__, default=0)
    description = "No rows." if not chart.counts else f"The tallest bar is {bars[peak]['label']}."
    shapes = {"bars": bars, "ticks": ticks, "base": BAR_HEIGHT + 16, "most": f"{most:,}"}
    return Drawing("bars", chart.title, description, WIDTH, BAR_HEIGHT + 36, chart.note, shapes)


def _anchor(at: float, bars: int) -> str:
    return "start" if at < bars * 0.1 else ("end" if at > bars * 0.9 else "middle")


def draw_ranking(chart: Ranking) -> Drawing:
    """A line per value: label, bar, number."""
    most = max((v for _, v in chart.rows), default=0) or 1
    left, room = 150.0, WIDTH - 150.0 - 92.0
    lines = []
    for i, (label, value) in enumerate(chart.rows):
        text = number_text(value)
        if chart.total:
            text = f"{text} ({share_text(value, chart.total)})"
        lines.append(
            {
                "y": i * LINE, "label": shortened(label, LABEL_COLUMNS), "full": visible(label), "value": text,
                "width": round(max(room * value / most, 1.0), 2), "end": round(left + room * value / most + 6, 2),
            }
        )  # fmt: skip
    description = "; ".join(f"{line['full']}: {line['value']}" for line in lines[:10])
    shapes = {"lines": lines, "left": left, "line": LINE}
    return Drawing("ranking", chart.title, description, WIDTH, LINE * max(len(lines), 1), chart.note, shapes)


def draw_matrix(chart: Matrix) -> Drawing:
    """A square per pair, darker the stronger; the number is written into the strong ones."""
    side, top = 150.0, 110.0
    cells = [
        {
            "x": side + j * CELL, "y": top + i * CELL, "opacity": round(0.06 + 0.94 * value, 3),
            "text": f"{value:.2f}".lstrip("0").replace("1.00", "1"), "strong": value >= 0.6,
            "label": f"{visible(chart.names[i])}, {visible(chart.names[j])}: {value:.2f}",
        }
        for i, row in enumerate(chart.values) for j, value in enumerate(row) if value is not None
    ]  # fmt: skip
    names = [
        {"at": i * CELL + CELL / 2, "text": shortened(name, NAME_COLUMNS), "full": visible(name)}
        for i, name in enumerate(chart.names)
    ]
    size = len(chart.names) * CELL
    strongest = sorted(cells, key=lambda c: -float(str(c["opacity"])))[:5]
    description = "The strongest: " + "; ".join(str(c["label"]) for c in strongest) + "."
    shapes = {"cells": cells, "names": names, "cell": CELL, "left": side, "top": top}
    return Drawing("matrix", chart.title, description, side + size + 60, top + size + 2, chart.note, shapes)
