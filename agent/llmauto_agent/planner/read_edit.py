"""Edits of a plan, each a small pure function: what a follow-up changes and what it keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llmauto_agent.planner.read_values import conjunction
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    Arithmetic,
    ColumnRef,
    Compare,
    Expr,
    Item,
    Literal_,
    Measure,
    Node,
    Order,
    Plan,
    Predicate,
)


def qualified(node: Any, table: str) -> Any:
    """A copy in which every column names its table; sub-plans keep to theirs."""
    if isinstance(node, ColumnRef):
        return node if node.table else node.model_copy(update={"table": table})
    if isinstance(node, tuple):
        return tuple(qualified(n, table) for n in node)
    if isinstance(node, Plan):
        return _inside(node, node.table)
    if isinstance(node, Node):
        return _inside(node, table)
    return node


def _inside(node: Node, table: str) -> Node:
    changed = {name: qualified(getattr(node, name), table) for name in type(node).model_fields}
    return node.model_copy(update=changed)


def conditions(predicate: Predicate | None) -> list[Predicate]:
    if predicate is None:
        return []
    return list(predicate.items) if isinstance(predicate, And) else [predicate]


def columns_in(node: Any) -> set[tuple[str | None, str]]:
    """(table, name) of the columns of an expression or predicate."""
    found: set[tuple[str | None, str]] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ColumnRef):
            found.add((item.table, item.name))
        elif isinstance(item, Plan):
            continue
        elif isinstance(item, Node):
            stack.extend(getattr(item, name) for name in type(item).model_fields)
        elif isinstance(item, tuple):
            stack.extend(item)
    return found


def with_filters(plan: Plan, new: Iterable[Predicate]) -> Plan:
    """The plan restricted further; a condition on the same column is replaced."""
    kept = conditions(plan.where)
    for predicate in new:
        columns = columns_in(predicate)
        kept = [k for k in kept if columns_in(k) != columns or not columns]
        kept.append(predicate)
    return plan.model_copy(update={"where": conjunction(kept)})


def without_columns(plan: Plan, columns: set[tuple[str | None, str]]) -> Plan:
    """The plan without the conditions on these columns."""
    kept = [k for k in conditions(plan.where) if not columns_in(k) & columns]
    return plan.model_copy(update={"where": conjunction(kept)})


def with_groups(plan: Plan, groups: list[Expr], *, add: bool) -> Plan:
    items = tuple(Item(expr=g) for g in groups)
    if add:
        known = {i.expr for i in plan.group_by}
        items = (*plan.group_by, *(i for i in items if i.expr not in known))
    return plan.model_copy(update={"group_by": items})


def with_measures(plan: Plan, measures: list[Measure]) -> Plan:
    """The plan with other measures; an order by the old first measure follows the new one."""
    old = [m.expr for m in plan.measures]
    orders = tuple(
        o.model_copy(update={"by": measures[0].expr}) if not isinstance(o.by, str) and o.by in old else o
        for o in plan.order_by
    )
    return plan.model_copy(
        update={"measures": tuple(measures), "order_by": orders, "select": (), "distinct": False}
    )


def with_function(plan: Plan, function: str) -> Plan | None:
    """The same measures under another aggregate ("and the median?"); None where there is none to change."""
    changed = [
        m.model_copy(update={"expr": _refunction(m.expr, function), "alias": None}) for m in plan.measures
    ]
    if not changed or all(a.expr == b.expr for a, b in zip(changed, plan.measures, strict=True)):
        return None
    return with_measures(plan, changed)


def _refunction(expr: Expr, function: str) -> Expr:
    if (
        isinstance(expr, Aggregate)
        and expr.argument is not None
        and expr.function not in {"corr", "count_distinct"}
    ):
        return expr.model_copy(update={"function": function, "fraction": None})
    if isinstance(expr, Arithmetic) and expr.op in "+-*/":
        sides = {"left": _refunction(expr.left, function), "right": _refunction(expr.right, function)}
        return expr.model_copy(update=sides)
    return expr


def with_argument(plan: Plan, argument: Expr) -> Plan | None:
    """The same aggregate of another column ("and fare?")."""
    if len(plan.measures) != 1:
        return None
    expr = plan.measures[0].expr
    if not isinstance(expr, Aggregate) or expr.argument is None:
        return None
    new = expr.model_copy(update={"argument": argument})
    return with_measures(plan, [plan.measures[0].model_copy(update={"expr": new, "alias": None})])


def with_window(plan: Plan, window: str, periods: int = 1) -> Plan | None:
    if not plan.measures or not plan.group_by:
        return None
    measures = tuple(m.model_copy(update={"window": window, "periods": periods}) for m in plan.measures)
    return plan.model_copy(update={"measures": measures})


def with_order(plan: Plan, by: Expr | None, descending: bool, limit: int | None) -> Plan | None:
    """Sorted by `by`, else by the first measure, else by the first number that is shown."""
    target: Expr | None = by
    if target is None and plan.order_by and not isinstance(plan.order_by[0].by, str) and not plan.measures:
        target = plan.order_by[0].by
    if target is None and plan.measures:
        target = plan.measures[0].expr
    if target is None:
        return None
    order = (Order(by=target, descending=descending),)
    return plan.model_copy(update={"order_by": order, "limit": limit if limit is not None else plan.limit})


def compare_measure(plan: Plan, op: str, value: Literal_) -> Predicate | None:
    """ "only those above 20": of the first measure."""
    if not plan.measures or not plan.group_by:
        return None
    return Compare(op=op, left=plan.measures[0].expr, right=value)  # type: ignore[arg-type]


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


def opposite(predicate: Predicate) -> Predicate:
    """What "drop those with ..." keeps."""
    from llmauto_tools.plan.model import Not

    if isinstance(predicate, Compare):
        return predicate.model_copy(update={"op": _OPPOSITE[predicate.op]})
    return Not(item=predicate)
