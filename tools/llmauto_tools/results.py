"""What tools give back, and how its values become JSON."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
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
