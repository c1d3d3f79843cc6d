"""Folders, globs, archives, addresses, the cache, and what is said when something is wrong."""

from __future__ import annotations

import errno
import gzip
import http.server
import io
import os
import threading
import urllib.parse
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmauto_tools.errors import DiskFull, SourceNotFound, UnreadableSource, UnsupportedSource
from llmauto_tools.sources import open_source
from llmauto_tools.sources.cache import Cache


class TestFolders:
    def test_files_of_one_schema_are_one_table(self, file, attach, tmp_path):
        file("sales/2023.csv", "id,n\n1,x\n")
        file("sales/2024.csv", "id,n\n2,y\n")
        file("sales/.hidden.csv", "q\n1\n")
        file("sales/README", "not data")
        opened = attach(tmp_path / "sales")
        assert opened.names == ["sales"]
        assert opened.rows() == [(1, "x"), (2, "y")]
        assert "2 files" in opened.one.notes

    def test_other_order_dialect_and_types_are_matched_by_name(self, file, attach, tmp_path):
        file("d/a.csv", "id,n\n1,2\n")
        file("d/b.csv", "n;id\n2,5;7\n")
        opened = attach(tmp_path / "d")
        assert opened.types() == {"id": "BIGINT", "n": "DOUBLE"}
        assert sorted(opened.rows()) == [(1, 2.0), (7, 2.5)]

    def test_other_schemas_are_other_tables(self, file, attach, tmp_path):
        file("d/orders_1.csv", "id,total\n1,2\n")
        file("d/orders_2.csv", "id,total\n2,3\n")
        file("d/customers.csv", "name,city\nA,B\n")
        opened = attach(tmp_path / "d")
        assert sorted(opened.names) == ["customers", "orders"]
        assert len(opened.rows("orders")) == 2

    def test_a_type_that_holds_in_one_file_only(self, file, attach, tmp_path):
        file("d/a.csv", "id\n1\n")
        file("d/b.csv", "id\nx\n")
        assert attach(tmp_path / "d").rows() == [("1",), ("x",)]

    def test_columns_that_were_added_later(self, attach, tmp_path):
        (tmp_path / "d").mkdir()
        pq.write_table(pa.table({"id": [1], "a": [1]}), tmp_path / "d/1.parquet")
        pq.write_table(pa.table({"id": [2], "a": [2], "b": ["x"]}), tmp_path / "d/2.parquet")
        opened = attach(tmp_path / "d")
        assert sorted(opened.rows(), key=str) == sorted([(1, 1, None), (2, 2, "x")], key=str)
        assert any("differ" in n for n in opened.one.notes)

    def test_hive_partitions_are_columns(self, attach, tmp_path):
        for year in (2023, 2024):
            (tmp_path / f"d/year={year}").mkdir(parents=True)
            pq.write_table(pa.table({"id": [year]}), tmp_path / f"d/year={year}/x.parquet")
        opened = attach(tmp_path / "d")
        assert opened.types() == {"id": "BIGINT", "year": "BIGINT"}
        assert sorted(opened.rows()) == [(2023, 2023), (2024, 2024)]

    def test_many_parquet_files_name_their_folder(self, attach, tmp_path):
        (tmp_path / "d").mkdir()
        for i in range(300):
            pq.write_table(pa.table({"id": [i]}), tmp_path / f"d/{i}.parquet")
        opened = attach(tmp_path / "d")
        assert opened.one.paths == (f"{(tmp_path / 'd').resolve()}/",)
        assert len(opened.rows()) == 300
        assert any("taken for" in n for n in opened.one.notes)

    def test_mixed_kinds(self, file, attach, tmp_path):
        file("d/a.csv", "id\n1\n")
        file("d/b.json", '[{"name": "x"}]')
        pq.write_table(pa.table({"total": [1.5]}), tmp_path / "d/c.parquet")
        opened = attach(tmp_path / "d")
        assert len(opened.relations) == 3
        assert sum(len(opened.rows(n)) for n in opened.names) == 3

    def test_json_files_are_joined_too(self, file, attach, tmp_path):
        file("d/a.ndjson", '{"id": 1}\n{"id": 2}\n')
        file("d/b.ndjson", '{"id": 3.5}\n')
        assert sorted(attach(tmp_path / "d").rows()) == [(1.0,), (2.0,), (3.5,)]

    def test_a_file_that_fails_is_named_and_the_others_are_read(self, file, attach, tmp_path):
        file("d/a.csv", "id\n1\n")
        file("d/b.csv", "")
        opened = attach(tmp_path / "d")
        assert opened.rows() == [(1,)]
        assert any("b.csv" in n and "empty" in n for n in opened.one.notes)

    def test_globs(self, file, attach, tmp_path):
        file("d/sales_1.csv", "id\n1\n")
        file("d/sales_2.csv", "id\n2\n")
        file("d/other.csv", "x\n3\n")
        opened = attach(tmp_path / "d" / "sales_*.csv")
        assert opened.names == ["sales"]
        assert opened.rows() == [(1,), (2,)]
        with pytest.raises(SourceNotFound, match="No file matches"):
            attach(tmp_path / "d" / "*.parquet")

    def test_a_folder_without_data(self, file, attach, tmp_path):
        file("d/README.md", "x")
        with pytest.raises(UnsupportedSource, match="no data files"):
            attach(tmp_path / "d")

    def test_fingerprint_covers_all_files(self, file, attach, tmp_path):
        file("d/a.csv", "id\n1\n")
        file("d/b.csv", "id\n2\n")
        before = attach(tmp_path / "d").one.fingerprint
        file("d/b.csv", "id\n33\n")
        assert attach(tmp_path / "d").one.fingerprint != before


class TestArchives:
    def zipped(self, path, **members):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in members.items():
                out.writestr(name, content)
        return path

    def test_members_are_tables(self, attach, tmp_path):
        path = self.zipped(
            tmp_path / "z.zip",
            **{"a/orders.csv": "id\n1\n", "b.json": '[{"x": 1}]', "__MACOSX/._b.csv": "q", "read.me": "x"},
        )
        opened = attach(path)
        assert sorted(opened.names) == ["b", "orders"]
        assert opened.rows("orders") == [(1,)]

    def test_members_of_one_schema_are_one_table_called_like_the_archive(self, attach, tmp_path):
        path = self.zipped(tmp_path / "sales.zip", **{"1.csv": "id\n1\n", "2.csv": "id\n2\n"})
        opened = attach(path)
        assert opened.names == ["sales"]
        assert opened.rows() == [(1,), (2,)]

    def test_names_in_the_archive_are_never_paths(self, attach, tmp_path, cache):
        path = self.zipped(tmp_path / "z.zip", **{"../../evil.csv": "id\n1\n", "/abs.csv": "other\n2\n"})
        opened = attach(path)
        assert all(Path(p).is_relative_to(cache.resolve()) for r in opened.relations for p in r.paths)
        assert not (tmp_path.parent / "evil.csv").exists()
        assert sorted(opened.names) == ["abs", "evil"]

    def test_bombs_are_refused(self, attach, tmp_path, monkeypatch, file):
        from llmauto_tools.sources import archives

        monkeypatch.setattr(archives, "FREE_BYTES", 100_000)
        with pytest.raises(UnreadableSource, match="bomb"):
            attach(self.zipped(tmp_path / "z.zip", **{"a.csv": b"a\n" + b"0" * 50_000_000}))
        with pytest.raises(UnreadableSource, match="bomb"):
            attach(file("a.parquet.gz", gzip.compress(b"PAR1" + b"\x00" * 200_000_000)))
        assert not list((tmp_path / "cache").rglob("*.part"))

    def test_nested_and_compressed_members(self, attach, tmp_path):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as out:
            out.writestr("deep.csv", "id\n1\n")
        path = self.zipped(
            tmp_path / "z.zip", **{"in.zip": inner.getvalue(), "g.csv.gz": gzip.compress(b"n\n5\n")}
        )
        opened = attach(path)
        assert sorted(r for n in opened.names for r in opened.rows(n)) == [(1,), (5,)]

    def test_damaged_encrypted_and_empty(self, attach, file, tmp_path):
        whole = self.zipped(tmp_path / "z.zip", **{"a.csv": "id\n" + "1\n" * 5_000}).read_bytes()
        with pytest.raises(UnreadableSource, match="damaged"):
            attach(file("cut.zip", whole[: len(whole) // 2]))
        with pytest.raises(UnsupportedSource, match="no file"):
            attach(self.zipped(tmp_path / "n.zip", **{"read.me": "x"}))
        flagged = bytearray(whole)
        flagged[6] |= 1
        place = flagged.rfind(b"PK\x01\x02")
        flagged[place + 8] |= 1
        with pytest.raises(UnreadableSource, match="password"):
            attach(file("locked.zip", bytes(flagged)))


class _Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files` (path → bytes) with an ETag, and notes every request in `server.seen`."""

    def do_GET(self):
        self.server.seen.append(
            (self.path, self.headers.get("If-None-Match"), self.headers.get("Authorization"))
        )
        path = urllib.parse.unquote(self.path.split("?")[0])
        if path == "/secret.csv" and self.headers.get("Authorization") is None:
            self.send_error(401)
            return
        if path == "/cut.csv":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"id\n1\n")
            return
        body = self.server.files.get(path)
        if body is None:
            self.send_error(404)
            return
        tag = f'"{hash(body)}"'
        if self.headers.get("If-None-Match") == tag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/csv" if path == "/export" else "application/octet-stream")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.files, server.seen = {}, []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class TestHttp:
    def test_download_is_reused_until_it_changes(self, web, attach):
        web.files["/d/sales.csv"] = b"id\n1\n"
        seen = []
        opened = attach(
            f"{web.url}/d/sales.csv", progress=lambda text, fraction: seen.append((text, fraction))
        )
        assert opened.names == ["sales"]
        assert opened.rows() == [(1,)]
        assert seen[-1][1] == 1.0
        assert attach(f"{web.url}/d/sales.csv").rows() == [(1,)]
        assert [s[1] is None for s in web.seen] == [True, False]
        web.files["/d/sales.csv"] = b"id\n1\n2\n"
        assert attach(f"{web.url}/d/sales.csv").rows() == [(1,), (2,)]

    def test_other_kinds_and_names(self, web, attach, table_bytes):
        web.files |= {
            "/a b.parquet": table_bytes,
            "/export": b"id,n\n1,x\n",
            "/z.csv.gz": gzip.compress(b"q\n1\n"),
        }
        assert attach(f"{web.url}/a%20b.parquet").names == ["a_b"]
        assert attach(f"{web.url}/export?format=csv").rows() == [(1, "x")]
        assert attach(f"{web.url}/z.csv.gz").rows() == [(1,)]

    def test_secrets_stay_out_of_origin_and_errors(self, web, attach, cache):
        web.files["/secret.csv"] = b"id\n1\n"
        host = web.url.removeprefix("http://")
        opened = attach(f"http://me:hunter2@{host}/secret.csv?api_key=hunter3&page=2")
        assert opened.one.origin == f"http://{host}/secret.csv?api_key=***&page=2"
        assert web.seen[-1][2].startswith("Basic ")
        for address in (f"http://me:hunter2@{host}/none.csv", "http://me:hunter2@127.0.0.1:1/x.csv"):
            with pytest.raises((SourceNotFound, UnreadableSource)) as caught:
                attach(address)
            assert "hunter" not in str(caught.value)
        stored = [p.read_bytes() for p in cache.rglob("*") if p.is_file()]
        assert not any(b"hunter" in s for s in stored)

    def test_failures(self, web, attach, cache):
        with pytest.raises(SourceNotFound, match="404"):
            attach(f"{web.url}/none.csv")
        with pytest.raises(UnreadableSource, match="401"):
            attach(f"{web.url}/secret.csv")
        with pytest.raises(UnreadableSource, match="broke off"):
            attach(f"{web.url}/cut.csv")
        with pytest.raises(UnreadableSource, match="could not be reached"):
            attach("http://127.0.0.1:1/x.csv")
        assert not list(cache.rglob("*.part"))


@pytest.fixture
def table_bytes():
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), out)
    return out.getvalue()


class TestErrors:
    def test_nearest_names(self, file, attach, tmp_path):
        file("customers.csv", "a\n1\n")
        with pytest.raises(SourceNotFound) as caught:
            attach(tmp_path / "custmers.csv")
        assert "customers.csv" in str(caught.value.hint)
        with pytest.raises(SourceNotFound, match="no folder"):
            attach(tmp_path / "nowhere" / "x.csv")
        with pytest.raises(SourceNotFound):
            attach("")

    def test_what_is_read_is_listed(self, file, attach):
        for name, data in {
            "a.pdf": b"%PDF-1.7 x",
            "b.bin": os.urandom(100) + b"\0",
            "c.xyz": b"just words\n",
        }.items():
            with pytest.raises(UnsupportedSource) as caught:
                attach(file(name, data))
            assert "parquet" in str(caught.value.hint)
        with pytest.raises(UnsupportedSource, match="gopher"):
            attach("gopher://x/y")

    def test_text_without_a_known_suffix_is_read(self, file, attach):
        assert attach(file("export", "a,b\n1,2\n")).rows() == [(1, 2)]
        assert attach(file("noext", '[{"a": 1}]')).rows() == [(1,)]

    def test_file_addresses(self, file, attach):
        assert attach(
            f"file://{file('a b.csv', 'a' + chr(10) + '1' + chr(10))}".replace(" ", "%20")
        ).rows() == [(1,)]

    def test_permission_denied(self, file, attach):
        path = file("t.csv", "a\n1\n")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        with pytest.raises(UnreadableSource, match="permission denied"):
            attach(path)

    def test_pipes_are_refused(self, attach, tmp_path):
        os.mkfifo(tmp_path / "p")
        with pytest.raises(UnsupportedSource, match="pipe"):
            attach(tmp_path / "p")


class TestCache:
    def test_full_disk_and_interrupt_leave_no_half_file(self, cache):
        store = Cache(cache)

        def write(error: BaseException) -> None:
            with store.writing(cache / "x") as part:
                part.write_bytes(b"half")
                raise error

        with pytest.raises(DiskFull):
            write(OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(KeyboardInterrupt):
            write(KeyboardInterrupt())
        assert not list(cache.iterdir())

    def test_full_disk_while_converting(self, file, attach, monkeypatch, cache):
        from llmauto_tools.sources import csv_files

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(csv_files, "transcode", full)
        with pytest.raises(DiskFull):
            attach(file("t.csv", "stadt\nKöln\n".encode("utf-16")))
        assert not list(cache.iterdir())

    def test_converted_copies_follow_the_file(self, file, attach, cache):
        path = file("t.csv", "stadt,n\nKöln,1\n".encode("utf-16"))
        assert attach(path).rows() == [("Köln", 1)]
        attach(path)
        assert len(list(cache.iterdir())) == 1
        file("t.csv", "stadt,n\nKöln,1\nZürich,22\n".encode("utf-16"))
        assert attach(path).rows() == [("Köln", 1), ("Zürich", 22)]


def test_importing_the_package_loads_no_heavy_library():
    import subprocess
    import sys

    code = "import llmauto_tools.sources, sys; print([m for m in ('duckdb', 'pyarrow', 'sqlglot', 'httpx', 'ssl') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"


def test_a_csv_is_attached_without_pyarrow(file, cache):
    import subprocess
    import sys

    code = (
        "import sys, pathlib; from llmauto_tools.sources import open_source;"
        f"open_source({str(file('t.csv', 'a,b' + chr(10) + '1,x' + chr(10)))!r}, cache=pathlib.Path({str(cache)!r}), taken={{}});"
        "print([m for m in ('pyarrow', 'charset_normalizer', 'sqlite3', 'urllib.request', 'numpy') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"


def test_every_relation_has_exactly_one_way_in(file, cache):
    for relation in open_source(str(file("t.csv", "a\n1\n")), cache=cache, taken={}):
        assert (relation.view_sql is None) != (relation.load is None)
