"""A session that goes on with another model or at another level tells it no more than that level allows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from llmauto_agent import loop
from llmauto_agent.events import Answered, ToolStarted
from llmauto_agent.narrow import SHARE, withhold
from llmauto_agent.session import Session
from llmauto_agent.testing import Reply, ScriptedServer, ToolCall
from llmauto_tools.errors import Interrupted
from llmauto_tools.workspace import Workspace

CELLS = ("Grenovale", "Ambrose", "52011", "52,011", "48250", "48,250", "Quill", "Tarn")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    people = "name,city,salary\nAda Quill,Grenovale,52011\nBen Tarn,Port Ambrose,48250\n"
    (tmp_path / "people.csv").write_text(people)
    with Workspace(tmp_path / "w") as opened:
        opened.attach(str(tmp_path / "people.csv"))
        yield opened


def served(monkeypatch: pytest.MonkeyPatch, *steps: Reply) -> ScriptedServer:
    server = ScriptedServer(steps)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    return server


def cells_in(request: dict[str, object]) -> list[str]:
    text = json.dumps(request, ensure_ascii=False)
    return [cell for cell in CELLS if cell in text]


ASK = Reply(tool_calls=[ToolCall("query", {"sql": "SELECT city, salary FROM people"})])
TELL = Reply("Grenovale has 52,011.")


def test_answers_of_the_builtin_model_are_withheld(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(monkeypatch, Reply("Fine.")) as server, Session(workspace) as session:
        assert "52,011" in session.ask("total salary by city").answer
        session.use(model="openai:x")
        session.ask("hello")
        assert cells_in(server.requests[0]) == []
        assert "total salary by city" in json.dumps(server.requests[0])
        assert session.store.turns(session.id)[0].answer is not None
        session.use(model="builtin")
        assert "52,011" in session.ask("total salary by city").answer


def test_a_resumed_session_withholds_too(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Session(workspace) as session:
        session.ask("total salary by city")
    with (
        served(monkeypatch, Reply("Fine.")) as server,
        Session(workspace, model="openai:x", session_id=session.id) as again,
    ):
        again.ask("hello")
        assert cells_in(server.requests[0]) == []


def test_a_lower_level_withholds_what_a_higher_one_gave(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        served(monkeypatch, ASK, TELL, Reply("Fine."), ASK, Reply("See the table.")) as server,
        Session(workspace, model="openai:x", share="results") as session,
    ):
        session.ask("who earns what?")
        assert "Grenovale" in cells_in(server.requests[1])
        session.use(share="schema")
        session.ask("hello")
        session.ask("and now?")
        assert [cells_in(r) for r in server.requests[2:]] == [[], [], []]
        assert "Fine." in json.dumps(server.requests[3]), "what was said at this level stays"


def test_an_open_question_goes_on_at_the_lower_level(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = "SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE 'Grenovale' <> ''"
    with (
        served(
            monkeypatch, Reply(tool_calls=[ToolCall("query", {"sql": endless})]), Reply("Fine.")
        ) as server,
        Session(workspace, model="openai:x", share="results") as session,
    ):
        stream = session.stream("count to forever")
        while not isinstance(next(stream), ToolStarted):
            continue
        session.interrupt()
        with pytest.raises(Interrupted):
            list(stream)
        session.use(share="schema")
        [answered] = [e for e in session.resume() if isinstance(e, Answered)]
        assert answered.answer.answer == "Fine."
        assert cells_in(server.requests[-1]) == []


def test_a_summary_is_withheld_as_what_it_sums_up(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SUMMARIZE_AT_TOKENS", 50)
    told = [TELL] * 40
    with (
        served(monkeypatch, *told) as server,
        Session(workspace, model="openai:x", share="results") as session,
    ):
        for number in range(12):
            session.ask(f"question {number}, which has quite a few words in it")
        assert any("summary" in json.dumps(r["messages"]).lower() for r in server.requests)
        before = len(server.requests)
        session.use(share="schema")
        server.steps[:] = [Reply("Fine.")]
        session.ask("hello")
        assert [cells_in(r) for r in server.requests[before:]] == [[]] * len(server.requests[before:])


def test_messages_of_the_level_stay() -> None:
    made = [
        HumanMessage("a", id="q1"),
        AIMessage(
            "", id="1", tool_calls=[{"name": "t", "args": {}, "id": "c"}], response_metadata={SHARE: "schema"}
        ),
        ToolMessage("ok", id="2", tool_call_id="c"),
        AIMessage("b", id="3", response_metadata={SHARE: "schema"}),
    ]
    assert withhold(made) == []
    assert [m.id for m in withhold([*made, AIMessage("c", id="4")])] == ["4"]
