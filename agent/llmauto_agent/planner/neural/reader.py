"""Read a question with the trained planner: the best plan that the data can answer, with a confidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.inputs import encode
from llmauto_agent.planner.neural.items import Items, find_items
from llmauto_agent.planner.neural.read import Proposal, read_actions
from llmauto_agent.planner.neural.runtime import Runtime
from llmauto_agent.planner.neural.search import Found, search
from llmauto_agent.planner.neural.words import plan_words
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import detect_language
from llmauto_agent.planner.words import QUESTION_WORDS, is_stop_word
from llmauto_tools.errors import LlmautoError
from llmauto_tools.plan.compile import compile_plan

Execute = Callable[[str], Sequence[tuple[object, ...]]]
"""Runs a SELECT within small bounds and returns its first rows; raises LlmautoError."""

BEAM = 4
PENALTY_EMPTY = 2.0
"""Taken from the log-probability of a plan that names a value and finds no row."""


@dataclass(frozen=True)
class Candidate:
    """One reading that can be run, with its log-probability after it was checked."""

    proposal: Proposal
    score: float
    raw: float


def candidates(
    question: str,
    index: SchemaIndex,
    runtime: Runtime,
    context: Reading | None = None,
    execute: Execute | None = None,
) -> tuple[list[Candidate], Items]:
    """The readings of a question that compile (and run, with `execute`), best first."""
    before = (context.question,) if context is not None else ()
    words = plan_words(context.plan) if context is not None and context.plan is not None else ""
    items = find_items(question, index, before, words)
    encoded = encode(items, runtime.pieces)
    found = search(runtime, encoded, BEAM)
    checked = [c for f in found if (c := _checked(f, items, index, execute)) is not None]
    return sorted(checked, key=lambda c: -c.score), items


def _checked(found: Found, items: Items, index: SchemaIndex, execute: Execute | None) -> Candidate | None:
    """A reading as something that can be run; None where it cannot."""
    try:
        proposal = read_actions(found.actions, items, index.foreign_keys)
        if proposal.plan is None:
            return Candidate(proposal, found.score, found.score)
        sql = compile_plan(proposal.plan, index.tables)
        if execute is None:
            return Candidate(proposal, found.score, found.score)
        rows = execute(sql)
    except LlmautoError:
        return None
    empty = not rows or all(v is None for v in rows[0])
    return Candidate(proposal, found.score - (PENALTY_EMPTY if empty else 0.0), found.score)


def confidence(found: Sequence[Candidate]) -> float:
    """The share of the best reading among those that were found, times its own probability's root."""
    if not found:
        return 0.0
    best = found[0].score
    total = sum(math.exp(min(0.0, c.score - best)) for c in found)
    return math.exp(best / 4) / total


def neural_reading(
    question: str,
    index: SchemaIndex,
    runtime: Runtime,
    context: Reading | None = None,
    execute: Execute | None = None,
) -> Reading:
    """The best reading with its confidence; a refusal where nothing can be run or the network says so."""
    found, items = candidates(question, index, runtime, context, execute)
    language = detect_language(question)
    sure = confidence(found)
    if not found or found[0].proposal.refusal is not None:
        reason = found[0].proposal.refusal if found else None
        return Reading(question, language, confidence=round(sure, 3), missing=unnamed(items), reason=reason)
    best = found[0].proposal
    return Reading(
        question,
        language,
        plan=best.plan,
        confidence=round(sure, 3),
        tool=best.tool,
        arguments=best.arguments,
        chart=best.chart,
        understood=named(items),
    )


def named(items: Items) -> list[str]:
    """The words of the request that name something of the data."""
    return list(
        dict.fromkeys(w.text for w, level in zip(items.words, items.named, strict=True) if level >= 3)
    )


def unnamed(items: Items) -> list[str]:
    """The content words that name nothing of the data."""
    return list(
        dict.fromkeys(
            w.text
            for w, level in zip(items.words, items.named, strict=True)
            if level == 0
            and w.kind in {"word", "cjk"}
            and not is_stop_word(w.lower)
            and w.lower not in QUESTION_WORDS
        )
    )
