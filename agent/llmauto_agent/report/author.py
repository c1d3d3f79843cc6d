"""A chat model writes the summary of a report: sentences around placeholders, never numbers.

What it writes is parsed and checked like everything else. What the evidence does not bear out goes back to it
with the reasons, at most TRIES times; what is still wrong then stays in the report, marked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_agent.privacy import Boundary, parse_share
from llmauto_agent.report.draft import Material, with_appendix
from llmauto_agent.report.markup import MarkupParser
from llmauto_agent.report.references import named_reference, step_text
from llmauto_agent.report.run import names_of
from llmauto_agent.report.verify import Finding, verify_pieces
from llmauto_prompts import render
from llmauto_tools.documents.model import (
    Block,
    Document,
    Figure,
    Heading,
    ListBlock,
    Paragraph,
    Pieces,
    pieces_of,
)
from llmauto_tools.errors import ModelError
from llmauto_tools.ledger import Evidence

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from llmauto_tools.workspace import Workspace

TRIES = 2
"""How often a text is returned for correction."""
MOST_LINES = 6
MOST_FACTS = 12
LANGUAGES = {"en": "English", "zh": "Chinese"}


def make_author(model: str, workspace: Workspace, share: str) -> Callable[[Document, Material], Document]:
    """What rewrites a draft with that chat model. Raises ModelError where there is no such model."""
    from llmauto_agent.models import make_model

    return Author(make_model(model, workspace), model, share)


@dataclass
class Author:
    """A chat model that writes summaries. `share` is what it may see (llmauto_agent.privacy)."""

    model: BaseChatModel
    name: str
    share: str = "schema"
    returned: int = field(default=0, init=False)
    """How often the last text was returned."""

    def __call__(self, document: Document, material: Material) -> Document:
        """The document with the summary that the model writes. Raises ModelError where it fails."""
        from langchain_core.messages import AIMessage, HumanMessage

        asked: list[Any] = [HumanMessage(self._prompt(material))]
        lines, problems = self._written(self._ask(asked), material)
        self.returned = 0
        while (problems or not lines) and self.returned < TRIES:
            self.returned += 1
            listed = "\n".join(f"- {p}" for p in problems) or "- There were no lines that begin with '- '."
            asked += [AIMessage(self._last), HumanMessage(render("report_correct", problems=listed))]
            lines, problems = self._written(self._ask(asked), material)
        if not lines:
            return document
        return with_summary(document, lines, material.by_id, self.name)

    def _ask(self, messages: Sequence[Any]) -> str:
        try:
            reply = self.model.invoke(list(messages))
        except Exception as e:
            raise ModelError(f"The chat model '{self.name}' failed: {e}", "Try --model builtin.") from e
        self._last = str(reply.text)
        return self._last

    def _prompt(self, material: Material) -> str:
        boundary = Boundary(parse_share(self.share))
        facts = "\n".join(boundary.fact(*fact) for fact in facts_of(material))
        goal = json.dumps(material.goal.text, ensure_ascii=False)
        language = LANGUAGES[material.goal.language]
        return render("report_summary", facts=facts, goal=goal, language=language, most=MOST_LINES)

    def _written(self, text: str, material: Material) -> tuple[list[Pieces], list[str]]:
        """The lines of a reply as pieces, and what is wrong with them."""
        parser = MarkupParser(material.by_id, material.goal.language, strict=False)
        lines = [parser.inline(line) for line in _lines(text)]
        problems = list(parser.problems)
        checked: list[Pieces] = []
        for line in lines:
            done, found = check_line(line, material)
            checked.append(done)
            problems += [f"{f.text}: {f.reason}" for f in found]
        return checked, list(dict.fromkeys(problems))


def check_line(line: Pieces, material: Material) -> tuple[Pieces, list[Finding]]:
    """A line with what the evidence does not bear out marked in it, and why."""
    done, _, found = verify_pieces(
        line, material.by_id, material.goal.language, names=names_of(material), strict=True
    )
    return done, found


def _lines(text: str) -> list[str]:
    """The lines of a list; a reply without one gives its paragraphs. Headings and directives are no lines."""
    rows = [row.strip() for row in text.splitlines()]
    items = [row[2:].strip() for row in rows if row.startswith(("- ", "* "))]
    plain = [row for row in rows if row and not row.startswith(("#", "::", ">", "`"))]
    return (items or plain)[:MOST_LINES]


def with_summary(
    document: Document, lines: Sequence[Pieces], evidence: Mapping[str, Evidence], model: str
) -> Document:
    """The document with these lines as its summary, and the appendix that they need."""
    blocks: list[Block] = []
    placed = False
    for block in document.blocks:
        if block.key != "summary" or isinstance(block, Heading):
            blocks.append(block)
        elif not placed:
            first = [block] if isinstance(block, Paragraph) else []
            blocks += [*first, ListBlock(items=tuple(lines), key="summary")]
            placed = True
    meta = document.meta.model_copy(update={"model": model})
    return document.model_copy(update={"blocks": with_appendix(blocks, evidence), "meta": meta})


# ---- facts


def facts_of(material: Material) -> list[tuple[str, str, dict[str, Any], str]]:
    """(what it is about, how it is told with placeholders, placeholder to value, kind) of every fact."""
    insights = material.done.get("insights")
    facts = [_insight(insights, i, material) for i in range(_count(insights))] if insights else []
    draft = _summary(material)
    return [*draft, *facts][:MOST_FACTS]


def _count(evidence: Evidence) -> int:
    return min(len(evidence.figures.get("insights") or ()), MOST_FACTS)


def _insight(evidence: Evidence, index: int, material: Material) -> tuple[str, str, dict[str, Any], str]:
    from llmauto_agent.report.findings import filled

    insight = evidence.figures["insights"][index]
    values = {}
    for name, value in insight["values"].items():
        form = insight["formats"].get(name)
        path = f"{evidence.id}.figures.insights[{index}].values{step_text(name)}"
        values["{{" + path + (f"|{form}" if form else "") + "}}"] = value
    told = filled(evidence.id, index, insight, f"sentence_{material.goal.language}")
    return ", ".join(insight["columns"]), str(told), values, str(insight["kind"])


def _summary(material: Material) -> list[tuple[str, str, dict[str, Any], str]]:
    """What the template's own summary tells, line by line."""
    from llmauto_agent.report.draft import make_draft

    found = []
    for block in make_draft(material).blocks:
        if block.key == "summary" and not isinstance(block, Heading):
            for pieces in pieces_of(block):
                found.append(_line(pieces, material.by_id))
    return [f for f in found if f[2]]


def _line(pieces: Pieces, evidence: Mapping[str, Evidence]) -> tuple[str, str, dict[str, Any], str]:
    told, values = "", {}
    for piece in pieces:
        if isinstance(piece, Figure) and not piece.format.startswith("told"):
            mark = (
                "{{"
                + named_reference(piece.ref, evidence)
                + (f"|{piece.format}" if piece.format != "auto" else "")
                + "}}"
            )
            values[mark] = piece.value
            told += mark
        else:
            told += piece.text
    return "", told, values, "summary"
