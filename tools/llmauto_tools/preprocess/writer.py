"""Write what a recipe makes of a table to a parquet file, streamed.

A statement that is too long for the engine (thousands of columns) is cut into groups of columns; their
rows come in the same order and are put together batch by batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import ROLE, Chain, Mode
from llmauto_tools.preprocess.fitter import MAX_STATEMENT, smaller

if TYPE_CHECKING:
    import pyarrow as pa

    from llmauto_tools.workspace import Workspace

BATCH_ROWS = 20_000
MAX_GROUPS = 200


def write_chain(
    workspace: Workspace,
    chain: Chain,
    relation: str,
    mode: Mode,
    columns: Sequence[str],
    path: Path,
    *,
    timeout: float | None = None,
    step: Callable[[str, float | None], None] = lambda text, fraction: None,
) -> int:
    """Write these output columns (and the split's in mode "all") to `path`; returns the number of rows."""
    ordered = chain.has_windows(mode)
    role = [ROLE] if mode == "all" and chain.role.name is not None else []
    sql = _named(chain.sql(relation, mode, [*columns, *role], ordered=ordered), chain, role)
    if len(sql) <= MAX_STATEMENT:
        return workspace.engine.copy_to_parquet(sql, path, timeout=timeout, progress=step)
    groups = column_groups(chain, relation, mode, [*columns, *role], ordered)
    statements = [_named(chain.sql(relation, mode, g, ordered=ordered), chain, role) for g in groups]
    return _write_groups(workspace, statements, path, timeout, step)


def _named(sql: str, chain: Chain, role: list[str]) -> str:
    """The statement with the split's column under its own name."""
    if not role or chain.role.name is None or not _gives(sql, ROLE):
        return sql
    from llmauto_tools.columns import quoted

    return f"SELECT * RENAME ({quoted(ROLE)} AS {quoted(chain.role.name)}) FROM (\n{sql}\n)"


def _gives(sql: str, name: str) -> bool:
    from llmauto_tools.columns import quoted

    return quoted(name) in sql.rpartition("\nSELECT ")[2].partition("\nFROM ")[0]


def column_groups(
    chain: Chain, relation: str, mode: Mode, columns: Sequence[str], ordered: bool = False
) -> list[list[str]]:
    """Columns in groups whose statements are short enough. Raises InvalidArguments where one alone is not."""
    groups: list[list[str]] = []
    size = max(1, len(columns) // 8)
    rest = list(columns)
    while rest:
        group = rest[:size]
        sql = chain.sql(relation, mode, group, ordered=ordered)
        if len(sql) > MAX_STATEMENT:
            if len(group) == 1:
                raise InvalidArguments(
                    f"What '{group[0]}' is made of is too long for one statement.",
                    "Learn fewer levels (max_levels), or leave out a step.",
                )
            size = smaller(len(group), sql)
            continue
        groups.append(group)
        rest = rest[len(group) :]
    if len(groups) > MAX_GROUPS:
        raise InvalidArguments(
            f"The result has {len(columns):,} columns, too many to write at once.", "Drop columns first."
        )
    return groups


def _write_groups(
    workspace: Workspace,
    statements: Sequence[str],
    path: Path,
    timeout: float | None,
    step: Callable[[str, float | None], None],
) -> int:
    import pyarrow.parquet as pq

    streams = [workspace.engine.batches(sql, BATCH_ROWS, timeout=timeout) for sql in statements]
    rows = 0
    writer = None
    try:
        for table in zipped(streams):
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            rows += table.num_rows
            step(f"wrote {rows:,} rows", None)
        if writer is None:
            raise InvalidArguments("There are no rows to write.", "Choose a table that has rows.")
    finally:
        if writer is not None:
            writer.close()
        for stream in streams:
            stream.close()  # type: ignore[attr-defined]
    return rows


def zipped(streams: Sequence[Iterator[pa.RecordBatch]]) -> Iterator[pa.Table]:
    """Batches of several streams side by side, whatever the sizes of their batches."""
    import pyarrow as pa

    held: list[pa.RecordBatch | None] = [next(s, None) for s in streams]
    while all(batch is not None for batch in held):
        batches = [b for b in held if b is not None]
        size = min(b.num_rows for b in batches)
        parts = [b.slice(0, size) for b in batches]
        arrays = [a for b in parts for a in b.columns]
        yield pa.table(arrays, names=[n for b in parts for n in b.schema.names])
        held = [
            next(s, None) if b.num_rows == size else b.slice(size)
            for s, b in zip(streams, batches, strict=True)
        ]
    if any(batch is not None for batch in held):
        raise RuntimeError("the groups of columns have different numbers of rows")
