"""Changes to a report that a person asks for: they change the document's parts, and make a new version.

The words of what stays are not touched, so that every number keeps its evidence; what is added (a chart, a
table) comes from a tool run of its own, with evidence.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmauto_agent.report.draft import with_appendix
from llmauto_agent.report.edit_words import EXAMPLES, Wish, read_wish
from llmauto_agent.report.placed import chart_block, table_block
from llmauto_agent.report.store import Kept, ReportStore
from llmauto_agent.report.verify import verify_document
from llmauto_tools.documents.model import (
    Block,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Text,
)
from llmauto_tools.errors import LlmautoError, ReportError
from llmauto_tools.ledger import Evidence

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

FINDING = "finding:"


def edit_report(workspace: Workspace, store: ReportStore, ref: str, request: str) -> Kept:
    """The report with what the sentence asks changed, kept as a new version of the same name.

    Raises ReportError where the sentence asks for no change that can be made, InvalidArguments for a report
    that is not there.
    """
    kept = store.find(ref)
    wish = read_wish(request)
    if wish is None:
        raise ReportError(
            f"'{request}' asks for no change that can be made to a report.", f"Such as: {EXAMPLES}."
        )
    with store.lock(kept.saved.name):
        evidence = {r: workspace.ledger.get(r) for r in kept.document.records()}
        document = apply_wish(kept.document, wish, evidence, lambda w: _added(workspace, kept, w, evidence))
        document = document.model_copy(update={"blocks": with_appendix(document.blocks, evidence)})
        verified = verify_document(document, evidence, names=_names(evidence))
        steps = dict(kept.record.steps) | {
            e.id: e.id for e in evidence.values() if e.id not in kept.record.steps.values()
        }
        record = replace(kept.record, steps=steps, edits=(*kept.record.edits, " ".join(request.split())))
        return store.save(kept.saved.name, verified.document, record)


def apply_wish(
    document: Document,
    wish: Wish,
    evidence: Mapping[str, Evidence],
    add: Callable[[Wish], Sequence[Block]],
) -> Document:
    """The document with one change. `add` makes the blocks of a chart or table. Raises ReportError."""
    if wish.action == "title":
        return document.model_copy(update={"title": wish.rest})
    blocks = list(document.blocks)
    if wish.action == "shorten":
        blocks = _shortened(blocks, wish.part)
    elif wish.action == "drop":
        blocks = _dropped(blocks, wish)
    elif wish.action == "keep":
        for key in findings_in(blocks)[wish.count :]:
            blocks = _without(blocks, key)
    elif wish.action == "first":
        blocks = _moved_first(blocks, _key(blocks, wish.place))
    else:
        place = _end_of_findings(blocks)
        blocks = [*blocks[:place], *add(wish), *blocks[place:]]
    if blocks == list(document.blocks):
        raise ReportError("That changes nothing in the report.", f"Such as: {EXAMPLES}.")
    return document.model_copy(update={"blocks": tuple(blocks)})


def findings_in(blocks: Sequence[Block]) -> list[str]:
    """The keys of the findings, in the order of the report."""
    keys = [b.key for b in blocks if isinstance(b, Heading) and b.key.startswith((FINDING, "added:"))]
    return list(dict.fromkeys(keys))


def _key(blocks: Sequence[Block], place: int) -> str:
    keys = findings_in(blocks)
    index = len(keys) - 1 if place == -1 else place - 1
    if not 0 <= index < len(keys):
        raise ReportError(f"The report has {len(keys)} findings, and no number {place}.")
    return keys[index]


def _without(blocks: Sequence[Block], key: str) -> list[Block]:
    return [b for b in blocks if b.key != key]


def _dropped(blocks: list[Block], wish: Wish) -> list[Block]:
    if wish.part == "finding":
        return _without(blocks, _key(blocks, wish.place))
    if wish.part == "appendix":
        raise ReportError("The appendix holds the evidence of the report's numbers, so it stays.")
    gone = {wish.part} | (set(findings_in(blocks)) if wish.part == "findings" else set())
    if not any(b.key in gone for b in blocks):
        raise ReportError(f"The report has no part '{wish.part}'.")
    return [b for b in blocks if b.key not in gone]


def _shortened(blocks: list[Block], part: str) -> list[Block]:
    """The part with the first half of its list, or of its paragraphs: the most important stands first."""
    own = [i for i, b in enumerate(blocks) if b.key == part and not isinstance(b, Heading)]
    if not own:
        raise ReportError(f"The report has no part '{part}' that could be shortened.")
    lists = [i for i in own if isinstance(blocks[i], ListBlock)]
    if lists:
        block: Any = blocks[lists[0]]
        if len(block.items) > 1:
            items = block.items[: math.ceil(len(block.items) / 2)]
            blocks[lists[0]] = block.model_copy(update={"items": items})
            return blocks
    texts = [i for i in own if isinstance(blocks[i], Paragraph)]
    gone = set(texts[max(1, math.ceil(len(texts) / 2)) :])
    return [b for i, b in enumerate(blocks) if i not in gone]


def _moved_first(blocks: list[Block], key: str) -> list[Block]:
    own = [b for b in blocks if b.key == key]
    rest = _without(blocks, key)
    first = (
        next(i for i, b in enumerate(rest) if b.key in findings_in(rest)) if findings_in(rest) else len(rest)
    )
    return [*rest[:first], *own, *rest[first:]]


def _end_of_findings(blocks: Sequence[Block]) -> int:
    """Where something is added: behind the last finding, else before the limits."""
    keys = set(findings_in(blocks))
    places = [i for i, b in enumerate(blocks) if b.key in keys]
    if places:
        return places[-1] + 1
    return next(
        (i for i, b in enumerate(blocks) if b.key in {"recommendations", "limits", "methods"}), len(blocks)
    )


# ---- what is added


def _added(workspace: Workspace, kept: Kept, wish: Wish, evidence: dict[str, Evidence]) -> list[Block]:
    """The blocks of a chart or table, from a tool run that is put among the evidence."""
    from llmauto_agent.report.goal import read_goal
    from llmauto_tools.runner import run_tool

    _attach(workspace, kept)
    language = kept.document.meta.language
    goal = read_goal(workspace, wish.rest or kept.record.goal, parameters={"table": _table(evidence)})
    arguments = _chart_arguments(workspace, goal.table, goal.columns, wish)
    run = run_tool(workspace, "chart", arguments, session=kept.record.session)
    evidence[run.id] = run
    title = str(run.figures.get("title") or wish.rest)
    key = f"added:{run.id}"
    blocks: list[Block | None] = [Heading(level=3, pieces=(Text(text=title),))]
    if wish.action == "chart":
        blocks.append(chart_block(f"{run.id}.charts[0]", {"title": title}, {run.id: run}, language))
    blocks.append(table_block(run.id, {"caption": title}, {run.id: run}, language))
    return [b.model_copy(update={"key": key}) for b in blocks if b is not None]


def _attach(workspace: Workspace, kept: Kept) -> None:
    """Attach the report's sources again where they are not attached."""
    if workspace.tables():
        return
    for source in kept.record.sources:
        with contextlib.suppress(LlmautoError):
            workspace.attach(source)
    if not workspace.tables():
        raise ReportError("The report's sources are not there any more.", "Name them again and make it anew.")


def _table(evidence: Mapping[str, Evidence]) -> str:
    return next(str(e.arguments["table"]) for e in evidence.values() if "table" in e.arguments)


def _chart_arguments(workspace: Workspace, table: str, columns: Sequence[str], wish: Wish) -> dict[str, Any]:
    """What the chart tool is asked: the group behind "by", and the number before it."""
    found = workspace.table(table)
    named = [c for c in (found.column(n) for n in columns) if c is not None]
    numbers = [c.name for c in named if c.family == "number"]
    groups = [c.name for c in named if c.family != "number"]
    if not groups and not numbers:
        raise ReportError(
            f"'{wish.rest}' names no column of '{table}'.", "Such as: add a chart of sales by region."
        )
    arguments: dict[str, Any] = {"table": table, "x": groups[0] if groups else numbers[0]}
    if groups and numbers:
        arguments |= {
            "y": numbers[0],
            "aggregate": "sum" if "total" in wish.rest or "总" in wish.rest else "mean",
        }
    elif groups:
        arguments["aggregate"] = "count"
    if len(groups) > 1:
        arguments["series"] = groups[1]
    return arguments


def _names(evidence: Mapping[str, Evidence]) -> list[str]:
    """The names of the columns, as the profile has them."""
    profiles = [e for e in evidence.values() if e.tool == "profile"]
    return [str(row[0]) for e in profiles for row in e.rows]
