"""What tools give back, and how its values become JSON."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmauto_tools.schema import Column

JsonValue = Any
"""None, bool, int, float, str, or lists and dicts of these."""


def to_json_value(value: Any) -> JsonValue:
    """A value as it is stored in the ledger and printed by `--json`.

    Whole decimals become int, other decimals float; dates and times ISO 8601; NaN and infinities the
    strings "NaN", "Infinity", "-Infinity" (JSON has none); bytes hexadecimal.
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, decimal.Decimal):
        if not value.is_finite():
            return to_json_value(float(value))
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(k): to_json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [to_json_value(v) for v in value]
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return to_json_value(value.tolist())
    return str(value)


@dataclass(frozen=True)
class QueryResult:
    """The bounded result of one SQL statement.

    `rows` holds at most the row limit; `row_count` is the true number of rows, or None when counting
    them took longer than was left of the time limit (then `truncated` is True).
    """

    sql: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int | None
    truncated: bool
    seconds: float
    tables: tuple[str, ...] = ()
    """The workspace tables that the statement reads."""

    @property
    def names(self) -> list[str]:
        return [c.name for c in self.columns]


@dataclass(frozen=True)
class Section:
    """A further table of a result, such as the associations in a profile. Its values are JSON values."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    note: str | None = None
    """One line below the table: the method, a sample's size and error, how many rows were left out."""


def section(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], note: str | None = None
) -> Section:
    """A section from any values (NumPy's scalars too)."""
    return Section(title, tuple(columns), tuple(tuple(to_json_value(v) for v in r) for r in rows), note)


def table_of(
    names: Sequence[str], rows: Iterable[Sequence[Any]], *, tables: Sequence[str] = (), sql: str = ""
) -> QueryResult:
    """A result table that was computed in Python rather than by one statement.

    The types are inferred from the values: BOOLEAN, BIGINT, DOUBLE, else VARCHAR. `tables` are the
    workspace tables that it was computed from, `sql` the statement that read them.
    """
    values = tuple(tuple(to_json_value(v) for v in row) for row in rows)
    columns = tuple(Column(name, _dtype_of([row[i] for row in values])) for i, name in enumerate(names))
    return QueryResult(sql, columns, values, len(values), False, 0.0, tuple(tables))


def _dtype_of(values: Sequence[JsonValue]) -> str:
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {bool}:
        return "BOOLEAN"
    if kinds and kinds <= {int}:
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"


@dataclass
class ToolResult:
    """What a tool function returns; `run_tool` turns it into evidence."""

    table: QueryResult | None = None
    figures: dict[str, JsonValue] = field(default_factory=dict)
    """Named scalars that are no table: counts, scores, limits."""
    sql: str | None = None
    """The exact SQL, where it is not the table's own."""
    text: str | None = None
    """One short line for the reader of the conversation."""
    artifacts: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seed: int | None = None
    tables: tuple[str, ...] = ()
    """The workspace tables that were read, where there is no result table to tell."""
    sections: list[Section] = field(default_factory=list)
    """Further tables, in the order in which a person reads them."""
    charts: list[dict[str, Any]] = field(default_factory=list)
    """Complete Vega-Lite specifications of aggregated data."""
