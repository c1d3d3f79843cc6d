"""A SELECT without a table, such as the difference of two values, as measures over their table.

    SELECT ABS((SELECT x FROM t WHERE k = 'a') - (SELECT x FROM t WHERE k = 'b'))
    → abs(sum(x) of the rows where k = 'a' - sum(x) of the rows where k = 'b') over t

Values of another table stay inner plans.
"""

from __future__ import annotations

from llmauto_agent.planner.training.sql_scope import CannotSay
from llmauto_tools.plan.model import (
    AbsoluteValue,
    Aggregate,
    Arithmetic,
    Expr,
    Literal_,
    Measure,
    Plan,
    ScalarQuery,
)  # fmt: skip
from llmauto_tools.plan.walk import walk


def over_one_table(expressions: list[Expr]) -> Plan:
    """The plan of expressions over inner plans, each a single value. Raises CannotSay("no_table")."""
    inner = [n.plan for e in expressions for n in walk(e) if isinstance(n, ScalarQuery)]
    if not inner:
        raise CannotSay("no_table")
    home = inner[0]
    own = [p for p in inner if _source(p) == _source(home)]
    shared = all(p.where == home.where for p in own)
    measures = tuple(Measure(expr=_replaced(e, home, shared)) for e in expressions)
    where = home.where if shared else None
    return Plan(table=home.table, joins=home.joins, where=where, measures=measures)


def _source(plan: Plan) -> tuple[object, ...]:
    return plan.table, plan.joins


def _replaced(node: Expr, home: Plan, shared: bool) -> Expr:
    if isinstance(node, ScalarQuery):
        value = _value(node.plan)
        if _source(node.plan) != _source(home):
            bare = node.plan.model_copy(
                update={"select": (), "measures": (Measure(expr=value),), "limit": None}
            )
            return ScalarQuery(plan=bare)
        return value if shared else value.model_copy(update={"where": node.plan.where})
    if isinstance(node, Arithmetic):
        left, right = _replaced(node.left, home, shared), _replaced(node.right, home, shared)
        return Arithmetic(op=node.op, left=left, right=right)
    if isinstance(node, AbsoluteValue):
        return AbsoluteValue(argument=_replaced(node.argument, home, shared))
    if isinstance(node, Literal_):
        return node
    raise CannotSay("no_table", node.kind)


def _value(plan: Plan) -> Aggregate:
    """The one value of an inner plan as an aggregate: of a row's column, its sum."""
    if plan.group_by or plan.having or plan.combine or plan.order_by or plan.distinct:
        raise CannotSay("no_table", "inner order or groups")
    if len(plan.measures) == 1 and isinstance(plan.measures[0].expr, Aggregate):
        only = plan.measures[0].expr
        if only.where is None:
            return only
    if len(plan.select) == 1:
        return Aggregate(function="sum", argument=plan.select[0].expr)
    raise CannotSay("no_table", "inner columns")
