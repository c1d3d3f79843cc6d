"""From the draft to the plan: what is asked for, over which rows, in which order."""

from __future__ import annotations

from llmauto_agent.planner.read_draft import Draft, Refusal
from llmauto_agent.planner.read_joins import connected
from llmauto_agent.planner.read_parts import (
    loose,
)
from llmauto_agent.planner.read_ranked import ranked
from llmauto_agent.planner.read_rows import listed
from llmauto_agent.planner.read_totals import aggregated
from llmauto_tools.plan.model import (
    ColumnRef,
    Compare,
    IsNull,
    IsTrue,
    Literal_,
    Not,
    OneOf,
    Plan,
    Predicate,
)


def build(d: Draft) -> Plan:
    """The plan of a draft. Raises Refusal where something essential was not said."""
    if d.having and not d.groups and d.subject is None and not loose(d):
        raise Refusal([], reason="no_groups")
    _merge_equalities(d)
    if d.rank is not None:
        plan = ranked(d)
    elif d.measures() or d.groups or d.window != "none":
        plan = aggregated(d)
    else:
        plan = listed(d)
    return connected(d.facts, plan)


def _merge_equalities(d: Draft) -> None:
    """Two values of one column ("women ... men", "smokers vs non-smokers") can not both hold: they are
    alternatives, and what is compared."""
    slots = [(c, d.code.slot(c).value) for c in d.code.text if c >= "\ue000" and d.code.slot(c).kind == "f"]
    equal: dict[str, list[tuple[str, Predicate]]] = {}
    for char, predicate in slots:
        inner = predicate.item if isinstance(predicate, Not) else predicate
        target = (
            inner.left if isinstance(inner, Compare) and inner.op == "=" else getattr(inner, "argument", None)
        )
        if isinstance(target, ColumnRef) and isinstance(inner, (Compare, IsTrue)):
            equal.setdefault(target.model_dump_json(), []).append((char, predicate))
    for key, found in equal.items():
        if len({p.model_dump_json() for _, p in found}) < 2:
            continue
        values = {p.right.value for _, p in found if isinstance(p, Compare) and isinstance(p.right, Literal_)}
        opposed = len(values) < len(found)
        target = ColumnRef.model_validate_json(key)
        kept = [v for v in values if v is not None]
        merged: Predicate = (
            Not(item=IsNull(argument=target)) if opposed else OneOf(argument=target, values=tuple(kept))
        )
        first = found[0][0]
        for char, _ in found[1:]:
            d.code.text = d.code.text.replace(char, " ")
        d.code.text = d.code.text.replace(first, d.new_f(merged, d.text(first)))
        if target not in d.groups:
            d.groups.append(target)
