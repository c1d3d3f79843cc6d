"""Tables of a Python program as sources, and results as Arrow, pandas or polars."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.exits import UsageError
from llmauto_tools.errors import MissingExtra

if TYPE_CHECKING:
    import pyarrow as pa

_ARROW_TYPES = {
    "TINYINT": "int8", "SMALLINT": "int16", "INTEGER": "int32", "BIGINT": "int64", "UTINYINT": "uint8",
    "USMALLINT": "uint16", "UINTEGER": "uint32", "UBIGINT": "uint64", "FLOAT": "float32",
    "DOUBLE": "float64", "BOOLEAN": "bool", "VARCHAR": "string", "DATE": "date32[day]",
    "TIMESTAMP": "timestamp[us]", "TIMESTAMP_S": "timestamp[s]", "TIMESTAMP_MS": "timestamp[ms]",
    "TIMESTAMP_NS": "timestamp[ns]",
}  # fmt: skip
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def is_frame(value: Any) -> bool:
    """Whether a value is a table that Arrow can take: pyarrow, pandas, polars, or any that exports a stream."""
    return hasattr(value, "__arrow_c_stream__") or type(value).__module__.split(".")[0] == "pandas"


def to_arrow(frame: Any) -> pa.Table:
    """Any table as an Arrow table, without pandas' index."""
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    if type(frame).__module__.split(".")[0] == "pandas":
        return pa.Table.from_pandas(frame, preserve_index=False)
    return pa.table(frame)


def keep_frame(frame: Any, name: str, cache: Path) -> str:
    """Write a table to the workspace's cache and return the path, a source like any other.

    The file is named by its content, so that attaching the same data again is the same source.
    """
    import pyarrow.parquet as pq

    table = to_arrow(frame)
    if not table.num_columns:
        raise UsageError("A table without columns cannot be attached.")
    folder = cache / "frames"
    folder.mkdir(parents=True, exist_ok=True)
    arriving = folder / f".arriving-{id(frame):x}"
    try:
        pq.write_table(table, arriving)
        with arriving.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        kept = folder / digest / f"{name}.parquet"
        kept.parent.mkdir(exist_ok=True)
        arriving.replace(kept)
    finally:
        arriving.unlink(missing_ok=True)
    return str(kept)


def from_rows(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """An Arrow table from JSON values and DuckDB types; types without an Arrow twin stay as they are."""
    import pyarrow as pa

    arrays = [_array([row[i] for row in rows], dtype) for i, (_, dtype) in enumerate(columns)]
    return pa.table(arrays, names=[name for name, _ in columns])


def _array(values: list[Any], dtype: str) -> pa.Array:
    import pyarrow as pa

    wanted = _arrow_type(dtype)
    if wanted is None:
        return pa.array(values)
    if pa.types.is_floating(wanted) or pa.types.is_decimal(wanted):
        # JSON has no NaN or infinity: the ledger keeps them as words, which float() reads.
        floats = pa.array([None if v is None else float(v) for v in values], pa.float64())
        return floats.cast(wanted, safe=False)
    if pa.types.is_temporal(wanted):
        return pa.array(values, pa.string()).cast(wanted)
    return pa.array(values, wanted)


def _arrow_type(dtype: str) -> Any:
    import pyarrow as pa

    decimal = _DECIMAL.fullmatch(dtype)
    if decimal:
        return pa.decimal128(int(decimal[1]), int(decimal[2]))
    if dtype == "TIMESTAMP WITH TIME ZONE":
        return pa.timestamp("us", "UTC")
    name = _ARROW_TYPES.get(dtype)
    return pa.type_for_alias(name) if name else None


def to_pandas(table: pa.Table) -> Any:
    """Raises MissingExtra where pandas is not installed."""
    try:
        import pandas  # noqa: F401
    except ImportError as e:
        raise MissingExtra("to_pandas()", "pandas") from e
    return table.to_pandas()


def to_polars(table: pa.Table) -> Any:
    """Raises MissingExtra where polars is not installed."""
    try:
        import polars
    except ImportError as e:
        raise MissingExtra("to_polars()", "polars") from e
    return polars.from_arrow(table)
