"""PostgreSQL and MySQL servers: tables and views, copied when a query first names them.

A copy is a snapshot: attaching again takes a new one. Passwords stay in the connection; origins, notes
and errors carry the address without them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from llmauto_tools.errors import MissingExtra, SourceNotFound, UnreadableSource
from llmauto_tools.schema import Column, ForeignKey, Relation
from llmauto_tools.sources.base import Opening, identifier
from llmauto_tools.sources.cache import Cache
from llmauto_tools.sources.duckdb_files import table_key
from llmauto_tools.sources.names import column_names
from llmauto_tools.sources.remote import without_secrets
from llmauto_tools.sources.stream import ROWS_PER_BATCH, batches, write_parquet

if TYPE_CHECKING:
    import pyarrow as pa

CONNECT_TIMEOUT = 10
"""Seconds."""


@dataclass(frozen=True)
class ServerColumn:
    """A column as information_schema describes it."""

    schema: str
    table: str
    name: str
    type: str
    precision: int | None
    scale: int | None


def decimal_type(precision: int | None, scale: int | None) -> str:
    """DECIMAL where DuckDB can hold it (38 digits), else DOUBLE."""
    if precision is None or scale is None or precision > 38 or not 0 <= scale <= precision:
        return "DOUBLE"
    return f"DECIMAL({precision},{scale})"


def _grouped(columns: Sequence[ServerColumn]) -> dict[tuple[str, str], list[ServerColumn]]:
    tables: dict[tuple[str, str], list[ServerColumn]] = {}
    for column in columns:
        tables.setdefault((column.schema, column.table), []).append(column)
    return tables


def _keys(rows: Sequence[Sequence[str]], default: str) -> dict[tuple[str, str], tuple[ForeignKey, ...]]:
    """Foreign keys by table from rows (schema, table, column, other schema, other table, other column)."""
    keys: dict[tuple[str, str], tuple[ForeignKey, ...]] = {}
    for schema, table, column, other_schema, other, other_column in rows:
        key = ForeignKey(
            table_key(schema, table, default),
            column,
            table_key(other_schema, other, default),
            other_column,
            declared=True,
        )
        keys[schema, table] = (*keys.get((schema, table), ()), key)
    return keys


def _snapshot(cache: Cache, address: str, schema: str, table: str, mark: str) -> Path:
    prefix = cache.path("server", address, schema, table).name
    target = cache.folder / f"{prefix}-{mark}.parquet"
    cache.prune(prefix, keep=target)
    return target


def _empty(origin: str) -> UnreadableSource:
    return UnreadableSource(
        f"{origin} has no table that this user may read.", "Check the database and the user."
    )


def _failed(origin: str, error: Exception, secrets: Sequence[str]) -> UnreadableSource | SourceNotFound:
    """The server's message without any part of the address that is secret."""
    text = " ".join(str(error).split())
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        text = text.replace(secret, "***")
    text = text[:300]
    if ("does not exist" in text and "database" in text) or "Unknown database" in text:
        return SourceNotFound(f"{origin}: {text}", "Check the name of the database.")
    return UnreadableSource(
        f"{origin} could not be read: {text}", "Check address, user, password and network."
    )


def _secrets(address: str) -> list[str]:
    parts = urlsplit(address)
    found = [parts.netloc.rpartition("@")[0]]
    with contextlib.suppress(ValueError):
        found += [parts.password or "", unquote(parts.password or "")]
    found += [v for k, v in parse_qsl(parts.query) if "pass" in k.lower()]
    return found


# ---- PostgreSQL

_PG_TYPES = {
    "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT", "real": "FLOAT",
    "double precision": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "bytea": "BLOB",
    "time without time zone": "TIME", "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP",
}  # fmt: skip
_PG_COLUMNS = """
SELECT c.table_schema, c.table_name, c.column_name, c.data_type,
       c.numeric_precision::int, c.numeric_scale::int
FROM information_schema.columns c
WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT n.nspname, k.relname, a.attname, format_type(a.atttypid, NULL),
       CASE WHEN a.atttypid = 'numeric'::regtype AND a.atttypmod > 0 THEN (a.atttypmod - 4) >> 16 END,
       CASE WHEN a.atttypid = 'numeric'::regtype AND a.atttypmod > 0 THEN (a.atttypmod - 4) & 65535 END
FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace
JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE k.relkind = 'm' AND has_table_privilege(k.oid, 'SELECT')
"""
_PG_ORDER = """
SELECT n.nspname, k.relname, a.attname, a.attnum::int FROM pg_class k
JOIN pg_namespace n ON n.oid = k.relnamespace JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum > 0
"""
_PG_KEYS = """
SELECT n.nspname, k.relname, a.attname, fn.nspname, fk.relname, fa.attname
FROM pg_constraint c
JOIN pg_class k ON k.oid = c.conrelid JOIN pg_namespace n ON n.oid = k.relnamespace
JOIN pg_class fk ON fk.oid = c.confrelid JOIN pg_namespace fn ON fn.oid = fk.relnamespace
CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS u(col, fcol)
JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum = u.col
JOIN pg_attribute fa ON fa.attrelid = fk.oid AND fa.attnum = u.fcol
WHERE c.contype = 'f'
"""


def open_postgres(opening: Opening, address: str) -> tuple[str, list[Relation]]:
    """The tables and views of a PostgreSQL database that the user may read."""
    origin = without_secrets(address)
    with _postgres(address, origin) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({_PG_COLUMNS}) c ORDER BY 1, 2")
        columns = [ServerColumn(*row) for row in cursor.fetchall()]
        cursor.execute(_PG_ORDER)
        order = {row[:3]: row[3] for row in cursor.fetchall()}
        cursor.execute(_PG_KEYS)
        keys = _keys(cursor.fetchall(), "public")
    columns.sort(
        key=lambda c: (c.schema != "public", c.schema, c.table, order.get((c.schema, c.table, c.name), 0))
    )
    if not columns:
        raise _empty(origin)
    mark = f"{time.time_ns():x}"
    relations = [
        _server_relation(
            opening,
            address,
            origin,
            key,
            members,
            mark,
            keys.get(key, ()),
            "public",
            _pg_type,
            _load_postgres,
        )
        for key, members in _grouped(columns).items()
    ]
    return origin, relations


def _server_relation(
    opening: Opening,
    address: str,
    origin: str,
    key: tuple[str, str],
    members: Sequence[ServerColumn],
    mark: str,
    keys: tuple[ForeignKey, ...],
    default: str,
    typed: Any,
    load: Any,
) -> Relation:
    names = column_names([c.name for c in members])
    columns = tuple(Column(n, *typed(c)) for n, c in zip(names, members, strict=True))
    target = _snapshot(opening.cache, address, *key, mark)
    return Relation(
        name=table_key(*key, default),
        columns=columns,
        origin="",
        load=partial(load, opening.cache, address, origin, key, [c.name for c in members], columns, target),
        fingerprint=mark,
        foreign_keys=keys,
    )


def _pg_type(column: ServerColumn) -> tuple[str, str | None]:
    if column.type == "numeric":
        return decimal_type(column.precision, column.scale), None
    dtype = _PG_TYPES.get(column.type, "VARCHAR")
    note = "times with a zone read as UTC" if column.type == "timestamp with time zone" else None
    if dtype == "VARCHAR" and not column.type.startswith(("character", "text", "name")):
        note = f"PostgreSQL type {column.type}, read as text"
    return dtype, note


@contextlib.contextmanager
def _postgres(address: str, origin: str) -> Iterator[Any]:
    try:
        import adbc_driver_manager
        from adbc_driver_postgresql import dbapi
    except ImportError as e:
        raise MissingExtra("Reading PostgreSQL", "databases") from e
    try:
        with dbapi.connect(_with_timeout(address)) as connection:
            yield connection
    except adbc_driver_manager.Error as e:
        raise _failed(origin, e, _secrets(address)) from None


def _with_timeout(address: str) -> str:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    query.setdefault("connect_timeout", str(CONNECT_TIMEOUT))
    return urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))


def _load_postgres(
    cache: Cache,
    address: str,
    origin: str,
    key: tuple[str, str],
    raw: Sequence[str],
    columns: Sequence[Column],
    target: Path,
) -> Path:
    """Stream a table through ADBC's COPY into parquet."""
    if target.exists():
        return target
    picked = ", ".join(
        f"{_pg_taken(identifier(r), c)} AS c{i}" for i, (r, c) in enumerate(zip(raw, columns, strict=True))
    )
    place = ".".join(identifier(part) for part in key)
    items = [f"CAST(c{i} AS {c.dtype}) AS {identifier(c.name)}" for i, c in enumerate(columns)]
    with _postgres(address, origin) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {picked} FROM {place}")
        return write_parquet(cache, target, cursor.fetch_record_batch(), items)


def _pg_taken(quoted: str, column: Column) -> str:
    """What PostgreSQL is asked for, so that Arrow has a type for it."""
    if column.dtype == "VARCHAR":
        return f"{quoted}::text"
    if column.dtype.startswith("DECIMAL"):
        return f"{quoted}::text"
    if column.dtype == "DOUBLE":
        return f"{quoted}::double precision"
    if column.note is not None and "UTC" in column.note:
        return f"({quoted} AT TIME ZONE 'UTC')"
    return quoted


# ---- MySQL and MariaDB

_MY_COLUMNS = """
SELECT table_schema, table_name, column_name, column_type, numeric_precision, numeric_scale
FROM information_schema.columns WHERE table_schema = database()
ORDER BY table_name, ordinal_position
"""
_MY_KEYS = """
SELECT table_schema, table_name, column_name, referenced_table_schema, referenced_table_name,
       referenced_column_name
FROM information_schema.key_column_usage
WHERE table_schema = database() AND referenced_table_name IS NOT NULL
"""


def open_mysql(opening: Opening, address: str) -> tuple[str, list[Relation]]:
    """The tables and views of a MySQL or MariaDB database."""
    origin = without_secrets(address)
    with _mysql(address, origin) as connection, connection.cursor() as cursor:
        cursor.execute(_MY_COLUMNS)
        columns = [ServerColumn(*row) for row in cursor.fetchall()]
        cursor.execute(_MY_KEYS)
        rows = cursor.fetchall()
    if not columns:
        raise _empty(origin)
    default = columns[0].schema
    keys = _keys(rows, default)
    mark = f"{time.time_ns():x}"
    relations = [
        _server_relation(
            opening, address, origin, key, members, mark, keys.get(key, ()), default, _my_type, _load_mysql
        )
        for key, members in _grouped(columns).items()
    ]
    return origin, relations


def _my_type(column: ServerColumn) -> tuple[str, str | None]:
    full = column.type.lower()
    base = full.split("(")[0].split(" ")[0]
    if full.startswith("tinyint(1)"):
        return "TINYINT", None
    if base.endswith("int") or base in ("year",):
        return ("UBIGINT" if "unsigned" in full and base == "bigint" else "BIGINT"), None
    if base == "decimal":
        return decimal_type(column.precision, column.scale), None
    if base in ("float", "double"):
        return "DOUBLE", None
    if base == "date":
        return "DATE", "MySQL's date 0000-00-00 is NULL"
    if base in ("datetime", "timestamp"):
        return "TIMESTAMP", "MySQL's date 0000-00-00 is NULL"
    if base in ("binary", "varbinary", "bit") or base.endswith("blob"):
        return "BLOB", None
    known = base in ("char", "varchar", "enum", "set", "json") or base.endswith("text")
    return "VARCHAR", None if known else f"MySQL type {base}, read as text"


@contextlib.contextmanager
def _mysql(address: str, origin: str, *, streaming: bool = False) -> Iterator[Any]:
    try:
        import pymysql
        from pymysql import converters, cursors
    except ImportError as e:
        raise MissingExtra("Reading MySQL", "databases") from e
    parts = urlsplit(address)
    try:
        connection = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")),
            charset="utf8mb4",
            connect_timeout=CONNECT_TIMEOUT,
            cursorclass=cursors.SSCursor if streaming else cursors.Cursor,
            conv=dict(converters.encoders if streaming else converters.conversions),
        )
        with contextlib.closing(connection):
            yield connection
    except pymysql.MySQLError as e:
        raise _failed(origin, e, _secrets(address)) from None


def _load_mysql(
    cache: Cache,
    address: str,
    origin: str,
    key: tuple[str, str],
    raw: Sequence[str],
    columns: Sequence[Column],
    target: Path,
) -> Path:
    """Stream a table through a server-side cursor; values come as text and are cast by DuckDB."""
    import pyarrow as pa

    if target.exists():
        return target
    picked = ", ".join(_backquoted(r) for r in raw)
    schema = pa.schema(
        [(f"c{i}", pa.binary() if c.dtype == "BLOB" else pa.string()) for i, c in enumerate(columns)]
    )
    items = [f"{_my_cast(f'c{i}', c)} AS {identifier(c.name)}" for i, c in enumerate(columns)]
    with _mysql(address, origin, streaming=True) as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '+00:00'")
        cursor.execute(f"SELECT {picked} FROM {'.'.join(map(_backquoted, key))}")
        return write_parquet(cache, target, batches(_fetched(cursor, schema), schema), items)


def _backquoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _my_cast(value: str, column: Column) -> str:
    if column.dtype in ("DATE", "TIMESTAMP"):
        return f"CASE WHEN {value} NOT LIKE '0000-00-00%' THEN CAST({value} AS {column.dtype}) END"
    return value if column.dtype in ("VARCHAR", "BLOB") else f"CAST({value} AS {column.dtype})"


def _fetched(cursor: Any, schema: pa.Schema) -> Iterator[list[list[Any]]]:
    """Batches of rows; without converters, numbers and dates are the text that the server sent."""
    import pyarrow as pa

    binary = [pa.types.is_binary(f.type) for f in schema]
    while rows := cursor.fetchmany(ROWS_PER_BATCH):
        yield [
            [
                v.decode("utf-8", "replace")
                if isinstance(v, bytes) and not b
                else v.encode()
                if isinstance(v, str) and b
                else v
                for v, b in zip(row, binary, strict=True)
            ]
            for row in rows
        ]
