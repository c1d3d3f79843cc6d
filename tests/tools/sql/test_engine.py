"""The engine: limits, interrupts, errors, loading, rebuilding."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmauto_tools.errors import (
    DiskFull,
    Interrupted,
    LlmautoError,
    MemoryLimitReached,
    QueryInvalid,
    QueryRejected,
    TimeLimitReached,
    UnreadableSource,
)
from llmauto_tools.schema import Column, Relation
from llmauto_tools.sql.engine import Engine
from llmauto_tools.workspace import Limits

ENDLESS = "SELECT count(*) FROM range(3000) a, range(3000) b, range(3000) c, range(3000) d"


# ---- what comes back


def test_columns_types_and_tables(engine: Engine) -> None:
    result = engine.query("SELECT region, sum(amount) AS total FROM Orders GROUP BY region ORDER BY total;")
    assert [(c.name, c.dtype) for c in result.columns] == [("region", "VARCHAR"), ("total", "DOUBLE")]
    assert result.rows == (("North", 30.5), ("South", 35.25), ("West", 99.99))
    assert result.tables == ("orders",)
    assert (result.row_count, result.truncated) == (3, False)


def test_rows_are_bounded_and_counted(engine: Engine) -> None:
    result = engine.query("SELECT i FROM parts ORDER BY i DESC -- all", max_rows=4)
    assert [r[0] for r in result.rows] == [19, 18, 17, 16]
    assert (result.row_count, result.truncated) == (30, True)


def test_the_limit_itself_is_no_cut(engine: Engine) -> None:
    result = engine.query("SELECT i FROM parts", max_rows=30)
    assert (len(result.rows), result.row_count, result.truncated) == (30, 30, False)


def test_a_huge_result_is_streamed_and_its_count_given_up(vault: Any) -> None:
    engine = vault.engine(Limits(timeout=0.5, memory="300MB"))
    result = engine.query(
        "SELECT range + random() * 0 AS v FROM range(1000000000000) WHERE random() >= 0", max_rows=3
    )
    assert len(result.rows) == 3
    assert (result.row_count, result.truncated) == (None, True)
    engine.close()


def test_time_zones_do_not_need_pytz(engine: Engine) -> None:
    result = engine.query(
        "SELECT TIMESTAMPTZ '2024-01-01 12:00:00+00' AS t, [TIMESTAMPTZ '2024-01-01 12:00:00+00'] AS l, 1 AS t"
    )
    at = result.rows[0][0]
    assert at.timestamp() == result.rows[0][1][0].timestamp() == 1704110400
    assert result.names == ["t", "l", "t"]


def test_arrow_batches_and_scalar(engine: Engine) -> None:
    assert engine.arrow("SELECT i FROM parts").num_rows == 30
    batches = list(engine.batches("SELECT i FROM parts", rows_per_batch=10))
    assert sum(b.num_rows for b in batches) == 30
    assert engine.scalar("SELECT 1 WHERE false") is None
    with pytest.raises(QueryRejected):
        engine.arrow("FROM read_text('/etc/passwd')")
    with pytest.raises(QueryRejected):
        next(engine.batches("FROM read_text('/etc/passwd')"))


def test_a_half_read_stream_lets_go(engine: Engine) -> None:
    stream = engine.batches("SELECT * FROM range(1000000000000)", rows_per_batch=2048)
    assert next(stream).num_rows
    stream.close()
    assert engine.scalar("SELECT 1") == 1


def test_copy_to_parquet_keeps_types_or_says_text(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    sql = (
        "SELECT id, region, ordered, paid, 1.5::DECIMAL(9, 2) AS d, 170141183460469231731687303715884105727::HUGEINT // 10 AS h,"
        " INTERVAL 3 DAY AS iv, [id] AS l, {'a': id} AS s, TIMESTAMPTZ '2024-01-01 12:00:00+00' AS tz, NULL AS n FROM orders ORDER BY id DESC"
    )
    assert engine.copy_to_parquet(sql, path) == 5
    with duckdb.connect() as db:
        types = {r[0]: r[1] for r in db.execute(f"DESCRIBE FROM '{path}'").fetchall()}
        row = db.execute(f"SELECT id, region, h, iv, l, s FROM '{path}' LIMIT 1").fetchone()
    assert row == (5, "West", 17014118346046923173168730371588410572, "3 days", [5], {"a": 5})
    assert (types["d"], types["paid"], types["ordered"]) == ("DECIMAL(9,2)", "BOOLEAN", "DATE")
    assert types["tz"] == "TIMESTAMP WITH TIME ZONE"


def test_a_failed_copy_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    with pytest.raises(QueryInvalid):
        engine.copy_to_parquet("SELECT CAST(CASE WHEN i = 15 THEN 'x' ELSE '1' END AS INT) FROM parts", path)
    assert not path.exists()


# ---- limits


def test_time_limit(engine: Engine) -> None:
    with pytest.raises(TimeLimitReached) as caught:
        engine.query(ENDLESS, timeout=0.2)
    assert "0.2 seconds" in caught.value.message
    assert "--timeout" in (caught.value.hint or "")
    assert caught.value.sql == ENDLESS  # type: ignore[attr-defined]
    assert engine.scalar("SELECT 1") == 1


def test_memory_limit(vault: Any) -> None:
    engine = vault.engine(Limits(memory="100MB", timeout=30))
    with pytest.raises(MemoryLimitReached) as caught:
        engine.query("SELECT len(list(range)) FROM range(100000000)")
    assert "--memory" in (caught.value.hint or "")
    assert engine.scalar("SELECT 1") == 1
    engine.close()


def test_larger_than_memory_spills_and_cleans_up(vault: Any) -> None:
    engine = vault.engine(Limits(memory="100MB", threads=2, timeout=60))
    sql = (
        "SELECT count(DISTINCT v) FROM (SELECT range::VARCHAR || 'some longer text' AS v FROM range(3000000))"
    )
    assert engine.scalar(sql) == 3_000_000
    engine.close()
    assert list((vault.folder / "spill").iterdir()) == []


def test_a_full_spill_folder_is_disk_full(vault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_tools.sql import instance

    free = shutil.disk_usage(vault.folder).free
    monkeypatch.setattr(instance, "SPILL_SHARE", 20_000_000 / free)
    engine = vault.engine(Limits(memory="100MB", threads=2, timeout=30))
    with pytest.raises(DiskFull):
        engine.query("SELECT count(DISTINCT range::VARCHAR || 'some longer text') FROM range(3000000)")
    engine.close()


def test_a_memory_limit_that_is_none_is_said(vault: Any) -> None:
    with pytest.raises(LlmautoError, match="--memory"):
        vault.engine(Limits(memory="lots")).query("SELECT 1")


def test_spills_of_dead_processes_are_removed(vault: Any) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = vault.folder / "spill" / f"{dead.pid}-1"
    left.mkdir()
    kept = vault.folder / "spill" / f"{os.getpid()}-0"
    kept.mkdir()
    vault.engine().query("SELECT 1")
    assert not left.exists()
    assert kept.exists()


# ---- stopping


def test_interrupt_from_another_thread(engine: Engine) -> None:
    started = threading.Event()

    def stop() -> None:
        started.wait(10)
        engine.interrupt()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(Interrupted):
        engine.query(ENDLESS, progress=lambda text, fraction: started.set())
    thread.join()
    assert engine.scalar("SELECT 1") == 1


def test_interrupt_reaches_every_running_query(engine: Engine) -> None:
    running = threading.Barrier(4, timeout=10)
    outcomes: list[str] = []

    def run() -> None:
        first = threading.Event()

        def progress(text: str, fraction: float | None) -> None:
            if not first.is_set():
                first.set()
                running.wait()

        try:
            engine.query(ENDLESS, progress=progress)
        except LlmautoError as e:
            outcomes.append(e.kind)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    running.wait()
    engine.interrupt()
    for thread in threads:
        thread.join()
    assert outcomes == ["interrupted"] * 3


def test_ctrl_c_in_the_main_thread(tmp_path: Path) -> None:
    """In a process of its own: Ctrl-C stops the query, and the engine still works."""
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from llmauto_tools.errors import Interrupted
        from llmauto_tools.sql.engine import Engine
        from llmauto_tools.workspace import Limits

        engine = Engine(Path({str(tmp_path)!r}), Limits(), lambda: [])
        try:
            engine.query({ENDLESS!r}, progress=lambda text, fraction: os.kill(os.getpid(), signal.SIGINT))
        except Interrupted as e:
            print(e.kind, engine.scalar("SELECT 41 + 1"))
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "interrupted 42\n", done.stderr


def test_progress_is_told(vault: Any) -> None:
    big = vault.folder / "open" / "big.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT range AS i FROM range(1000000)) TO '{big}' (ROW_GROUP_SIZE 10000)")
    vault.relations.append(
        Relation("big", (Column("i", "BIGINT"),), "big", f"FROM read_parquet('{big}')", (str(big),))
    )
    engine = vault.engine(Limits(threads=1))
    told: list[float | None] = []

    def progress(text: str, fraction: float | None) -> None:
        told.append(fraction)
        if fraction is not None and fraction > 0:
            engine.interrupt()

    with pytest.raises(Interrupted):
        engine.query("SELECT sum(length(repeat(md5(i::VARCHAR), 900))) FROM big", progress=progress)
    assert any(f is not None and 0 < f <= 1 for f in told)
    engine.close()


# ---- errors


@pytest.mark.parametrize(
    ("sql", "message", "hint"),
    [
        ("SELECT amout FROM orders", '"amout" not found', 'Did you mean "amount"'),
        ("SELECT o.amout FROM orders o", '"amout"', '"amount"'),
        ("SELECT amount FROM parts", '"amount" not found', '"i", "g"'),
        ("SELECT x.id FROM orders o", 'table "x" not found', '"o"'),
        ("FROM ordres", "no table 'ordres'", "'orders'"),
        ("FROM something", "no table 'something'", "'orders', 'parts'"),
        ("SELECT sum(region) FROM orders", "sum(VARCHAR)", "CAST"),
        ("SELECT 'a' + 1", "line 1, column 12", "CAST"),
        ("SELECT CAST(region AS INT) FROM orders", "Could not convert string 'North'", "TRY_CAST"),
        ("SELECT region, sum(id) FROM orders", "GROUP BY", "GROUP BY ALL"),
        ("SELEC 1", 'at or near "SELEC" (line 1, column 1)', "DuckDB SQL"),
        ("SELECT 1\nFROM orders\nWHERE amount >", "syntax error", "DuckDB SQL"),
        ("SELECT\n  regon\nFROM orders", "(line 2, column 3)", '"region"'),
        (f"SELECT {'1, ' * 200} amout FROM orders", "(line 1, column 609)", '"amount"'),
        ("SELECT medain(amount) FROM orders", "'medain' is not allowed", "'median'"),
        ("", "empty", "SELECT"),
    ],
)  # fmt: skip
def test_errors_are_readable(sql: str, message: str, hint: str, engine: Engine) -> None:
    with pytest.raises((QueryInvalid, QueryRejected)) as caught:
        engine.query(sql)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "Error:" not in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.sql == sql  # type: ignore[attr-defined]


# ---- sources


def test_a_source_that_vanished(vault: Any) -> None:
    engine = vault.engine()
    engine.invalidate()  # as after attaching
    path = vault.folder / "open" / "orders.csv"
    path.rename(path.with_suffix(".gone"))
    with pytest.raises(UnreadableSource, match=r"'orders' is no longer there"):
        engine.query("SELECT count(*) FROM orders")
    assert engine.scalar("SELECT count(*) FROM parts") == 30
    engine.close()


def test_a_source_that_changed(vault: Any) -> None:
    engine = vault.engine()
    assert engine.scalar("SELECT count(*) FROM orders") == 5
    path = vault.folder / "open" / "orders.csv"
    path.write_text(path.read_text() + "6,East,1.0,2024-04-01,true\n")
    with pytest.raises(UnreadableSource, match="has changed") as caught:
        engine.query("SELECT count(*) FROM orders")
    assert "again" in (caught.value.hint or "")
    engine.invalidate()
    assert engine.scalar("SELECT count(*) FROM orders") == 6
    engine.close()


def test_a_broken_parquet_file(vault: Any) -> None:
    (vault.folder / "open" / "parts" / "3.parquet").write_bytes(b"no parquet")
    engine = vault.engine()
    with pytest.raises(UnreadableSource, match="'parts'"):
        engine.query("SELECT count(*) FROM parts")
    engine.close()


def test_a_database_file_that_cannot_be_attached_spoils_only_its_tables(vault: Any) -> None:
    (vault.folder / "open" / "shop.duckdb").write_bytes(b"x" * 20_000)
    engine = vault.engine()
    with pytest.raises(UnreadableSource):
        engine.query("SELECT * FROM goods")
    assert engine.scalar("SELECT count(*) FROM orders") == 5
    engine.close()


def _loading(path: Path, calls: list[str], name: str = "lazy") -> Relation:
    def load() -> Path:
        calls.append(name)
        with duckdb.connect() as db:
            db.execute(f"COPY (SELECT 'loaded' AS v) TO '{path}'")
        return path

    return Relation(name, (Column("v", "VARCHAR"),), "db", load=load, fingerprint="1")


def test_tables_are_loaded_when_first_named_and_once(vault: Any, tmp_path: Path) -> None:
    calls: list[str] = []
    vault.relations += [
        _loading(tmp_path / "a.parquet", calls, "lazy"),
        _loading(tmp_path / "b.parquet", calls, "other"),
    ]
    engine = vault.engine()
    told: list[str] = []
    assert engine.scalar("SELECT count(*) FROM orders") == 5
    assert calls == []
    assert engine.query("FROM lazy", progress=lambda text, _: told.append(text)).rows == (("loaded",),)
    engine.invalidate()
    assert engine.scalar("SELECT v FROM LAZY") == "loaded"
    assert calls == ["lazy"]
    assert told[0] == "reading lazy"
    assert engine.scalar("SELECT count(*) FROM lazy, other, orders") == 5
    engine.close()


def test_loading_that_fails_says_why(vault: Any) -> None:
    def load() -> Path:
        raise UnreadableSource("The server is gone.", "Start it.")

    vault.relations.append(Relation("lazy", (), "db", load=load))
    engine = vault.engine()
    with pytest.raises(UnreadableSource, match="server is gone"):
        engine.query("FROM lazy")
    engine.close()


def test_odd_names(vault: Any) -> None:
    path = vault.folder / "open" / "orders.csv"
    for name in ('a "quoted" name', "select", "表 1", "semi;colon", "duckdb_tables", "it's"):
        vault.relations.append(
            Relation(name, (Column("id", "BIGINT"),), "x", f"SELECT id FROM read_csv('{path}')", (str(path),))
        )
    engine = vault.engine()
    for relation in vault.relations[-6:]:
        quoted = relation.name.replace('"', '""')
        result = engine.query(f'SELECT count(*) FROM "{quoted}"')
        assert (result.rows, result.tables) == (((5,),), (relation.name,))
    engine.close()


# ---- rebuilding and threads


def test_a_running_query_ends_on_the_old_instance(vault: Any) -> None:
    engine = vault.engine()
    stream = engine.batches("SELECT i FROM parts ORDER BY i", rows_per_batch=10)
    first = next(stream)
    vault.relations.pop(1)
    engine.invalidate()
    with pytest.raises(QueryInvalid):
        engine.query("FROM parts")
    assert first.num_rows + sum(b.num_rows for b in stream) == 30
    engine.close()


def test_new_relations_are_seen_without_being_told(vault: Any) -> None:
    engine = vault.engine()
    assert engine.scalar("SELECT count(*) FROM orders") == 5
    path = vault.folder / "open" / "new.csv"
    path.write_text("a\n1\n")
    vault.relations.append(
        Relation("new", (Column("a", "BIGINT"),), "x", f"FROM read_csv('{path}')", (str(path),))
    )
    assert engine.scalar("SELECT a FROM new") == 1
    engine.close()


def test_many_threads_with_rebuilding(vault: Any) -> None:
    engine = vault.engine()
    wrong: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            for _ in range(15):
                assert engine.scalar("SELECT sum(id) FROM orders") == 15
                assert engine.query("SELECT i FROM parts", max_rows=number + 1).row_count == 30
        except BaseException as e:
            wrong.append(e)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    while any(t.is_alive() for t in threads):
        engine.invalidate()
        time.sleep(0.01)
    assert wrong == []
    engine.close()


def test_nothing_heavy_is_imported_before_the_first_query(tmp_path: Path) -> None:
    program = (
        "import sys; from llmauto_tools.workspace import Workspace; import llmauto_tools.runner;"
        f" Workspace({str(tmp_path / 'ws')!r}); print({{'duckdb', 'pyarrow', 'sqlglot', 'numpy'}} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "set()\n", done.stderr


def test_a_query_imports_no_data_frame_library(tmp_path: Path) -> None:
    program = (
        "import sys; from llmauto_tools.workspace import Workspace; from llmauto_tools.runner import run_tool;"
        f" run_tool(Workspace({str(tmp_path / 'ws')!r}), 'query', {{'sql': 'SELECT 1'}});"
        " print({'pandas', 'numpy', 'pyarrow', 'polars', 'sqlglot'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "set()\n", done.stderr
