"""From finished steps to a document: the template's words, the values of the evidence, the appendix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmauto_agent.report.appendix import make_appendix
from llmauto_agent.report.findings import findings_of
from llmauto_agent.report.goal import Goal
from llmauto_agent.report.markup import MarkupParser, escape
from llmauto_agent.report.roles import Roles
from llmauto_agent.report.template import render
from llmauto_agent.report.views import StepViews
from llmauto_agent.report.words import ADVICE, purpose_of
from llmauto_tools.documents.model import Appendix, Block, Document, Meta
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import Table

MOST_IN_SUMMARY = 4
MOST_QUALITY = 6


@dataclass(frozen=True)
class Problem:
    """A step that could not be done."""

    tool: str
    message: str


@dataclass(frozen=True)
class Material:
    """All that a draft is made of."""

    goal: Goal
    roles: Roles
    done: Mapping[str, Evidence]
    tables: Sequence[Table]
    sources: Sequence[str]
    problems: Sequence[Problem] = ()
    template: Path | None = None
    """A person's own template."""
    changed: Sequence[str] = ()
    """Lines of markup on what moved since the last report."""
    earlier: Mapping[str, Evidence] = field(default_factory=dict)
    """Records of the last report that these lines refer to, by id."""
    checked: Sequence[Mapping[str, Any]] = ()
    checks: Mapping[str, Evidence] = field(default_factory=dict)
    """Records of the checks, by name."""
    created: str = ""
    model: str = "builtin"

    @property
    def by_id(self) -> dict[str, Evidence]:
        """The records that the text may refer to."""
        own = [*self.done.values(), *self.checks.values()]
        return {**self.earlier, **{e.id: e for e in own}}


def make_draft(material: Material) -> Document:
    """The document of a report. Raises ReportError where the template or one of its references is wrong."""
    goal = material.goal
    findings = findings_of(material.done, goal.language)
    text = render(goal.template, material.template, _values(material, findings))
    parser = MarkupParser(material.by_id, goal.language, sayings=_sayings(material))
    parsed = parser.parse(text)
    meta = Meta(
        language=goal.language,
        goal=goal.text,
        template=goal.template,
        created=material.created,
        sources=tuple(material.sources),
        generator=_generator(),
        model=material.model,
    )
    blocks = with_appendix(parsed.blocks, material.by_id)
    return Document(title=parsed.title or title_of(goal.text), meta=meta, blocks=blocks)


def with_appendix(blocks: Sequence[Block], evidence: Mapping[str, Evidence]) -> tuple[Block, ...]:
    """The blocks with their appendix filled: the records that the text cites."""
    records = make_appendix(blocks, evidence)
    return tuple(b.model_copy(update={"records": records}) if isinstance(b, Appendix) else b for b in blocks)


def title_of(goal: str) -> str:
    """The goal as a title."""
    text = " ".join(goal.split()).rstrip(" .。!！")
    return text[:1].upper() + text[1:]


def _values(material: Material, findings: Sequence[Any]) -> dict[str, Any]:
    goal, steps = material.goal, StepViews(material.done)
    quality = steps.get("quality")
    serious = [r for r in quality.rows if r.value("severity") == "high"] if quality is not None else []
    return {
        "title": title_of(goal.text),
        "language": goal.language,
        "goal": goal,
        "roles": material.roles,
        "steps": steps,
        "findings": findings,
        "bad_quality": serious,
        "problems": [{"tool": p.tool, "message": p.message} for p in material.problems],
        "sources": list(material.sources),
        "changed": list(material.changed),
        "checked": list(material.checked),
        "advice": ADVICE[goal.language],
        "purpose": {name: purpose_of(name, view.tool, goal.language) for name, view in steps.items()},
        "most_in_summary": MOST_IN_SUMMARY,
        "most_quality": MOST_QUALITY,
    }


def _sayings(material: Material) -> dict[str, tuple[str, Evidence]]:
    """What the planner says of each step, in the report's language."""
    return {name: (_said(evidence, material), evidence) for name, evidence in material.done.items()}


def _said(evidence: Evidence, material: Material) -> str:
    language = material.goal.language
    if evidence.tool == "analyze":
        from llmauto_agent.planner.verbalise import verbalise
        from llmauto_tools.plan.model import Plan

        plan = Plan.model_validate(evidence.arguments["plan"])
        return verbalise(plan, evidence, language, material.tables, material.goal.text)
    if language == "zh":
        from llmauto_agent.planner.tool_words import word_tool

        return word_tool(evidence) or evidence.text or ""
    return evidence.text or ""


def _generator() -> str:
    import importlib.metadata

    return f"llmauto {importlib.metadata.version('llmauto')}"


def changed_line(text: str) -> str:
    """Plain words as a line of markup."""
    return re.sub(r"\s+", " ", escape(text))
