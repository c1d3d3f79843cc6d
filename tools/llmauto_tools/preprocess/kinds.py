"""What a column holds, and the SQL of names and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from llmauto_tools.columns import literal, quoted
from llmauto_tools.schema import Column

Kind = Literal["integer", "number", "text", "timestamp", "boolean", "other"]
Schema = dict[str, Kind]
"""Columns in order, with what they hold."""

NUMERIC: tuple[Kind, ...] = ("integer", "number")
CATEGORY: tuple[Kind, ...] = ("text", "boolean", "integer")
MAX_LEVEL_CHARACTERS = 200
"""Longer texts are not learned as levels."""
WHITESPACE = " \t\r\n\f\v\u00a0\u3000"
NUMBER_PATTERN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"

_FLOATS = ("FLOAT", "DOUBLE", "DECIMAL")


def kind_of(column: Column) -> Kind:
    if column.family == "number":
        return "number" if column.dtype.upper().startswith(_FLOATS) else "integer"
    if column.family == "date":
        return "timestamp"
    if column.family == "text":
        return "text"
    return "boolean" if column.family == "boolean" else "other"


def schema_of(columns: Sequence[Column]) -> Schema:
    return {c.name: kind_of(c) for c in columns}


def number(value: float | int) -> str:
    """A DOUBLE as SQL writes it, exactly."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is no number")
    text = repr(float(value))
    return text if "e" in text else text + "e0"


def text_sql(name: str, kind: Kind) -> str:
    """The column as text. Whole numbers read alike whether they are stored as integers or floats."""
    q = quoted(name)
    if kind == "text":
        return q
    if kind == "number":
        whole = f"{q} = floor({q}) AND abs({q}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({q} AS BIGINT) AS VARCHAR) ELSE CAST({q} AS VARCHAR) END"
    return f"CAST({q} AS VARCHAR)"


def text_list(values: Sequence[str]) -> str:
    return ", ".join(literal(v) for v in values)


def unique_name(name: str, taken: set[str]) -> str:
    """The name, with "_2" and so on where it is taken (DuckDB ignores case); adds it to `taken` (folded)."""
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.casefold())
    return candidate
