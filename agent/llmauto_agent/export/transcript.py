"""A session as a Markdown transcript: to read, not to run."""

from __future__ import annotations

from llmauto_agent.export.code import when
from llmauto_agent.export.replay import Document, Section, Step
from llmauto_agent.export.script import remarks, step_text
from llmauto_agent.export.text import fenced, markdown, markdown_cell
from llmauto_tools.ledger import Evidence

MAX_ROWS = 50


def render_transcript(document: Document) -> str:
    """Question, answer, SQL and bounded table of every turn."""
    parts = [
        f"# {markdown(document.title)}",
        f"Session `{document.session.id}`, asked {when(document.session.created)}, with the chat model"
        f" {markdown(', '.join(document.models))}; exported by llmauto {when(document.exported)}.",
        *(f"- {markdown(source)}" for source in document.sources),
    ]
    parts += [_section(section) for section in document.sections]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    parts = ["## Run by hand"]
    if section.question is not None:
        quoted = "\n".join(f"> {line}" for line in markdown(section.question).split("\n"))
        parts = [
            f"## Question {section.number}",
            f"*{when(section.asked)}*",
            quoted,
            markdown(section.answer),
        ]
    if section.cited:
        parts.append(f"It also rests on {', '.join(section.cited)} above.")
    return "\n\n".join([*parts, *(_step(step) for step in section.steps)])


def _step(step: Step) -> str:
    evidence = step.evidence
    title = f"### {evidence.id}: {markdown(evidence.tool)}"
    if not evidence.columns:
        return f"{title}\n\n{fenced(step_text(step), 'text')}"
    parts = [title, *(markdown(r) for r in remarks(step))]
    if evidence.sql:
        parts.append(fenced(evidence.sql, "sql"))
    return "\n\n".join([*parts, markdown_table(evidence)])


def markdown_table(evidence: Evidence) -> str:
    """The recorded rows as a Markdown table, bounded, with how many there were."""
    header = [markdown_cell(name) for name, _ in evidence.columns]
    rows = [header, ["---"] * len(header)]
    rows += [[markdown_cell(v) for v in row] for row in evidence.rows[:MAX_ROWS]]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    shown = min(len(evidence.rows), MAX_ROWS)
    if evidence.row_count is None:
        return f"{table}\n\n{shown:,} rows shown; they were not all counted."
    return f"{table}\n\n{shown:,} of {evidence.row_count:,} rows." if evidence.row_count > shown else table
