"""Tables that fit the terminal: what to show, how wide, and what was left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto.render.numbers import Formatted, format_column
from llmauto.render.screen import Screen
from llmauto.render.text import cut, pad, width

if TYPE_CHECKING:
    from rich.console import RenderableType

GAP = 2
MIN_TEXT = 8
"""Columns of text are cut no narrower than this before whole columns are left out."""
MAX_TEXT = 60
"""A column of text takes no more than this, however wide the terminal is."""


@dataclass(frozen=True)
class Layout:
    """The columns to show with their widths, and the names of those that did not fit."""

    columns: list[Formatted]
    widths: list[int]
    hidden: list[str]
    gap_after: int | None
    """The position before which columns were left out, or None."""


def lay_out(columns: Sequence[Formatted], available: int, whole: Collection[str] = ()) -> Layout:
    """Choose columns and widths for `available` terminal columns.

    Texts are cut before columns are left out; numbers are never cut, since a cut number is another
    number. Columns are left out from the middle: the first name the row, the last are its measures.
    """
    natural = [min(_natural(c), MAX_TEXT) if not c.right else _natural(c) for c in columns]
    least = [n if c.name in whole else _least(c, n) for c, n in zip(columns, natural, strict=True)]
    shown = list(range(len(columns)))
    dropped: list[int] = []
    while len(shown) > 1 and _total([least[i] for i in shown], bool(dropped)) > available:
        victim = shown[len(shown) // 2] if len(shown) > 2 else shown[0 if columns[shown[1]].right else 1]
        shown.remove(victim)
        dropped.append(victim)
    room = available - (_total([0] * len(shown), bool(dropped)))
    widths = _share([natural[i] for i in shown], [least[i] for i in shown], room)
    gap = next((k for k, i in enumerate(shown) if dropped and i > min(dropped)), len(shown))
    return Layout(
        [columns[i] for i in shown],
        widths,
        [columns[i].name for i in sorted(dropped)],
        gap if dropped else None,
    )


def _natural(column: Formatted) -> int:
    return max([width(column.name), *(width(c) for c in column.cells)])


def _least(column: Formatted, natural: int) -> int:
    """A number needs its digits, but its heading may be cut; text may be cut to MIN_TEXT."""
    if column.right or column.kind == "date":
        digits = max((width(c) for c in column.cells), default=0)
        return max(digits, min(width(column.name), MIN_TEXT))
    return min(natural, MIN_TEXT)


def _total(widths: Sequence[int], gap: bool) -> int:
    """The columns that a table of these widths takes, a mark for left-out columns included."""
    return sum(widths) + GAP * (len(widths) - 1) + (GAP + 1 if gap else 0)


def _share(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Cut the widest columns first, one by one down to the next widest, until all fit."""
    widths = list(natural)
    while sum(widths) > room:
        candidates = [i for i, w in enumerate(widths) if w > least[i]]
        if not candidates:
            return [min(w, room) for w in widths] if len(widths) == 1 else widths
        widest = max(candidates, key=lambda i: widths[i])
        widths[widest] -= 1
    return widths


def render_table(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    screen: Screen,
    *,
    max_rows: int = 20,
    row_count: int | None = None,
    whole: Collection[str] = (),
    missing: str = "NULL",
) -> list[RenderableType]:
    """A table as Rich renderables: heading, rows, and a line that says what is not shown.

    max_rows 0 shows every row that came back; `row_count` is the number that there are in truth
    (None: not known), which may be more than came back. Columns named in `whole` are never cut.
    `missing` is what None is shown as.
    """
    limit = len(rows) if max_rows == 0 else max_rows
    shown = rows[:limit]
    columns = [format_column(n, [r[i] for r in shown], screen.unicode, missing) for i, n in enumerate(names)]
    layout = lay_out(columns, screen.width, whole)
    if len(shown) == 1 and layout.hidden:
        return _record(columns, screen)
    parts: list[RenderableType] = [_heading(layout, screen)]
    parts += [_row(layout, number, screen) for number in range(len(shown))]
    parts += [_dim(line) for line in _left_out(len(shown), len(rows), row_count, screen)]
    if layout.hidden:
        parts.append(_dim(_hidden(layout.hidden, len(names), screen)))
    return parts


def _heading(layout: Layout, screen: Screen) -> RenderableType:
    from rich.text import Text

    names = [
        pad(cut(c.name, w, screen.ellipsis), w, c.right)
        for c, w in zip(layout.columns, layout.widths, strict=True)
    ]
    rule = "─" if screen.unicode else "-"
    rules = [rule * w for w in layout.widths]
    text = Text(no_wrap=True, overflow="crop")
    text.append(_join(names, layout, screen), style="bold")
    text.append("\n")
    text.append(_join(rules, layout, screen, mark=rule), style="dim")
    return text


def _row(layout: Layout, number: int, screen: Screen) -> RenderableType:
    from rich.text import Text

    text = Text(no_wrap=True, overflow="crop")
    for position, (column, columns) in enumerate(zip(layout.columns, layout.widths, strict=True)):
        if position:
            text.append(" " * GAP)
        if layout.gap_after == position:
            text.append(("…" if screen.unicode else "~") + " " * GAP, style="dim")
        cell = pad(cut(column.cells[number], columns, screen.ellipsis), columns, column.right)
        text.append(cell, style="dim italic" if column.nulls[number] else "")
    if layout.gap_after == len(layout.columns):
        text.append(" " * GAP + ("…" if screen.unicode else "~"), style="dim")
    text.rstrip()
    return text


def _join(parts: Sequence[str], layout: Layout, screen: Screen, mark: str | None = None) -> str:
    listed = list(parts)
    if layout.gap_after is not None:
        listed.insert(layout.gap_after, mark or ("…" if screen.unicode else "~"))
    return (" " * GAP).join(listed).rstrip()


def _record(columns: Sequence[Formatted], screen: Screen) -> list[RenderableType]:
    """A single row that is too wide, one line a column."""
    from rich.text import Text

    label = min(max(width(c.name) for c in columns), screen.width // 2)
    lines: list[RenderableType] = []
    for column in columns:
        text = Text(no_wrap=True, overflow="crop")
        text.append(pad(cut(column.name, label, screen.ellipsis), label), style="bold")
        text.append(" " * GAP)
        value = cut(column.cells[0], screen.width - label - GAP, screen.ellipsis)
        text.append(value, style="dim italic" if column.nulls[0] else "")
        lines.append(text)
    return lines


def _left_out(shown: int, returned: int, row_count: int | None, screen: Screen) -> list[str]:
    mark = screen.ellipsis
    if row_count is None:
        return [f"{mark} more rows (not counted; {returned:,} came back)"] if shown < returned else []
    if row_count <= shown:
        return []
    more = row_count - shown
    return [f"{mark} {more:,} more {'row' if more == 1 else 'rows'} (of {row_count:,})"]


def _hidden(names: Sequence[str], total: int, screen: Screen) -> str:
    what = f"{screen.ellipsis} {len(names)} of {total} columns do not fit: {', '.join(names)}"
    return cut(what, screen.width * 2, screen.ellipsis)


def _dim(text: str) -> RenderableType:
    from rich.text import Text

    return Text(text, style="dim")
