"""The FROM clause of a SELECT as a plan's first table and its joins, in one canonical order.

Inner joins may be written in any order. The plan starts from the table whose rows the joined rows are
(the one from which no join goes from a key to the rows that refer to it); the others follow as they are
written. Without foreign keys, and with left joins, the order of the statement is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
from llmauto_tools.plan.model import ColumnRef, Join
from llmauto_tools.schema import ForeignKey, Table

Pair = tuple[ColumnRef, ColumnRef]


@dataclass
class Source:
    """What a SELECT reads: its first table, the joins, and the conditions that are left for WHERE."""

    table: str
    joins: tuple[Join, ...]
    conditions: list[exp.Expr] = field(default_factory=list)


@dataclass
class _Added:
    """A table as the statement adds it; `pairs` join it where it is a left join."""

    table: Table
    left: bool
    pairs: list[Pair]


def read_source(select: exp.Select, scope: SqlScope, foreign_keys: Sequence[ForeignKey]) -> Source:
    """Bind the tables of a SELECT and find how they are joined. Raises CannotSay."""
    start = select.args.get("from_")
    if start is None:
        raise CannotSay("no_table")
    added = [_Added(scope.bind(_table(start.this)), False, [])]
    conditions: list[exp.Expr] = []
    pairs: list[Pair] = []
    for join in select.args.get("joins") or ():
        if (join.args.get("side") or "").upper() in {"RIGHT", "FULL"} or join.args.get("method"):
            raise CannotSay("outer_join", join.sql()[:80])
        left = (join.args.get("side") or "").upper() == "LEFT"
        table = scope.bind(_table(join.this))
        found, rest = _split(_condition_parts(join, table, added, scope), scope)
        if left and rest:
            raise CannotSay("left_join_condition", join.sql()[:80])
        added.append(_Added(table, left, found))
        pairs += [] if left else found
        conditions += rest
    scope.outer_joined = any(a.left for a in added)
    found, conditions_left = _split(_where_parts(select), scope)
    if not scope.outer_joined:
        pairs += found
        return _inner(added, pairs, [*conditions, *conditions_left], foreign_keys)
    return _as_written(added, [*conditions, *_where_parts(select)])


def _table(node: exp.Expr) -> exp.Table:
    if isinstance(node, exp.Table):
        return node
    raise CannotSay("derived_table", node.sql()[:80])


def _where_parts(select: exp.Select) -> list[exp.Expr]:
    where = select.args.get("where")
    return list(_conjuncts(where.this)) if where is not None else []


def _conjuncts(node: exp.Expr) -> Iterable[exp.Expr]:
    while isinstance(node, exp.Paren) and isinstance(node.this, exp.And):
        node = node.this
    if isinstance(node, exp.And):
        yield from _conjuncts(node.this)
        yield from _conjuncts(node.expression)
    else:
        yield node


def _condition_parts(join: exp.Join, table: Table, before: list[_Added], scope: SqlScope) -> list[exp.Expr]:
    """The conditions of a join; USING (c) is written out as an equality."""
    on = join.args.get("on")
    parts = list(_conjuncts(on)) if on is not None else []
    for name in join.args.get("using") or ():
        owner = next((a.table for a in before if a.table.column(name.name) is not None), None)
        if owner is None:
            raise CannotSay("unknown_column", name.name)
        parts.append(
            exp.EQ(
                this=exp.column(name.name, table=owner.name, quoted=True),
                expression=exp.column(name.name, table=table.name, quoted=True),
            )
        )
    return parts


def _split(parts: Iterable[exp.Expr], scope: SqlScope) -> tuple[list[Pair], list[exp.Expr]]:
    """Equalities between columns of two tables, and the other conditions."""
    pairs: list[Pair] = []
    rest: list[exp.Expr] = []
    for part in parts:
        pair = _pair(part, scope)
        if pair is None:
            rest.append(part)
        else:
            pairs.append(pair)
    return pairs, rest


def _pair(node: exp.Expr, scope: SqlScope) -> Pair | None:
    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.EQ):
        return None
    sides = [_bare(node.this), _bare(node.expression)]
    if not all(isinstance(s, exp.Column) for s in sides):
        return None
    left, right = (scope.column(s) for s in sides if isinstance(s, exp.Column))
    return (left, right) if left.table != right.table else None


def _bare(node: exp.Expr) -> exp.Expr:
    """A column that is cast so that keys of two types compare; the plan does that by itself."""
    return node.this if isinstance(node, exp.TryCast) and isinstance(node.this, exp.Column) else node


# ---- order


def _inner(
    added: list[_Added], pairs: list[Pair], conditions: list[exp.Expr], keys: Sequence[ForeignKey]
) -> Source:
    names = [a.table.name for a in added]
    base = min(names, key=lambda name: (_fans_out(name, pairs, keys), names.index(name)))
    joins: list[Join] = []
    there = [base]
    left = [n for n in names if n != base]
    while left:
        found = next(((n, on) for n in left if (on := _connecting(n, there, pairs))), None)
        if found is None:
            raise CannotSay("join_without_key", ", ".join(left))
        joins.append(Join(table=found[0], on=found[1]))
        there.append(found[0])
        left.remove(found[0])
    return Source(base, tuple(joins), conditions)


def _connecting(name: str, there: list[str], pairs: list[Pair]) -> tuple[Pair, ...]:
    """The pairs that join a table with those that are there, each once, theirs first."""
    found: dict[Pair, None] = {}
    for one, other in pairs:
        if other.table == name and one.table in there:
            found[(one, other)] = None
        elif one.table == name and other.table in there:
            found[(other, one)] = None
    return tuple(sorted(found, key=lambda pair: (pair[0].table or "", pair[0].name, pair[1].name)))


def _fans_out(base: str, pairs: list[Pair], keys: Sequence[ForeignKey]) -> int:
    """How many joins, walked from this table, go from a key to the rows that refer to it."""
    refers = {(k.table, k.column.lower(), k.other_table, k.other_column.lower()) for k in keys}
    count, there, waiting = 0, {base}, list(pairs)
    while step := next((p for p in waiting if (p[0].table in there) != (p[1].table in there)), None):
        known, new = step if step[0].table in there else (step[1], step[0])
        count += (new.table, new.name.lower(), known.table, known.name.lower()) in refers
        there.add(new.table or "")
        waiting = [p for p in waiting if not (p[0].table in there and p[1].table in there)]
    return count


def _as_written(added: list[_Added], conditions: list[exp.Expr]) -> Source:
    joins: list[Join] = []
    there = [added[0].table.name]
    for item in added[1:]:
        on = _connecting(item.table.name, there, item.pairs)
        if not on:
            raise CannotSay("join_without_key", item.table.name)
        joins.append(Join(table=item.table.name, on=on, how="left" if item.left else "inner"))
        there.append(item.table.name)
    return Source(there[0], tuple(joins), conditions)
