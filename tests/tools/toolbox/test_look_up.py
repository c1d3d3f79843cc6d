from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_tools.errors import InvalidArguments, WorkspaceError
from llmauto_tools.results import ToolResult, section, table_of
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def keep(workspace: Workspace, result: ToolResult) -> str:
    evidence_id = workspace.ledger.start("profile", {})
    workspace.ledger.finish(evidence_id, result, 0.1, {})
    return evidence_id


def test_rows_of_a_table_from_where_they_were_asked(workspace: Workspace) -> None:
    step = keep(workspace, ToolResult(table=table_of(["n", "word"], [(i, f"w{i}") for i in range(50)])))
    shown = run_tool(workspace, "look_up", {"evidence": step, "first": 21, "rows": 3})
    assert shown.rows == ((20, "w20"), (21, "w21"), (22, "w22"))
    assert shown.text == f"{step}: rows 21 to 23 of the 50 that are kept"
    assert shown.columns == (("n", "BIGINT"), ("word", "VARCHAR"))


def test_rows_of_a_section_by_its_title_in_any_case(workspace: Workspace) -> None:
    step = keep(workspace, ToolResult(sections=[section("Associations", ["pair", "r"], [("a, b", 0.5)])]))
    assert run_tool(workspace, "look_up", {"evidence": step, "section": "associations"}).rows == (
        ("a, b", 0.5),
    )
    assert run_tool(workspace, "look_up", {"evidence": step}).rows == (("a, b", 0.5),)


def test_beyond_the_end_there_are_no_rows(workspace: Workspace) -> None:
    step = keep(workspace, ToolResult(table=table_of(["n"], [(1,)])))
    shown = run_tool(workspace, "look_up", {"evidence": step, "first": 5})
    assert shown.rows == ()
    assert shown.text == f"{step}: it keeps 1 rows"


def test_unknown_names_say_what_there_is(workspace: Workspace) -> None:
    step = keep(workspace, ToolResult(sections=[section("Associations", ["pair"], [("a",)])]))
    with pytest.raises(InvalidArguments, match="Did you mean 'Associations'"):
        run_tool(workspace, "look_up", {"evidence": step, "section": "Asociation"})
    with pytest.raises(WorkspaceError, match="e99"):
        run_tool(workspace, "look_up", {"evidence": "e99"})
    empty = keep(workspace, ToolResult(text="done"))
    with pytest.raises(InvalidArguments, match="no table"):
        run_tool(workspace, "look_up", {"evidence": empty})


def test_sections_and_charts_are_kept_within_bounds(workspace: Workspace) -> None:
    spec = {"data": {"values": [{"x": 1}]}, "mark": "bar", "encoding": {}}
    huge = {"data": {"values": ["x" * 600_000]}}
    many = section("Many", ["n"], [(i,) for i in range(1_500)], "All of them.")
    step = keep(workspace, ToolResult(sections=[many], charts=[spec, huge]))
    kept = workspace.ledger.get(step)
    assert len(kept.sections[0].rows) == 1_000
    assert kept.sections[0].note == "All of them. 500 more rows are not kept."
    assert kept.charts == (spec,)
