"""Read a question with the rules, and with the trained network where the rules refuse.

On requests that neither was made on, the rules are right more often where both answer and differ (40% against
23%); they refuse two of three, and there the network answers where its calibrated confidence is high enough
(neural/calibrate.py), saying that it is not certain. Below that the person is asked which of its best
readings is meant, and below ASK nothing is proposed. docs/planner/LOG.md has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.reading import Reading

if TYPE_CHECKING:
    from llmauto_agent.planner.neural.runtime import Runtime

Execute = Callable[[str], Sequence[tuple[object, ...]]]

ANSWER = 0.8
"""The confidence from which a reading is answered (docs/planner/LOG.md has the figures behind it)."""
ASK = 0.2
"""The confidence from which the person is asked which of the best readings is meant."""
SURE = 0.9
"""The confidence from which an answer is given without a word of caution."""
_FINAL = frozenset({"write", "chat", "no_data", "no_context", "no_target", "opinion", "cause"})
"""Refusals of the rules that no other reading changes."""
_CAUTION = {
    "en": "I am not certain that this is what you asked; the SQL shows how I read it.",
    "zh": "我不能完全确定您问的是不是这个，SQL 显示了我的理解。",
}


def understand(
    question: str,
    index: SchemaIndex,
    context: Reading | None = None,
    *,
    runtime: Callable[[], Runtime | None] | None = None,
    execute: Execute | None = None,
) -> Reading:
    """The reading of a question. Without `runtime` it is that of the rules alone; it is called, and the
    weights are loaded, only where the rules refuse.

    `execute` runs a statement within small bounds and returns its first rows; with it, plans that fail or
    find nothing are ranked down.
    """
    rules = read(question, index, context)
    if runtime is None or not rules.refused or rules.reason in _FINAL or (weights := runtime()) is None:
        return rules
    from llmauto_agent.planner.neural.reader import neural_reading

    network = neural_reading(question, index, weights, context, execute, rules)
    if network.refused:
        return rules
    if network.confidence < ANSWER:
        return _unsure(rules, network)
    if network.confidence >= SURE:
        return network
    return replace(network, assumptions=[_CAUTION[network.language]])


def _unsure(rules: Reading, network: Reading) -> Reading:
    """A refusal that asks back with the best readings, or, where even these are unlikely, only a refusal."""
    refusal = replace(rules, tool=None, plan=None, arguments={}, missing=network.missing or rules.missing)
    if rules.choices or network.confidence < ASK:
        return refusal
    choices = [offer.words for offer in network.offers]
    return replace(refusal, choices=choices, offers=network.offers, missing=[], reason=None)
