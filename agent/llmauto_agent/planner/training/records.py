"""The records that the planner is trained on, and the schemas that they refer to, as gzip JSON lines."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, ForeignKey, Table

MAX_VALUES = 2_000
"""Distinct values that are kept of a text column, the most frequent first."""
MAX_VALUE_LENGTH = 60


@dataclass(frozen=True)
class Record:
    """A request and the call that answers it.

    `db` names a schema of the same set; `context` holds the earlier requests of a conversation, oldest
    first, and `previous` the plan of the turn before. `plan` is that of the tool `analyze`, `chart` the
    kind of chart that was asked for by name ("bar", "line", "pie", "scatter").
    """

    id: str
    source: str
    lang: str
    question: str
    db: str
    plan: Plan
    context: tuple[str, ...] = ()
    previous: Plan | None = None
    chart: str | None = None
    tool: str = "analyze"
    arguments: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source": self.source,
            "lang": self.lang,
            "question": self.question,
            "db": self.db,
            "context": list(self.context),
            "previous": plan_json(self.previous) if self.previous is not None else None,
            "tool": self.tool,
            "arguments": self.arguments,
            "plan": plan_json(self.plan),
            "chart": self.chart,
        }


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON without what is left at its default."""
    return plan.model_dump(mode="json", exclude_defaults=True)


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write gzip JSON lines, byte for byte the same for the same rows; returns how many.

    The file is put in place when it is complete, so that nobody reads half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    with (
        part.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8") as file,
    ):
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    part.replace(path)
    return count


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


# ---- schemas


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_tables(con: duckdb.DuckDBPyConnection) -> list[Table]:
    """The tables of a connection with their columns and types."""
    rows = con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE NOT internal ORDER BY table_oid, column_index"
    ).fetchall()
    columns: dict[str, list[Column]] = {}
    for table, name, dtype in rows:
        columns.setdefault(table, []).append(Column(name, dtype))
    return [Table(name, tuple(cols)) for name, cols in columns.items()]


def describe_database(
    con: duckdb.DuckDBPyConnection, db: str, tables: Sequence[Table], foreign_keys: Sequence[ForeignKey]
) -> dict[str, Any]:
    """The schema record of a database: tables, columns, types, values, ranges and foreign keys.

    A column has "values" (text) or "low" and "high" (numbers and dates), and "missing", the number of
    its NULLs, where there are any.
    """
    keys = [[k.table, k.column, k.other_table, k.other_column] for k in foreign_keys]
    return {"db": db, "tables": [_describe(con, t) for t in tables], "foreign_keys": keys}


def _describe(con: duckdb.DuckDBPyConnection, table: Table) -> dict[str, Any]:
    rows = con.execute(f"SELECT * FROM {quote(table.name)}").fetchall()
    cells: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(table.columns)
    columns = [_column(c, values) for c, values in zip(table.columns, cells, strict=True)]
    return {"name": table.name, "columns": columns, "rows": len(rows)}


def _column(column: Column, cells: Sequence[Any]) -> dict[str, Any]:
    there = [v for v in cells if v is not None]
    described: dict[str, Any] = {"name": column.name, "type": column.dtype}
    if len(there) < len(cells):
        described["missing"] = len(cells) - len(there)
    if column.family == "text":
        counts = Counter(v for v in there if len(v) <= MAX_VALUE_LENGTH)
        kept = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES]
        described["values"] = [value for value, _ in kept]
    elif column.family in {"number", "date"} and there:
        described["low"], described["high"] = _bound(min(there)), _bound(max(there))
    return described


def _bound(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else str(value)


def complete_columns(schema: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """The columns (table, column) of a schema record that have no missing values."""
    return frozenset(
        (table["name"], column["name"])
        for table in schema["tables"]
        for column in table["columns"]
        if "missing" not in column
    )
