"""Parquet, JSON, Arrow, spreadsheets, SQLite and DuckDB files."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather, ipc

from llmauto_tools.errors import UnreadableSource


@pytest.fixture
def table():
    return pa.table({
        "id": [1, 2],
        "na me": ["x", None],
        "d": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "day": [dt.date(2024, 1, 1), None],
        "at": pa.array([dt.datetime(2024, 1, 1, 10), None], pa.timestamp("us")),
    })  # fmt: skip


ROWS = [(1, "x", Decimal("1.50"), dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 10)), (2, *(None,) * 4)]


class TestParquet:
    def test_types_rows_and_count(self, table, attach, tmp_path):
        pq.write_table(table, tmp_path / "p.parquet")
        opened = attach(tmp_path / "p.parquet")
        assert opened.rows() == ROWS
        assert opened.one.row_count == 2
        assert opened.types()["d"] == "DECIMAL(9,2)"

    def test_names_that_need_cleaning(self, attach, tmp_path):
        odd = pa.table([[1], [2], [3], [4]], names=["a", "A", "", 'q"'])
        pq.write_table(odd, tmp_path / "p.parquet")
        opened = attach(tmp_path / "p.parquet")
        assert list(opened.types()) == ["a", "A_1", "C2", 'q"']
        assert opened.rows() == [(1, 2, 3, 4)]

    def test_truncated(self, table, attach, tmp_path, file):
        pq.write_table(table, tmp_path / "p.parquet")
        data = (tmp_path / "p.parquet").read_bytes()
        with pytest.raises(UnreadableSource, match=r"cut\.parquet"):
            attach(file("cut.parquet", data[: len(data) // 2]))

    def test_compressed(self, table, attach, tmp_path, file):
        pq.write_table(table, tmp_path / "p.parquet")
        packed = gzip.compress((tmp_path / "p.parquet").read_bytes())
        assert attach(file("q.parquet.gz", packed)).rows() == ROWS

    def test_content_beats_the_suffix(self, table, attach, tmp_path):
        pq.write_table(table, tmp_path / "p.csv")
        assert attach(tmp_path / "p.csv").rows() == ROWS


class TestJson:
    def test_array_with_nested_objects(self, file, attach):
        rows = [
            {"a": 1, "b": "2024-01-05", "c": {"x": 1, "y": {"z": "q"}}, "l": [1, 2]},
            {"a": 2.5, "b": "2024-01-06", "c": {"x": 2}, "é 😀": "12"},
        ]
        opened = attach(file("j.json", json.dumps(rows)))
        assert opened.types() == {
            "a": "DOUBLE", "b": "DATE", "c_x": "BIGINT", "c_y_z": "VARCHAR", "l": "BIGINT[]", "é 😀": "BIGINT",
        }  # fmt: skip
        assert opened.rows()[1] == (2.5, dt.date(2024, 1, 6), 2, None, None, 12)

    @pytest.mark.parametrize("suffix", ["ndjson", "jsonl", "json"])
    def test_one_object_per_line(self, file, attach, suffix):
        lines = "\n".join(json.dumps({"id": i, "ok": i % 2 == 0, "zip": f"0{i:04}"}) for i in range(100))
        opened = attach(file(f"j.{suffix}", lines))
        assert opened.types() == {"id": "BIGINT", "ok": "BOOLEAN", "zip": "VARCHAR"}
        assert len(opened.rows()) == 100

    def test_keys_that_appear_late_are_columns(self, file, attach):
        lines = [json.dumps({"id": i}) for i in range(60_000)] + ['{"id": 1, "late": "x"}']
        opened = attach(file("j.ndjson", "\n".join(lines)))
        assert opened.rows()[-1] == (1, "x")

    def test_lists_within_one_object_are_tables(self, file, attach):
        opened = attach(file("j.json", json.dumps({"count": 2, "data": [{"a": 1, "b": {"c": 1}}, {"a": 2}]})))
        assert opened.rows() == [(1, 1), (2, None)]
        two = attach(file("k.json", json.dumps({"x": [{"a": 1}], "y": [{"b": "q"}]})))
        assert two.names == ["k_x", "k_y"]
        assert two.rows("k_y") == [("q",)]

    def test_indented_object_and_compressed(self, file, attach):
        assert attach(file("j.json", json.dumps({"a": 1, "b": "x"}, indent=2))).rows() == [(1, "x")]
        assert attach(file("k.json.gz", gzip.compress(b'[{"a": 1}, {"a": 2}]'))).rows() == [(1,), (2,)]

    def test_broken(self, file, attach):
        with pytest.raises(UnreadableSource, match="JSON"):
            attach(file("j.json", '[{"a": 1}, {"a": 2,]'))
        with pytest.raises(UnreadableSource, match=r"line \d"):
            attach(file("k.ndjson", '{"a": 1}\n{"a": 2}\n{"a": \n'))
        with pytest.raises(UnreadableSource, match="empty"):
            attach(file("e.json", ""))


class TestArrow:
    def test_feather_file_and_stream(self, table, attach, tmp_path):
        feather.write_feather(table, tmp_path / "f.feather")
        feather.write_feather(table, tmp_path / "z.feather", compression="zstd")
        with ipc.new_stream(tmp_path / "s.arrow", table.schema) as out:
            out.write_table(table)
        for name in ("f.feather", "z.feather", "s.arrow"):
            opened = attach(tmp_path / name)
            assert opened.rows() == ROWS, name
            assert opened.one.load is not None

    def test_dictionaries_and_odd_names(self, attach, tmp_path):
        odd = pa.table([pa.array(["a", "b"]).dictionary_encode(), [1, 2]], names=["", "x\ny"])
        feather.write_feather(odd, tmp_path / "f.feather")
        opened = attach(tmp_path / "f.feather")
        assert opened.types() == {"column1": "VARCHAR", "x y": "BIGINT"}
        assert opened.rows() == [("a", 1), ("b", 2)]

    def test_damaged(self, table, attach, tmp_path, file):
        feather.write_feather(table, tmp_path / "f.feather")
        data = (tmp_path / "f.feather").read_bytes()
        with pytest.raises(UnreadableSource):
            attach(file("cut.feather", data[: len(data) // 2]))


def compound_file(stream: str) -> bytes:
    """A minimal OLE compound file with one empty stream, as Office wraps what a password protects."""
    free, end, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, end, *[free] * 126)

    def entry(name: str, kind: int, child: int) -> bytes:
        text = name.encode("utf-16-le")
        start = text.ljust(64, b"\0") + struct.pack(
            "<HBB3I", len(text) + 2 if name else 0, kind, 1, none, none, child
        )
        return start + bytes(36) + struct.pack("<IQ", end, 0)

    folder = entry("Root Entry", 5, 1) + entry(stream, 2, none) + entry("", 0, none) * 2
    return head + table + folder


class TestExcel:
    def book(self, path, **sheets):
        import xlsxwriter

        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
            for name, rows in sheets.items():
                sheet = book.add_worksheet(name)
                for i, row in enumerate(rows):
                    for j, cell in enumerate(row):
                        if cell is not None:
                            sheet.write(i, j, cell)
        return path

    def test_every_sheet_is_a_table(self, attach, tmp_path):
        path = self.book(
            tmp_path / "b.xlsx",
            Sales=[["id", "when", "total", "zip", "ok"], [1, dt.datetime(2024, 1, 5), 2.5, "01234", True],
                   [2, dt.datetime(2024, 1, 6), None, "98765", False]],
            Notes=[["text"], ["hello"]],
            Empty=[],
        )  # fmt: skip
        opened = attach(path)
        assert opened.names == ["Sales", "Notes"]
        assert opened.types("Sales") == {
            "id": "BIGINT", "when": "DATE", "total": "DOUBLE", "zip": "VARCHAR", "ok": "BOOLEAN",
        }  # fmt: skip
        assert opened.rows("Sales")[1] == (2, dt.date(2024, 1, 6), None, "98765", False)

    def test_title_rows_mixed_cells_and_text_numbers(self, attach, tmp_path):
        path = self.book(
            tmp_path / "b.xlsx",
            S=[["Report 2024"], [], ["name", "mixed", "money"], ["a", 1, "$1,000.50"], ["b", "x", "$2.00"]],
        )
        opened = attach(path)
        assert opened.names == ["b"]
        assert opened.types() == {"name": "VARCHAR", "mixed": "VARCHAR", "money": "DECIMAL(18,2)"}
        assert opened.rows() == [("a", "1", Decimal("1000.50")), ("b", "x", Decimal("2.00"))]
        assert "Report 2024" in " ".join(opened.one.notes)

    def test_second_opening_comes_from_the_cache(self, attach, tmp_path):
        path = self.book(tmp_path / "b.xlsx", S=[["a"], [1]])
        first, second = attach(path), attach(path)
        assert first.one == second.one
        self.book(path, S=[["a"], [1], [2]])
        assert attach(path).rows() == [(1,), (2,)]

    def test_protected_by_a_password(self, attach, file):
        with pytest.raises(UnreadableSource, match="password"):
            attach(file("p.xlsx", compound_file("EncryptedPackage")))

    def test_broken(self, attach, file):
        with pytest.raises(UnreadableSource):
            attach(file("p.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600))
        with pytest.raises(UnreadableSource):
            attach(file("q.xlsx", b"PK\x03\x04 rubbish"))


class TestSQLite:
    def make(self, path, *statements):
        with closing(sqlite3.connect(path)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()
        return path

    def test_tables_views_types_and_keys(self, attach, tmp_path):
        path = self.make(
            tmp_path / "s.db",
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)",
            """CREATE TABLE "order items" (id INTEGER, customer_id INT REFERENCES customer, total DECIMAL(10,2),
               day DATE, at DATETIME, paid BOOLEAN, raw BLOB, noted TEXT, free)""",
            'CREATE VIEW per AS SELECT customer_id, sum(total) AS s FROM "order items" GROUP BY 1',
            "INSERT INTO customer VALUES (1, 'Ünal')",
            """INSERT INTO "order items" VALUES (1, 1, 12.5, '2024-01-05', '2024-01-05 10:00:00', 1, x'00ff',
               '2024-02-29', 7), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
        )
        opened = attach(path)
        assert opened.names == ["customer", "order_items", "per"]
        assert opened.types("order_items") == {
            "id": "BIGINT", "customer_id": "BIGINT", "total": "DOUBLE", "day": "DATE", "at": "TIMESTAMP",
            "paid": "BOOLEAN", "raw": "BLOB", "noted": "DATE", "free": "BIGINT",
        }  # fmt: skip
        assert opened.rows("order_items")[0] == (
            1, 1, 12.5, dt.date(2024, 1, 5), dt.datetime(2024, 1, 5, 10), True, b"\x00\xff", dt.date(2024, 2, 29), 7,
        )  # fmt: skip
        assert opened.rows("per") == [(None, None), (1, 12.5)]
        (key,) = opened["order_items"].foreign_keys
        assert (key.table, key.column, key.other_table, key.other_column) == (
            "order_items", "customer_id", "customer", "id",
        )  # fmt: skip

    def test_values_that_do_not_fit_their_type_are_kept(self, attach, tmp_path):
        path = self.make(
            tmp_path / "s.db",
            "CREATE TABLE t (n INTEGER, r REAL, day DATE, flag BOOLEAN)",
            "INSERT INTO t VALUES (1, 1.5, '2024-01-05', 1), ('n/a', 'high', 'soon', 'maybe')",
            "CREATE TABLE u (day DATE, n INTEGER)",
            "INSERT INTO u VALUES (1704412800, 1), (1704412801, 2.5)",
        )
        opened = attach(path)
        assert opened.rows("t")[1] == ("n/a", "high", "soon", "maybe")
        assert all("several types" in (c.note or "") for c in opened["t"].columns[:2])
        assert opened.types("u") == {"day": "BIGINT", "n": "DOUBLE"}
        assert "declared DATE" in (opened["u"].columns[0].note or "")

    def test_misfits_beyond_the_rows_looked_at_fail_loudly_once(self, attach, tmp_path, monkeypatch):
        from llmauto_tools.sources import sqlite_files

        monkeypatch.setattr(sqlite_files, "CHECKED_ROWS", 10)
        path = self.make(
            tmp_path / "s.db",
            "CREATE TABLE t (n INTEGER)",
            "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100) INSERT INTO t SELECT i FROM c",
            "INSERT INTO t VALUES ('odd')",
        )
        with pytest.raises(UnreadableSource, match="n, beyond"):
            attach(path).rows()
        assert attach(path).rows()[-1] == ("odd",)

    def test_hostile_names_empty_tables_and_broken_text(self, attach, tmp_path):
        path = self.make(
            tmp_path / "s.db",
            'CREATE TABLE "select ""x""" ("a b" INT, "A B " INT, "价格" REAL)',
            "CREATE TABLE bad (t TEXT)",
            "INSERT INTO bad VALUES (CAST(x'ff41' AS TEXT))",
            "CREATE VIEW broken AS SELECT * FROM gone",
        )
        opened = attach(path)
        assert opened.names == ["select_x", "bad"]
        assert opened.rows("select_x") == []
        assert opened.rows("bad") == [("\ufffdA",)]

    def test_loading_is_lazy_and_cached(self, attach, tmp_path, cache):
        path = self.make(tmp_path / "s.db", "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)")
        opened = attach(path)
        assert not list(cache.glob("*.parquet"))
        assert opened.one.load() == opened.one.load()
        assert [p.suffix for p in cache.iterdir()] == [".parquet"]

    def test_a_change_changes_the_fingerprint(self, attach, tmp_path):
        path = self.make(tmp_path / "s.db", "CREATE TABLE t (a INT)")
        before = attach(path).one.fingerprint
        self.make(path, "INSERT INTO t VALUES (1)")
        after = attach(path)
        assert after.one.fingerprint != before
        assert after.rows() == [(1,)]

    def test_damaged_and_empty(self, attach, file, tmp_path):
        with pytest.raises(UnreadableSource):
            attach(file("x.sqlite", b"SQLite format 3\x00" + b"\x01" * 4000))
        with pytest.raises(UnreadableSource, match="no table"):
            attach(self.make(tmp_path / "n.db", "CREATE TABLE t (a)", "DROP TABLE t"))


class TestDuckDB:
    def make(self, path, *statements):
        with closing(duckdb.connect(str(path))) as db:
            for statement in statements:
                db.execute(statement)
        return path

    def test_tables_views_schemas_and_keys(self, attach, tmp_path):
        path = self.make(
            tmp_path / "k.duckdb",
            "CREATE TABLE p (id INT PRIMARY KEY, n VARCHAR)",
            "CREATE TABLE q (id INT, pid INT REFERENCES p (id))",
            "CREATE SCHEMA s", "CREATE TABLE s.t (a INT)", "CREATE VIEW v AS SELECT n FROM p",
            "INSERT INTO p VALUES (1, 'a')", "INSERT INTO q VALUES (1, 1)",
        )  # fmt: skip
        opened = attach(path)
        assert opened.names == ["p", "q", "v", "s_t"]
        assert opened.rows("v") == [("a",)]
        assert opened.rows("s_t") == []
        (key,) = opened["q"].foreign_keys
        assert (key.column, key.other_table, key.other_column) == ("pid", "p", "id")

    def test_rows_are_counted_without_deleted_ones(self, attach, tmp_path):
        path = self.make(
            tmp_path / "k.duckdb", "CREATE TABLE t AS FROM range(1000) r(i)", "DELETE FROM t WHERE i % 3 = 0"
        )
        assert attach(path).one.row_count == 666

    def test_locked_by_another_process(self, attach, tmp_path):
        path = self.make(tmp_path / "k.duckdb", "CREATE TABLE p (id INT)")
        code = f"import duckdb, sys; db = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"open\n"
            with pytest.raises(UnreadableSource, match="another process"):
                attach(path)
            other.communicate()
        assert attach(path).rows() == []

    def test_damaged_and_empty(self, attach, tmp_path, file):
        with pytest.raises(UnreadableSource, match="no table"):
            attach(self.make(tmp_path / "e.duckdb", "SELECT 1"))
        with pytest.raises(UnreadableSource):
            attach(file("d.duckdb", b"\x00" * 8 + b"DUCK" + b"\x07" * 5000))
