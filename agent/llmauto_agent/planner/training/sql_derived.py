"""A SELECT over a derived table, rewritten as a SELECT over the tables inside it.

    SELECT x FROM (SELECT x, y FROM t ORDER BY y DESC LIMIT 5) ORDER BY z LIMIT 1
    → SELECT x FROM t WHERE x IN (SELECT x FROM t ORDER BY y DESC LIMIT 5) ORDER BY z LIMIT 1

The rewriting takes the column that is asked for as the key of the inner rows, which holds for the questions
that people ask ("of the five best sellers, which one is the dearest"); the check of the rows decides.
"""

from __future__ import annotations

from sqlglot import exp

from llmauto_agent.planner.training.sql_scope import CannotSay

_BARE = ("where", "group", "having", "order", "limit", "offset", "distinct", "joins")


def without_derived(select: exp.Select) -> exp.Select:
    """The SELECT itself, or the same without its derived table. Raises CannotSay("derived_table")."""
    start = select.args.get("from_")
    if start is None or not isinstance(start.this, exp.Subquery):
        return select
    inner = start.this.unnest()
    if select.args.get("joins"):
        raise CannotSay("derived_table", "joined")
    if isinstance(inner, exp.SetOperation):
        return _restricted(select, inner, _first_select(inner))
    if not isinstance(inner, exp.Select):
        raise CannotSay("derived_table", type(inner).__name__)
    if not any(select.args.get(k) for k in _BARE) and _only_columns(select):
        return without_derived(_projected(select, inner))
    inner = without_derived(inner)
    if any(inner.args.get(k) for k in ("group", "having", "limit", "offset", "distinct")):
        return _restricted(select, inner, inner)
    return _flat(select, inner)


def _only_columns(select: exp.Select) -> bool:
    return all(isinstance(e.unalias(), (exp.Column, exp.Star)) for e in select.expressions)


def _projected(select: exp.Select, inner: exp.Select) -> exp.Select:
    """The inner query with the columns that are asked for."""
    shown = _by_name(inner)
    columns: list[exp.Expr] = []
    for item in select.expressions:
        if isinstance(item, exp.Star):
            return inner
        columns.append(_inner_expression(item.unalias(), shown))
    merged = inner.copy()
    merged.set("expressions", [c.copy() for c in columns])
    return merged


def _flat(select: exp.Select, inner: exp.Select) -> exp.Select:
    """Both conditions over the inner tables, for an inner query that only selects rows."""
    shown = _by_name(inner)

    def replaced(node: exp.Expr) -> exp.Expr:
        return _inner_expression(node, shown).copy() if isinstance(node, exp.Column) else node

    merged = select.copy()
    for part in ("expressions", "where", "group", "having", "order"):
        value = merged.args.get(part)
        if isinstance(value, list):
            merged.set(part, [item.transform(replaced) for item in value])
        elif value is not None:
            merged.set(part, value.transform(replaced))
    return _over(merged, inner, inner.args.get("where"))


def _restricted(select: exp.Select, inner: exp.Query, first: exp.Select) -> exp.Select:
    """The rows whose key is among those of an inner query that limits, groups or combines them."""
    shown = _by_name(first)
    key = _key(select, first, shown)
    query = inner.copy()
    if isinstance(query, exp.Select):
        query.set("expressions", [key.copy()])
        query.set("distinct", None)
    elif len(first.expressions) != 1:
        raise CannotSay("derived_table", "set operation")
    merged = select.copy()
    if _counts_rows(merged) and (first.args.get("group") or isinstance(inner, exp.SetOperation)):
        merged.set("expressions", [exp.Count(this=exp.Distinct(expressions=[key.copy()]))])
    test = exp.In(this=key.copy(), query=exp.Subquery(this=query))
    if isinstance(query, exp.Select) and not any(query.args.get(k) for k in ("having", "limit", "offset")):
        return _over(merged, first, query.args.get("where"))
    return _over(merged, first, exp.Where(this=test))


def _over(merged: exp.Select, inner: exp.Select, where: exp.Expr | None) -> exp.Select:
    """The SELECT over the tables of the inner one, whose names go by no qualifier outside."""
    start = merged.args["from_"].this.alias
    for column in merged.find_all(exp.Column):
        if start and column.table == start:
            column.set("table", None)
    merged.set("from_", inner.args["from_"].copy())
    merged.set("joins", [j.copy() for j in inner.args.get("joins") or ()])
    own = merged.args.get("where")
    conditions = [w.this.copy() for w in (where, own) if w is not None]
    merged.set("where", exp.Where(this=exp.and_(*conditions)) if conditions else None)
    return merged


def _key(select: exp.Select, inner: exp.Select, shown: dict[str, exp.Expr]) -> exp.Expr:
    """The inner column by which rows are told apart: what the outer query names first, else the first."""
    named = [e.unalias() for e in select.expressions]
    for item in [*named, *(e.unalias() for e in inner.expressions)]:
        if isinstance(item, exp.Column) and not isinstance(item.this, exp.Star):
            found = shown.get(item.name.lower())
            if isinstance(found, exp.Column):
                return found
    raise CannotSay("derived_table", "no key")


def _counts_rows(select: exp.Select) -> bool:
    only = select.expressions[0].unalias() if len(select.expressions) == 1 else None
    return isinstance(only, exp.Count) and isinstance(only.this, exp.Star)


def _by_name(inner: exp.Select) -> dict[str, exp.Expr]:
    return {e.alias_or_name.lower(): e.unalias() for e in inner.expressions}


def _inner_expression(column: exp.Expr, shown: dict[str, exp.Expr]) -> exp.Expr:
    found = shown.get(column.name.lower())
    if found is not None:
        return found
    if "*" in shown:
        return exp.Column(this=column.this.copy())
    raise CannotSay("derived_table", column.sql())


def _first_select(node: exp.Expr) -> exp.Select:
    while not isinstance(node, exp.Select):
        node = node.this
    return node
