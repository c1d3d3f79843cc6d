"""Which table a plan starts from, and the joins to the others along the keys."""

from __future__ import annotations

from collections import deque
from typing import Any, TypeVar

from llmauto_agent.planner.read_draft import Refusal, tables_of
from llmauto_agent.planner.read_facts import Facts
from llmauto_tools.plan.model import ColumnRef, InQuery, IsNull, Item, Join, Node, Not, Plan
from llmauto_tools.schema import ForeignKey

N = TypeVar("N", bound=Node)


def route(facts: Facts, start: str, goal: str) -> list[tuple[ForeignKey, bool]] | None:
    """The shortest chain of keys from one table to another; True where the step goes to the one side.

    Steps to the one side (order → its customer) are preferred: they do not multiply rows.
    """
    queue: deque[tuple[str, list[tuple[ForeignKey, bool]]]] = deque([(start, [])])
    seen = {start}
    while queue:
        table, path = queue.popleft()
        if table == goal:
            return path
        steps = [(k, True) for k in facts.index.foreign_keys if k.table == table]
        steps += [(k, False) for k in facts.index.foreign_keys if k.other_table == table]
        for key, onward in steps:
            after = key.other_table if onward else key.table
            if after not in seen:
                seen.add(after)
                queue.append((after, [*path, (key, onward)]))
    return None


def joins(facts: Facts, base: str, wanted: set[str], *, multiply: bool = False) -> tuple[Join, ...]:
    """The joins that bring `wanted` tables to `base`.

    Raises Refusal where there is no way, or where a join would repeat the rows of `base` and so
    falsify its sums (unless `multiply`).
    """
    made: dict[str, Join] = {}
    for goal in sorted(wanted - {base}):
        path = route(facts, base, goal)
        if path is None:
            raise Refusal([goal], reason="no_join")
        for key, onward in path:
            if not onward and not multiply:
                raise Refusal([goal], reason="fan_out")
            here = ColumnRef(name=key.column, table=key.table)
            there = ColumnRef(name=key.other_column, table=key.other_table)
            target = key.other_table if onward else key.table
            if target not in made and target != base:
                made[target] = Join(table=target, on=((here, there) if onward else (there, here),))
    return tuple(made.values())


def finest(facts: Facts, tables: set[str]) -> str | None:
    """The table of a set from which all others are reached without repeating rows, or None."""
    for table in sorted(tables):
        paths = [route(facts, table, goal) for goal in tables if goal != table]
        if all(path is not None and all(onward for _, onward in path) for path in paths):
            return table
    return None


def unqualified(node: Any) -> Any:
    """A copy in which columns name no table: for plans that read one table only."""
    if isinstance(node, ColumnRef):
        return node.model_copy(update={"table": None})
    if isinstance(node, tuple):
        return tuple(unqualified(n) for n in node)
    if isinstance(node, Node):
        changed = {name: unqualified(getattr(node, name)) for name in type(node).model_fields}
        return node.model_copy(update=changed)
    return node


def connected(facts: Facts, plan: Plan) -> Plan:
    """A plan whose columns are qualified: with the joins it needs, or unqualified when there are none."""
    wanted = tables_of((plan.where, plan.select, plan.group_by, plan.measures, plan.having, plan.order_by))
    if wanted <= {plan.table}:
        bare: Plan = unqualified(plan)
        return bare
    return plan.model_copy(update={"joins": joins(facts, plan.table, wanted)})


def partners(facts: Facts, here: str, there: str) -> InQuery | None:
    """The filter "has a row in `there`": keys of `here` that occur along the chain of joins from `there`."""
    path = route(facts, there, here)
    if not path or not all(onward for _, onward in path):
        return None
    last = path[-1][0]
    column = ColumnRef(name=last.column, table=last.table)
    inner = Plan(
        table=there, where=Not(item=IsNull(argument=column)), select=(Item(expr=column),), distinct=True
    )
    return InQuery(
        argument=ColumnRef(name=last.other_column, table=last.other_table), plan=connected(facts, inner)
    )
