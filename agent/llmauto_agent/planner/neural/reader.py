"""Read a question with the trained planner: the best plan that the data can answer, with a confidence."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.agree import agree
from llmauto_agent.planner.neural.inputs import encode
from llmauto_agent.planner.neural.items import Items, find_items
from llmauto_agent.planner.neural.read import Proposal, read_actions
from llmauto_agent.planner.neural.runtime import Runtime
from llmauto_agent.planner.neural.search import Found, search
from llmauto_agent.planner.neural.settings import with_settings
from llmauto_agent.planner.neural.words import call_words, offer_words
from llmauto_agent.planner.reading import Offer, Reading
from llmauto_agent.planner.tokens import detect_language
from llmauto_agent.planner.words import QUESTION_WORDS, is_stop_word
from llmauto_tools.errors import LlmautoError
from llmauto_tools.plan.compile import compile_plan

Execute = Callable[[str], Sequence[tuple[object, ...]]]
"""Runs a SELECT within small bounds and returns its first rows; raises LlmautoError."""

BEAM = 4
MOST_OFFERS = 3
PENALTY_EMPTY = 2.0
"""Taken from the log-probability of a plan that names a value and finds no row."""


@dataclass(frozen=True)
class Candidate:
    """One reading that can be run, with its log-probability after it was checked."""

    proposal: Proposal
    score: float
    raw: float
    length: int = 0
    """Actions that it took."""


def candidates(
    question: str,
    index: SchemaIndex,
    runtime: Runtime,
    context: Reading | None = None,
    execute: Execute | None = None,
) -> tuple[list[Candidate], Items]:
    """The readings of a question that compile (and run, with `execute`), best first."""
    before = (context.question,) if context is not None else ()
    items = find_items(question, index, before, context.plan if context is not None else None)
    encoded = encode(items, runtime.pieces)
    found = search(runtime, encoded, BEAM)
    checked = [c for f in found if (c := _checked(f, items, index, execute)) is not None]
    return sorted(checked, key=lambda c: -c.score), items


def _checked(found: Found, items: Items, index: SchemaIndex, execute: Execute | None) -> Candidate | None:
    """A reading as something that can be run; None where it cannot."""
    try:
        proposal = read_actions(found.actions, items, index.foreign_keys)
        if proposal.plan is None:
            return Candidate(proposal, found.score, found.score, len(found.actions))
        sql = compile_plan(proposal.plan, index.tables)
        if execute is None:
            return Candidate(proposal, found.score, found.score, len(found.actions))
        rows = execute(sql)
    except LlmautoError:
        return None
    empty = not rows or all(v is None for v in rows[0])
    return Candidate(
        proposal, found.score - (PENALTY_EMPTY if empty else 0.0), found.score, len(found.actions)
    )


FEATURES = (
    "log_probability", "margin", "actions", "unnamed", "empty", "chinese", "follow_up", "other_tool", "refusal",
    "agrees_with_rules", "rules_refuse",
)  # fmt: skip


def features(found: Sequence[Candidate], items: Items, rules: Reading | None = None) -> list[float]:
    """What the confidence is made of, in the order of FEATURES: each about 0 to 1 for a typical request.

    rules: how the rules read the same request; two readings that were made independently and agree are
    mostly right.
    """
    best = found[0]
    margin = best.score - found[1].score if len(found) > 1 else 5.0
    proposal = best.proposal
    return [
        best.raw / 3,
        min(margin, 5.0) / 3,
        best.length / 20,
        min(len(unnamed(items)), 6) / 3,
        float(best.score < best.raw),
        float(detect_language(items.question) == "zh"),
        float(bool(items.context)),
        float(proposal.tool not in {None, "analyze"}),
        float(proposal.refusal is not None),
        float(rules is not None and agree(rules, proposal)),
        float(rules is not None and rules.refused),
    ]


def confidence(
    found: Sequence[Candidate], items: Items, calibration: Sequence[float], rules: Reading | None = None
) -> float:
    """The probability that the best reading is right, by a logistic model of its features (0 without one).

    calibration: the bias and a weight for each feature, fitted on questions that no training saw
    (`calibrate`).
    """
    if not found:
        return 0.0
    bias, *weights = calibration
    score = bias + sum(w * f for w, f in zip(weights, features(found, items, rules), strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def neural_reading(
    question: str,
    index: SchemaIndex,
    runtime: Runtime,
    context: Reading | None = None,
    execute: Execute | None = None,
    rules: Reading | None = None,
) -> Reading:
    """The best reading with its confidence; a refusal where nothing can be run or the network says so."""
    found, items = candidates(question, index, runtime, context, execute)
    return reading_of(found, items, runtime.calibration, rules)


def reading_of(
    found: Sequence[Candidate], items: Items, calibration: Sequence[float], rules: Reading | None = None
) -> Reading:
    """What `candidates` found, as a reading with its confidence."""
    question, language = items.question, detect_language(items.question)
    sure = round(confidence(found, items, calibration, rules), 3)
    if not found or found[0].proposal.refusal is not None:
        reason = found[0].proposal.refusal if found else None
        return Reading(question, language, confidence=sure, missing=unnamed(items), reason=reason)
    best = found[0].proposal
    return Reading(
        question,
        language,
        plan=best.plan,
        confidence=sure,
        tool=best.tool,
        arguments=with_settings(best.tool, best.arguments, items),
        chart=best.chart,
        understood=named(items),
        offers=offers(found, items),
    )


def offers(found: Sequence[Candidate], items: Items) -> list[Offer]:
    """The best readings in words, each once."""
    made: dict[str, Offer] = {}
    for candidate in found:
        p = candidate.proposal
        if p.tool is None:
            continue
        arguments = with_settings(p.tool, p.arguments, items)
        words = offer_words(p.plan) if p.plan is not None else call_words(p.tool, arguments)
        made.setdefault(words, Offer(words, p.tool, arguments, p.plan, p.chart))
    return list(made.values())[:MOST_OFFERS]


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
