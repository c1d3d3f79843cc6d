"""An answer, and a tool's result, as a person reads them in the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.render.numbers import format_seconds
from llmauto.render.screen import Screen
from llmauto.render.sql import compact_sql
from llmauto.render.table import render_table
from llmauto.render.text import clean, clean_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from llmauto_agent.answer import Answer, GroundingSummary
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.results import Section

UNVERIFIED_MARK = "[?]"


@dataclass(frozen=True)
class Style:
    """What of an answer is shown. max_rows 0 shows all rows that came back."""

    max_rows: int = 20
    chart: bool = True
    quiet: bool = False
    text: bool = True
    """The sentence; a chat has shown it already where it streamed."""


def print_answer(answer: Answer, screen: Screen, style: Style) -> None:
    """Print an answer: sentence, table, chart, SQL, and where its numbers come from."""
    console = screen.console()
    if style.text:
        console.print(marked_text(answer.answer, answer.grounding, screen))
    main = _main_evidence(answer)
    if answer.rows and not (answer.value is not None and answer.answer):
        console.print()
        _print_table(console, screen, style, answer.columns, answer.rows, main)
    if not style.quiet:
        print_sections(answer.sections, console, screen, style)
    if style.chart and not style.quiet:
        print_charts(answer.charts, screen)
    if style.quiet:
        return
    if answer.sql:
        console.print()
        print_sql(answer.sql, console, screen)
    console.print()
    console.print(_footer(answer, screen))


def print_result(evidence: Evidence, screen: Screen, style: Style, workspace: Path | None = None) -> None:
    """Print what a tool gave: its line, its table, its figures, its files, and its evidence.

    Files are named below the `workspace` folder, where it is given. Nested figures are for scripts
    (`--json`) only, and so are those of a tool that says what it found in tables.
    """
    console = screen.console()
    if evidence.text:
        console.print(_plain(evidence.text, screen))
    drawn = style.chart and evidence.tool == "chart"  # whose table is the picture
    if evidence.columns and not drawn:
        if evidence.text:
            console.print()
        names = [name for name, _ in evidence.columns]
        _print_table(console, screen, style, names, evidence.rows, evidence)
    print_sections(evidence.sections, console, screen, style)
    if not evidence.columns and not evidence.sections and not drawn:
        _print_figures(evidence.figures, console, screen)
    if style.chart:
        print_charts(list(evidence.charts), screen)
    for path in evidence.artifacts:
        named = workspace / path if workspace is not None else path
        console.print(_plain(f"wrote {named}", screen), soft_wrap=True)
    if style.quiet:
        return
    shown_sql = evidence.sql and evidence.sql != evidence.arguments.get("sql")
    if shown_sql and evidence.sql:
        console.print()
        print_sql(evidence.sql, console, screen)
    console.print()
    console.print(_dim(_joined([evidence.id, format_seconds(evidence.seconds or 0.0)], screen)))


def print_sections(sections: Sequence[Section], console: Console, screen: Screen, style: Style) -> None:
    """The further tables of a result, each below its title."""
    for section in sections:
        console.print()
        console.print(_bold(section.title, screen))
        if section.rows:
            _print_table(
                console, screen, style, list(section.columns), section.rows, None, _not_applicable(screen)
            )
        if section.note:
            console.print(_dim(clean_lines(section.note, screen.unicode)))


def print_charts(charts: list[dict[str, Any]], screen: Screen) -> None:
    """Draw the charts that a terminal can show."""
    from llmauto.render.chart import draw_chart

    for spec in charts:
        drawn = draw_chart(spec, screen)
        if drawn is not None:
            # Its colours are escape sequences already; Rich would count them as text.
            screen.stream.write(f"\n{drawn}\n")


def print_sql(sql: str, console: Console, screen: Screen) -> None:
    """The SQL that ran, coloured where the terminal has colours."""
    text = compact_sql(clean_lines(sql, screen.unicode), screen.width)
    if not screen.color:
        console.print(_plain(text, screen))
        return
    from rich.syntax import Syntax

    lexed = Syntax(text, "sql", theme="ansi_dark", background_color="default", word_wrap=True)
    console.print(lexed)


def marked_text(text: str, grounding: GroundingSummary, screen: Screen) -> Text:
    """The answer's text, with a mark after each number that no evidence holds."""
    from rich.text import Text

    shown = clean_lines(text, screen.unicode)
    places: list[int] = []
    for number in grounding.unverified:
        pattern = rf"(?<![\w.,]){re.escape(clean(number, screen.unicode))}(?!\d|[.,]\d)"
        places += [m.end() for m in re.finditer(pattern, shown)]
    marked = Text()
    start = 0
    for place in sorted(set(places)):
        marked.append(shown[start:place])
        marked.append(UNVERIFIED_MARK, style="bold yellow")
        start = place
    marked.append(shown[start:])
    return marked


def grounding_line(grounding: GroundingSummary) -> str:
    """How many numbers were traced; zero checked is said as such, never as a pass."""
    if grounding.checked == 0:
        return "no numbers to check"
    line = f"{grounding.grounded} of {grounding.checked} numbers traced"
    if grounding.unverified:
        line += f", not traced {UNVERIFIED_MARK}: {', '.join(grounding.unverified)}"
    return line


def _footer(answer: Answer, screen: Screen) -> Text:
    from rich.text import Text

    parts = [
        ", ".join(e.id for e in answer.evidence) or "no evidence",
        clean(grounding_line(answer.grounding), screen.unicode),
        format_seconds(answer.seconds.get("total", 0.0)),
    ]
    if answer.model != "builtin":
        parts.append(clean(answer.model, screen.unicode))
        if answer.tokens:
            parts.append(f"{sum(answer.tokens.values()):,} tokens")
    style = "yellow" if answer.grounding.unverified else "dim"
    return Text(_joined(parts, screen), style=style)


def _joined(parts: list[str], screen: Screen) -> str:
    return (" · " if screen.unicode else " | ").join(parts)


def _main_evidence(answer: Answer) -> Evidence | None:
    """The evidence of the table that is shown, for its true number of rows."""
    return next((e for e in reversed(answer.evidence) if [n for n, _ in e.columns] == answer.columns), None)


def _print_table(
    console: Console,
    screen: Screen,
    style: Style,
    names: list[str],
    rows: Any,
    evidence: Evidence | None,
    missing: str | None = None,
) -> None:
    count = len(rows) if evidence is None else evidence.row_count
    if missing is None:
        of_data = evidence is None or evidence.sql is not None
        missing = "NULL" if of_data else _not_applicable(screen)
    for part in render_table(names, rows, screen, max_rows=style.max_rows, row_count=count, missing=missing):
        console.print(part)
    if not rows:
        console.print(_dim("(no rows)"))


def _not_applicable(screen: Screen) -> str:
    """In a table that a tool made, an empty cell does not apply; in one of data it is NULL."""
    return "–" if screen.unicode else "-"


def _print_figures(figures: dict[str, Any], console: Console, screen: Screen) -> None:
    shown = {name: value for name, value in figures.items() if not isinstance(value, (dict, list))}
    if shown:
        for part in render_table(list(shown), [list(shown.values())], screen):
            console.print(part)


def _plain(text: str, screen: Screen) -> Text:
    from rich.text import Text

    return Text(clean_lines(text, screen.unicode))


def _bold(text: str, screen: Screen) -> Text:
    from rich.text import Text

    return Text(clean_lines(text, screen.unicode), style="bold")


def _dim(text: str) -> Text:
    from rich.text import Text

    return Text(text, style="dim")
