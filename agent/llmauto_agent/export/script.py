"""A session as a plain Python script."""

from __future__ import annotations

import json

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
from llmauto_agent.export.text import comment, visible, without_credentials

_RULE = "# " + "-" * 78


def render_script(document: Document) -> str:
    """The source of a script that replays the session's evidence and compares the results."""
    parts = [_head(document), sources_code(document), *runtime_code(), setup_code(document)]
    parts += [_section(section) for section in document.sections]
    return "\n\n\n".join(parts) + "\n"


def _head(document: Document) -> str:
    about = [
        f"Session {document.session.id}: {document.title}",
        f"asked {when(document.session.created)}, with the chat model {', '.join(document.models)};",
        f"exported by llmauto {when(document.exported)}",
        *(f"source: {source}" for source in document.sources),
    ]
    return "\n".join(
        [
            "#!/usr/bin/env python3",
            '"""Replays the evidence of a llmauto session: every statement runs again on the same data, and its',
            "result is compared with the one that was recorded. Nothing of llmauto and no language model is used.",
            "",
            f"Needs Python 3.11 or later and DuckDB:  {install_line(document)}",
            '"""',
            "",
            comment("\n".join(about)),
            "",
            "from __future__ import annotations",
        ]
    )


def _section(section: Section) -> str:
    parts = []
    if section.question is None:
        parts.append(f"{_RULE}\n# Run by hand")
    else:
        parts.append(
            f"{_RULE}\n# Question {section.number}, {when(section.asked)}\n{comment(section.question)}"
        )
        parts.append(comment(f"Answer ({section.status}):\n{section.answer}"))
    if section.cited:
        parts.append(comment(f"It also rests on {', '.join(section.cited)} above."))
    parts += [_step(step) for step in section.steps]
    return "\n\n".join(parts)


def _step(step: Step) -> str:
    title = comment("\n".join([f"{step.evidence.id}: {step.evidence.tool}", *remarks(step)]))
    if step.replays:
        return f"{title}\n{run_code(step)}\nprint({step.evidence.id})\n{check_code(step)}\nprint()"
    shown = comment(f"{step.evidence.id}: {step.evidence.tool}\n{step_text(step)}")
    return f"{shown}\n{definitions_code(step)}" if step.definitions else shown


def step_text(step: Step) -> str:
    """What there is to read of a step that is not replayed."""
    evidence = step.evidence
    lines = [step.remark] if step.remark else []
    lines.append("arguments: " + json.dumps(evidence.arguments, ensure_ascii=False))
    if evidence.state != "finished":
        lines.append(f"state: {evidence.state}")
    if evidence.error:
        lines += [f"{k}: {v}" for k, v in evidence.error.items() if v]
    if evidence.sql:
        lines.append(f"SQL: {evidence.sql}")
    if evidence.figures:
        lines.append("figures: " + json.dumps(evidence.figures, ensure_ascii=False)[:4_000])
    return visible(without_credentials("\n".join([*lines, *remarks(step)])))


def remarks(step: Step) -> list[str]:
    """What the tool said of its run, and the files that it made."""
    evidence = step.evidence
    lines = [evidence.text] if evidence.text else []
    lines += [f"note: {note}" for note in evidence.notes]
    lines += [f"file in the workspace: {path}" for path in evidence.artifacts]
    return [without_credentials(line) for line in lines]
