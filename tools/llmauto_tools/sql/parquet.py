"""Write the result of a statement to a parquet file, streamed through Arrow."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.errors import DiskFull, WorkspaceError
from llmauto_tools.schema import Column
from llmauto_tools.sql.instance import name, text

if TYPE_CHECKING:
    import duckdb

_WRITE_AS_TEXT = ("INTERVAL", "UNION", "BIT", "MAP", "TIME WITH TIME ZONE", "VARIANT", "GEOMETRY")
_WIDE = {"HUGEINT": "DECIMAL(38, 0)", "UHUGEINT": "DECIMAL(38, 0)", "BIGNUM": "VARCHAR"}
ROWS_PER_GROUP = 122_880


def write_parquet(cursor: duckdb.DuckDBPyConnection, sql: str, path: Path) -> int:
    """Write all rows of a guarded SELECT to `path`; returns their number.

    Raises DiskFull or WorkspaceError when the file cannot be written; nothing is left of it then.
    """
    import pyarrow.parquet as pq

    described = cursor.execute(f"DESCRIBE (\n{sql}\n)").fetchall()
    relation = cursor.sql(storable(sql, [(r[0], r[1]) for r in described]))
    reader = relation.to_arrow_reader(ROWS_PER_GROUP)
    rows = 0
    try:
        with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch, row_group_size=ROWS_PER_GROUP)
                rows += batch.num_rows
    except OSError as e:
        path.unlink(missing_ok=True)
        if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(
                f"The disk is full: {path.parent} cannot hold the table.",
                "Free some space and save it again.",
            ) from e
        if e.errno is None:
            raise  # an error of the statement, on its way through Arrow
        raise WorkspaceError(f"The table cannot be written to {path.parent}: {e}.") from e
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return rows


def storable(sql: str, columns: list[tuple[str, str]]) -> str:
    """The statement with casts for the types that parquet lacks."""
    casts = []
    for column, dtype in columns:
        target = _WIDE.get(dtype) or ("VARCHAR" if dtype.startswith(_WRITE_AS_TEXT) else None)
        if target is not None:
            casts.append(f"CAST({name(column)} AS {target}) AS {name(column)}")
    return f"SELECT * REPLACE ({', '.join(casts)}) FROM (\n{sql}\n)" if casts else sql


def parquet_columns(path: Path) -> tuple[Column, ...]:
    """The columns of a parquet file of ours, with their DuckDB types (nothing else may be read)."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoload_known_extensions": False,
        "threads": 1,
    }
    with duckdb.connect(":memory:", config=config) as db:
        rows = db.execute(f"DESCRIBE SELECT * FROM read_parquet({text(str(path))})").fetchall()
    return tuple(Column(r[0], r[1]) for r in rows)
