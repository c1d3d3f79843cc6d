"""What a first llmauto.yml can say of tables: joins, likely measures and dimensions, units, dates, filters.

The rules are ours and deliberately few: a draft is read and corrected by a person. What would change answers by a
guess (filters, the fiscal year) is drafted as a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmauto_agent.planner.words import UNITS, split_name, strip_cjk_unit
from llmauto_tools.plan.keys import FoundKey, examine_joins
from llmauto_tools.profile.kinds import Kind, semantic_kinds
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

MAX_COLUMNS = 60
"""Columns of a table that are drafted; a wider one is said to have more."""
MAX_VALUES = 12
"""Different values up to which a column's values are listed in a comment."""

_PRICE = re.compile(r"(?:unit|list|sale|selling|item)?_?price(?:_each)?$|^price$|单价|售价", re.IGNORECASE)
_QUANTITY = re.compile(r"^(?:quantity|qty|units|quantity_ordered|order_qty|数量)$", re.IGNORECASE)
_DISCOUNT = re.compile(r"^(?:discount|discount_rate|discount_pct)$", re.IGNORECASE)
_REVENUE = re.compile(
    r"^(?:revenue|sales|turnover|net_sales|sales_amount|销售额|营业额|收入)$", re.IGNORECASE
)
_COST = re.compile(r"^(?:cost|costs|cogs|total_cost|成本)$", re.IGNORECASE)
_TEST = re.compile(r"(?:^|_)(?:test|deleted|internal|dummy|demo|spam|void|archived)(?:_|$)", re.IGNORECASE)
_STATUS = re.compile(r"(?:^|_)(?:status|state)$|状态", re.IGNORECASE)
_DEAD = re.compile(r"cancel|refund|return|void|test|delet|reject|draft|取消|退", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"[(（\[]([^()（）\[\]]{1,12})[)）\]]\s*$")


@dataclass(frozen=True)
class LearnedColumn:
    name: str
    kind: Kind
    dtype: str
    unit: str = ""
    values: tuple[str, ...] = ()
    """Its different values where they are few: they go into a comment of the draft."""


@dataclass(frozen=True)
class LearnedTable:
    name: str
    rows: int | None
    origin: str
    columns: tuple[LearnedColumn, ...]
    more: int = 0
    """Columns that were left out."""


@dataclass(frozen=True)
class LearnedMeasure:
    name: str
    table: str
    expression: str
    description: str
    unit: str = ""


@dataclass(frozen=True)
class LearnedFilter:
    table: str
    name: str
    exclude: str


@dataclass(frozen=True)
class Learned:
    """All of it, for `draft.write_draft`."""

    tables: tuple[LearnedTable, ...]
    joins: tuple[FoundKey, ...] = ()
    measures: tuple[LearnedMeasure, ...] = ()
    dimensions: tuple[tuple[str, str], ...] = field(default=())
    """(table, column) that rows are grouped by."""
    filters: tuple[LearnedFilter, ...] = ()


def learn(
    workspace: Workspace,
    *,
    timeout: float | None = None,
    step: Callable[[str, float], None] | None = None,
) -> Learned:
    """Look at the attached tables: one query over the first rows of each, and one a join candidate.

    step: is told what is being done, and how far it is (0..1).
    """
    tables = workspace.tables()
    learned = []
    for i, table in enumerate(tables):
        if step is not None:
            step(f"looking at {table.name}", i / (len(tables) + 1))
        learned.append(_table(workspace, table, timeout))
    if step is not None:
        step("looking for joins", len(tables) / (len(tables) + 1))
    joins = examine_joins(tables, workspace.foreign_keys(), engine=workspace.engine)
    by_name = {t.name: t for t in tables}
    measures = [m for t in learned for m in _measures(t, by_name[t.name])]
    return Learned(
        tuple(learned),
        tuple(joins),
        tuple(_distinctly_named(measures)),
        tuple((t.name, c.name) for t in learned for c in t.columns if c.kind in ("category", "boolean")),
        tuple(f for t in learned for f in _filters(t)),
    )


def _table(workspace: Workspace, table: Table, timeout: float | None) -> LearnedTable:
    shown = table.columns[:MAX_COLUMNS]
    kinds = semantic_kinds(workspace, table.name, [c.name for c in shown], timeout=timeout)
    columns = [
        LearnedColumn(
            c.name,
            kinds[c.name],
            c.dtype,
            unit_of(c.name),
            _values(workspace, table, c, kinds[c.name], timeout),
        )
        for c in shown
    ]
    return LearnedTable(
        table.name, table.row_count, table.origin, tuple(columns), len(table.columns) - len(shown)
    )


def _values(
    workspace: Workspace, table: Table, column: Column, kind: Kind, timeout: float | None
) -> tuple[str, ...]:
    """The values of a category that has few of them, in the first rows."""
    if kind != "category" or column.family != "text":
        return ()
    name, of = (n.replace('"', '""') for n in (column.name, table.name))
    found = workspace.engine.query(
        f'SELECT DISTINCT "{name}" FROM (SELECT "{name}" FROM "{of}" LIMIT 10000)'
        f' WHERE "{name}" IS NOT NULL ORDER BY 1',
        max_rows=MAX_VALUES + 1,
        timeout=timeout,
    )
    return tuple(str(r[0]) for r in found.rows) if len(found.rows) <= MAX_VALUES else ()


def unit_of(name: str) -> str:
    """The unit that a column's name ends with: "Body Mass (g)", "price_usd", "金额万元"."""
    if (m := _IN_BRACKETS.search(name)) is not None:
        return m[1].strip()
    parts = split_name(name)
    # One letter is more often an initial than litres or tons.
    if len(parts) > 1 and parts[-1] in UNITS and len(parts[-1]) > 1:
        return parts[-1]
    bare = strip_cjk_unit(name)
    return name[len(bare) :] if bare != name else ""


def _measures(learned: LearnedTable, table: Table) -> Iterator[LearnedMeasure]:
    """Aggregates that the names speak for, and that the planner can say."""
    for measure in _likely(learned):
        if table.column(measure.name) is None and _usable(measure, table):
            yield measure


def _likely(learned: LearnedTable) -> Iterator[LearnedMeasure]:
    numbers = [c for c in learned.columns if c.kind in ("number", "money")]
    price, quantity = _first(numbers, _PRICE), _first(numbers, _QUANTITY)
    revenue = _first(numbers, _REVENUE)
    name = learned.name
    if price and quantity and revenue is None:
        off = _first(numbers, _DISCOUNT)
        each = f"{_sql(quantity)} * {_sql(price)}" + (f" * (1 - {_sql(off)})" if off else "")
        said = "Quantity times price" + (", less the discount (a share of the price?)." if off else ".")
        yield LearnedMeasure("revenue", name, f"sum({each})", said, price.unit)
    cost = _first(numbers, _COST)
    if revenue and cost:
        total, spent = f"sum({_sql(revenue)})", f"sum({_sql(cost)})"
        yield LearnedMeasure("profit", name, f"{total} - {spent}", "Revenue less cost.", revenue.unit)
        yield LearnedMeasure("profit margin", name, f"({total} - {spent}) / {total}", "Profit per revenue.")
    for column in learned.columns:
        if column.kind == "boolean" and column.dtype.upper() == "BOOLEAN" and not _TEST.search(column.name):
            yield LearnedMeasure(
                f"{' '.join(_without_is(split_name(column.name)))} rate", name,
                f"count(*) FILTER (WHERE {_sql(column)}) / count(*)", f"The share of rows with {column.name}.",
            )  # fmt: skip


def _without_is(words: list[str]) -> list[str]:
    return words[1:] if len(words) > 1 and words[0] in ("is", "has", "was") else words


def _first(columns: Sequence[LearnedColumn], pattern: re.Pattern[str]) -> LearnedColumn | None:
    return next((c for c in columns if pattern.search(_without_unit(c))), None)


def _without_unit(column: LearnedColumn) -> str:
    return re.sub(r"[\s_(（\[]*$", "", column.name.rstrip(")）]").removesuffix(column.unit))


def _sql(column: LearnedColumn) -> str:
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", column.name)
    return column.name if plain else '"' + column.name.replace('"', '""') + '"'


def _usable(measure: LearnedMeasure, table: Table) -> bool:
    from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan

    quoted = table.name.replace('"', '""')
    try:
        to_plan(f'SELECT {measure.expression} FROM "{quoted}"', [table])
    except CannotSay:
        return False
    return True


def _distinctly_named(measures: Sequence[LearnedMeasure]) -> Iterator[LearnedMeasure]:
    """A name that two tables have gets the table's name before it."""
    for measure in measures:
        if sum(m.name == measure.name for m in measures) > 1:
            name = f"{' '.join(split_name(measure.table))} {measure.name}"
            yield LearnedMeasure(name, measure.table, measure.expression, measure.description, measure.unit)
        else:
            yield measure


def _filters(table: LearnedTable) -> Iterator[LearnedFilter]:
    """Rows that are often left out, for a person to decide on."""
    for column in table.columns:
        if column.kind == "boolean" and column.dtype.upper() == "BOOLEAN" and _TEST.search(column.name):
            words = " ".join(_without_is(split_name(column.name)))
            yield LearnedFilter(table.name, f"{words} {table.name}", _sql(column))
        dead = [v for v in column.values if _STATUS.search(column.name) and _DEAD.search(v)]
        for value in dead:
            literal = value.replace("'", "''")
            yield LearnedFilter(table.name, f"{value} {table.name}", f"{_sql(column)} = '{literal}'")
