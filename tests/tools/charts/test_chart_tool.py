"""The tool `chart`: from a statement or from evidence to a file in the workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmauto_tools.errors import InvalidArguments, LlmautoError, QueryInvalid, QueryRejected, WorkspaceError
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

PLAN = {
    "table": "orders",
    "group_by": [{"expr": {"kind": "column", "name": "city"}}],
    "measures": [{"expr": {"kind": "aggregate", "function": "count"}, "window": "share"}],
}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    lines = ["city,day,amount"]
    for month in range(1, 13):
        lines += [
            f"{city},2024-{month:02d}-03,{month * k}" for k, city in enumerate(("北京", "Zürich", "a.b"), 1)
        ]
    (tmp_path / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with Workspace(tmp_path / "ws") as opened:
        opened.attach(str(tmp_path / "orders.csv"))
        yield opened


def draw(workspace: Workspace, **arguments: Any) -> Evidence:
    return run_tool(workspace, "chart", arguments)


def test_a_statement_is_drawn_and_recorded(workspace: Workspace) -> None:
    sql = "SELECT city, sum(amount) AS total FROM orders GROUP BY ALL"
    evidence = draw(workspace, sql=sql, path="sales/by city.png")
    assert evidence.artifacts == ("artifacts/sales/by city.png",)
    assert (workspace.path / evidence.artifacts[0]).read_bytes().startswith(b"\x89PNG")
    assert (evidence.figures["kind"], evidence.figures["x"], evidence.figures["y"]) == (
        "bar",
        "city",
        ["total"],
    )
    assert {v["x"]: v["y"] for v in evidence.charts[0]["data"]["values"]} == {
        "北京": 78,
        "Zürich": 156,
        "a.b": 234,
    }
    assert evidence.row_count == 3
    assert evidence.text == "A bar chart: total by city"


def test_earlier_evidence_is_drawn_with_the_plan_it_came_from(workspace: Workspace) -> None:
    first = run_tool(workspace, "analyze", {"plan": PLAN})
    evidence = draw(workspace, evidence=first.id)
    assert evidence.sql == first.sql
    assert evidence.charts[0]["encoding"]["x"]["axis"]["format"] == "~%"
    saved = json.loads((workspace.path / f"artifacts/chart-{evidence.id}.json").read_text(encoding="utf-8"))
    assert saved == evidence.charts[0]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"kind": "line", "x": "day", "y": "amount", "series": "city"}, "line"),
        ({"kind": "area", "x": "day", "y": "amount", "series": "city"}, "area"),
        ({"x": "day", "y": "amount", "series": "city"}, "line"),
        ({"kind": "heatmap", "x": "day", "y": "amount", "series": "city"}, "heatmap"),
        ({"kind": "bar", "x": "day", "y": ["amount"], "series": "city"}, "bar"),
        ({"kind": "scatter", "x": "amount", "y": "amount"}, "scatter"),
        ({"kind": "histogram", "x": "amount"}, "histogram"),
        ({"kind": "histogram"}, "histogram"),
        ({"kind": "box", "x": "city", "y": "amount"}, "box"),
        ({"kind": "box", "x": "city"}, "box"),
    ],
)
def test_columns_and_kind_as_asked(arguments: dict[str, Any], kind: str, workspace: Workspace) -> None:
    evidence = draw(workspace, sql="SELECT day, city, amount FROM orders", title="Ours", **arguments)
    assert evidence.figures["kind"] == kind
    assert evidence.charts[0]["title"]["text"] == "Ours"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"kind": "bar", "x": "city", "y": "amount"},
            QueryInvalid,
            "Several rows have the same 'city'.*GROUP BY",
        ),
        ({"x": "citty"}, QueryInvalid, "Did you mean 'city'"),
        ({"kind": "pie"}, InvalidArguments, "A pie chart does not fit.*at most 12"),
        ({"path": "../x.png"}, InvalidArguments, "is outside"),
        ({"path": "/tmp/x.png"}, InvalidArguments, "is outside"),
        ({"path": ""}, None, ""),
        ({"path": "x.pdf"}, InvalidArguments, "cannot be saved as 'x.pdf'"),
        ({"y": "amount"}, InvalidArguments, "y and series need x"),
        ({"evidence": "e1"}, InvalidArguments, "either sql or evidence"),
    ],
)
def test_what_cannot_be_drawn(
    arguments: dict[str, Any], error: type[LlmautoError] | None, message: str, workspace: Workspace
) -> None:
    sql = "SELECT day, city, amount FROM orders"
    if error is None:
        assert draw(workspace, sql=sql, kind="histogram", **arguments).artifacts[0].endswith(".json")
        return
    with pytest.raises(error, match=message):
        draw(workspace, sql=sql, **arguments)
    assert list((workspace.path / "artifacts").iterdir()) == []


def test_a_link_out_of_the_artifacts_folder_is_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (workspace.path / "artifacts" / "link").symlink_to(outside)
    with pytest.raises(InvalidArguments, match="is outside"):
        draw(workspace, sql="SELECT city, count(*) FROM orders GROUP BY ALL", path="link/x.json")
    assert list(outside.iterdir()) == []


def test_sources_of_nothing(workspace: Workspace) -> None:
    with pytest.raises(InvalidArguments, match="A chart does not fit"):
        draw(workspace, sql="SELECT count(*) FROM orders")
    with pytest.raises(QueryRejected):
        draw(workspace, sql="SELECT * FROM read_csv('/etc/passwd')")
    with pytest.raises(WorkspaceError, match="no evidence 'e99'"):
        draw(workspace, evidence="e99")
    tables = run_tool(workspace, "save_table", {"sql": "SELECT 1 AS one", "name": "one"})
    with pytest.raises(InvalidArguments, match="has no table"):
        draw(workspace, evidence=tables.id)
