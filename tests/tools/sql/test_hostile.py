"""Statements that must not get anywhere: through the engine, the guard alone, the connection alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmauto_tools.errors import LlmautoError, QueryInvalid, QueryRejected, UnreadableSource
from llmauto_tools.sql import guard
from llmauto_tools.sql.engine import Engine
from llmauto_tools.sql.instance import Instance
from llmauto_tools.workspace import Limits

SECRET = "TOPSECRET-8231"

_READERS = [
    "read_csv", "read_csv_auto", "read_parquet", "parquet_scan", "read_json", "read_json_auto", "read_ndjson",
    "read_ndjson_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson_objects", "read_text",
    "read_blob", "glob", "sniff_csv", "parquet_metadata", "parquet_schema", "parquet_file_metadata",
    "parquet_kv_metadata", "parquet_full_metadata", "read_duckdb", "sqlite_scan", "st_read", "read_xlsx",
    "iceberg_scan", "delta_scan", "arrow_scan", "pandas_scan",
]  # fmt: skip
_EXTENSION = {"parquet": "parquet", "json": "json", "duckdb": "duckdb"}

READERS = {
    f"reader: {r}": f"SELECT * FROM {r}('{{closed}}/secret.{next((e for k, e in _EXTENSION.items() if k in r), 'csv')}')"
    for r in _READERS
}

FILES_BY_NAME = {
    "file in FROM": "SELECT * FROM '{closed}/secret.csv'",
    "file in FROM, double quotes": 'FROM "{closed}/secret.parquet"',
    "system file": "FROM '/etc/passwd'",
    "file in a join": "SELECT * FROM orders JOIN '{closed}/secret.csv' s ON true",
    "file in a scalar subquery": "SELECT (SELECT secret FROM '{closed}/secret.csv')",
    "file in EXISTS": "SELECT 1 FROM orders WHERE EXISTS (FROM '{closed}/secret.csv')",
    "file in IN": "SELECT 1 FROM orders WHERE region IN (FROM '{closed}/secret.csv')",
    "file in a lateral join": "SELECT * FROM orders, LATERAL (SELECT * FROM '{closed}/secret.csv') s",
    "file in UNION": "SELECT region FROM orders UNION ALL SELECT secret FROM '{closed}/secret.csv'",
    "file in a CTE": "WITH x AS (FROM '{closed}/secret.csv') FROM x",
    "file named like its own CTE": "WITH \"{closed}/secret.csv\" AS (FROM '{closed}/secret.csv') SELECT * FROM orders, \"{closed}/secret.csv\"",
    "file named like a CTE out of scope": "SELECT * FROM (WITH \"{closed}/secret.csv\" AS (SELECT 1 AS a) SELECT 1 AS b) q, '{closed}/secret.csv' s",
    "file as the anchor of a recursive CTE": "WITH RECURSIVE \"{closed}/secret.csv\" AS (SELECT * FROM \"{closed}/secret.csv\" UNION ALL SELECT 'x') FROM \"{closed}/secret.csv\"",
    "file in DESCRIBE": "DESCRIBE '{closed}/secret.csv'",
    "file in SUMMARIZE": "SUMMARIZE '{closed}/secret.csv'",
    "file in a summarized subquery": "FROM (SUMMARIZE (FROM '{closed}/secret.csv'))",
    "file in PIVOT": "PIVOT '{closed}/secret.csv' ON secret IN ('a') USING count(*)",
    "file in UNPIVOT": "UNPIVOT '{closed}/secret.csv' ON secret",
    "file in TABLE": "TABLE \"{closed}/secret.csv\"",
    "glob in FROM": "FROM '{closed}/*.csv'",
    "Python variable": "SELECT * FROM planted",
    "http": "FROM 'http://127.0.0.1:9/secret.csv'",
    "s3": "FROM 's3://bucket/secret.parquet'",
    "another folder through an allowed one": "FROM '{open}/parts/../../closed/secret.parquet'",
}  # fmt: skip

WRITES = {
    "COPY to a new file": "COPY (SELECT 1) TO '{closed}/new.csv'",
    "COPY over a source": "COPY (SELECT 1) TO '{open}/orders.csv'",
    "COPY over a source in place": "COPY (SELECT 1) TO '{open}/orders.csv' (USE_TMP_FILE false)",
    "COPY into a source folder": "COPY (SELECT 1 AS i) TO '{open}/parts/evil.parquet'",
    "COPY over an attached database": "COPY (SELECT 1) TO '{open}/shop.duckdb' (FORMAT csv)",
    "COPY over an attached database in place": "COPY (SELECT 1) TO '{open}/shop.duckdb' (FORMAT csv, USE_TMP_FILE false)",
    "COPY from": "COPY orders FROM '{closed}/secret.csv'",
    "EXPORT DATABASE": "EXPORT DATABASE '{closed}/dump'",
    "IMPORT DATABASE": "IMPORT DATABASE '{closed}/dump'",
    "CREATE TABLE": "CREATE TABLE x AS SELECT * FROM '{closed}/secret.csv'",
    "CREATE VIEW": "CREATE OR REPLACE VIEW orders AS FROM '{closed}/secret.csv'",
    "CREATE MACRO": "CREATE MACRO peep() AS TABLE FROM read_text('{closed}/secret.txt')",
    "CREATE TYPE": "CREATE TYPE mood AS ENUM ('a')",
    "CREATE SEQUENCE": "CREATE SEQUENCE s",
    "INSERT": "INSERT INTO shop.main.goods VALUES (1)",
    "UPDATE": "UPDATE shop.main.goods SET price = 1",
    "DELETE": "DELETE FROM shop.main.goods",
    "TRUNCATE": "TRUNCATE shop.main.goods",
    "DROP": "DROP TABLE shop.main.goods",
    "DROP of a view": "DROP VIEW orders",
    "ALTER": "ALTER TABLE shop.main.goods RENAME TO bads",
    "INSERT in a CTE": "WITH x AS (INSERT INTO shop.main.goods VALUES (1) RETURNING *) FROM x",
    "SELECT INTO": "SELECT 1 AS a INTO x",
    "VACUUM": "VACUUM",
    "CHECKPOINT": "CHECKPOINT shop",
}

SETTINGS = {
    "SET": "SET enable_external_access = true",
    "SET of a path": "SET allowed_directories = ['/']",
    "SET GLOBAL": "SET GLOBAL memory_limit = '100GB'",
    "SET VARIABLE": "SET VARIABLE x = 1",
    "RESET": "RESET lock_configuration",
    "PRAGMA": "PRAGMA database_list",
    "PRAGMA that changes": "PRAGMA enable_profiling = 'json'",
    "PRAGMA profiling output": "PRAGMA profiling_output = '{closed}/out.json'",
    "INSTALL": "INSTALL httpfs",
    "LOAD": "LOAD '{closed}/evil.duckdb_extension'",
    "ATTACH": "ATTACH '{closed}/other.duckdb' AS other",
    "ATTACH read-write": "ATTACH '{open}/shop.duckdb' AS again (READ_WRITE)",
    "DETACH": "DETACH shop",
    "read_blob of an attached database": "SELECT content FROM read_blob('{open}/shop.duckdb')",
    "USE": "USE shop",
    "CALL": "CALL pragma_version()",
    "PREPARE": "PREPARE p AS SELECT 1",
    "EXECUTE": "EXECUTE p",
    "BEGIN": "BEGIN TRANSACTION",
    "EXPLAIN": "EXPLAIN SELECT 1",
    "EXPLAIN ANALYZE": "EXPLAIN ANALYZE SELECT * FROM '{closed}/secret.csv'",
    "CREATE SECRET": "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "COMMENT ON": "COMMENT ON TABLE orders IS 'x'",
    "LOAD in a comment's shadow": "/* SELECT 1; */ INSTALL httpfs",
}

FUNCTIONS = {
    "getenv": "SELECT getenv('HOME')",
    "current_setting": "SELECT current_setting('temp_directory')",
    "getvariable": "SELECT getvariable('x')",
    "query": "FROM query('SELECT * FROM read_text(''{closed}/secret.txt'')')",
    "query_table": "FROM query_table(['{closed}/secret.csv'])",
    "serialized SQL": "FROM json_execute_serialized_sql(json_serialize_sql('FROM ''{closed}/secret.csv'''))",
    "serialized plan": "SELECT json_serialize_plan('FROM ''{closed}/secret.csv''')",
    "secrets": "FROM duckdb_secrets()",
    "which_secret": "FROM which_secret('s3://x', 's3')",
    "settings": "FROM duckdb_settings()",
    "databases": "SELECT path FROM duckdb_databases()",
    "view texts": "SELECT sql FROM duckdb_views()",
    "temporary files": "FROM duckdb_temporary_files()",
    "enable logging": "FROM enable_logging(storage => 'file', storage_config => {{'path': '{closed}/log'}})",
    "logs": "FROM duckdb_logs()",
    "write_log": "SELECT write_log('x')",
    "sequence": "SELECT nextval('s')",
    "sleep": "SELECT pg_sleep(3600)",
    "sleep_ms": "SELECT sleep_ms(3600000)",
    "setseed": "SELECT setseed(0.5)",
    "current_query": "SELECT current_query()",
    "bloom probe": "FROM parquet_bloom_probe('{closed}/secret.parquet', 'secret', 'x')",
    "file size through a macro": "FROM duckdb_external_file_cache()",
    "seq_scan": "FROM seq_scan('goods')",
    "Python function": "FROM python_map_function(1)",
    "checkpoint function": "FROM force_checkpoint('shop')",
    "all types": "FROM test_all_types()",
}

TRICKS = {
    "two statements": "SELECT 1; SELECT 2",
    "two statements, the second hostile": "SELECT 1; COPY (SELECT 1) TO '{closed}/new.csv'",
    "statement after a comment": "SELECT 1 /* ; */; -- x\nFROM '{closed}/secret.csv'",
    "hidden behind a line comment": "SELECT 1 -- harmless\n; ATTACH '{closed}/other.duckdb'",
    "nested comment": "SELECT /* /* */ 1 */ * FROM read_text('{closed}/secret.txt')",
    "comment inside the name's call": "SELECT * FROM read_text/**/('{closed}/secret.txt')",
    "quoted function name": "SELECT * FROM \"read_text\"('{closed}/secret.txt')",
    "upper case": "SELECT * FROM READ_TEXT('{closed}/secret.txt')",
    "schema prefix": "SELECT * FROM main.read_text('{closed}/secret.txt')",
    "catalog prefix": "SELECT * FROM system.main.read_text('{closed}/secret.txt')",
    "dollar quotes": "SELECT * FROM read_text($${closed}/secret.txt$$)",
    "escape string": "SELECT * FROM read_text(e'{closed}/secret\\x2etxt')",
    "text put together": "SELECT * FROM read_text('{closed}/sec' || 'ret.txt')",
    "in a lambda": "SELECT list_transform([1], lambda x: (SELECT content FROM read_text('{closed}/secret.txt')))",
    "in ORDER BY": "SELECT 1 FROM orders ORDER BY (SELECT content FROM read_text('{closed}/secret.txt'))",
    "in LIMIT": "SELECT 1 FROM orders LIMIT (SELECT length(content) FROM read_text('{closed}/secret.txt'))",
    "in HAVING": "SELECT 1 FROM orders HAVING count(*) > (SELECT size FROM read_text('{closed}/secret.txt'))",
    "in QUALIFY": "SELECT 1 FROM orders QUALIFY (SELECT true FROM read_text('{closed}/secret.txt'))",
    "in a window": "SELECT sum(id) OVER (ORDER BY (SELECT size FROM read_text('{closed}/secret.txt'))) FROM orders",
    "in FILTER": "SELECT count(*) FILTER ((SELECT true FROM read_text('{closed}/secret.txt'))) FROM orders",
    "in CASE": "SELECT CASE WHEN true THEN (SELECT content FROM read_text('{closed}/secret.txt')) END",
    "in a struct": "SELECT {{'a': (SELECT content FROM read_text('{closed}/secret.txt'))}}",
    "in VALUES": "VALUES ((SELECT content FROM read_text('{closed}/secret.txt')))",
    "in COLUMNS": "SELECT COLUMNS(c -> (SELECT true FROM read_text('{closed}/secret.txt'))) FROM orders",
    "in * REPLACE": "SELECT * REPLACE ((SELECT content FROM read_text('{closed}/secret.txt')) AS id) FROM orders",
    "in JOIN ON": "SELECT 1 FROM orders a JOIN orders b ON (SELECT true FROM read_text('{closed}/secret.txt'))",
    "in a table function's argument": "FROM range((SELECT size FROM read_text('{closed}/secret.txt')))",
    "in GROUP BY": "SELECT 1 FROM orders GROUP BY (SELECT size FROM read_text('{closed}/secret.txt'))",
    "in an aggregate's order": "SELECT string_agg(region ORDER BY (SELECT size FROM read_text('{closed}/secret.txt'))) FROM orders",
    "in PIVOT": "FROM orders PIVOT (count(*) FOR region IN (SELECT content FROM read_text('{closed}/secret.txt')))",
    "in UNPIVOT": "FROM (SELECT content FROM read_text('{closed}/secret.txt')) UNPIVOT (v FOR n IN (content))",
    "in DESCRIBE": "DESCRIBE SELECT * FROM read_text('{closed}/secret.txt')",
    "in a sample": "SELECT * FROM read_text('{closed}/secret.txt') USING SAMPLE 1",
    "positional join": "SELECT * FROM orders POSITIONAL JOIN read_text('{closed}/secret.txt')",
    "deep in CTEs": "WITH a AS (WITH b AS (WITH c AS (FROM read_text('{closed}/secret.txt')) FROM c) FROM b) FROM a",
    "unlisted PIVOT": "PIVOT orders ON region USING sum(amount)",
    "parameter": "SELECT ?",
    "named parameter": "SELECT $secret",
    "unterminated string": "SELECT 'x",
    "NUL character": "SELECT 1\x00; ATTACH 'x'",
    "nothing but a comment": "-- nothing",
    "table of an attached database": "FROM shop.main.vault",
    "table of an attached database, two parts": "FROM shop.vault",
    "macro of an attached database": "SELECT shop.main.upper('x')",
    "macro of an attached database, two parts": "SELECT shop.upper('x')",
    "table macro of an attached database": "FROM shop.main.range(1)",
    "type of an attached database": "SELECT CAST(1 AS shop.main.mood)",
    "view of an attached database that reads a file": "FROM peek",
    "information_schema": "FROM information_schema.tables",
    "pg_catalog": "FROM pg_catalog.pg_views",
    "sqlite_master": "FROM sqlite_master",
    "duckdb_views as a table": "FROM duckdb_views",
    "SHOW TABLES": "SHOW ALL TABLES",
    "SHOW DATABASES": "SHOW DATABASES",
    "AT clause": "FROM orders AT (VERSION => 1)",
}  # fmt: skip

NOT_ALONE = {"sleep", "sleep_ms", "enable logging"}
"""Not run without the guard: they wait for an hour, or make DuckDB end the process."""

HOSTILE = READERS | FILES_BY_NAME | WRITES | SETTINGS | FUNCTIONS | TRICKS


def _filled(sql: str, folder: Path) -> str:
    return sql.format(open=folder / "open", closed=folder / "closed")


def _everything_said(error: BaseException) -> str:
    said = []
    at: BaseException | None = error
    while at is not None:
        said.append(str(at))
        at = at.__cause__ or at.__context__
    return "\n".join(said)


@pytest.mark.parametrize("name", HOSTILE)
def test_engine_refuses(name: str, shared_vault: Any, shared_engine: Engine) -> None:
    planted = [SECRET]  # a Python variable that a replacement scan would find
    before = shared_vault.digest()
    sql = _filled(HOSTILE[name], shared_vault.folder)
    with pytest.raises((QueryRejected, QueryInvalid, UnreadableSource)) as caught:
        shared_engine.query(sql)
    assert planted
    assert SECRET not in _everything_said(caught.value)
    assert shared_vault.digest() == before
    assert shared_engine.scalar("SELECT count(*) FROM orders") == 5


@pytest.mark.parametrize(
    "name", [n for n in HOSTILE if n != "view of an attached database that reads a file"]
)
def test_guard_alone_refuses(name: str, shared_vault: Any) -> None:
    """On a connection that is not locked at all: the guard runs nothing."""
    before = shared_vault.digest()
    with duckdb.connect() as open_connection, pytest.raises((QueryRejected, QueryInvalid)) as caught:
        guard.check(
            _filled(HOSTILE[name], shared_vault.folder), open_connection, ["orders", "parts", "goods"]
        )
    assert caught.value.message
    assert shared_vault.digest() == before


def test_the_connection_alone(vault: Any, tmp_path: Path) -> None:
    """Which of them the locked connection also denies, so that the security page stays true."""
    reached, ran = set(), set()
    instance = _instance(vault)
    for name, sql in HOSTILE.items():
        if name in NOT_ALONE:
            continue
        before = vault.digest()
        with instance.cursor() as cursor:
            try:
                rows = cursor.execute(_filled(sql, vault.folder)).fetchall()
            except Exception as e:
                said = str(e)
            else:
                said = ""
                ran.add(name)
        assert SECRET not in said
        if name not in ran:
            continue
        instance.retire()
        if SECRET in str(rows) or vault.digest() != before:
            reached.add(name)
            vault = vault.planted_again()
        instance = _instance(vault)
    instance.retire()
    assert reached == _listed("What the connection alone does not hold")
    assert ran - reached <= _listed("What the connection alone runs, without harm to data")


def _instance(vault: Any) -> Instance:
    return Instance(vault.folder / "spill", Limits(memory="500MB", threads=1), vault.relations, {})


def _listed(heading: str) -> set[str]:
    """The first column of the table under a heading of the security page."""
    page = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| ([^|]+?) \|", section, re.MULTILINE)) - {"Statement", "---"}


BOMBS = {
    "brackets": "SELECT " + "(" * 5_000 + "1" + ")" * 5_000,
    "subqueries": "SELECT * FROM " + "(SELECT * FROM " * 3_000 + "(SELECT 1)" + ")" * 3_000,
    "NOT": "SELECT " + "NOT " * 20_000 + "true",
    "minus": "SELECT " + "- " * 40_000 + "1",
    "sum": "SELECT 1" + "+1" * 20_000,
    "UNION": "SELECT 1" + " EXCEPT SELECT 1" * 5_000,
    "CASE": "SELECT " + "CASE WHEN true THEN " * 3_000 + "1" + " END" * 3_000,
    "lists": "SELECT " + "[" * 20_000 + "1" + "]" * 20_000,
    "casts": "SELECT 1" + "::INT" * 15_000,
    "array types": "SELECT NULL::INT" + "[]" * 20_000,
    "method calls": "SELECT lower('a')" + ".lower()" * 10_000,
    "lambdas": "SELECT " + "list_transform([1], lambda x: " * 30 + "1" + ")" * 30,
    "arrows": "SELECT x" + " -> x" * 300,
    "CTEs in CTEs": "WITH a AS (" * 4_000 + "SELECT 1" + ") SELECT 1" * 4_000,
    "doubling macros": "SELECT " + "fmod(" * 30 + "1" + ", 2)" * 30,
    "doubling NULLIF": "SELECT " + "nullif(" * 30 + "1" + ", 2)" * 30,
    "length": "SELECT '" + "x" * 200_000 + "'",
    "comments": "/*" * 60_000 + "*/" * 60_000 + "SELECT 1",
    "repeat": "SELECT length(repeat('x', 4000000000))",
    "repeat of repeat": "SELECT repeat(repeat('x', 100000), 100000)",
    "repeat by a column": "SELECT repeat('x', id * 1000000000) FROM orders",
    "lpad": "SELECT lpad('x', 2000000000, 'y')",
    "list_resize": "SELECT list_resize([1], 2000000000)",
    "bitstring": "SELECT bitstring('1', 2000000000)",
    "format": "SELECT format('{:>1000000000}', 'x')",
    "format with a width from a value": "SELECT format('{:>{}}', 'x', 1000000000)",
    "format from a column": "SELECT format(region, 1) FROM orders",
    "printf": "SELECT printf('%1000000000d', 1)",
    "printf with a width from a value": "SELECT printf('%*d', 1000000000, 1)",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_before_it_runs(name: str, shared_engine: Engine) -> None:
    with pytest.raises((QueryRejected, QueryInvalid)):
        shared_engine.query(BOMBS[name])
    assert shared_engine.scalar("SELECT 1") == 1


ENDLESS = {
    "recursion": "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r",
    "growing recursion": "WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r, range(10)) SELECT count(*) FROM r",
    "cross join": "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 7",
    "joins of a table with itself": "SELECT count(*) FROM " + ", ".join(f"parts p{i}" for i in range(12)) + " WHERE random() > 2",
    "sort of everything": "SELECT * FROM range(100000000000) ORDER BY random()",
    "unnest": "SELECT count(*) FROM (SELECT unnest(range(100000)) FROM range(100000000)) WHERE random() > 2",
    "aggregate of everything": "SELECT length(string_agg(range::VARCHAR)) FROM range(100000000000)",
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_query_meets_a_limit(name: str, vault: Any) -> None:
    engine = vault.engine(Limits(timeout=0.5, memory="300MB"))
    with pytest.raises(LlmautoError) as caught:
        engine.query(ENDLESS[name])
    assert caught.value.kind in ("time_limit", "memory_limit", "disk_full")
    assert caught.value.hint
    assert engine.scalar("SELECT 1") == 1
    engine.close()


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 60
    assert len(set(HOSTILE.values())) == len(HOSTILE)
