"""The two shapes of a plan: rows that are selected, and groups that are measured."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.expressions import expression
from llmauto_tools.plan.model import Aggregate, ColumnRef, Item, Measure, Node, Plan
from llmauto_tools.plan.naming import headings, name_of, unique
from llmauto_tools.plan.scope import Scope, Settings, table_sql
from llmauto_tools.plan.stages import Output, Stage, check_grouped, wrap
from llmauto_tools.plan.walk import children, has_aggregate, walk
from llmauto_tools.plan.windows import windowed


def rows(plan: Plan, settings: Settings) -> Stage:
    """A plan that lists rows; without `select` it lists all columns of its table."""
    if plan.having is not None:
        raise PlanError("'having' restricts groups, but the plan has none.", "Use 'where' for rows.")
    scope, source = _source(plan, settings)
    items = plan.select or tuple(
        Item(expr=ColumnRef(name=c.name, table=name))
        for name in list(scope.bound)[:1]
        for c in scope.bound[name].columns
    )
    for item in items:
        _refuse_aggregates(item.expr, "select")
    names = headings(items)
    _qualify(scope, items, names)
    outputs = [
        Output(name, item.expr, expression(item.expr, scope), "row")
        for name, item in zip(names, items, strict=True)
    ]
    shown: list[exp.Expr] = [o.sql for o in outputs] if plan.select or plan.joins else [exp.Star()]
    return Stage(_restricted(source.select(*shown, copy=False), plan, scope), outputs, scope)


def grouped(plan: Plan, settings: Settings) -> Stage:
    """A plan that measures groups, or everything as one group."""
    scope, source = _source(plan, settings)
    items: list[Item | Measure] = [*plan.group_by, *plan.measures]
    names = headings(items)
    computed = _computed(plan, names)
    _qualify(scope, [item for _, item in computed], [name for name, _ in computed])
    outputs = [_output(name, item, scope, plan) for name, item in computed]
    query = _restricted(source.select(*(o.sql for o in outputs), copy=False), plan, scope)
    keys = [o.typed.sql.copy() for o in outputs if o.role == "group"]
    if keys:
        query = query.group_by(*keys, copy=False)
    if plan.having is not None:
        check_grouped(plan.having, [g.expr for g in plan.group_by])
        query = query.having(settings.condition(plan.having, scope), copy=False)
    stage = Stage(query, outputs, scope)
    if all(m.window == "none" for m in plan.measures):
        return stage
    return windowed(wrap(stage, "grouped", plan, settings.tables), plan, names)


def _computed(plan: Plan, names: Sequence[str]) -> list[tuple[str, Item | Measure]]:
    """What the grouped SELECT has to give: groups, plain measures, and what the windows work on."""
    items: list[Item | Measure] = [*plan.group_by, *plan.measures]
    plain = [
        (name, item)
        for name, item in zip(names, items, strict=True)
        if not isinstance(item, Measure) or item.window == "none"
    ]
    there = {item.expr for _, item in plain}
    taken = {name.casefold() for name, _ in plain}
    for measure in plan.measures:
        if measure.expr not in there:
            name = unique(name_of(measure.expr), taken)
            plain.append((name, Measure(expr=measure.expr)))
            there.add(measure.expr)
            taken.add(name.casefold())
    return plain


def _output(name: str, item: Item | Measure, scope: Scope, plan: Plan) -> Output:
    if isinstance(item, Item):
        _refuse_aggregates(item.expr, "group_by")
        return Output(name, item.expr, expression(item.expr, scope), "group")
    check_grouped(item.expr, [g.expr for g in plan.group_by])
    for node in walk(item.expr):
        if isinstance(node, Aggregate) and any(has_aggregate(c) for c in children(node)):
            raise PlanError("An aggregate cannot contain another one.", "Use an inner plan (ScalarQuery).")
    return Output(name, item.expr, expression(item.expr, scope), "measure")


def _source(plan: Plan, settings: Settings) -> tuple[Scope, exp.Select]:
    """The tables of the plan, bound and joined."""
    scope = Scope(settings)
    query = exp.Select().from_(table_sql(scope.bound[scope.bind(plan.table)].name), copy=False)
    for join in plan.joins:
        table, condition = scope.join(join)
        query = query.join(table, on=condition, join_type=join.how.upper(), copy=False)
    return scope, query


def _qualify(scope: Scope, items: Sequence[Item | Measure], names: Sequence[str]) -> None:
    """Have columns written with their table where a heading would hide a column of the same name."""
    columns = {c.name.casefold() for table in scope.bound.values() for c in table.columns}
    for name, item in zip(names, items, strict=True):
        own = isinstance(item.expr, ColumnRef) and item.expr.name.casefold() == name.casefold()
        if name.casefold() in columns and not own:
            scope.qualify = True


def _restricted(query: exp.Select, plan: Plan, scope: Scope) -> exp.Select:
    if plan.where is None:
        return query
    _refuse_aggregates(plan.where, "where", "Use 'having' for conditions on groups.")
    return query.where(scope.settings.condition(plan.where, scope), copy=False)


def _refuse_aggregates(node: Node, place: str, hint: str = "Put it among the measures.") -> None:
    if has_aggregate(node):
        raise PlanError(f"An aggregate cannot stand in '{place}'.", hint)
