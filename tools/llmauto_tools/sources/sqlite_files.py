"""SQLite files: copied table by table into parquet, when a query first names the table.

SQLite types values, not columns. A column gets its declared type only if every value fits it; otherwise
the type that its values do have, and the note says so. Nothing is dropped to make a type fit.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from llmauto_tools.errors import UnreadableSource
from llmauto_tools.schema import Column, ForeignKey, Relation
from llmauto_tools.sources.base import Opening, absolute, fingerprint, identifier
from llmauto_tools.sources.cache import Cache
from llmauto_tools.sources.names import column_names
from llmauto_tools.sources.stream import ROWS_PER_BATCH, batches, write_parquet

if TYPE_CHECKING:
    import pyarrow as pa

CHECKED_ROWS = 500_000
"""So many rows of a table are looked at when it is attached; the rest when it is loaded."""
CHECKED_VIEW_ROWS = 5_000
"""The same for a view, whose rows cost a query."""


@dataclass(frozen=True)
class _Storage:
    """How a column's values are taken out of SQLite and into a type.

    `taken` is SQLite's expression ({c} the column), `fits` its test, `arrow` the Arrow type that comes
    out, `made` DuckDB's expression ({v}) that makes `dtype` of it.
    """

    dtype: str
    arrow: str
    taken: str = "{c}"
    fits: str = "1"
    made: str = "{v}"


_INTEGER = _Storage("BIGINT", "int64", fits="typeof({c}) = 'integer'")
_REAL = _Storage("DOUBLE", "float64", "CAST({c} AS REAL)", "typeof({c}) IN ('integer', 'real')")
_TEXT = _Storage("VARCHAR", "string", fits="typeof({c}) = 'text'")
_BLOB = _Storage("BLOB", "binary", fits="typeof({c}) = 'blob'")
_ANY = _Storage("VARCHAR", "string", "CASE typeof({c}) WHEN 'blob' THEN hex({c}) ELSE CAST({c} AS TEXT) END")
_BOOLEAN = _Storage("BOOLEAN", "int64", fits="typeof({c}) = 'integer' AND {c} IN (0, 1)", made="{v}::BOOLEAN")
_DAY = "'[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_DATE = _Storage(
    "DATE", "string", "CAST({c} AS TEXT)",
    f"typeof({{c}}) = 'text' AND {{c}} GLOB {_DAY}' AND date({{c}}) = {{c}}", "CAST({v} AS DATE)",
)  # fmt: skip
_TIMESTAMP = _Storage(
    "TIMESTAMP", "string", "CAST({c} AS TEXT)",
    f"typeof({{c}}) = 'text' AND ({{c}} GLOB {_DAY}' OR {{c}} GLOB {_DAY}[ T][0-9][0-9]:[0-9][0-9]*')"
    " AND {c} NOT GLOB '*[Zz+]*' AND length({c}) <= 26 AND julianday({c}) IS NOT NULL",
    "CAST({v} AS TIMESTAMP)",
)  # fmt: skip
_NUMBER_TEXT = _Storage(
    "DOUBLE", "string", "CAST({c} AS TEXT)",
    "typeof({c}) IN ('integer', 'real') OR (typeof({c}) = 'text' AND {c} GLOB '*[0-9]*'"
    " AND {c} NOT GLOB '*[^0-9.+-]*' AND {c} NOT GLOB '?*[+-]*' AND {c} NOT GLOB '*.*.*')",
    "CAST({v} AS DOUBLE)",
)  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """One column of a table: its name in SQLite, its clean name, its storage, and a note."""

    raw: str
    name: str
    storage: _Storage
    note: str | None = None


def open_sqlite(opening: Opening, path: Path) -> list[Relation]:
    """The relations of all tables and views of a SQLite file."""
    path = absolute(path)
    mark = fingerprint([path, path.with_name(path.name + "-wal")])
    try:
        with closing(_connect(path)) as db:
            tables = [
                (row[0], row[1])
                for row in db.execute(
                    "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"
                    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, rowid"
                )
            ]
            shadows = _shadow_tables(db)
            relations = [
                r
                for t, kind in tables
                if t not in shadows
                for r in _relation(opening, db, path, mark, t, kind)
            ]
    except sqlite3.Error as e:
        raise UnreadableSource(
            f"'{path.name}' could not be read as a SQLite file: {e}.",
            "Close the program that uses it, or attach a copy of the file." if "lock" in str(e) else None,
        ) from e
    if not relations:
        raise UnreadableSource(f"'{path.name}' holds no table.")
    return relations


def _connect(path: Path) -> sqlite3.Connection:
    """A read-only connection; text that is no UTF-8 is read with its broken bytes replaced."""
    db = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10, check_same_thread=False)
    db.text_factory = lambda b: b.decode("utf-8", "replace")
    return db


def _shadow_tables(db: sqlite3.Connection) -> set[str]:
    """The tables in which SQLite keeps the parts of its virtual tables (full-text indexes)."""
    return {row[1] for row in db.execute("PRAGMA table_list") if row[2] == "shadow"}


def _relation(
    opening: Opening, db: sqlite3.Connection, path: Path, mark: str, table: str, kind: str
) -> list[Relation]:
    try:
        info = db.execute(f"PRAGMA table_xinfo({identifier(table)})").fetchall()
    except sqlite3.OperationalError:
        return []  # a view over a table that is gone, or a virtual table of a module that is not here
    info = [row for row in info if row[6] != 1]
    known = opening.cache.read_json(_misfits_file(opening.cache, mark, table)) or {}
    plans, row_count = _plans(db, table, kind, [(r[1], r[2]) for r in info], set(known.get("columns", ())))
    target = opening.cache.path("sqlite", mark, table, [p.storage.dtype for p in plans], suffix=".parquet")
    return [
        Relation(
            name=table,
            columns=tuple(Column(p.name, p.storage.dtype, p.note) for p in plans),
            origin="",
            load=partial(_load, opening.cache, path, mark, table, plans, target),
            row_count=row_count,
            fingerprint=mark,
            foreign_keys=_foreign_keys(db, table),
        )
    ]


def _foreign_keys(db: sqlite3.Connection, table: str) -> tuple[ForeignKey, ...]:
    keys = []
    for row in db.execute(f"PRAGMA foreign_key_list({identifier(table)})").fetchall():
        other, column, other_column = row[2], row[3], row[4]
        if other_column is None:
            primary = [
                r[1] for r in db.execute(f"PRAGMA table_info({identifier(other)})") if r[5] == row[1] + 1
            ]
            if not primary:
                continue
            other_column = primary[0]
        actual = db.execute("SELECT name FROM sqlite_master WHERE lower(name) = lower(?)", [other]).fetchone()
        if actual is not None:
            keys.append(ForeignKey(table, column, actual[0], other_column, declared=True))
    return tuple(keys)


def _plans(
    db: sqlite3.Connection, table: str, kind: str, columns: list[tuple[str, str]], misfits: set[str]
) -> tuple[list[_Plan], int | None]:
    """The storage of each column: the first of its candidates that all values looked at fit."""
    names = column_names([raw for raw, _ in columns])
    candidates = [
        [_ANY] if raw in misfits else [*_declared(declared), *_others(declared)] for raw, declared in columns
    ]
    tests = [
        f"coalesce(min({identifier(raw)} IS NULL OR ({s.fits.replace('{c}', identifier(raw))})), 1)"
        for (raw, _), options in zip(columns, candidates, strict=True)
        for s in options
    ]
    filled = [f"count({identifier(raw)})" for raw, _ in columns]
    results: list[int] = []
    asked = ["count(*)", *filled, *tests]
    limit = CHECKED_ROWS if kind == "table" else CHECKED_VIEW_ROWS
    source = f"(SELECT * FROM {identifier(table)} LIMIT {limit + 1})"
    for start in range(0, len(asked), 1_500):
        part = ", ".join(asked[start : start + 1_500])
        results += db.execute(f"SELECT {part} FROM {source}").fetchone()
    rows, counts, held = results[0], results[1 : 1 + len(columns)], iter(results[1 + len(columns) :])
    plans = []
    for (raw, declared), name, options, count in zip(columns, names, candidates, counts, strict=True):
        fitting = [s for s in options if next(held)]
        storage = _empty(declared) if not count else fitting[0] if fitting else _ANY
        plans.append(_Plan(raw, name, storage, _note(declared, storage, options[0], count)))
    return plans, rows if rows <= limit else None


def _declared(declared: str) -> list[_Storage]:
    """The storages that a declared type asks for, by SQLite's rules of affinity and by custom."""
    name = declared.upper()
    if "BOOL" in name:
        return [_BOOLEAN]
    if "DATETIME" in name or "TIMESTAMP" in name:
        return [_TIMESTAMP]
    if "DATE" in name and "UPDATE" not in name:
        return [_DATE, _TIMESTAMP]
    if "INT" in name:
        return [_INTEGER, _REAL]
    if any(t in name for t in ("CHAR", "CLOB", "TEXT")):
        return [_DATE, _TIMESTAMP, _TEXT]
    if "BLOB" in name:
        return [_BLOB, _TEXT]
    if any(t in name for t in ("REAL", "FLOA", "DOUB")):
        return [_REAL]
    if re.search(r"NUMERIC|DECIMAL|NUMBER|MONEY", name):
        whole = re.search(r"\(\s*\d+\s*(,\s*0\s*)?\)", name)
        return [_INTEGER, _REAL, _NUMBER_TEXT] if whole else [_REAL, _NUMBER_TEXT]
    return []


def _others(declared: str) -> list[_Storage]:
    """What a column without a (fitting) declared type may hold throughout."""
    text = [] if any(t in declared.upper() for t in ("CHAR", "CLOB", "TEXT")) else [_DATE, _TIMESTAMP]
    return [_INTEGER, _REAL, *text, _TEXT, _BLOB]


def _empty(declared: str) -> _Storage:
    """The storage of a column without values: its declared type, text where that is none."""
    options = _declared(declared)
    return _TEXT if not options or _TEXT in options else options[0]


def _note(declared: str, storage: _Storage, first: _Storage, filled: int) -> str | None:
    if not declared or not filled:
        return None
    if storage is _ANY:
        return f"declared {declared}, but holds values of several types: read as text"
    if storage.dtype in ("DATE", "TIMESTAMP") and first.dtype in ("DATE", "TIMESTAMP"):
        return f"declared {declared}, read as {storage.dtype}" if "TEXT" in declared.upper() else None
    if storage not in _declared(declared):
        return f"declared {declared}, but its values are {storage.dtype}"
    return None


def _misfits_file(cache: Cache, mark: str, table: str) -> Path:
    return cache.path("sqlite-misfits", mark, table, suffix=".json")


def _load(cache: Cache, path: Path, mark: str, table: str, plans: list[_Plan], target: Path) -> Path:
    """Copy a table into parquet. Raises UnreadableSource where a value beyond the rows that were looked
    at does not fit its column; the column is remembered and read as text when attached again."""
    import pyarrow as pa

    if target.exists():
        return target
    try:
        with closing(_connect(path)) as db:
            misfits = _late_misfits(db, table, plans)
            if misfits:
                cache.write_json(_misfits_file(cache, mark, table), {"columns": misfits})
                raise UnreadableSource(
                    f"Table '{table}' of '{path.name}' holds values that do not fit the declared type of "
                    f"{', '.join(misfits)}, beyond the rows that were looked at.",
                    "Attach the file again: these columns are then read as text.",
                )
            schema = pa.schema([(f"c{i}", _arrow(p.storage.arrow)) for i, p in enumerate(plans)])
            items = [
                f"{p.storage.made.replace('{v}', f'c{i}')} AS {identifier(p.name)}"
                for i, p in enumerate(plans)
            ]
            return write_parquet(cache, target, batches(_rows(db, table, plans), schema), items)
    except sqlite3.Error as e:
        raise UnreadableSource(f"Table '{table}' of '{path.name}' could not be read: {e}.") from e


def _arrow(name: str) -> pa.DataType:
    import pyarrow as pa

    return {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string(), "binary": pa.binary()}[name]


def _late_misfits(db: sqlite3.Connection, table: str, plans: list[_Plan]) -> list[str]:
    tests = [
        f"coalesce(min({identifier(p.raw)} IS NULL OR ({p.storage.fits.replace('{c}', identifier(p.raw))})), 1)"
        for p in plans
    ]
    held: list[int] = []
    for start in range(0, len(tests), 1_500):
        part = ", ".join(tests[start : start + 1_500])
        held += db.execute(f"SELECT {part} FROM {identifier(table)}").fetchone()
    return [p.raw for p, holds in zip(plans, held, strict=True) if not holds]


def _rows(db: sqlite3.Connection, table: str, plans: list[_Plan]) -> Iterator[list[tuple[Any, ...]]]:
    taken = ", ".join(p.storage.taken.replace("{c}", identifier(p.raw)) for p in plans)
    cursor = db.execute(f"SELECT {taken} FROM {identifier(table)}")
    while part := cursor.fetchmany(ROWS_PER_BATCH):
        yield part
