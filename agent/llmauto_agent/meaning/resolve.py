"""Definitions and standing filters as parts of a plan, for the tables that are attached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmauto_agent.meaning.body import Body, NotRead, Values, read_body
from llmauto_agent.meaning.types import Definition, Meanings, StandingFilter
from llmauto_tools.plan.model import Aggregate, And, Expr, Node, Not, Plan, Predicate
from llmauto_tools.schema import Table

Form = Literal["measure", "value", "condition"]


@dataclass(frozen=True)
class Resolved:
    """A definition for one table. A measure and a value are expressions, a condition is a predicate."""

    definition: Definition
    table: str
    form: Form
    expr: Expr | None = None
    predicate: Predicate | None = None


@dataclass(frozen=True)
class ResolvedFilter:
    """A standing filter for one table: what every row that counts meets."""

    filter: StandingFilter
    table: str
    predicate: Predicate


def resolve_definition(definition: Definition, tables: Sequence[Table], values: Values) -> list[Resolved]:
    """The definition for each table whose columns it is made of; empty where it cannot be applied."""
    found = []
    for table in tables:
        if definition.table is not None and definition.table.casefold() != table.name.casefold():
            continue
        made = _resolved(definition, table, values)
        if made is not None:
            found.append(made)
    return found


def _resolved(definition: Definition, table: Table, values: Values) -> Resolved | None:
    plan = (
        _plan_of_sql(definition.body, table)
        if definition.read == "sql"
        else _plan_of(definition.body, table, values)
    )
    if plan is None:
        return None
    body, read = plan
    if body.expression is None:
        return Resolved(definition, table.name, "condition", predicate=read.where)
    if read.measures:
        expr = _restricted(read.measures[0].expr, read.where)
        return Resolved(definition, table.name, "measure", expr)
    if read.where is not None or not read.select:
        return None  # a value of some rows only
    return Resolved(definition, table.name, "value", read.select[0].expr)


def _plan_of(text: str, table: Table, values: Values) -> tuple[Body, Plan] | None:
    from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan

    try:
        body = read_body(text, table, values)
    except NotRead:
        return None
    where = f" WHERE {body.condition}" if body.condition else ""
    name = table.name.replace('"', '""')
    try:
        plan = to_plan(f'SELECT {body.expression or "*"} FROM "{name}"{where}', [table])
    except CannotSay:
        return None
    return body, plan


def _plan_of_sql(sql: str, table: Table) -> tuple[Body, Plan] | None:
    """A body that is SQL already: an expression, or where it is no value, a condition."""
    from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan

    name = table.name.replace('"', '""')
    bodies = [Body(sql, None), Body(None, sql)]
    for body in reversed(bodies) if is_condition(sql, table) else bodies[:1]:
        where = f" WHERE {sql}" if body.condition else ""
        try:
            return body, to_plan(f'SELECT {body.expression or "*"} FROM "{name}"{where}', [table])
        except CannotSay:
            continue
    return None


def is_condition(sql: str, table: Table) -> bool:
    """Whether a SQL expression is true or false of a row."""
    import sqlglot
    from sqlglot import exp

    try:
        root = sqlglot.parse_one(sql, read="duckdb").unnest()
    except sqlglot.errors.SqlglotError:
        return False
    if isinstance(root, exp.Column):
        column = table.column(root.name)
        return column is not None and column.family == "boolean"
    return isinstance(root, (exp.Predicate, exp.Not, exp.And, exp.Or, exp.In, exp.Between, exp.Is))


def _restricted(node: Expr, where: Predicate | None) -> Expr:
    """An aggregate expression over the rows that meet a condition only."""
    if where is None:
        return node
    return replaced(node, lambda n: _with_condition(n, where) if isinstance(n, Aggregate) else None)  # type: ignore[return-value]


def _with_condition(node: Aggregate, where: Predicate) -> Aggregate:
    both = where if node.where is None else And(items=(node.where, where))
    return node.model_copy(update={"where": both})


def resolve_filter(
    standing: StandingFilter, meanings: Meanings, tables: Sequence[Table], values: Values
) -> list[ResolvedFilter]:
    """The filter for each table that has its columns: from its own condition, or from the definition it names."""
    defined = next(
        (d for d in meanings.definitions if _same_name(standing.body, d.names)),
        Definition(standing.body, standing.body, standing.source, table=standing.table, read=standing.read),
    )
    found = []
    for resolved in resolve_definition(defined, tables, values):
        if resolved.predicate is not None:
            keeps = Not(item=resolved.predicate) if standing.exclude else resolved.predicate
            found.append(ResolvedFilter(standing, resolved.table, _known(keeps)))
    return found


def _known(predicate: Predicate) -> Predicate:
    """Rows where a left-out condition is missing stay: NOT (is_test) keeps a row whose is_test is not known."""
    from llmauto_tools.plan.model import IsNull, Or
    from llmauto_tools.plan.walk import columns_of

    if not isinstance(predicate, Not):
        return predicate
    columns = list(dict.fromkeys(columns_of(predicate)))
    return Or(items=(predicate, *(IsNull(argument=c) for c in columns)))


def _same_name(text: str, names: Sequence[str]) -> bool:
    from llmauto_agent.planner.words import root

    def key(name: str) -> list[str]:
        return [root(w) for w in name.casefold().split() if w not in ("the", "a", "an", "all")]

    return any(key(text) == key(n) for n in names)


def replaced(node: Node, change: object) -> Node:
    """A node with what `change` gives for a node inside it (None: nothing) in its place, outermost first."""
    new = change(node)  # type: ignore[operator]
    if new is not None:
        return new  # type: ignore[no-any-return]
    update = {}
    for name in type(node).model_fields:
        value = getattr(node, name)
        if isinstance(value, Node):
            made: object = replaced(value, change)
        elif isinstance(value, tuple):
            made = tuple(_item(item, change) for item in value)
        else:
            continue
        if made != value:
            update[name] = made
    return node.model_copy(update=update) if update else node


def _item(item: object, change: object) -> object:
    if isinstance(item, Node):
        return replaced(item, change)
    if isinstance(item, tuple):
        return tuple(_item(i, change) for i in item)
    return item
