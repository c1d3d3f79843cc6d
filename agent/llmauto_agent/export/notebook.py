"""A session as a Jupyter notebook."""

from __future__ import annotations

from typing import Any

from llmauto_agent.export.cells import code_cell, markdown_cell, notebook_text
from llmauto_agent.export.code import (
    check_code,
    definitions_code,
    install_line,
    run_code,
    runtime_code,
    setup_code,
    sources_code,
    when,
)
from llmauto_agent.export.replay import Document, Section, Step
from llmauto_agent.export.script import remarks, step_text
from llmauto_agent.export.text import fenced, markdown
from llmauto_agent.export.transcript import markdown_table

MAX_OPEN_ROWS = 20
"""A check cell with more recorded rows is folded."""


def render_notebook(document: Document) -> str:
    """The JSON of a notebook that replays the session's evidence and compares the results."""
    cells = _head(document)
    for section in document.sections:
        cells += _section(section)
    return notebook_text(cells, document.title)


def _head(document: Document) -> list[Any]:
    about = [
        f"# {markdown(document.title)}",
        f"Session `{document.session.id}`, asked {when(document.session.created)}, with the chat model"
        f" {markdown(', '.join(document.models))}; exported by llmauto {when(document.exported)}.",
        "This notebook replays the session's evidence: every statement runs again on the same data, and its"
        " result is compared with the one that was recorded. Nothing of llmauto and no language model is used."
        f" It needs Python 3.11 or later and DuckDB:\n\n    {install_line(document)}",
    ]
    if document.sources:
        about.append("Sources:\n\n" + "\n".join(f"- {markdown(s)}" for s in document.sources))
    compare, replay = runtime_code()
    return [
        markdown_cell("\n\n".join(about)),
        code_cell(sources_code(document)),
        markdown_cell("How results are compared and replayed (the same in every export):"),
        code_cell(f"from __future__ import annotations\n\n{compare}\n\n\n{replay}", folded=True),
        markdown_cell("The connection, and the session's tables as views over the files:"),
        code_cell(setup_code(document)),
    ]


def _section(section: Section) -> list[Any]:
    cells = []
    if section.question is None:
        cells.append(markdown_cell("## Run by hand"))
    else:
        title = f"## Question {section.number}\n\n*{when(section.asked)}*"
        cells.append(markdown_cell(f"{title}\n\n{_quote(markdown(section.question))}"))
        cited = f"\n\nIt also rests on {', '.join(section.cited)} above." if section.cited else ""
        cells.append(
            markdown_cell(f"**Answer** ({markdown(section.status)})\n\n{markdown(section.answer)}{cited}")
        )
    for step in section.steps:
        cells += _step(step)
    return cells


def _step(step: Step) -> list[Any]:
    title = f"### {step.evidence.id}: {markdown(step.evidence.tool)}"
    if not step.replays:
        table = f"\n\n{markdown_table(step.evidence)}" if step.evidence.columns else ""
        shown = [markdown_cell(f"{title}\n\n{fenced(step_text(step), 'text')}{table}")]
        return [*shown, code_cell(definitions_code(step))] if step.definitions else shown
    return [
        markdown_cell("\n\n".join([title, *(markdown(r) for r in remarks(step))])),
        code_cell(f"{run_code(step)}\n{step.evidence.id}"),
        code_cell(check_code(step), folded=len(step.evidence.rows) > MAX_OPEN_ROWS),
    ]


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))
