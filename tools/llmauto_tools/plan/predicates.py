"""Conditions of a plan as SQL.

They keep SQL's three-valued logic: a row whose value is missing meets neither a condition nor its
negation; ask for it with IsNull, or with None among the values of OneOf.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan import dates
from llmauto_tools.plan.expressions import expression
from llmauto_tools.plan.model import (
    And,
    Between,
    Compare,
    InQuery,
    IsNull,
    IsTrue,
    Literal_,
    Node,
    Not,
    OneOf,
    Or,
    Period,
    Predicate,
    RelativePeriod,
    TextMatch,
)  # fmt: skip
from llmauto_tools.plan.scope import Scope
from llmauto_tools.plan.typed import (
    Typed,
    align,
    as_boolean,
    as_date,
    as_text,
    date_literal,
    iso_moment,
    literal,
)  # fmt: skip
from llmauto_tools.plan.walk import columns_of

_ESCAPE = "!"
_COMPARISONS: dict[str, type[exp.Binary]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


def predicate(node: Predicate, scope: Scope) -> exp.Expr:
    """The SQL of a condition. Raises PlanError for unknown names and types that do not fit."""
    return _COMPILERS[type(node)](node, scope)


def _compare(node: Compare, scope: Scope) -> exp.Expr:
    left, right = align(expression(node.left, scope), expression(node.right, scope))
    for side, other in ((left, right), (right, left)):
        if side.dtype == "NULL" and node.op in {"=", "!="}:
            return _is_null(other.sql) if node.op == "=" else exp.not_(_is_null(other.sql), copy=False)
    return _COMPARISONS[node.op](this=_side(left), expression=_side(right))


def _side(value: Typed) -> exp.Expr:
    return (
        exp.Paren(this=value.sql)
        if isinstance(value.sql, (exp.Predicate, exp.Connector, exp.Not))
        else value.sql
    )


def _between(node: Between, scope: Scope) -> exp.Expr:
    argument = expression(node.argument, scope)
    above, low = align(argument, expression(node.low, scope))
    below, high = align(argument, expression(node.high, scope))
    if above.sql == below.sql:
        return exp.Between(this=above.sql, low=low.sql, high=high.sql)
    return exp.and_(
        exp.GTE(this=above.sql, expression=low.sql), exp.LTE(this=below.sql, expression=high.sql), copy=False
    )


def _period(node: Period, scope: Scope) -> exp.Expr:
    argument = expression(node.argument, scope)
    bounds = [(exp.GTE, node.start), (exp.LT, node.end)]
    if node.start is None and node.end is None:
        raise PlanError("A period needs a start or an end.")
    if argument.family == "number":
        limits = [(op, _year(bound, argument)) for op, bound in bounds if bound is not None]
    else:
        argument = as_date(argument)
        limits = [(op, date_literal(iso_moment(bound)).sql) for op, bound in bounds if bound is not None]
    conditions = [op(this=argument.sql.copy(), expression=limit) for op, limit in limits]
    return exp.and_(*conditions, copy=False)


def _year(bound: str, argument: Typed) -> exp.Expr:
    """The year that begins at a bound, for a column that holds years as numbers."""
    moment = iso_moment(bound)
    if (moment.month, moment.day) != (1, 1):
        raise PlanError(f"{argument.label} is a number: only whole years can be compared with it.")
    return exp.Literal.number(moment.year)


def _relative_period(node: RelativePeriod, scope: Scope) -> exp.Expr:
    argument = expression(node.argument, scope)
    if argument.family == "number":
        year: exp.Expr = exp.Year(this=dates.today(scope).sql)
        anchor = year if node.anchor == "today" else _newest(node, argument, scope)
        return dates.relative_years(node, argument, anchor)
    argument = as_date(argument)
    anchor = dates.today(scope).sql if node.anchor == "today" else _newest(node, argument, scope)
    return dates.relative_period(node, argument, anchor)


def _newest(node: RelativePeriod, argument: Typed, scope: Scope) -> exp.Expr:
    tables = {scope.binding_of(ref) for ref in columns_of(node.argument)}
    if len(tables) != 1:
        raise PlanError("A period relative to the newest date needs a column of one table.")
    return dates.newest(argument, tables.pop(), scope)


def _one_of(node: OneOf, scope: Scope) -> exp.Expr:
    """x IN (...); a None among the values stands for missing ones (IN would never find them)."""
    argument = expression(node.argument, scope)
    values = [v for v in node.values if v is not None]
    missing = [_is_null(argument.sql.copy())] if len(values) < len(node.values) else []
    if not node.values:
        return exp.false()
    by_side: dict[exp.Expr, list[exp.Expr]] = {}
    for value in values:
        side, constant = align(argument, literal(Literal_(value=value)))
        by_side.setdefault(side.sql, []).append(constant.sql)
    tests: list[exp.Expr] = [_in(side, constants) for side, constants in by_side.items()]
    return exp.or_(*tests, *missing, copy=False)


def _in(side: exp.Expr, constants: list[exp.Expr]) -> exp.Expr:
    if len(constants) == 1:
        return exp.EQ(this=side.copy(), expression=constants[0])
    return exp.In(this=side.copy(), expressions=constants)


def _text_match(node: TextMatch, scope: Scope) -> exp.Expr:
    text = as_text(expression(node.argument, scope)).sql
    if node.how == "equals":
        return _equals(text, node)
    pattern = "".join(_ESCAPE + c if c in {"%", "_", _ESCAPE} else c for c in node.text)
    escaped = pattern != node.text
    before = "" if node.how == "starts" else "%"
    after = "" if node.how == "ends" else "%"
    kind = exp.Like if node.case_sensitive or _caseless(node.text) else exp.ILike
    match = kind(this=text, expression=exp.Literal.string(before + pattern + after))
    return exp.Escape(this=match, expression=exp.Literal.string(_ESCAPE)) if escaped else match


def _equals(text: exp.Expr, node: TextMatch) -> exp.Expr:
    constant: exp.Expr = exp.Literal.string(node.text)
    if node.case_sensitive or _caseless(node.text):
        return exp.EQ(this=text, expression=constant)
    # Python and DuckDB may fold other letters differently, so DuckDB folds both sides there.
    constant = exp.Literal.string(node.text.lower()) if node.text.isascii() else exp.Lower(this=constant)
    return exp.EQ(this=exp.Lower(this=text), expression=constant)


def _caseless(text: str) -> bool:
    return text.lower() == text.upper()


def _is_null(sql: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.Paren(this=sql) if isinstance(sql, exp.Binary) else sql, expression=exp.null())


def _null(node: IsNull, scope: Scope) -> exp.Expr:
    return _is_null(expression(node.argument, scope).sql)


def _true(node: IsTrue, scope: Scope) -> exp.Expr:
    return as_boolean(expression(node.argument, scope)).sql


def _and(node: And, scope: Scope) -> exp.Expr:
    return exp.and_(*(predicate(i, scope) for i in node.items), copy=False) if node.items else exp.true()


def _or(node: Or, scope: Scope) -> exp.Expr:
    return exp.or_(*(predicate(i, scope) for i in node.items), copy=False) if node.items else exp.false()


def _not(node: Not, scope: Scope) -> exp.Expr:
    return exp.not_(predicate(node.item, scope), copy=False)


def _in_query(node: InQuery, scope: Scope) -> exp.Expr:
    """x IN (SELECT ...) without the inner NULLs: one of them would make NOT IN never true."""
    query, columns = scope.settings.query(node.plan)
    argument, inner = expression(node.argument, scope), columns[0]
    name = exp.column(exp.to_identifier(inner.name, quoted=True))
    argument, value = align(argument, Typed(name, inner.dtype, f"'{inner.name}'"))
    listed = exp.to_identifier("listed", quoted=True)
    source = query.subquery(listed, copy=False)
    values = exp.select(value.sql, copy=False).from_(source, copy=False)
    values = values.where(exp.not_(_is_null(name.copy()), copy=False), copy=False)
    return exp.In(this=argument.sql, query=values.subquery(copy=False))


_COMPILERS: dict[type[Node], Callable[[Any, Scope], exp.Expr]] = {
    Compare: _compare,
    Between: _between,
    Period: _period,
    RelativePeriod: _relative_period,
    OneOf: _one_of,
    TextMatch: _text_match,
    IsNull: _null,
    IsTrue: _true,
    And: _and,
    Or: _or,
    Not: _not,
    InQuery: _in_query,
}
