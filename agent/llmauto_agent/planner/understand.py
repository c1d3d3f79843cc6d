"""Read a question with the rules and with the trained network, and choose between the two.

The rules are exact where they apply and refuse elsewhere; the network reads most questions and is wrong more
often. Where both come to the same rows, that is the answer; where the rules refuse, the network answers if
its calibrated confidence is high enough; where they differ, the surer one wins (see docs/planner/LOG.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.reading import Reading
from llmauto_tools.errors import LlmautoError
from llmauto_tools.plan.compile import compile_plan

if TYPE_CHECKING:
    from llmauto_agent.planner.neural.runtime import Runtime

Execute = Callable[[str], Sequence[tuple[object, ...]]]

ANSWER = 0.6
"""The network's confidence from which it answers what the rules refuse."""
OVERRULE = 0.9
"""The network's confidence from which it is believed against the rules."""


def understand(
    question: str,
    index: SchemaIndex,
    context: Reading | None = None,
    *,
    runtime: Runtime | None = None,
    execute: Execute | None = None,
) -> Reading:
    """The reading of a question. Without `runtime` it is that of the rules alone.

    `execute` runs a statement within small bounds and returns its first rows; with it, plans that fail or
    find nothing are ranked down.
    """
    rules = read(question, index, context)
    if runtime is None or rules.tool not in {None, "analyze"} or rules.reason in _FINAL:
        return rules
    from llmauto_agent.planner.neural.reader import neural_reading

    network = neural_reading(question, index, runtime, context, execute)
    if network.plan is None:
        return rules
    if rules.plan is None:
        return network if network.confidence >= ANSWER else rules
    if network.confidence < OVERRULE or _agree(rules, network, index, execute):
        return rules
    return replace(network, assumptions=[])


_FINAL = frozenset({"write", "chat", "no_data", "no_context"})
"""Refusals of the rules that no other reading changes."""


def _agree(rules: Reading, network: Reading, index: SchemaIndex, execute: Execute | None) -> bool:
    """Whether both plans give the same first rows."""
    if rules.plan == network.plan or execute is None:
        return rules.plan == network.plan
    assert rules.plan is not None
    assert network.plan is not None
    try:
        first, second = (execute(compile_plan(p, index.tables)) for p in (rules.plan, network.plan))
    except LlmautoError:
        return False
    return list(first) == list(second)
