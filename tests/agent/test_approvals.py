"""A costly tool waits for the person, through LangChain's human-in-the-loop middleware."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from llmauto_agent.answer import Answer
from llmauto_agent.events import Answered, ApprovalWanted, PlanProposed
from llmauto_agent.session import Session
from llmauto_agent.testing import ScriptedChatModel, call
from llmauto_tools import registry
from llmauto_tools.workspace import Workspace


@pytest.fixture(autouse=True)
def costly_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(__file__).with_name("costly_tool.py")
    spec = importlib.util.spec_from_file_location("llmauto_test_costly_tool", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(registry._MODULES, "train", spec.name)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as ws:
        yield ws


def ask(
    workspace: Workspace, *calls: AIMessage, approve: str = "ask", **decision: Any
) -> tuple[Answer, list[ApprovalWanted], ScriptedChatModel]:
    model = ScriptedChatModel(steps=[*calls, AIMessage("Done.")])
    wanted: list[ApprovalWanted] = []
    answer: Answer | None = None
    with Session(workspace, model=model, share="results", approve=approve) as session:  # type: ignore[arg-type]
        for event in session.stream("train it"):
            if isinstance(event, ApprovalWanted):
                wanted.append(event)
                if decision:
                    session.decide(event.call_id, **decision)
            elif isinstance(event, Answered):
                answer = event.answer
    assert answer is not None
    return answer, wanted, model


def test_it_waits_and_runs_when_approved(workspace: Workspace) -> None:
    answer, wanted, _ = ask(workspace, call("train", "c1", epochs=3), decision="approve")
    assert [(w.tool, w.arguments["epochs"]) for w in wanted] == [("train", 3)]
    assert "long" in wanted[0].reason
    assert [e.figures for e in answer.evidence] == [{"epochs": 3}]


def test_it_does_not_run_when_rejected_and_the_model_is_told(workspace: Workspace) -> None:
    answer, _, model = ask(workspace, call("train", "c1"), decision="reject", reason="too dear")
    assert answer.evidence == []
    told = model.seen[1][-1]
    assert isinstance(told, ToolMessage)
    assert "too dear" in str(told.text)


def test_no_decision_is_no(workspace: Workspace) -> None:
    answer, wanted, _ = ask(workspace, call("train", "c1"))
    assert len(wanted) == 1
    assert answer.evidence == []


def test_it_runs_with_other_arguments_when_edited(workspace: Workspace) -> None:
    answer, _, _ = ask(workspace, call("train", "c1", epochs=50), decision="edit", arguments={"epochs": 2})
    assert [e.figures for e in answer.evidence] == [{"epochs": 2}]


def test_several_calls_are_asked_for_one_by_one_beside_one_that_needs_no_approval(
    workspace: Workspace,
) -> None:
    several = AIMessage(
        content="",
        tool_calls=[
            {"name": "train", "args": {"epochs": 1}, "id": "a", "type": "tool_call"},
            {"name": "query", "args": {"sql": "SELECT 1 AS one"}, "id": "b", "type": "tool_call"},
            {"name": "train", "args": {"epochs": 2}, "id": "c", "type": "tool_call"},
        ],
    )
    answer, wanted, _ = ask(workspace, several, decision="approve")
    assert sorted(w.call_id for w in wanted) == ["a", "c"]
    assert sorted(e.tool for e in answer.evidence) == ["query", "train", "train"]


def test_always_does_not_ask(workspace: Workspace) -> None:
    answer, wanted, _ = ask(workspace, call("train", "c1"), approve="always")
    assert wanted == []
    assert [e.tool for e in answer.evidence] == ["train"]


def test_a_session_that_died_while_it_waited_asks_again(workspace: Workspace) -> None:
    first = Session(
        workspace, model=ScriptedChatModel(steps=[call("train", "c1", epochs=4)]), share="results"
    )
    stream = first.stream("train it")
    assert isinstance(next(stream), ApprovalWanted)
    # The process is gone: nothing of the first session runs on.
    again = Session(
        workspace, model=ScriptedChatModel(steps=[AIMessage("Done.")]), share="results", session_id=first.id
    )
    stream.close()
    with again:
        asked: list[str] = []
        for event in again.resume():
            if isinstance(event, ApprovalWanted):
                asked.append(event.call_id)
                again.decide(event.call_id, "approve")
    first.close()
    assert asked == ["c1"]
    assert [e.figures for e in workspace.ledger.list(first.id) if e.state == "finished"] == [{"epochs": 4}]


def test_a_long_plan_is_shown_and_each_step_asked_for(workspace: Workspace) -> None:
    several = AIMessage(
        content="",
        tool_calls=[
            {"name": "query", "args": {"sql": f"SELECT {n} AS n"}, "id": f"s{n}", "type": "tool_call"}
            for n in range(4)
        ],
    )
    model = ScriptedChatModel(steps=[several, AIMessage("Done.")])
    plans: list[PlanProposed] = []
    answer: Answer | None = None
    with Session(workspace, model=model, share="results", long_plan=4) as session:
        for event in session.stream("all four"):
            if isinstance(event, PlanProposed):
                plans.append(event)
            elif isinstance(event, ApprovalWanted):
                session.decide(event.call_id, "reject" if event.call_id == "s2" else "approve")
            elif isinstance(event, Answered):
                answer = event.answer
    assert [[tool for tool, _ in p.steps] for p in plans] == [["query"] * 4]
    assert answer is not None
    assert sorted(e.rows[0][0] for e in answer.evidence) == [0, 1, 3]


def test_a_short_plan_runs_without_asking(workspace: Workspace) -> None:
    model = ScriptedChatModel(steps=[call("query", "c1", sql="SELECT 1 AS one"), AIMessage("Done.")])
    with Session(workspace, model=model, share="results", long_plan=4) as session:
        events = list(session.stream("one"))
    assert not any(isinstance(e, (PlanProposed, ApprovalWanted)) for e in events)
