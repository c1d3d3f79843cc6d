"""Charts that plotext lacks, in characters: box plots, and planes whose cells are shaded by a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from llmauto.render.numbers import format_number
from llmauto.render.screen import Screen
from llmauto.render.text import clean, cut, pad, width

MAX_WIDTH = 100
MAX_ROWS = 24
_SHADES, _SHADES_ASCII = " ░▒▓█", " .:*#"


def box_lines(rows: Sequence[dict[str, Any]], screen: Screen) -> list[str]:
    """A line a group: whiskers, box and median on one scale, and the median as a number."""
    rows = [r for r in rows if r.get("low") is not None and r.get("high") is not None][:MAX_ROWS]
    if not rows:
        return []
    labels = [clean(str(r.get("x", "")), screen.unicode) for r in rows]
    room = min(max(width(label) for label in labels), screen.width // 3)
    figures = [format_number(float(f"{r['median']:.4g}")) for r in rows]
    columns = min(screen.width, MAX_WIDTH) - room - max(map(len, figures)) - 3
    low, high = min(r["low"] for r in rows), max(r["high"] for r in rows)
    lines = []
    for row, label, figure in zip(rows, labels, figures, strict=True):
        name = pad(cut(label, room, screen.ellipsis), room, right=True)
        lines.append(f"{name} {_box(row, low, high, max(columns, 10), screen)} {figure}")
    ends = [format_number(float(f"{v:.4g}")) for v in (low, high)]
    lines.append(" " * (room + 1) + ends[0] + " " * max(1, columns - len(ends[0]) - len(ends[1])) + ends[1])
    return lines


def _box(row: dict[str, Any], low: float, high: float, columns: int, screen: Screen) -> str:
    def at(value: float) -> int:
        return round((value - low) / ((high - low) or 1) * (columns - 1))

    rule, body, middle = "─█│" if screen.unicode else "-=|"
    cells = [" "] * columns
    for place in range(at(row["low"]), at(row["high"]) + 1):
        cells[place] = rule
    for place in range(at(row["q1"]), at(row["q3"]) + 1):
        cells[place] = body
    cells[at(row["median"])] = middle
    return "".join(cells)


def plane_lines(
    cells: dict[tuple[int, int], float], columns: int, rows: Sequence[str], screen: Screen, *, log: bool
) -> list[str]:
    """A grid (column, row from the top) whose cells are darker for larger values, and the scale below."""
    room = min(max((width(r) for r in rows), default=0), screen.width // 3)
    if not cells or columns + room + 1 > screen.width:
        return []
    shades = _SHADES if screen.unicode else _SHADES_ASCII
    low, high = min(cells.values()), max(cells.values())
    lines = []
    for number, label in enumerate(rows):
        name = pad(cut(clean(label, screen.unicode), room, screen.ellipsis), room, right=True)
        marks = (cells.get((column, number)) for column in range(columns))
        line = "".join(" " if v is None else shades[_shade(v, low, high, log)] for v in marks)
        lines.append(f"{name} {line}".rstrip())
    ends = [format_number(float(f"{v:.4g}")) for v in (low, high)]
    lines.append(
        f"{' ' * room} {shades[1]} {ends[0]} to {shades[-1]} {ends[1]}{' (logarithmic)' if log else ''}"
    )
    return lines


def _shade(value: float, low: float, high: float, log: bool) -> int:
    if high <= low:
        return 4
    share = math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)
    return 1 + min(3, int(share * 4))
