"""The document that an export renders: a session as sections, steps, tables and files.

Everything here is already cleared of credentials; what is a person's or a model's text is still raw,
and is quoted by the renderers (`text.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmauto_agent.export.clock import draws_at_random, freeze
from llmauto_agent.export.order import Order, find_order
from llmauto_agent.export.tables import Definition, SourceFile, TableFinder
from llmauto_agent.export.text import without_credentials
from llmauto_agent.store import SessionRecord, SessionStore, Turn
from llmauto_tools.ledger import Evidence
from llmauto_tools.workspace import Workspace

COMPARED_TOOLS = frozenset({"query", "analyze", "sample", "describe", "chart"})
"""Tools whose recorded SQL gives the recorded table."""


@dataclass(frozen=True)
class Step:
    """One evidence record. `sql` is None where there is nothing to replay."""

    evidence: Evidence
    sql: str | None = None
    """The recorded statement, with its clock stopped."""
    frozen: str = ""
    """What the statement read from the clock."""
    order: Order = field(default_factory=Order)
    random: bool = False
    definitions: tuple[Definition, ...] = ()
    """Tables to define before this step: those it reads that are not as they were before."""
    stale: str = ""
    """Tables that changed between the run and the export."""
    remark: str = ""
    """Why a statement is shown and not replayed."""

    @property
    def replays(self) -> bool:
        return self.sql is not None


@dataclass(frozen=True)
class Section:
    """One question with its answer and the steps between them; without a question, steps run by hand."""

    number: int | None
    question: str | None
    asked: float | None
    status: str
    answer: str
    steps: tuple[Step, ...]
    cited: tuple[str, ...] = ()
    """Evidence that the answer cites and that an earlier section replays."""


@dataclass(frozen=True)
class Document:
    """A session, ready to be written out."""

    session: SessionRecord
    title: str
    models: tuple[str, ...]
    exported: float
    versions: dict[str, str]
    time_zone: str
    sources: tuple[str, ...]
    sections: tuple[Section, ...]
    files: tuple[SourceFile, ...]
    setup: tuple[Definition, ...]


def build_document(workspace: Workspace, session_id: str, now: float) -> Document:
    """Read a session with its evidence and the tables behind it.

    Raises WorkspaceError when there is no such session. `now` is the time of the export in Unix seconds.
    """
    store = SessionStore(workspace.path)
    try:
        session = store.get(session_id)
        turns = store.turns(session.id)
    finally:
        store.close()
    evidence = workspace.ledger.list(session.id)
    tables = TableFinder(workspace)
    sections = tuple(
        _section(turn, records, cited, tables)
        for turn, records, cited in _grouped(workspace, turns, evidence)
    )
    models = [t.answer["model"] for t in turns if t.answer and t.answer.get("model")]
    return Document(
        session=session,
        title=without_credentials(session.title) or f"Session {session.id}",
        models=tuple(dict.fromkeys(without_credentials(str(m)) for m in models or [session.model])),
        exported=now,
        versions=evidence[-1].versions if evidence else {},
        time_zone=tables.time_zone,
        sources=tuple(without_credentials(s) for s in session.sources),
        sections=sections,
        files=tuple(tables.files),
        setup=tuple(tables.setup),
    )


def _grouped(
    workspace: Workspace, turns: Sequence[Turn], evidence: Sequence[Evidence]
) -> Iterable[tuple[Turn | None, list[Evidence], tuple[str, ...]]]:
    """Each turn with the evidence that it made, in the order it was made, and what else it cites.

    Evidence says its turn in its call id ("q2/..."). What was run by hand has none: it comes by time,
    in a group without a turn.
    """
    pending = list(evidence)
    seen: set[str] = set()
    for i, turn in enumerate(turns):
        before = [e for e in pending if _turn_number(e) is None and e.started < turn.asked]
        ends = turns[i + 1].asked if i + 1 < len(turns) else float("inf")
        cited = _cited(turn)
        own = [e for e in pending if _belongs(e, turn, cited, ends)]
        if before:
            yield None, before, ()
        known = {e.id for e in own}
        foreign = [c for c in cited if c not in known and c not in seen and c not in {e.id for e in pending}]
        own = sorted([*own, *(workspace.ledger.get(c) for c in foreign)], key=lambda e: int(e.id[1:]))
        seen.update(e.id for e in (*before, *own))
        yield turn, own, tuple(c for c in cited if c not in {e.id for e in own})
        pending = [e for e in pending if e.id not in seen]
    if pending:
        yield None, pending, ()


def _belongs(evidence: Evidence, turn: Turn, cited: Sequence[str], ends: float) -> bool:
    number = _turn_number(evidence)
    if number is not None:
        return number == turn.number
    if evidence.id in cited:
        return True
    until = ends if turn.answered is None else min(ends, turn.answered)
    return turn.asked <= evidence.started <= until


def _turn_number(evidence: Evidence) -> int | None:
    key = (evidence.call_id or "").split("/")[0]
    return int(key[1:]) if key[:1] == "q" and key[1:].isdecimal() else None


def _cited(turn: Turn) -> list[str]:
    listed: list[Any] = (turn.answer or {}).get("evidence") or []
    return [str(e["id"]) if isinstance(e, dict) else str(e) for e in listed]


def _section(
    turn: Turn | None, records: list[Evidence], cited: tuple[str, ...], tables: TableFinder
) -> Section:
    steps = tuple(step_of(e, tables) for e in records)
    if turn is None:
        return Section(None, None, None, "", "", steps)
    answer = turn.answer or {}
    text = answer.get("answer") or "This question was not answered: the session ended before."
    return Section(
        turn.number,
        without_credentials(turn.question),
        turn.asked,
        str(answer.get("status", "open")),
        without_credentials(str(text)),
        steps,
        cited,
    )


def step_of(evidence: Evidence, tables: TableFinder) -> Step:
    """A record as a step to replay, with the tables that it needs defined before it."""
    if evidence.state != "finished":
        return Step(evidence)
    if evidence.tool == "save_table":
        saved = tables.find_saved(evidence)
        return Step(evidence, definitions=saved.definitions, remark=saved.problem)
    if not evidence.sql or not evidence.columns:
        return Step(evidence)
    if evidence.tool not in COMPARED_TOOLS:
        return Step(evidence)
    found = tables.find(evidence)
    if found.problem:
        return Step(evidence, definitions=found.definitions, remark=f"Not replayed: {found.problem}.")
    at = dt.datetime.fromtimestamp(evidence.started, tables.zone)
    frozen = freeze(evidence.sql, at)
    names = [name for name, _ in evidence.columns]
    return Step(
        evidence,
        frozen.sql,
        ", ".join(frozen.replaced),
        find_order(evidence.sql, names),
        draws_at_random(evidence.sql),
        found.definitions,
        ", ".join(found.stale),
    )
