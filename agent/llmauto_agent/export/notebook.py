"""A session as a Jupyter notebook."""

from __future__ import annotations

from typing import Any

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
    nbformat = _nbformat()
    cells = _head(document)
    for section in document.sections:
        cells += _section(section)
    notebook = nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "title": document.title,
        },
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"llmauto-{number}"
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, ensure_ascii=True)
    return text


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
        _markdown("\n\n".join(about)),
        _code(sources_code(document)),
        _markdown("How results are compared and replayed (the same in every export):"),
        _code(f"from __future__ import annotations\n\n{compare}\n\n\n{replay}", folded=True),
        _markdown("The connection, and the session's tables as views over the files:"),
        _code(setup_code(document)),
    ]


def _section(section: Section) -> list[Any]:
    cells = []
    if section.question is None:
        cells.append(_markdown("## Run by hand"))
    else:
        title = f"## Question {section.number}\n\n*{when(section.asked)}*"
        cells.append(_markdown(f"{title}\n\n{_quote(markdown(section.question))}"))
        cited = f"\n\nIt also rests on {', '.join(section.cited)} above." if section.cited else ""
        cells.append(
            _markdown(f"**Answer** ({markdown(section.status)})\n\n{markdown(section.answer)}{cited}")
        )
    for step in section.steps:
        cells += _step(step)
    return cells


def _step(step: Step) -> list[Any]:
    title = f"### {step.evidence.id}: {markdown(step.evidence.tool)}"
    if not step.replays:
        table = f"\n\n{markdown_table(step.evidence)}" if step.evidence.columns else ""
        shown = [_markdown(f"{title}\n\n{fenced(step_text(step), 'text')}{table}")]
        return [*shown, _code(definitions_code(step))] if step.definitions else shown
    return [
        _markdown("\n\n".join([title, *(markdown(r) for r in remarks(step))])),
        _code(f"{run_code(step)}\n{step.evidence.id}"),
        _code(check_code(step), folded=len(step.evidence.rows) > MAX_OPEN_ROWS),
    ]


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _markdown(source: str) -> Any:
    return _nbformat().v4.new_markdown_cell(source)


def _code(source: str, *, folded: bool = False) -> Any:
    metadata = {"jupyter": {"source_hidden": True}} if folded else {}
    return _nbformat().v4.new_code_cell(source, metadata=metadata)


def _nbformat() -> Any:
    """nbformat, which has no types; imported when a notebook is written."""
    import nbformat

    return nbformat
