"""What a chat shows of itself: its commands, the tables and columns, the sessions, where it stood."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from llmauto.chat.state import Chat
from llmauto.render.answer import Style, print_result
from llmauto.render.table import render_table
from llmauto.render.text import clean, clean_lines, cut, width
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import Table

MANY_VALUES = 12
"""Distinct values beyond which the range of a number or date says more than its frequent values."""
SHOWN_TURNS = 3
"""Questions that a resumed session shows again."""


def definitions(chat: Chat, rows: Sequence[tuple[str, str]]) -> None:
    """Two columns: a name, and what it is, wrapped beside it."""
    from rich.table import Table as Grid
    from rich.text import Text

    screen = chat.screen
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for name, text in rows:
        grid.add_row(Text(clean(name, screen.unicode), style="bold"), Text(clean_lines(text, screen.unicode)))
    screen.console().print(grid)


def table(chat: Chat, names: Sequence[str], rows: Sequence[Sequence[Any]], max_rows: int = 0) -> None:
    """A table that fits the window."""
    screen = chat.screen
    console = screen.console()
    for part in render_table(names, rows, screen, max_rows=max_rows, row_count=len(rows)):
        console.print(part)


def result(chat: Chat, evidence: Evidence) -> None:
    """What a tool gave."""
    style = Style(chat.settings.max_rows, chart=False)
    print_result(evidence, chat.screen, style, chat.workspace.path)


def line(chat: Chat, evidence: Evidence) -> None:
    """What a tool did, in a sentence."""
    chat.say(evidence.text or evidence.tool, "")
    chat.say(evidence.id)


def tables(chat: Chat) -> None:
    """The tables, each with its columns in the width that there is."""
    for shown in chat.workspace.tables():
        rows = "" if shown.row_count is None else f" · {shown.row_count:,} rows"
        chat.say(f"{clean(shown.name)}{rows} · {clean(shown.origin)}", "bold")
        chat.say("  " + _columns(shown, chat.screen.width))
    if not chat.workspace.tables():
        chat.say("No table yet. Attach a file with /add FILE")


def _columns(shown: Table, columns: int) -> str:
    """The names of the columns in at most four lines; how many more there are."""
    names = [clean(c.name) for c in shown.columns]
    room, used = columns * 4 - 20, 0
    for position, name in enumerate(names):
        used += width(name) + 2
        if used > room:
            return f"{', '.join(names[:position])} … and {len(names) - position:,} more"
    return ", ".join(names)


def schema(chat: Chat, evidence: Evidence) -> None:
    """The columns of a table: type, gaps, distinct values, range, and the most frequent values."""
    if evidence.text:
        chat.say(evidence.text, "bold")
    places = {name: i for i, (name, _) in enumerate(evidence.columns)}
    frequent = evidence.figures.get("top_values") or {}
    exact = "distinct" in places
    rows = []
    for row in evidence.rows:
        known = {key: row[place] for key, place in places.items()}
        known["distinct"] = known["distinct" if exact else "distinct_approx"] or 0
        # An estimate must not be more than there are.
        distinct = min(known["distinct"], (known["rows"] or 0) - (known["nulls"] or 0))
        values = _values(known, frequent.get(known["column"], []))
        rows.append([known["column"], str(known["type"]).lower(), known["nulls"], distinct, values])
    table(chat, ["column", "type", "empty", "distinct" if exact else "distinct ~", "values"], rows)
    chat.say(evidence.id)


def _values(column: dict[str, Any], frequent: Sequence[Sequence[Any]]) -> str:
    """The range of numbers and dates with many values, else the most frequent values with their counts."""
    low, high = column["min"], column["max"]
    if low is None:
        return ""
    measured = not str(column["type"]).startswith(("VARCHAR", "ENUM", "BOOL"))
    if not frequent or (measured and column["distinct"] > MANY_VALUES):
        return f"{low} to {high}" if low != high else str(low)
    return ", ".join(f"{value} ({n:,})" for value, n in frequent[:5])


def sessions(chat: Chat) -> None:
    """The sessions of the workspace, the newest first; this one is marked."""
    rows = [
        [
            r.id,
            "this one" if r.id == chat.session.id else _when(r.updated),
            r.turns,
            (r.title or "(nothing asked yet)") + (" (not answered)" if r.open_turn == r.turns != 0 else ""),
        ]
        for r in chat.session.store.list()
    ]
    table(chat, ["id", "last used", "questions", "first question"], rows, max_rows=30)


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def where_it_stood(chat: Chat) -> None:
    """The last questions with their answers, and the one that is open."""
    turns = chat.session.store.turns(chat.session.id)
    earlier = len(turns) - SHOWN_TURNS
    if earlier > 0:
        chat.say(f"… {earlier} earlier {'question' if earlier == 1 else 'questions'}")
    for turn in turns[-SHOWN_TURNS:]:
        chat.say(
            f"› {_short(turn.question)}" if chat.screen.unicode else f"> {_short(turn.question)}", "bold"
        )
        if turn.answer is not None:
            chat.say(_short(str(turn.answer["answer"]), lines=4))
    if chat.session.pending() is not None:
        chat.say("This question was not answered; /resume goes on with it.", "yellow")


def _short(text: str, lines: int = 2) -> str:
    return cut(text, lines * 100)


def remembered(chat: Chat, used: Sequence[dict[str, Any]]) -> None:
    """What of the memory went into an answer, with where it comes from."""
    for item in used:
        line = f"{item['id']} {item['how']}: {item['text']}"
        if item.get("source"):
            line += f" (from {item['source']})"
        chat.say(line + (f"; may be out of date: {item['stale']}" if item.get("stale") else ""))
