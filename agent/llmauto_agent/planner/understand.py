"""Read a question with the rules, and with the trained network where the rules refuse.

Where the rules answer they are as exact as the network at its surest, and a hundred times faster; they refuse
most of what they were not written for. There the network answers if its calibrated confidence is high
enough, and the answer says that it is not certain (docs/planner/LOG.md has the figures behind this).
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

ANSWER = 0.9
"""The network's confidence from which it answers what the rules refuse: on the public sets 97 in 100 of such
answers are right. At 0.75 only 7 in 10 are on people's requests, which is too few for an answer."""
SURE = 0.97
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
    """The reading of a question. Without `runtime` it is that of the rules alone; it is
    called, and the weights are loaded, only where the rules refuse.

    `execute` runs a statement within small bounds and returns its first rows; with it, plans that fail or
    find nothing are ranked down.
    """
    rules = read(question, index, context)
    if runtime is None or not rules.refused or rules.choices or rules.reason in _FINAL:
        return rules
    weights = runtime()
    if weights is None:
        return rules
    from llmauto_agent.planner.neural.reader import neural_reading

    network = neural_reading(question, index, weights, context, execute)
    if network.plan is None or network.confidence < ANSWER:
        return rules
    if network.confidence >= SURE:
        return network
    return replace(network, assumptions=[_CAUTION[network.language]])
