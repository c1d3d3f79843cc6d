"""DuckDB files: attached read-only, a view per table."""

from __future__ import annotations

from pathlib import Path

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Column, ForeignKey, Relation
from llmauto_tools.sources.base import Opening, absolute, fingerprint, first_lines, identifier, literal
from llmauto_tools.sources.names import column_names


def open_duckdb(opening: Opening, path: Path) -> list[Relation]:
    """The relations of all tables and views of a DuckDB file.

    Raises UnreadableSource where another process has it open for writing.
    """
    import duckdb

    path = absolute(path)
    mark = fingerprint([path, path.with_name(path.name + ".wal")])
    alias = f"file_{fingerprint([path])[:12]}"
    try:
        opening.db.execute(f"ATTACH {literal(str(path))} AS {identifier(alias)} (READ_ONLY)")
    except duckdb.Error as e:
        raise _unreadable(path, str(e)) from e
    rows = opening.db.execute(
        "SELECT c.schema_name, c.table_name, c.column_name, c.data_type, t.table_name IS NOT NULL"
        " FROM duckdb_columns() c LEFT JOIN duckdb_tables() t"
        " USING (database_name, schema_name, table_name)"
        " WHERE c.database_name = ? AND NOT c.internal"
        " ORDER BY c.schema_name <> 'main', c.schema_name, c.table_name, c.column_index",
        [alias],
    ).fetchall()
    tables: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, dtype, _ in rows:
        tables.setdefault((schema, table), []).append((column, dtype))
    if not tables:
        raise UnreadableSource(f"'{path.name}' holds no table.")
    sizes = _sizes(opening, alias, {(schema, table) for schema, table, _, _, stored in rows if stored})
    keys = _foreign_keys(opening, alias)
    opening.db.execute(f"DETACH {identifier(alias)}")
    return [
        _relation(path, alias, mark, key, columns, sizes.get(key), keys.get(key, ()))
        for key, columns in tables.items()
    ]


def _sizes(opening: Opening, alias: str, tables: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The rows of stored tables; DuckDB counts them without reading them."""
    ordered = sorted(tables)
    counts = [
        f"SELECT count(*) FROM {'.'.join(identifier(part) for part in (alias, *key))}" for key in ordered
    ]
    rows = [opening.db.execute(sql).fetchall()[0] for sql in counts]
    return dict(zip(ordered, (row[0] for row in rows), strict=True))


def _relation(
    path: Path,
    alias: str,
    mark: str,
    key: tuple[str, str],
    raw: list[tuple[str, str]],
    size: int | None,
    keys: tuple[ForeignKey, ...],
) -> Relation:
    schema, table = key
    names = column_names([name for name, _ in raw])
    items = ", ".join(f"{identifier(r)} AS {identifier(n)}" for (r, _), n in zip(raw, names, strict=True))
    place = ".".join(identifier(part) for part in (alias, schema, table))
    return Relation(
        name=table_key(schema, table),
        columns=tuple(Column(n, dtype) for n, (_, dtype) in zip(names, raw, strict=True)),
        origin="",
        view_sql=f"SELECT {items} FROM {place}",
        paths=(str(path),),
        attach=(alias, str(path)),
        row_count=size,
        fingerprint=mark,
        foreign_keys=keys,
    )


def table_key(schema: str, table: str, default: str = "main") -> str:
    """The proposed name of a table: with its schema where that is not the default one."""
    return table if schema == default else f"{schema}_{table}"


def _foreign_keys(opening: Opening, alias: str) -> dict[tuple[str, str], tuple[ForeignKey, ...]]:
    rows = opening.db.execute(
        "SELECT schema_name, table_name, constraint_column_names, referenced_table, referenced_column_names"
        " FROM duckdb_constraints() WHERE database_name = ? AND constraint_type = 'FOREIGN KEY'",
        [alias],
    ).fetchall()
    keys: dict[tuple[str, str], tuple[ForeignKey, ...]] = {}
    for schema, table, columns, other, other_columns in rows:
        found = tuple(
            ForeignKey(table_key(schema, table), c, table_key(schema, other), o, declared=True)
            for c, o in zip(columns, other_columns, strict=True)
        )
        keys[schema, table] = keys.get((schema, table), ()) + found
    return keys


def _unreadable(path: Path, message: str) -> UnreadableSource:
    if "lock" in message.lower():
        return UnreadableSource(
            f"'{path.name}' is locked: another process has it open.",
            "Close the program that uses it, or attach a copy of the file.",
        )
    return UnreadableSource(f"'{path.name}' could not be read as a DuckDB file: {first_lines(message)}")
