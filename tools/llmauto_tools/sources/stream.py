"""Rows of another program's format, streamed through DuckDB into a parquet file in the cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.sources.base import Opening, connect, identifier, literal
from llmauto_tools.sources.cache import Cache

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROWS_PER_BATCH = 50_000


def write_parquet(cache: Cache, target: Path, reader: pa.RecordBatchReader, items: Sequence[str]) -> Path:
    """Write `SELECT items` over the reader's rows (table `incoming`) to `target`; memory stays bounded."""
    with cache.writing(target) as part:
        db = connect()
        try:
            copy(db, reader, items, part)
        finally:
            db.close()
    return target


def copy(db: duckdb.DuckDBPyConnection, reader: Any, items: Sequence[str], part: Path) -> None:
    """COPY the items over `reader` (an Arrow table or reader) to the parquet file `part`."""
    db.register("incoming", reader)
    try:
        db.execute(f"COPY (SELECT {', '.join(items)} FROM incoming) TO {literal(str(part))} (FORMAT parquet)")
    finally:
        db.unregister("incoming")


def parquet_types(opening: Opening, schema: pa.Schema, items: Sequence[str]) -> list[tuple[str, str]]:
    """(name, DuckDB type) of the columns that write_parquet makes of a stream with that schema."""
    with opening.cache.writing(opening.cache.path("types", schema, *items, suffix=".parquet")) as part:
        copy(opening.db, schema.empty_table(), items, part)
        described = opening.db.execute(f"DESCRIBE FROM read_parquet({literal(str(part))})").fetchall()
    return [(name, dtype) for name, dtype, *_ in described]


def renamed(raw: Sequence[str], names: Sequence[str]) -> list[str]:
    """SELECT items that give the columns of a stream their clean names."""
    return [f"{identifier(r)} AS {identifier(n)}" for r, n in zip(raw, names, strict=True)]


def batches(rows: Iterator[Sequence[Sequence[Any]]], schema: pa.Schema) -> pa.RecordBatchReader:
    """An Arrow stream of lists of Python rows; every value has to fit the schema."""
    import pyarrow as pa

    def each() -> Iterator[pa.RecordBatch]:
        for part in rows:
            columns = list(zip(*part, strict=True))
            arrays = [pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, each())
