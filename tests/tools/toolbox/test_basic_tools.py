"""query, analyze, tables, describe, sample, save_table and undo on a real workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmauto_tools.derived import MAX_NAME
from llmauto_tools.errors import InvalidArguments, QueryInvalid, QueryRejected, UnknownTool
from llmauto_tools.ledger import MAX_STORED_ROWS
from llmauto_tools.registry import all_tools, get_tool, tool_names
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path, orders_csv: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as workspace:
        workspace.attach(str(orders_csv))
        yield workspace


def test_query_is_recorded_in_full(ws: Workspace) -> None:
    done = run_tool(
        ws, "query", {"sql": "SELECT region, sum(amount) AS total FROM orders GROUP BY 1 ORDER BY 1;"}
    )
    again = ws.ledger.get(done.id)
    assert again == done
    assert again.state == "finished"
    assert again.columns == (("region", "VARCHAR"), ("total", "DOUBLE"))
    assert again.rows == (("North", 30.5), ("South", 35.25), ("West", 99.99))
    assert again.sql == "SELECT region, sum(amount) AS total FROM orders GROUP BY 1 ORDER BY 1"
    assert again.tables == ("orders",)
    assert again.fingerprints["orders"]
    assert again.text == "3 rows × 2 columns"
    assert set(again.versions) >= {"duckdb", "python", "llmauto"}


def test_long_results_are_bounded_everywhere(ws: Workspace) -> None:
    done = run_tool(ws, "query", {"sql": "SELECT range FROM range(5000)"})
    assert (len(done.rows), done.row_count, done.truncated) == (ws.limits.max_rows, 5000, True)
    assert done.text == "1,000 rows × 1 column, cut off from 5,000 rows"
    more = run_tool(ws, "query", {"sql": "SELECT range FROM range(5000)", "max_rows": 4000})
    assert (len(more.rows), more.row_count, more.truncated) == (MAX_STORED_ROWS, 5000, True)
    wide = run_tool(ws, "query", {"sql": "SELECT repeat('é', 10000) AS t FROM range(500)"})
    assert len(wide.rows) < 500
    assert wide.truncated


def test_a_failure_is_recorded_with_its_sql(ws: Workspace) -> None:
    with pytest.raises(QueryInvalid) as caught:
        run_tool(ws, "query", {"sql": "SELECT amout FROM orders"})
    record = ws.ledger.get(caught.value.evidence_id)  # type: ignore[attr-defined]
    assert record.state == "failed"
    assert record.error is not None
    assert (record.error["kind"], record.error["hint"]) == ("query_invalid", 'Did you mean "amount"?')
    assert record.sql == "SELECT amout FROM orders"


def test_a_finished_call_is_not_run_again(ws: Workspace) -> None:
    first = run_tool(ws, "query", {"sql": "SELECT random() AS r"}, session="s", call_id="c")
    assert run_tool(ws, "query", {"sql": "SELECT random() AS r"}, session="s", call_id="c") == first
    assert run_tool(ws, "query", {"sql": "SELECT random() AS r"}, session="other", call_id="c").id != first.id


def test_arguments_are_checked(ws: Workspace) -> None:
    with pytest.raises(InvalidArguments, match="sql"):
        run_tool(ws, "query", {})
    with pytest.raises(InvalidArguments, match="max_rows"):
        run_tool(ws, "query", {"sql": "SELECT 1", "max_rows": 0})
    with pytest.raises(UnknownTool, match="query"):
        run_tool(ws, "qurey", {})
    assert ws.ledger.list() == []


def test_analyze_runs_a_plan(ws: Workspace) -> None:
    done = run_tool(ws, "analyze", get_tool("analyze").example | {
        "plan": {
            "table": "orders",
            "group_by": [{"expr": {"kind": "column", "name": "region"}}],
            "measures": [{"expr": {"kind": "aggregate", "function": "sum", "argument": {"kind": "column", "name": "amount"}}, "alias": "total"}],
            "order_by": [{"by": "total", "descending": True}],
            "limit": 1,
        }
    })  # fmt: skip
    assert done.rows == (("West", 99.99),)
    assert done.sql is not None
    assert "orders" in done.sql


def test_tables_lists_sources_and_derived(ws: Workspace) -> None:
    saved = run_tool(
        ws, "save_table", {"sql": "SELECT region FROM orders WHERE amount > 20", "name": "large"}
    )
    done = run_tool(ws, "tables", {})
    names = [c[0] for c in done.columns]
    rows = [dict(zip(names, r, strict=True)) for r in done.rows]
    assert [r["table"] for r in rows] == ["orders", "large"]
    assert rows[1] | {"rows": 2, "kind": "derived", "origin": saved.id} == rows[1]
    assert "amount DOUBLE" in rows[0]["columns"]
    assert done.text == "2 tables: orders, large"


def test_describe(ws: Workspace) -> None:
    done = run_tool(ws, "describe", {"table": "ORDERS"})
    names = [c[0] for c in done.columns]
    rows = {r[names.index("column")]: dict(zip(names, r, strict=True)) for r in done.rows}
    assert list(rows) == ["id", "region", "amount", "ordered", "paid"]
    amount = rows["amount"]
    assert (amount["type"], amount["nulls"], amount["min"], amount["max"]) == ("DOUBLE", 0, "5.0", "99.99")
    assert amount["mean"] == pytest.approx(33.148)
    assert rows["region"]["distinct"] == 3
    assert rows["region"]["mean"] is None
    assert (rows["ordered"]["min"], rows["ordered"]["max"]) == ("2024-01-03", "2024-03-09")
    assert done.figures["rows"] == 5
    assert done.figures["top_values"]["region"] == [["North", 2], ["South", 2], ["West", 1]]
    assert ws.engine.query(str(done.sql)).rows[0][2] == "id"


def test_describe_chosen_columns_nulls_and_odd_names(ws: Workspace) -> None:
    sql = 'SELECT CASE WHEN id > 2 THEN id END AS "it\'s ""odd""", [id] AS l, NULL AS nothing FROM orders'
    run_tool(ws, "save_table", {"sql": sql, "name": "odd"})
    done = run_tool(ws, "describe", {"table": "odd"})
    assert [(r[2], r[4]) for r in done.rows] == [('it\'s "odd"', 2), ("l", 0), ("nothing", 5)]
    assert done.figures["top_values"]['it\'s "odd"'] == [["3", 1], ["4", 1], ["5", 1]]
    one = run_tool(ws, "describe", {"table": "orders", "columns": ["Amount"], "top": 0})
    assert len(one.rows) == 1
    assert "top_values" not in one.figures
    with pytest.raises(QueryInvalid, match="amount"):
        run_tool(ws, "describe", {"table": "orders", "columns": ["amout"]})
    with pytest.raises(QueryInvalid, match="orders"):
        run_tool(ws, "describe", {"table": "order"})


def test_describe_a_wide_table_is_bounded(ws: Workspace) -> None:
    columns = ", ".join(f"{i} AS c{i}" for i in range(260))
    run_tool(ws, "save_table", {"sql": f"SELECT {columns}", "name": "wide"})
    done = run_tool(ws, "describe", {"table": "wide"})
    assert len(done.rows) == 200
    assert any("260" in note for note in done.notes)


def test_sample_is_reproducible_and_random(ws: Workspace) -> None:
    run_tool(ws, "save_table", {"sql": "SELECT range AS i FROM range(50000)", "name": "big"})

    def drawn(seed: int) -> list[int]:
        return [r[0] for r in run_tool(ws, "sample", {"table": "big", "rows": 50, "seed": seed}).rows]

    first = drawn(1)
    assert len(set(first)) == 50
    assert drawn(1) == first
    assert drawn(2) != first
    assert max(first) > 25_000 > min(first)
    assert run_tool(ws, "sample", {"table": "orders", "rows": 100}).row_count == 5


def test_save_versions_undo_and_lineage(ws: Workspace) -> None:
    one = run_tool(ws, "save_table", {"sql": "SELECT * FROM orders WHERE paid = 1", "name": "paid"})
    two = run_tool(ws, "save_table", {"sql": "SELECT region FROM paid", "name": "paid"})
    assert one.figures == {
        "table": "paid", "rows": 3, "parents": ["orders"],
        "columns": [["id", "BIGINT"], ["region", "VARCHAR"], ["amount", "DOUBLE"], ["ordered", "DATE"], ["paid", "BIGINT"]],
    }  # fmt: skip
    assert run_tool(ws, "query", {"sql": "FROM paid"}).columns == (("region", "VARCHAR"),)
    history = ws.derived.history()
    assert [(v.name, v.evidence_id, v.parents, v.row_count) for v in history] == [
        ("paid", one.id, ("orders",), 3),
        ("paid", two.id, ("paid",), 3),
    ]
    undone = run_tool(ws, "undo", {})
    assert undone.figures == {"undone": "paid", "saved_by": two.id, "restored": one.id}
    assert len(run_tool(ws, "query", {"sql": "FROM paid"}).columns) == 5
    assert run_tool(ws, "undo", {}).figures["restored"] is None
    assert run_tool(ws, "undo", {}).figures == {"undone": None}
    with pytest.raises(QueryInvalid):
        run_tool(ws, "query", {"sql": "FROM paid"})
    assert [v.undone for v in ws.derived.history()] == [True, True]


def test_saved_tables_outlive_the_workspace_and_its_sources(tmp_path: Path, orders_csv: Path) -> None:
    with Workspace(tmp_path / "ws") as first:
        first.attach(str(orders_csv))
        run_tool(first, "save_table", {"sql": "SELECT sum(id) AS 总数 FROM orders", "name": "订单 total"})
    orders_csv.unlink()
    (tmp_path / "ws").rename(tmp_path / "moved")
    with Workspace(tmp_path / "moved") as second:
        assert run_tool(second, "query", {"sql": 'SELECT 总数 FROM "订单 total"'}).rows == ((15,),)


@pytest.mark.parametrize("name", ["orders", "ORDERS", " orders ", "", "  ", "a\nb", "x" * (MAX_NAME + 1)])
def test_names_that_cannot_be_saved(name: str, ws: Workspace) -> None:
    with pytest.raises(InvalidArguments):
        run_tool(ws, "save_table", {"sql": "SELECT 1 AS a", "name": name})
    assert ws.derived.names() == []


@pytest.mark.parametrize("name", ["../../evil", "a/b", "it's", 'q"uote', ";", "select", "🙂"])
def test_odd_names_stay_in_the_folder(name: str, ws: Workspace) -> None:
    run_tool(ws, "save_table", {"sql": "SELECT 1 AS a", "name": name})
    quoted = name.replace('"', '""')
    assert run_tool(ws, "query", {"sql": f'SELECT a FROM "{quoted}"'}).rows == ((1,),)
    assert [p.parent for p in ws.path.rglob("*.parquet")] == [ws.path / "tables"]


def test_saving_is_guarded_and_leaves_nothing_when_it_fails(ws: Workspace) -> None:
    with pytest.raises(QueryRejected):
        run_tool(ws, "save_table", {"sql": "FROM read_text('/etc/passwd')", "name": "x"})
    with pytest.raises(QueryInvalid):
        run_tool(ws, "save_table", {"sql": "SELECT CAST(region AS INT) FROM orders", "name": "x"})
    assert ws.tables()[0].name == "orders"
    assert list((ws.path / "tables").iterdir()) == []


def test_every_tool_has_what_a_model_needs() -> None:
    basic = {"query", "analyze", "tables", "describe", "sample", "save_table", "undo"}
    assert basic <= set(tool_names())
    for spec in all_tools():
        assert spec.summary.endswith(".")
        spec.arguments.model_validate(spec.example)
        for field in spec.arguments.model_fields.values():
            assert field.description
