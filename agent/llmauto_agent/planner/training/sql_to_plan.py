"""A SQL statement as the typed query plan that says the same, or a named refusal.

    to_plan('SELECT "name" FROM "singer" WHERE "age" > 20', tables)

There is one canonical plan for each thing that can be asked: no aliases; every column with its table;
constants on the right and in the type of their column; ORDER BY an expression, never a heading; SELECT
DISTINCT (also written as GROUP BY without an aggregate) as `distinct`; columns beside an aggregate as groups.
A plan shows its groups, so a GROUP BY key that is not selected is left out where other columns are, and
refused where nothing else is. The result is therefore to be run and compared with that of the SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from llmauto_agent.planner.training.sql_derived import without_derived
from llmauto_agent.planner.training.sql_expressions import expression
from llmauto_agent.planner.training.sql_joins import read_source
from llmauto_agent.planner.training.sql_predicates import conjunction, predicate
from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
from llmauto_agent.planner.training.sql_totals import over_one_table
from llmauto_agent.planner.training.sql_windows import top_per_group, window_measure
from llmauto_tools.plan.model import (
    And,
    ColumnRef,
    Compare,
    Expr,
    InQuery,
    Item,
    Measure,
    Node,
    Order,
    Plan,
    Predicate,
    SetOperation,
)  # fmt: skip
from llmauto_tools.plan.walk import has_aggregate
from llmauto_tools.schema import ForeignKey, Table

__all__ = ["CannotSay", "to_plan"]

_SETS: dict[type[exp.Expr], str] = {exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except"}


def to_plan(
    sql: str,
    tables: Sequence[Table],
    *,
    dialect: str = "duckdb",
    foreign_keys: Sequence[ForeignKey] = (),
    complete: Iterable[tuple[str, str]] = (),
    texts: Iterable[str] = (),
) -> Plan:
    """The canonical plan of a statement. Raises CannotSay with a reason for what a plan cannot say.

    `foreign_keys` decide the order of inner joins. `complete` names the columns (table, column) without
    missing values: counting one of them is counting rows. `texts` are the request and those before it,
    newest first: `during(column, 'words')` is the period that these words of them name.
    """
    try:
        tree = sqlglot.parse_one(sql.strip().rstrip(";"), read=dialect)
    except SqlglotError as e:
        raise CannotSay("not_parsed", str(e)[:80]) from e
    by_name = {t.name.lower(): t for t in tables}

    def inner(node: exp.Expr, outer: SqlScope) -> Plan:
        return _query(node, outer.inner(), foreign_keys)

    return _query(tree, SqlScope(by_name, frozenset(complete), inner, texts=tuple(texts)), foreign_keys)


def _query(node: exp.Expr, scope: SqlScope, keys: Sequence[ForeignKey]) -> Plan:
    while isinstance(node, (exp.Subquery, exp.Paren)):
        _refuse_extras(node)
        node = node.this
    if node.args.get("with_"):
        raise CannotSay("with")
    if isinstance(node, exp.SetOperation):
        return _combined(node, scope, keys)
    if isinstance(node, exp.Select):
        return _select(node, scope, keys)
    raise CannotSay("no_query", type(node).__name__)


def _refuse_extras(node: exp.Expr) -> None:
    if any(node.args.get(k) for k in ("order", "limit", "offset", "where", "joins")):
        raise CannotSay("order_around_query")


# ---- set operations


def _combined(node: exp.SetOperation, scope: SqlScope, keys: Sequence[ForeignKey]) -> Plan:
    """Both sides as plans. Several of one kind (not EXCEPT) are nested to the right: they associate."""
    op = _SETS[type(node)]
    arms = _arms(node, type(node))
    plans = [_bare_set(_query(arm, scope.inner(), keys)) for arm in arms]
    if any(p.combine is not None for p in plans[:-1]) or (plans[-1].combine and len(plans) > 2):
        raise CannotSay("mixed_set_operations")
    limited = [p for p in plans if p.limit is not None or p.offset is not None or p.order_by]
    if limited and limited != plans[-1:] and op != "except":
        plans = [*(p for p in plans if p not in limited), *limited]  # a limit may stand on the right
    plans = [*(_as_members(p) for p in plans[:-1]), plans[-1]]
    whole = plans[-1]
    for plan in reversed(plans[:-1]):
        whole = plan.model_copy(
            update={"combine": SetOperation(op=op, plan=whole), "order_by": ()}  # type: ignore[arg-type]
        )
    first_scope = _scope_of(arms[0], scope, keys)
    update = {"order_by": _orders(node, first_scope, whole), **_limits(node)}
    return whole.model_copy(update=update)


def _arms(node: exp.Expr, kind: type[exp.SetOperation]) -> list[exp.Expr]:
    if type(node) is kind and kind is not exp.Except and isinstance(node, exp.SetOperation):
        return [*_arms(node.this, kind), *_arms(node.expression, kind)]
    if isinstance(node, exp.SetOperation):
        return [node.this, node.expression] if type(node) is kind else [node]
    return [node]


def _bare_set(plan: Plan) -> Plan:
    """Sides are compared as sets: their own DISTINCT, and an order that no limit needs, say nothing."""
    update: dict[str, object] = {"distinct": False}
    if plan.limit is None and plan.offset is None:
        update["order_by"] = ()
    return plan.model_copy(update=update)


def _as_members(plan: Plan) -> Plan:
    """A side with a limit as the rows that are among its rows: only the last side may have a limit."""
    if plan.limit is None and plan.offset is None:
        return plan
    if len(plan.select) != 1 or plan.joins:
        raise CannotSay("limit_inside_set_operation")
    among = InQuery(argument=plan.select[0].expr, plan=plan)
    return Plan(table=plan.table, where=among, select=plan.select)


def _scope_of(node: exp.Expr, scope: SqlScope, keys: Sequence[ForeignKey]) -> SqlScope:
    """The scope of the first SELECT, by whose names the whole is ordered."""
    while not isinstance(node, exp.Select):
        node = node.this
    node = without_derived(node)
    inside = scope.inner()
    read_source(node, inside, keys)
    inside.aliases = _aliases(node)
    return inside


# ---- one SELECT


def _select(node: exp.Select, scope: SqlScope, keys: Sequence[ForeignKey]) -> Plan:
    for part in ("windows", "laterals", "pivots"):
        if node.args.get(part):
            raise CannotSay(part)
    node = without_derived(node)
    if node.args.get("from_") is None:
        return over_one_table([expression(e, scope) for e in node.expressions])
    source = read_source(node, scope, keys)
    scope.aliases = _aliases(node)
    where = conjunction(predicate(c, scope) for c in source.conditions)
    if where is not None and _aggregates(where):
        raise CannotSay("aggregate_in_where")
    shown = _shown(node, scope, source.table)
    having = _having(node, scope)
    plan = Plan(table=source.table, joins=source.joins, where=where)
    plan = plan.model_copy(update=_shape(node, shown, having, scope, plan))
    first = top_per_group(node, scope)
    if first is not None:
        return plan.model_copy(update={"top_per_group": first[0], "order_by": first[1]})
    return plan.model_copy(update={"order_by": _orders(node, scope, plan), **_limits(node)})


def _aggregates(node: Node) -> bool:
    return has_aggregate(node)


def _aliases(node: exp.Select) -> dict[str, exp.Expr]:
    return {e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)}


def _shown(node: exp.Select, scope: SqlScope, base: str) -> list[Expr | Measure] | None:
    """The selected expressions and windows, each once; None for all columns of the plan's first table."""
    only = node.expressions[0] if len(node.expressions) == 1 else None
    if only is not None and _is_star(only):
        owner = scope.bound.get(only.table.lower()) if isinstance(only, exp.Column) else None
        if len(scope.bound) == 1 or (owner is not None and owner.name == base):
            return None
    shown: list[Expr | Measure] = []
    for item in node.expressions:
        if _is_star(item):
            shown += _all_columns(item, scope)
        else:
            shown.append(window_measure(item, scope) or expression(item, scope))
    return list(dict.fromkeys(shown))


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def _all_columns(node: exp.Expr, scope: SqlScope) -> list[Expr]:
    owner = node.table.lower() if isinstance(node, exp.Column) else ""
    tables = [t for name, t in scope.bound.items() if not owner or owner in (name, t.name.lower())]
    return [ColumnRef(name=c.name, table=t.name) for t in tables for c in t.columns]


def _having(node: exp.Select, scope: SqlScope) -> Predicate | None:
    having = node.args.get("having")
    if having is None:
        return None
    return conjunction([predicate(_resolved(having.this, scope), scope)])


def _groups(node: exp.Select, scope: SqlScope) -> list[Expr]:
    group = node.args.get("group")
    if group is None:
        return []
    if any(group.args.get(k) for k in ("cube", "rollup", "grouping_sets")):
        raise CannotSay("grouping_sets")
    if group.args.get("all"):
        plain = [i for i in node.expressions if i.find(exp.Window) is None]
        return [e for i in plain if not has_aggregate(e := expression(i, scope))]
    return [_named(key, node, scope) for key in group.expressions]


def _shape(
    node: exp.Select,
    shown: list[Expr | Measure] | None,
    having: Predicate | None,
    scope: SqlScope,
    plan: Plan,
) -> dict[str, object]:
    """The parts of the plan that say whether rows or groups are shown."""
    groups = _groups(node, scope)
    measured = [e for e in shown or [] if isinstance(e, Measure) or has_aggregate(e)]
    ranked = any(has_aggregate(o.by) for o in _orders(node, scope, plan) if isinstance(o.by, Node))
    if not (measured or having is not None or (groups and ranked)):
        return _rows(node, [e for e in shown if not isinstance(e, Measure)] if shown else None, groups)
    if shown is None:
        raise CannotSay("all_columns_of_groups")
    keys = [e for e in shown if not (isinstance(e, Measure) or has_aggregate(e))]
    if groups and not keys and not _pinned(groups, plan.where):
        raise CannotSay("group_not_shown")
    if keys and not groups and not measured:
        raise CannotSay("having_without_groups")
    return {
        "group_by": tuple(Item(expr=e) for e in keys),
        "measures": tuple(e if isinstance(e, Measure) else Measure(expr=e) for e in measured),
        "having": having,
    }


def _pinned(groups: list[Expr], where: Predicate | None) -> bool:
    """Whether the conditions leave one group only, so that it need not be shown."""
    items = where.items if isinstance(where, And) else (where,)
    fixed = [i.left for i in items if isinstance(i, Compare) and i.op == "="]
    return all(g in fixed for g in groups)


def _rows(node: exp.Select, shown: list[Expr] | None, groups: list[Expr]) -> dict[str, object]:
    """Rows; GROUP BY without an aggregate shows each combination once."""
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on"):
        raise CannotSay("distinct_on")
    select = () if shown is None else tuple(Item(expr=e) for e in shown)
    return {"select": select, "distinct": distinct is not None or bool(groups)}


# ---- order and limit


def _orders(node: exp.Expr, scope: SqlScope, plan: Plan) -> tuple[Order, ...]:
    order = node.args.get("order")
    if order is None:
        return ()
    orders = [
        Order(by=_named(o.this, node, scope), descending=bool(o.args.get("desc"))) for o in order.expressions
    ]
    kept: dict[Node, Order] = {}
    for item in orders:
        if isinstance(item.by, Node) and item.by.kind != "literal":
            kept.setdefault(item.by, item)
    return tuple(kept.values())


def _named(key: exp.Expr, node: exp.Expr, scope: SqlScope) -> Expr:
    """A sort or group key: a position, a heading, or an expression."""
    if isinstance(key, exp.Literal) and not key.is_string:
        first = node
        while not isinstance(first, exp.Select):
            first = first.this
        place = int(key.name) - 1
        if not 0 <= place < len(first.expressions):
            raise CannotSay("unknown_position", key.name)
        return _key(first.expressions[place], scope)
    return _key(_resolved(key, scope), scope)


def _key(node: exp.Expr, scope: SqlScope) -> Expr:
    """A key's expression; shares are in the order of what they are shares of."""
    window = window_measure(node, scope)
    if window is None:
        return expression(node, scope)
    if window.window != "share":
        raise CannotSay("order_by_window", node.sql()[:80])
    return window.expr


def _resolved(node: exp.Expr, scope: SqlScope) -> exp.Expr:
    """The expression with headings of the SELECT list replaced by what they stand for.

    Inside a larger expression, a column of that name goes before a heading.
    """

    def replaced(part: exp.Expr) -> exp.Expr:
        if isinstance(part, exp.Column) and not part.table and part.name.lower() in scope.aliases:
            own = part is not whole and any(t.column(part.name) for t in scope.bound.values())
            return part if own else scope.aliases[part.name.lower()].copy()
        return part

    whole = node = node.copy()

    return node.transform(replaced, copy=False)


def _limits(node: exp.Expr) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in ("limit", "offset"):
        given = node.args.get(part)
        if given is None:
            continue
        count = given.expression
        if not (isinstance(count, exp.Literal) and count.name.isdigit()):
            raise CannotSay(f"{part}_not_a_number", given.sql())
        found[part] = int(count.name)
    if found.get("offset") == 0:
        del found["offset"]
    return found
