"""Conditions of a SQL statement as predicates of a plan, in one canonical form.

Constants stand on the right; NOT is pushed into comparisons; alternatives of one column are a OneOf; two
bounds of one column are a Between; LIKE is a TextMatch; `= (several rows)` is an InQuery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlglot import exp

from llmauto_agent.planner.training import sql_expressions as expressions
from llmauto_agent.planner.training import sql_periods
from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
from llmauto_tools.plan.model import (
    And,
    Between,
    Compare,
    Expr,
    InQuery,
    IsNull,
    IsTrue,
    Literal_,
    Not,
    OneOf,
    Or,
    Predicate,
    ScalarQuery,
    TextFunction,
    TextMatch,
)  # fmt: skip

_COMPARISONS: dict[type[exp.Expr], str] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def predicate(node: exp.Expr, scope: SqlScope) -> Predicate:
    """The plan's predicate for a SQL condition. Raises CannotSay."""
    while isinstance(node, exp.Paren):
        node = node.this
    for kinds, convert in _CONVERTERS:
        if isinstance(node, kinds):
            return convert(node, scope)
    return IsTrue(argument=expressions.expression(node, scope))


def conjunction(items: Iterable[Predicate]) -> Predicate | None:
    """All of the predicates as one, or None where there are none."""
    flat: list[Predicate] = []
    for item in items:
        flat += item.items if isinstance(item, And) else [item]
    merged = _merge_bounds(list(dict.fromkeys(flat)))
    if not merged:
        return None
    return merged[0] if len(merged) == 1 else And(items=tuple(merged))


# ---- comparisons


def _compare(node: exp.Expr, scope: SqlScope) -> Predicate:
    op = _COMPARISONS[type(node)]
    left, right = node.this, node.expression
    if _is_query(left) and not _is_query(right):
        left, right, op = right, left, _MIRRORED[op]
    if _is_query(right):
        return _compare_query(op, left, right, scope)
    a, b = expressions.expression(left, scope), expressions.expression(right, scope)
    if scope.family(a) == "boolean" and isinstance(b, Literal_) and isinstance(b.value, bool) and op in "!=":
        return IsTrue(argument=a) if b.value == (op == "=") else Not(item=IsTrue(argument=a))
    if expressions.is_constant(a) and not expressions.is_constant(b):
        a, b, op = b, a, _MIRRORED[op]
    return _made(op, a, expressions.fitted(b, a, scope) if op in {"=", "!="} or _of_numbers(a, scope) else b)


def _of_numbers(node: Expr, scope: SqlScope) -> bool:
    return scope.family(node) == "number"


def _made(op: str, left: Expr, right: Expr) -> Compare:
    return Compare(op=op, left=left, right=right)  # type: ignore[arg-type]


def _is_query(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Paren, exp.Any)):
        node = node.this
    return isinstance(node, (exp.Subquery, exp.Query))


def _compare_query(op: str, left: exp.Expr, right: exp.Expr, scope: SqlScope) -> Predicate:
    """Compared with one value; equality with what may be several rows means being among them."""
    argument = expressions.expression(left, scope)
    if isinstance(right, exp.Any):
        if op != "=":
            raise CannotSay("any", op)
        right = right.this
    return _against(op, argument, right, scope)


def _against(op: str, argument: Expr, query: exp.Expr, scope: SqlScope) -> Predicate:
    plan = scope.query(query, scope)
    if expressions.gives_one_row(plan):
        return _made(op, argument, ScalarQuery(plan=plan))
    if op == "=":
        return InQuery(argument=argument, plan=plan)
    if op == "!=":
        return Not(item=InQuery(argument=argument, plan=plan))
    return _made(op, argument, ScalarQuery(plan=expressions.single_value(plan)))


def _in(node: exp.In, scope: SqlScope) -> Predicate:
    query = node.args.get("query")
    if query is not None:
        return _against("=", expressions.expression(node.this, scope), query, scope)
    if not node.expressions:
        raise CannotSay("in_unknown", node.sql()[:80])
    argument = expressions.expression(node.this, scope)
    literals = [
        expressions.fitted(Literal_(value=expressions.constant(v)), argument, scope) for v in node.expressions
    ]
    return one_of(argument, [v.value for v in literals if isinstance(v, Literal_)])


def one_of(argument: Expr, values: Iterable[bool | int | float | str | None]) -> Predicate:
    """The argument is one of the values: each once, in the order given; a single one is an equality."""
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) == 1 and distinct[0] is not None:
        return _made("=", argument, Literal_(value=distinct[0]))
    return OneOf(argument=argument, values=distinct)


def _between(node: exp.Between, scope: SqlScope) -> Predicate:
    argument = expressions.expression(node.this, scope)
    low, high = (expressions.expression(node.args[k], scope) for k in ("low", "high"))
    if _of_numbers(argument, scope):
        low, high = expressions.fitted(low, argument, scope), expressions.fitted(high, argument, scope)
    return Between(argument=argument, low=low, high=high)


def _merge_bounds(items: list[Predicate]) -> list[Predicate]:
    """x >= a and x <= b, for constants and the same x, are one Between where the first of them stood."""
    merged: list[Predicate] = []
    for item in items:
        partner = next((i for i, other in enumerate(merged) if _bounds(other, item) is not None), None)
        if partner is None:
            merged.append(item)
        else:
            merged[partner] = _bounds(merged[partner], item)  # type: ignore[assignment]
    return merged


def _bounds(one: Predicate, other: Predicate) -> Between | None:
    if not (isinstance(one, Compare) and isinstance(other, Compare) and one.left == other.left):
        return None
    if not (expressions.is_constant(one.right) and expressions.is_constant(other.right)):
        return None
    if (one.op, other.op) == (">=", "<="):
        return Between(argument=one.left, low=one.right, high=other.right)
    if (one.op, other.op) == ("<=", ">="):
        return Between(argument=one.left, low=other.right, high=one.right)
    return None


# ---- text


def _like(node: exp.Expr, scope: SqlScope) -> Predicate:
    argument = expressions.expression(node.this, scope)
    pattern = expressions.constant(node.expression)
    if not isinstance(pattern, str):
        raise CannotSay("like_pattern", node.sql())
    return _negated(node, _match(argument, pattern, ""))


def _escape(node: exp.Escape, scope: SqlScope) -> Predicate:
    like, escape = node.this, expressions.constant(node.expression)
    pattern = expressions.constant(like.expression)
    if not isinstance(like, (exp.Like, exp.ILike)) or not isinstance(pattern, str):
        raise CannotSay("like_pattern", node.sql())
    return _negated(like, _match(expressions.expression(like.this, scope), pattern, str(escape)))


def _negated(node: exp.Expr, match: Predicate) -> Predicate:
    """NOT LIKE is one node with a mark on it."""
    return invert(match) if node.args.get("negate") else match


def _match(argument: Expr, pattern: str, escape: str) -> Predicate:
    """A pattern with wildcards at its ends only; without any it is an equality."""
    if isinstance(argument, TextFunction) and argument.function in {"lower", "upper"}:
        argument = argument.argument  # a match is case-insensitive anyway
    starts, ends = pattern.endswith("%"), pattern.startswith("%")
    text = pattern.strip("%")
    if escape:
        text = text.replace(escape + "%", "\0").replace(escape + "_", "\1")
    if "%" in text or "_" in text or not text:
        raise CannotSay("like_pattern", pattern)
    text = text.replace("\0", "%").replace("\1", "_")
    if not starts and not ends:
        return _made("=", argument, Literal_(value=text))
    how = "contains" if starts and ends else "starts" if starts else "ends"
    return TextMatch(argument=argument, how=how, text=text)  # type: ignore[arg-type]


def _contains(node: exp.Expr, scope: SqlScope) -> Predicate:
    how = "starts" if isinstance(node, exp.StartsWith) else "contains"
    text = expressions.constant(node.expression)
    argument = expressions.expression(node.this, scope)
    return TextMatch(argument=argument, how=how, text=str(text))  # type: ignore[arg-type]


# ---- logic


def _is(node: exp.Is, scope: SqlScope) -> Predicate:
    argument = expressions.expression(node.this, scope)
    if isinstance(node.expression, exp.Null):
        return IsNull(argument=argument)
    raise CannotSay("is", node.sql())


def _and(node: exp.And, scope: SqlScope) -> Predicate:
    whole = conjunction(predicate(part, scope) for part in node.flatten())
    assert whole is not None
    return whole


def _or(node: exp.Or, scope: SqlScope) -> Predicate:
    """Alternatives; equalities of one argument become a OneOf where the first of them stood."""
    parts: list[Predicate] = []
    for part in node.flatten():
        item = predicate(part, scope)
        parts += item.items if isinstance(item, Or) else [item]
    merged: list[Predicate] = []
    for item in parts:
        values = _values(item)
        before = next(
            (i for i, m in enumerate(merged) if values and (w := _values(m)) and w[0] == values[0]), None
        )
        if before is None or values is None:
            merged.append(item)
        else:
            there = _values(merged[before])
            assert there is not None
            merged[before] = one_of(values[0], [*there[1], *values[1]])
    merged = list(dict.fromkeys(merged))
    return merged[0] if len(merged) == 1 else Or(items=tuple(merged))


def _values(item: Predicate) -> tuple[Expr, list[Any]] | None:
    if isinstance(item, OneOf):
        return item.argument, list(item.values)
    if isinstance(item, Compare) and item.op == "=" and isinstance(item.right, Literal_):
        return (item.left, [item.right.value]) if item.right.type == "auto" else None
    return None


def _not(node: exp.Not, scope: SqlScope) -> Predicate:
    return invert(predicate(node.this, scope))


def invert(inner: Predicate) -> Predicate:
    """The negation; that of a comparison is the opposite comparison."""
    if isinstance(inner, Compare):
        return inner.model_copy(update={"op": _NEGATED[inner.op]})
    return inner.item if isinstance(inner, Not) else Not(item=inner)


def _called(node: exp.Anonymous, scope: SqlScope) -> Predicate:
    if node.name.lower() == sql_periods.NAME:
        return sql_periods.during(node, scope)
    return IsTrue(argument=expressions.expression(node, scope))


def _exists(node: exp.Exists, scope: SqlScope) -> Predicate:
    scope.query(node.this, scope)  # says "correlated" where it is
    raise CannotSay("exists", node.sql()[:80])


_CONVERTERS: tuple[tuple[Any, Callable[[Any, SqlScope], Predicate]], ...] = (
    (tuple(_COMPARISONS), _compare),
    (exp.In, _in),
    (exp.Between, _between),
    ((exp.Like, exp.ILike), _like),
    (exp.Escape, _escape),
    ((exp.Contains, exp.StartsWith), _contains),
    (exp.Is, _is),
    (exp.And, _and),
    (exp.Or, _or),
    (exp.Not, _not),
    (exp.Exists, _exists),
    (exp.Anonymous, _called),
)
