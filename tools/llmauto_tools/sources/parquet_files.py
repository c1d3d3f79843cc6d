"""Parquet: views over files whose footers are all that is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmauto_tools.schema import Column, Relation
from llmauto_tools.sources.base import (
    Opening,
    absolute,
    file_list,
    fingerprint,
    identifier,
    reading,
)
from llmauto_tools.sources.names import column_names, stem

FOOTERS = 256
"""So many footers are read at most; of more files, some are taken for all (and it is said)."""
_FILES_NAMED = 200


def open_parquet(opening: Opening, path: Path) -> list[Relation]:
    """The relation of one parquet file."""
    return [relation(opening, [absolute(path)], stem(path.name))]


def relation(
    opening: Opening, files: Sequence[Path], name: str, *, union: bool = False, folder: Path | None = None
) -> Relation:
    """One relation over parquet files of one schema (or of several, matched by name, with `union`)."""
    hive = folder is not None and any("=" in part for f in files for part in f.relative_to(folder).parts[:-1])
    options = ", union_by_name=true" if union else ""
    options += ", hive_partitioning=true" if hive else ", hive_partitioning=false"
    source = f"read_parquet({file_list(files)}{options})"
    with reading(files[0]):
        described = opening.db.execute(f"DESCRIBE FROM {source}").fetchall()
        rows = _row_count(opening, files) if len(files) <= FOOTERS else None
    raw = [row[0] for row in described]
    names = column_names(raw)
    if names == raw:
        items, alias = [identifier(n) for n in names], ""
    else:
        places = [f"c{i}" for i in range(len(raw))]
        items = [f"{p} AS {identifier(n)}" for p, n in zip(places, names, strict=True)]
        alias = f" AS file({', '.join(places)})"
    many = folder is not None and len(files) > _FILES_NAMED
    return Relation(
        name=name,
        columns=tuple(Column(n, row[1]) for n, row in zip(names, described, strict=True)),
        origin="",
        view_sql=f"SELECT {', '.join(items)} FROM {source}{alias}",
        paths=(f"{folder}/",) if many else tuple(str(f) for f in files),
        row_count=rows,
        fingerprint=fingerprint(files),
    )


def _row_count(opening: Opening, files: Sequence[Path]) -> int:
    found = opening.db.execute(
        f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({file_list(files)})"
    ).fetchone()
    return int(found[0]) if found else 0


def columns_of(opening: Opening, path: Path) -> tuple[tuple[str, str], ...]:
    """(name, type) of one file's columns, from its footer."""
    with reading(path):
        rows = opening.db.execute(f"DESCRIBE FROM read_parquet({file_list([path])}, hive_partitioning=false)")
        return tuple((name, dtype) for name, dtype, *_ in rows.fetchall())


def alike(opening: Opening, files: Sequence[Path]) -> list[list[Path]]:
    """The files in groups of the same schema, by one statement; each for itself where one is damaged."""
    import duckdb

    parts = "name, type, converted_type, logical_type, num_children, repetition_type = 'REPEATED'"
    try:
        rows = opening.db.execute(
            f"SELECT list(file_name) FROM (SELECT file_name, list(({parts})) AS schema"
            f" FROM parquet_schema({file_list(files)}) GROUP BY file_name) GROUP BY schema"
        ).fetchall()
    except duckdb.Error:
        return [[f] for f in files]
    return [sorted(Path(name) for name in names) for (names,) in rows]
