"""Rows drawn for the tables of a block, so that its plans can be run."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import duckdb

from llmauto_agent.planner.training.generate.tables import Col, Domain
from llmauto_agent.planner.training.records import quote
from llmauto_agent.planner.training.written.parse import Block

MANY, FEW = 240, 60
"""Rows of a table, and of one that others refer to."""
MISSING = 0.04
"""The part of the values that is missing, ids left out."""


def fill(con: duckdb.DuckDBPyConnection, block: Block, seed: int = 0) -> None:
    """Make the tables of a block. What refers to another table has values of it."""
    r = random.Random(f"{block.name}-{seed}")
    referred = {k.other_table for k in block.keys}
    done: dict[str, dict[str, list[Any]]] = {}
    for table in sorted(block.tables, key=lambda t: _depth(t.name, block)):
        count = FEW if table.name in referred else MANY
        refers = {k.column: (k.other_table, k.other_column) for k in block.keys if k.table == table.name}
        cells = {c.name: _cells(c, i, count, r) for i, c in enumerate(table.columns)}
        for column, (other, other_column) in refers.items():
            if other in done:
                cells[column] = [r.choice(done[other][other_column]) for _ in range(count)]
        done[table.name] = cells
        _create(con, table, list(zip(*cells.values(), strict=True)))


def _depth(table: str, block: Block, seen: tuple[str, ...] = ()) -> int:
    """How many tables have to be there first."""
    others = [k.other_table for k in block.keys if k.table == table and k.other_table not in (*seen, table)]
    return max((1 + _depth(o, block, (*seen, table)) for o in others), default=0)


def _cells(column: Col, place: int, count: int, r: random.Random) -> list[Any]:
    if column.role == "id":
        return list(range(1, count + 1)) if place == 0 else [r.randint(1, FEW) for _ in range(count)]
    return [None if r.random() < MISSING else _cell(column, r) for _ in range(count)]


def _cell(column: Col, r: random.Random) -> Any:
    if column.values:
        return r.choice(column.values)
    if column.role == "bool":
        return r.random() < 0.5
    if column.role == "date":
        first = dt.date(int(column.low), 1, 1)
        return first + dt.timedelta(days=r.randrange((dt.date(int(column.high) + 1, 1, 1) - first).days))
    if column.whole:
        return r.randint(int(column.low), int(column.high))
    return round(r.uniform(column.low, column.high), 2)


def _create(con: duckdb.DuckDBPyConnection, table: Domain, rows: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{quote(c.name)} {c.dtype}" for c in table.columns)
    con.execute(f"CREATE OR REPLACE TABLE {quote(table.name)} ({columns})")
    values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    con.execute(f"INSERT INTO {quote(table.name)} VALUES {values}")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (str, dt.date)):
        return "'" + str(value).replace("'", "''") + "'"
    return str(value)
