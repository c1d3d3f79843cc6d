"""Definitions and standing filters in a plan: what stood for a definition is replaced, filters are added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from llmauto_agent.meaning.resolve import Resolved, ResolvedFilter, replaced
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    ColumnRef,
    Compare,
    Expr,
    IsTrue,
    Literal_,
    Measure,
    Node,
    Not,
    Plan,
    Predicate,
)


def substituted(plan: Plan, named: dict[str, list[Resolved]]) -> tuple[Plan, list[str]]:
    """The plan with definitions in place of the columns that stood for them, and which were."""
    done: list[str] = []

    def change(node: Node) -> Node | None:
        if isinstance(node, Plan) and node is not plan:
            inner, names = substituted(node, named)
            done.extend(names)
            return inner
        if _is_plain_measure(node) and (name := _measured(node.expr, named)):
            return node.model_copy(update={"alias": name, "expr": replaced(node.expr, change)})
        found = _stands_for(node, named)
        if found is not None:
            done.append(found[0])
            return found[1]
        return None

    made = replaced(plan, change)
    assert isinstance(made, Plan)
    return made, list(dict.fromkeys(done))


def _is_plain_measure(node: Node) -> TypeGuard[Measure]:
    return isinstance(node, Measure) and node.alias is None and node.window == "none"


def _measured(expr: Expr, named: dict[str, list[Resolved]]) -> str | None:
    found = _stands_for(expr, named)
    return found[0] if found is not None and isinstance(expr, Aggregate) and _is_whole(expr) else None


def _is_whole(node: Aggregate) -> bool:
    return node.function == "sum" and node.where is None


def _stands_for(node: Node, named: dict[str, list[Resolved]]) -> tuple[str, Node] | None:
    """(name, what it stands for) where a node is a definition's column, or the total of it."""
    if isinstance(node, Aggregate) and node.function == "sum" and isinstance(node.argument, ColumnRef):
        own = named.get(node.argument.name)
        if own and own[0].form == "measure" and own[0].expr is not None:
            expr: Node = own[0].expr
            if node.where is not None:
                where = node.where
                expr = replaced(expr, lambda n: _and(n, where) if isinstance(n, Aggregate) else None)
            return node.argument.name, expr
    if isinstance(node, IsTrue) and isinstance(node.argument, ColumnRef):
        own = named.get(node.argument.name)
        if own and own[0].predicate is not None:
            return node.argument.name, own[0].predicate
    if isinstance(node, Compare) and isinstance(node.left, ColumnRef) and isinstance(node.right, Literal_):
        own = named.get(node.left.name)
        if own and own[0].predicate is not None and isinstance(node.right.value, bool):
            yes = node.right.value == (node.op == "=")
            predicate = own[0].predicate
            return node.left.name, predicate if yes else Not(item=predicate)
    if isinstance(node, ColumnRef):
        own = named.get(node.name)
        if own and own[0].form == "value" and own[0].expr is not None:
            return node.name, own[0].expr
    return None


def _and(node: Aggregate, where: Predicate) -> Aggregate:
    both = where if node.where is None else And(items=(node.where, where))
    return node.model_copy(update={"where": both})


def all_nodes(node: Node) -> list[Node]:
    found: list[Node] = []

    def visit(n: Node) -> None:
        found.append(n)

    replaced(node, visit)
    return found


def asked_about(plan: Plan, named: dict[str, list[Resolved]]) -> set[str]:
    """The columns that the question itself puts a condition on: no standing filter is added for these, as
    "how many test accounts are there?" shows."""
    found: set[str] = set()
    for node in all_nodes(plan):
        conditions = [getattr(node, name, None) for name in ("where", "having")]
        for condition in conditions:
            if isinstance(condition, Node):
                found |= columns_in(condition)
    for name in found & named.keys():
        for resolved in named[name]:
            found |= columns_in(resolved.predicate) if resolved.predicate is not None else set()
    return found


def columns_in(node: Node) -> set[str]:
    return {n.name for n in all_nodes(node) if isinstance(n, ColumnRef)}


def filtered(plan: Plan, kept: Sequence[ResolvedFilter]) -> tuple[Plan, list[ResolvedFilter]]:
    """The plan and the plans inside it with the standing filters of their tables."""
    used: list[ResolvedFilter] = []

    def change(node: Node) -> Node | None:
        if not isinstance(node, Plan):
            return None
        tables = {node.table, *(j.table for j in node.joins)}
        own = [f for f in kept if f.table in tables]
        used.extend(own)
        update: dict[str, object] = {}
        for name in type(node).model_fields:
            value = getattr(node, name)
            if isinstance(value, Node):
                update[name] = replaced(value, change)
            elif isinstance(value, tuple):
                update[name] = tuple(replaced(v, change) if isinstance(v, Node) else v for v in value)
        if own:
            where = update.get("where")
            conditions = (*(_conditions(where)), *(_placed(f.predicate, f.table, node) for f in own))
            update["where"] = conditions[0] if len(conditions) == 1 else And(items=conditions)
        return node.model_copy(update=update)

    made = replaced(plan, change)
    assert isinstance(made, Plan)
    return made, list(dict.fromkeys(used))


def unfiltered(plan: Plan, filters: Sequence[ResolvedFilter]) -> Plan:
    """The plan without the conditions that standing filters had added to it."""
    added = [_placed(f.predicate, f.table, plan) for f in filters]
    conditions = _conditions(plan.where)
    # A filter with AND in it was added as a part of the conditions, or is all of them.
    kept = () if plan.where in added else tuple(c for c in conditions if c not in added)
    if len(kept) == len(conditions):
        return plan
    where = None if not kept else kept[0] if len(kept) == 1 else And(items=kept)
    return plan.model_copy(update={"where": where})


def _conditions(where: object) -> tuple[Predicate, ...]:
    if where is None:
        return ()
    return where.items if isinstance(where, And) else (where,)  # type: ignore[return-value]


def _placed(predicate: Predicate, table: str, plan: Plan) -> Predicate:
    """A filter whose columns name their table where the plan reads several."""
    if not plan.joins:
        return predicate

    def change(node: Node) -> Node | None:
        if isinstance(node, ColumnRef) and node.table is None:
            return node.model_copy(update={"table": table})
        return None

    return replaced(predicate, change)  # type: ignore[return-value]
