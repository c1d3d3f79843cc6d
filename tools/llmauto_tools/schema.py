"""The nouns of a schema: columns, tables, and the relations that sources turn into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

TypeFamily = Literal["number", "text", "date", "time", "boolean", "other"]

_NUMBERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BIGNUM",
}  # fmt: skip


def type_family(dtype: str) -> TypeFamily:
    """Sort a DuckDB type name into the few families that matter to a question."""
    base = dtype.upper().split("(")[0].strip()
    if dtype.endswith("]") or base in {"STRUCT", "MAP", "UNION", "LIST"}:
        return "other"
    if base in _NUMBERS:
        return "number"
    if base in {"VARCHAR", "UUID", "ENUM", "CHAR", "TEXT"}:
        return "text"
    if base == "DATE" or base.startswith("TIMESTAMP"):
        return "date"
    if base.startswith("TIME") or base == "INTERVAL":
        return "time"
    return "boolean" if base == "BOOLEAN" else "other"


@dataclass(frozen=True)
class Column:
    """A column of a table: its name as the table spells it and its DuckDB type."""

    name: str
    dtype: str
    note: str | None = None
    """What was done to it on the way in, such as "text '1,234' read as a number"."""

    @property
    def family(self) -> TypeFamily:
        return type_family(self.dtype)


@dataclass(frozen=True)
class Table:
    """A named relation of a workspace, as a tool, a planner or a person sees it."""

    name: str
    columns: tuple[Column, ...]
    kind: Literal["source", "derived"] = "source"
    origin: str = ""
    """The source as the person gave it (credentials removed), or the evidence id that derived it."""
    row_count: int | None = None
    """Known rows, or None where counting would cost a scan that nobody asked for."""
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name (exact, else ignoring case), or None."""
        for col in self.columns:
            if col.name == name:
                return col
        folded = name.casefold()
        return next((c for c in self.columns if c.name.casefold() == folded), None)


@dataclass(frozen=True)
class ForeignKey:
    """A join that is declared by a source or was detected in the data."""

    table: str
    column: str
    other_table: str
    other_column: str
    declared: bool = False


@dataclass(frozen=True)
class Relation:
    """What a source turns into: a table that the engine can create as a view.

    Exactly one of `view_sql` and `load` is set. `view_sql` is a complete SELECT (casts and renames
    included) over the files in `paths` or the database file in `attach`. `load` copies the data into
    a parquet file (in the workspace's cache) and returns its path; the engine calls it the first time
    that a query names the table, so that attaching a database with 200 tables costs nothing.
    """

    name: str
    columns: tuple[Column, ...]
    origin: str
    view_sql: str | None = None
    paths: tuple[str, ...] = ()
    """Files, or folders ending in '/', that the engine has to be allowed to read."""
    attach: tuple[str, str] | None = None
    """(alias, path) of a DuckDB file to attach read-only before the view is made."""
    load: Callable[[], Path] | None = field(default=None, compare=False)
    row_count: int | None = None
    notes: tuple[str, ...] = ()
    """What a person has to know: rows that could not be read, encodings, casts."""
    fingerprint: str = ""
    """Changes when the data changes (sizes and modification times, or a snapshot's time)."""
    foreign_keys: tuple[ForeignKey, ...] = ()

    def table(self) -> Table:
        return Table(self.name, self.columns, "source", self.origin, self.row_count, self.notes)
