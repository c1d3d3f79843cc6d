"""What the exported statements read: files of every kind, copies, and saved tables as they were."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import xlsxwriter

if TYPE_CHECKING:
    from tests.agent.export.conftest import Author


def test_sqlite_is_read_from_the_copy_that_was_made(author: Author, tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE items (name TEXT, price REAL)")
        db.executemany("INSERT INTO items VALUES (?, ?)", [("pen", 1.5), ("ink", 4.25)])
    db.close()
    (table,) = author.attach(path)
    author.turn("Dearest?", f"SELECT * FROM {table} ORDER BY price DESC")
    assert "e1: same result (2 rows)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert f"# copy of {path}" in text


def test_xlsx_is_read_from_the_copy_that_was_made(author: Author, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Prices")
        for i, row in enumerate([("name", "price"), ("pen", 1.5), ("ink", 4.25)]):
            sheet.write_row(i, 0, row)
    (table,) = author.attach(path)
    author.turn("Sum?", f'SELECT sum(price) FROM "{table}"')
    assert "e1: same result (1 row)" in author.replay()


def test_duckdb_file_is_attached_read_only(author: Author, tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE items AS SELECT 'pen' AS name, 1.5 AS price")
    (table,) = author.attach(path)
    author.turn("Items?", f"SELECT * FROM {table}")
    before = path.read_bytes()
    assert "e1: same result (1 row)" in author.replay()
    assert path.read_bytes() == before


def test_many_files_are_one_folder_that_can_be_moved(
    author: Author, tmp_path: Path, run: Callable[..., Any]
) -> None:
    folder = tmp_path / "par'ts x"
    (folder / "more").mkdir(parents=True)
    for name in ("p1", "p2", "more/p3", "more/p4"):
        duckdb.sql(f"SELECT '{name}' AS part, range AS x FROM range(3)").write_parquet(
            f"{folder}/{name}.parquet"
        )
    (table,) = author.attach(folder)
    author.turn("Rows?", f'SELECT part, count(*) FROM "{table}" GROUP BY part')
    script = author.export("session.py")
    (folder / "unrelated.txt").write_text("x")
    printed = run(script)
    assert printed.stdout.endswith("e1: same result (4 rows)\n\n"), printed.stderr
    moved = folder.rename(tmp_path / "moved")
    assert "there is no" in run(script).stderr
    text = script.read_text()
    script.write_text(text.replace(f"{str(folder) + '/'!r},", f"{str(moved)!r},", 1))
    printed = run(script)
    assert printed.stdout.endswith("e1: same result (4 rows)\n\n"), printed.stderr
    (moved / "p1.parquet").unlink()
    assert run(script).returncode == 1


def test_a_converted_file_is_named_as_the_person_knows_it(author: Author, tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("name;n\né;1\n".encode("latin-1"))
    (table,) = author.attach(path)
    author.turn("All?", f"SELECT * FROM {table}")
    assert "e1: same result (1 row)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert f"# copy of {path}" in text
    assert "    'latin.csv': " in text


def test_only_tables_that_were_read_are_defined(author: Author, orders_csv: Path, tmp_path: Path) -> None:
    other = tmp_path / "never_read.csv"
    other.write_text("a\n1\n")
    author.attach(orders_csv)
    author.attach(other)
    author.turn("Rows?", "SELECT count(*) FROM orders")
    assert "replay.view('never_read'" not in author.export("session.py").read_text()


def test_files_of_the_same_name_have_labels_of_their_own(author: Author, tmp_path: Path) -> None:
    for year in ("2023", "2024"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "sales.csv").write_text(f"amount\n{year}\n")
    (first,) = author.attach(tmp_path / "2023" / "sales.csv")
    (second,) = author.attach(tmp_path / "2024" / "sales.csv")
    author.turn("Both?", f'SELECT a.amount, b.amount FROM "{first}" a, "{second}" b')
    assert "e1: same result (1 row)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert "'sales.csv': " in text
    assert "'sales.csv (2)': " in text


def save(author: Author, name: str, sql: str) -> None:
    author.tool("save_table", {"name": name, "sql": sql})


def test_saved_tables_are_rebuilt_in_order(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    save(author, "large", "SELECT * FROM orders WHERE amount > 15")
    save(
        author,
        "per region",
        'SELECT region, sum(amount) AS "to""tal", sum(id) AS ids FROM large GROUP BY region',
    )
    author.turn("Per region?", 'SELECT * FROM "per region" ORDER BY region')
    assert "e3: same result (3 rows)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert (
        text.index("replay.table('large'")
        < text.index("replay.table('per region'")
        < text.index("e3 = replay.run")
    )
    assert "(saved)" not in text


def test_each_statement_sees_the_version_that_it_saw_then(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    save(author, "picked", "SELECT * FROM orders WHERE id <= 1")
    author.turn("One?", "SELECT count(*) AS n FROM picked")
    save(author, "twice", "SELECT * FROM picked UNION ALL SELECT * FROM picked")
    save(author, "picked", "SELECT * FROM orders WHERE id <= 3")
    author.turn(
        "Three and two?", "SELECT (SELECT count(*) FROM picked) AS a, (SELECT count(*) FROM twice) AS b"
    )
    author.tool("undo", {})
    author.turn("One again?", "SELECT count(*) AS n FROM picked")
    printed = author.replay()
    for number in (2, 5, 7):
        assert f"e{number}: same result (1 row)" in printed
    assert [e.rows for e in author.workspace.ledger.list() if e.tool == "query"] == [
        ((1,),),
        ((3, 2),),
        ((1,),),
    ]


def test_saved_table_of_an_earlier_session_comes_with_its_lineage(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    save(author, "large", "SELECT * FROM orders WHERE amount > 15")
    author.session = author.store.create("builtin", "schema")
    author.turn("How many?", "SELECT count(*) AS n FROM large")
    assert "e2: same result (1 row)" in author.replay()


def test_saved_table_whose_source_is_not_attached_comes_from_its_file(
    author: Author, orders_csv: Path
) -> None:
    author.attach(orders_csv)
    save(author, "large", "SELECT * FROM orders WHERE amount > 15")
    author.turn("How many?", "SELECT count(*) AS n FROM large")
    author.workspace._relations.clear()
    author.workspace.engine.invalidate()
    assert "e2: same result (1 row)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert "'large (saved)': " in text
    assert "# The rows come from where they were saved: the table orders was not attached" in text


def test_saved_random_sample_comes_from_its_file(author: Author) -> None:
    save(author, "drawn", "SELECT range AS i, random() AS r FROM range(100)")
    author.turn("Sum?", "SELECT sum(r) FROM drawn")
    assert "e2: same result (1 row)" in author.replay()


def test_saved_table_keeps_its_types(author: Author) -> None:
    save(
        author,
        "typed",
        "SELECT INTERVAL 3 DAY AS i, 'a'::ENUM ('a', 'b') AS e, sum(5) AS h, {'x': 1} AS s, MAP {'k': 1} AS m,"
        " 1.5::DECIMAL(9, 2) AS d, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, uuid() IS NULL AS u",
    )
    author.turn("Types?", "SELECT * EXCLUDE (m, i) FROM typed", "SELECT i, m FROM typed")
    printed = author.replay()
    assert "e2: same result (1 row)" in printed
    assert "e3: same result (1 row)" in printed


TYPES = [
    "true", "1::TINYINT", "2::UBIGINT", "170141183460469231731687303715884105727::HUGEINT", "1.10::DECIMAL(18,3)",
    "2.00::DECIMAL(9,2)", "0.1::FLOAT", "0.1::DOUBLE", "'NaN'::DOUBLE", "'-Infinity'::DOUBLE", "'é\"\\\n'", "''", "NULL",
    "DATE '2024-02-29'", "TIME '10:00:00.5'", "TIMESTAMP '2024-01-01 10:00:00.123456'", "TIMESTAMP_S '2024-01-01 10:00:00'",
    "TIMESTAMP_NS '2024-01-01 10:00:00.123456789'", "INTERVAL 3 DAY", "INTERVAL 3 MONTH",
    "'12345678-1234-1234-1234-123456789abc'::UUID", "'\\xAA'::BLOB", "'101'::BIT", "'a'::ENUM('a','b')", "[1, NULL, 3]",
    "[1, 2]::INTEGER[2]", "{'a': 1, 'b': [0.5]}", "MAP {'k': 1}", "'{\"a\": 1}'::JSON", "DATE '0044-03-15 (BC)'",
    "DATE 'infinity'",
]  # fmt: skip
ZONED = [
    "TIMESTAMPTZ '2024-07-01 10:00:00.5+02'",
    "'10:00:00+02'::TIMETZ",
    "[TIMESTAMPTZ '2024-07-01 10:00:00+02']",
]


@pytest.mark.parametrize(
    "batch", [TYPES, [*TYPES[:18], *TYPES[20:27], *ZONED[:1], *ZONED]], ids=["plain", "zoned"]
)
def test_every_type_compares(author: Author, batch: list[str]) -> None:
    author.turn("Each alone?", *(f"SELECT {v} AS v" for v in batch))
    author.turn("All together?", "SELECT " + ", ".join(batch))
    printed = author.replay()
    for number in range(1, len(batch) + 2):
        assert f"e{number}: same result (1 row)" in printed


def test_clock_is_stopped_at_the_recording(author: Author) -> None:
    author.turn("Which day?", "SELECT current_date AS d, current_date - DATE '2020-01-01' AS days")
    assert "e1: same result (1 row)" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert "# current_date read the clock: replaced by the time of the recording" in text
    assert "SELECT CAST('" in text


def test_more_rows_than_the_ledger_keeps(author: Author) -> None:
    author.turn(
        "All?", "SELECT range AS i FROM range(5000)", "SELECT range AS i FROM range(5000) ORDER BY i DESC"
    )
    printed = author.replay()
    assert "e1: same result (5,000 rows, 1,000 of them compared)" in printed
    assert "e2: same result (5,000 rows, 1,000 of them compared)" in printed


def test_other_tools_replay_where_their_sql_gives_their_table(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.tool("tables", {})
    author.tool("describe", {"table": "orders"})
    author.tool("sample", {"table": "orders", "rows": 3, "seed": 7})
    author.tool("chart", {"sql": "SELECT region, sum(amount) AS total FROM orders GROUP BY ALL ORDER BY 1"})
    printed = author.replay()
    assert "e1" not in printed
    for number, rows in ((2, 5), (3, 3), (4, 3)):
        assert f"e{number}: same result ({rows} rows)" in printed
    text = (author.folder / "session.py").read_text()
    assert "# 1 table: orders" in text
    assert "# file in the workspace: artifacts/" in text


def test_a_plan_replays_from_the_sql_that_it_became(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    count = {"expr": {"kind": "aggregate", "function": "count"}}
    region = {"expr": {"kind": "column", "name": "region"}}
    author.tool("analyze", {"plan": {"table": "orders", "group_by": [region], "measures": [count]}})
    assert "e1: same result (3 rows)" in author.replay()
