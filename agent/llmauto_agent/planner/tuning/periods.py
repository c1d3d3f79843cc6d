"""Conditions on dates as the periods that the question names.

People write `day >= '2024-01-01' AND day < '2025-01-01'`, `year(day) = 2024` or `BETWEEN`; the planner
learns "in 2024". Where the bounds of a condition are those of a period in the words of the question, the
condition is written as `during(day, 'in 2024')` (`training.sql_periods`), which also lets it be varied.
Relative periods ("last year") are found in the form that llmauto itself compiles them to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from llmauto_agent.planner.date_conditions import relative_period
from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.training.sql_periods import NAME
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import ColumnRef, Item, Plan
from llmauto_tools.schema import Table

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class _Bound:
    """What one condition says of a column: dates from `low` to before `high`."""

    column: exp.Column
    low: str | None = None
    high: str | None = None


def with_periods(sql: str, texts: Sequence[str], tables: Sequence[Table]) -> str:
    """The statement with `during` for the conditions whose bounds the texts name; else as it is.

    texts: the question and those before it, newest first.
    """
    dates = [d for text in texts for d in read_dates(text)]
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError:
        return sql
    found = False
    for where in list(tree.find_all(exp.Where)):
        conditions = [
            c.unnest() for c in (where.this.flatten() if isinstance(where.this, exp.And) else [where.this])
        ]
        kept = _replaced(conditions, dates, tables)
        if kept is not None:
            where.set("this", exp.and_(*kept))
            found = True
    return tree.sql(dialect="duckdb") if found else sql


def _replaced(
    conditions: list[exp.Expr], dates: Sequence[DateLiteral], tables: Sequence[Table]
) -> list[exp.Expr] | None:
    """The conditions with periods, or None where none of them is one."""
    done = False
    bounds = [_bound(c, tables) for c in conditions]
    for column in {b.column.sql(): b.column for b in bounds if b is not None}.values():
        mine = [i for i, b in enumerate(bounds) if b is not None and b.column.sql() == column.sql()]
        lows = [b.low for i in mine if (b := bounds[i]) and b.low]
        highs = [b.high for i in mine if (b := bounds[i]) and b.high]
        if len(lows) > 1 or len(highs) > 1:
            continue
        date = _period(dates, next(iter(lows), None), next(iter(highs), None))
        if date is not None:
            conditions = _instead(conditions, mine, column, date)
            bounds = [_bound(c, tables) for c in conditions]
            done = True
    for date in dates:
        if date.kind == "relative" and (place := _relative(conditions, date, tables)) is not None:
            conditions = _instead(conditions, place[0], place[1], date)
            done = True
    return conditions if done else None


def _instead(
    conditions: Sequence[exp.Expr], places: Sequence[int], column: exp.Column, date: DateLiteral
) -> list[exp.Expr]:
    during = exp.Anonymous(this=NAME, expressions=[column.copy(), exp.Literal.string(date.text)])
    kept = [during if i == places[0] else c for i, c in enumerate(conditions)]
    return [c for i, c in enumerate(kept) if i not in places[1:]]


def _period(dates: Sequence[DateLiteral], low: str | None, high: str | None) -> DateLiteral | None:
    return next((d for d in dates if d.kind == "period" and (d.low, d.high) == (low, high)), None)


# ---- absolute bounds


def _bound(node: exp.Expr, tables: Sequence[Table]) -> _Bound | None:
    if isinstance(node, exp.Between):
        low, high = _date(node.args["low"]), _date(node.args["high"])
        column = _date_column(node.this, tables)
        return _Bound(column, low, _after(high)) if column and low and high else None
    if not isinstance(node, (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ)):
        return None
    if isinstance(node, exp.EQ) and (year := _year(node, tables)) is not None:
        return year
    column, date = _date_column(node.this, tables), _date(node.expression)
    if column is None or date is None:
        return None
    if isinstance(node, exp.EQ):
        return _Bound(column, date, _after(date))
    if isinstance(node, (exp.GT, exp.GTE)):
        return _Bound(column, low=_after(date) if isinstance(node, exp.GT) else date)
    return _Bound(column, high=_after(date) if isinstance(node, exp.LTE) else date)


def _year(node: exp.EQ, tables: Sequence[Table]) -> _Bound | None:
    """`year(day) = 2024`, however it is written."""
    call, number = node.this, node.expression
    inner: exp.Expr | None = None
    if isinstance(call, exp.Year) or (isinstance(call, exp.Extract) and call.name.lower() == "year"):
        inner = call.this if isinstance(call, exp.Year) else call.expression
    while isinstance(inner, (exp.Cast, exp.TsOrDsToDate)):
        inner = inner.this
    column = _date_column(inner, tables) if inner is not None else None
    if column is None or not isinstance(number, exp.Literal) or not number.name.isdigit():
        return None
    return _Bound(column, f"{number.name}-01-01", f"{int(number.name) + 1}-01-01")


def _date_column(node: exp.Expr, tables: Sequence[Table]) -> exp.Column | None:
    """The column, where every table that has it holds dates there."""
    if not isinstance(node, exp.Column):
        return None
    found = [c for t in tables if (c := t.column(node.name)) is not None]
    return node if found and all(c.family == "date" for c in found) else None


def _date(node: exp.Expr) -> str | None:
    """A constant date as text."""
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if not isinstance(node, exp.Literal) or not node.is_string:
        return None
    text = node.name.removesuffix(" 00:00:00")
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _after(date: str | None) -> str | None:
    return (dt.date.fromisoformat(date) + _DAY).isoformat() if date is not None else None


# ---- relative periods


def _relative(
    conditions: Sequence[exp.Expr], date: DateLiteral, tables: Sequence[Table]
) -> tuple[list[int], exp.Column] | None:
    """The conditions that are what llmauto compiles the period to, with its column."""
    there = {_plain(c): i for i, c in enumerate(conditions)}
    for table, column in ((t, c) for t in tables for c in t.columns if c.family == "date"):
        wanted = [_plain(c) for c in _compiled(table, column.name, date)]
        if wanted and all(w in there for w in wanted):
            return [there[w] for w in wanted], exp.column(column.name, quoted=True)
    return None


def _compiled(table: Table, column: str, date: DateLiteral) -> Iterator[exp.Expr]:
    unit = date.unit
    if unit is None or unit == "hour":
        return
    ref = ColumnRef(name=column, table=table.name)
    period = relative_period(ref, date)
    sql = compile_plan(Plan(table=table.name, select=(Item(expr=ref),), where=period), [table])
    where = sqlglot.parse_one(sql, read="duckdb").find(exp.Where)
    assert where is not None
    yield from where.this.flatten() if isinstance(where.this, exp.And) else [where.this]


def _plain(node: exp.Expr) -> str:
    """A condition without the names of its tables and without regard to case and quotes."""
    copy = node.unnest().copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    for name in copy.find_all(exp.Identifier):
        name.set("quoted", False)
        name.set("this", name.this.lower())
    return str(copy.sql(dialect="duckdb"))
