"""What the ledger keeps and refuses."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from llmauto_tools.errors import WorkspaceError
from llmauto_tools.ledger import Ledger
from llmauto_tools.results import QueryResult, ToolResult
from llmauto_tools.schema import Column


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "state.sqlite")
    yield made
    made.close()


@pytest.mark.parametrize("table", ["evidence", "outcome"])
@pytest.mark.parametrize("change", ["UPDATE {} SET payload = '{{}}'", "DELETE FROM {}"])
def test_records_cannot_be_changed(table: str, change: str, ledger: Ledger, tmp_path: Path) -> None:
    before = ledger.finish(ledger.start("query", {}), ToolResult(text="x"), 0.1, {})
    with (
        sqlite3.connect(tmp_path / "state.sqlite") as db,
        pytest.raises(sqlite3.DatabaseError, match="append-only"),
    ):
        db.execute(change.format(table))
    db.close()
    assert ledger.list() == [before]


def test_a_run_ends_once(ledger: Ledger) -> None:
    run = ledger.start("query", {})
    ledger.fail(run, {"kind": "time_limit", "message": "too long", "hint": None}, 1.0, "SELECT 1")
    with pytest.raises(WorkspaceError):
        ledger.finish(run, ToolResult(), 1.0, {})
    assert ledger.get(run).state == "failed"


def test_values_come_back_as_json_has_them(ledger: Ledger) -> None:
    row = (Decimal("1.50"), Decimal(7), dt.date(2024, 2, 29), float("nan"), b"\xff", None, {"a": [1]}, 10**30)
    columns = tuple(Column(f"c{i}", "VARCHAR") for i in range(len(row)))
    table = QueryResult("SELECT 1", columns, (row,), 1, False, 0.1, ("t",))
    run = ledger.finish(ledger.start("query", {}), ToolResult(table=table), 0.1, {"t": "f"})
    assert run.rows == ((1.5, 7, "2024-02-29", "NaN", "ff", None, {"a": [1]}, 10**30),)
    assert run.fingerprints == {"t": "f"}


def test_names_that_are_no_unicode_are_kept_readable(ledger: Ledger) -> None:
    run = ledger.start("attach", {"source": "caf\udce9.csv", "note": "数据"})
    assert ledger.get(run).arguments == {"source": "caf?.csv", "note": "数据"}


def test_ids(ledger: Ledger) -> None:
    assert [ledger.start("query", {}, session="s") for _ in range(2)] == ["e1", "e2"]
    assert [e.id for e in ledger.list("s")] == ["e1", "e2"]
    assert ledger.list("other") == []
    for wrong in ("e3", "x", "1", "e-1", "e"):
        with pytest.raises(WorkspaceError):
            ledger.get(wrong)
