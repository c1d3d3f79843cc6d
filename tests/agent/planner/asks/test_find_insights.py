"""Requests for find_insights, and questions beside them that ask for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_agent.planner.asks.read import read_ask
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.tool_words import word_tool
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

ORDERS = Path(__file__).parents[4] / "examples" / "data" / "orders.csv"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "w")
    made.attach(str(ORDERS))
    return made


@pytest.mark.parametrize(
    ("question", "target"),
    [
        ("what stands out in this table?", None),
        ("find insights", None),
        ("anything interesting in the orders?", None),
        ("find insights about quantity", "quantity"),
        ("有什么值得注意的", None),
        ("这个表有哪些洞察", None),
    ],
)
def test_the_tool_is_asked_for(workspace: Workspace, question: str, target: str | None) -> None:
    reading = read_ask(question, SchemaIndex(workspace.tables()))
    assert reading is not None
    assert reading.tool == "find_insights"
    assert reading.arguments == {"table": "orders"} | ({"target": target} if target else {})


@pytest.mark.parametrize("question", ["which product stands out by quantity?", "how many orders are there?"])
def test_it_is_not(workspace: Workspace, question: str) -> None:
    reading = read_ask(question, SchemaIndex(workspace.tables()))
    assert reading is None or reading.tool != "find_insights"


def test_the_answer_in_chinese(workspace: Workspace) -> None:
    said = word_tool(run_tool(workspace, "find_insights", {"table": "orders"}))
    assert said is not None
    assert "{{" not in said
    assert "unit_price" in said
