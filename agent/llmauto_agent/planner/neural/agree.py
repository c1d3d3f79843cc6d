"""Whether two readings of a question say the same: the rules' and the network's, made independently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llmauto_agent.planner.neural.read import Proposal
from llmauto_agent.planner.reading import Reading
from llmauto_tools.plan import model as m


def agree(rules: Reading, proposal: Proposal) -> bool:
    """Whether both answer, with the same plan (but for what is only shown, or in which order), or call the
    same tool with the same arguments where both name one."""
    if rules.refused or proposal.tool is None:
        return rules.refused and proposal.refusal is not None
    if rules.plan is not None and proposal.plan is not None:
        return _sketch(rules.plan) == _sketch(proposal.plan)
    if rules.tool != proposal.tool or rules.plan is not None or proposal.plan is not None:
        return False
    return all(
        _same(rules.arguments[name], value)
        for name, value in proposal.arguments.items()
        if name in rules.arguments
    )


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list) and all(isinstance(x, str) for x in [*a, *b]):
        return sorted(a) == sorted(b)
    return bool(a == b)


def _sketch(plan: m.Plan) -> tuple[Any, ...]:
    """What a plan computes over which rows: groups, measures and conditions as sets."""
    ordered = plan.order_by[0] if plan.order_by and plan.limit is not None else None
    first = None
    if ordered is not None:
        by = ordered.by
        first = (ordered.descending, by if isinstance(by, str) else _said(by, plan))
    return (
        plan.table,
        frozenset(_said(i.expr, plan) for i in plan.group_by),
        frozenset(f"{x.window} {_said(x.expr, plan)}" for x in plan.measures),
        frozenset()
        if plan.measures or plan.group_by
        else frozenset(_said(i.expr, plan) for i in plan.select),
        frozenset(_conditions(plan.where, plan)),
        frozenset(_conditions(plan.having, plan)),
        plan.limit,
        first,
        None if plan.top_per_group is None else plan.top_per_group.count,
        None if plan.combine is None else (plan.combine.op, _sketch(plan.combine.plan)),
    )


def _conditions(predicate: m.Predicate | None, plan: m.Plan) -> Iterable[str]:
    if predicate is None:
        return ()
    if isinstance(predicate, m.And):
        return tuple(_said(i, plan) for i in predicate.items)
    return (_said(predicate, plan),)


def _said(node: m.Node, plan: m.Plan) -> str:
    """A node as text, its columns with their tables."""
    dumped = node.model_dump(mode="json", exclude_defaults=True)
    return repr(_with_tables(dumped, plan.table))


def _with_tables(value: Any, table: str) -> Any:
    if isinstance(value, dict):
        made = {k: _with_tables(v, table) for k, v in value.items() if k != "alias"}
        if "name" in made and "function" not in made:
            made.setdefault("table", table)
        return sorted(made.items(), key=lambda x: x[0])
    if isinstance(value, list):
        return [_with_tables(v, table) for v in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
