"""A session as a Markdown file without its data: questions, SQL and evidence ids, and no cell.

What the person typed as a question stays as it is. Answers are left out, since their numbers and names are
cells. Of the SQL stays what says how it was computed: text and numbers that the question does not name become
'…', and so do names made of cells (a pivoted column). Of sources only the file's name stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from llmauto_agent.export.code import when
from llmauto_agent.export.replay import Document, Section, Step
from llmauto_agent.export.text import fenced, markdown

MASK = "…"
_SHORT = 3
"""Cells with fewer characters are no reason to take a name of a column for one."""


def render_outline(document: Document, schema: Iterable[str]) -> str:
    """The Markdown text. `schema` has the names of tables and columns, which are no cells."""
    names = frozenset(name.casefold() for name in schema)
    cells = {
        str(value).casefold()
        for section in document.sections
        for step in section.steps
        for row in step.evidence.rows
        for value in row
        if isinstance(value, str) and len(value) >= _SHORT
    }
    parts = [
        f"# {markdown(document.title)}",
        f"Session `{document.session.id}`, asked {when(document.session.created)}, with the chat model"
        f" {markdown(', '.join(document.models))}; exported without its data by llmauto"
        f" {when(document.exported)}. Answers are left out; {MASK} stands for a value.",
        *(f"- {markdown(_file_name(source))}" for source in document.sources),
    ]
    parts += [_section(section, names, cells) for section in document.sections]
    return "\n\n".join(parts) + "\n"


def _file_name(source: str) -> str:
    """The last part of a path or URL: the folders of a person's machine are no one else's business."""
    return re.split(r"[?#]", source)[0].rstrip("/\\").replace("\\", "/").rpartition("/")[2] or MASK


def _section(section: Section, names: frozenset[str], cells: set[str]) -> str:
    parts = ["## Run by hand"]
    if section.question is not None:
        quoted = "\n".join(f"> {line}" for line in markdown(section.question).split("\n"))
        parts = [
            f"## Question {section.number}",
            f"*{when(section.asked)}*",
            quoted,
            f"Status: {section.status}",
        ]
    if section.cited:
        parts.append(f"It also rests on {', '.join(section.cited)} above.")
    return "\n\n".join(
        [*parts, *(_step(step, section.question or "", names, cells) for step in section.steps)]
    )


def _step(step: Step, question: str, names: frozenset[str], cells: set[str]) -> str:
    evidence = step.evidence
    lines = [f"### {evidence.id}: {markdown(evidence.tool)}"]
    if evidence.state != "finished":
        lines.append(f"It did not finish: {(evidence.error or {}).get('kind', evidence.state)}.")
    elif evidence.columns:
        rows = "rows that were not counted" if evidence.row_count is None else f"{evidence.row_count:,} rows"
        lines.append(
            f"{rows} × {len(evidence.columns)} columns, over {markdown(', '.join(evidence.tables))}."
        )
    if evidence.sql:
        lines.append(fenced(without_values(evidence.sql, question, names, cells), "sql"))
    return "\n\n".join(lines)


def without_values(sql: str, question: str, names: frozenset[str], cells: set[str]) -> str:
    """The statement with the values in it masked; a statement that cannot be parsed is left out."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return "-- left out: the values in this statement cannot be told apart"
    asked = question.casefold()

    def masked(node: Any) -> Any:
        if isinstance(node, exp.Literal) and not _is_known(node, asked):
            return exp.Literal.string(MASK)
        if isinstance(node, exp.Identifier) and _holds_a_cell(node.name.casefold(), names, cells):
            return exp.to_identifier(MASK, quoted=True)
        return node

    shown: str = tree.transform(masked).sql(dialect="duckdb", pretty=True, comments=False)
    return shown


def _is_known(literal: Any, asked: str) -> bool:
    """Whether the question names the value, or it belongs to the form of the statement."""
    from sqlglot import exp

    text = str(literal.this).casefold()
    if isinstance(literal.parent, (exp.Limit, exp.Offset, exp.Round, exp.Interval, exp.DataTypeParam)):
        return True
    if not literal.is_string and text in {"0", "1", "100", "100.0"}:
        return True
    return bool(text) and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", asked) is not None


def _holds_a_cell(name: str, names: frozenset[str], cells: set[str]) -> bool:
    return name not in names and any(cell in name for cell in cells)
