from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_tools.errors import InvalidArguments, StepFailed
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "orders.csv").write_text("city,amount\nRome,10\nOslo,30\nRome,5\n")
    workspace = Workspace(tmp_path / "ws")
    workspace.attach(str(tmp_path / "orders.csv"))
    return workspace


SAVE = {"tool": "save_table", "arguments": {"sql": "SELECT * FROM orders WHERE amount > 5", "name": "large"}}


def test_a_step_uses_what_an_earlier_one_made(workspace: Workspace) -> None:
    steps = [SAVE, {"tool": "describe", "arguments": {"table": "$1.table"}}]
    done = run_tool(workspace, "compose", {"steps": steps})
    assert [e.tool for e in workspace.ledger.list()] == ["compose", "save_table", "describe"]
    assert workspace.ledger.get("e3").arguments == {"table": "large"}
    assert done.rows[1][:3] == (2, "describe", "e3")
    assert done.sections[0].rows[0][2] == "city"
    assert (
        done.text
        == "1. save_table: saved 2 rows × 2 columns as large\n2. describe: large: 2 rows × 2 columns"
    )
    assert done.figures["steps"] == ["e2", "e3"]


def test_a_failed_step_stops_there_and_keeps_the_earlier_results(workspace: Workspace) -> None:
    steps = [SAVE, {"tool": "describe", "arguments": {"table": "lage"}}, {"tool": "tables"}]
    with pytest.raises(StepFailed, match="Step 2 of 3, describe, failed: There is no table 'lage'") as failed:
        run_tool(workspace, "compose", {"steps": steps})
    assert "Did you mean 'large'" in str(failed.value)
    assert "What came before is kept: e2 (save_table)" in str(failed.value)
    assert workspace.engine.scalar("SELECT count(*) FROM large") == 2
    assert [(e.tool, e.state) for e in workspace.ledger.list()] == [
        ("compose", "failed"), ("save_table", "finished"), ("describe", "failed"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"tool": "describe", "arguments": {"table": "$1.table"}}], "does not run before it"),
        ([{"tool": "compose", "arguments": {"steps": []}}], "cannot be 'compose' itself"),
        ([SAVE, {"tool": "describe", "arguments": {"tabel": "x"}}], "Step 2: .* has no argument 'tabel'"),
        ([SAVE, {"tool": "describe"}], "needs the argument 'table'"),
        ([], "at least 1 item"),
    ],
)
def test_a_plan_that_cannot_work_runs_no_step(
    workspace: Workspace, steps: list[object], message: str
) -> None:
    with pytest.raises(InvalidArguments, match=message):
        run_tool(workspace, "compose", {"steps": steps})
    assert not [e for e in workspace.ledger.list() if e.tool != "compose"]


def test_a_figure_that_an_earlier_step_lacks_is_named(workspace: Workspace) -> None:
    steps = [{"tool": "tables"}, {"tool": "describe", "arguments": {"table": "$1.table"}}]
    with pytest.raises(StepFailed, match="has no figure 'table'"):
        run_tool(workspace, "compose", {"steps": steps})


def test_steps_that_had_finished_are_not_run_again(workspace: Workspace) -> None:
    run_tool(workspace, SAVE["tool"], SAVE["arguments"], session="s", call_id="q1/a.1")  # type: ignore[arg-type]
    steps = [SAVE, {"tool": "describe", "arguments": {"table": "$1.table"}}]
    run_tool(workspace, "compose", {"steps": steps}, session="s", call_id="q1/a")
    assert [e.tool for e in workspace.ledger.list()] == ["save_table", "compose", "describe"]


def test_an_interrupt_stops_between_steps(workspace: Workspace) -> None:
    from llmauto_tools.errors import Interrupted

    def stop(text: str, fraction: float | None) -> None:
        if text.startswith("step 2"):
            workspace.interrupt()

    steps = [SAVE, {"tool": "tables"}, {"tool": "tables"}]
    with pytest.raises(Interrupted):
        run_tool(workspace, "compose", {"steps": steps}, progress=stop)
    assert [e.tool for e in workspace.ledger.list() if e.state == "finished"] == ["save_table", "tables"]
