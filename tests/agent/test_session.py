"""The loop through LangChain's create_agent, with a scripted model, on a real DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from llmauto_agent.events import Answered, TextDelta, ToolFinished, ToolStarted
from llmauto_agent.loop import MAX_MODEL_CALLS
from llmauto_agent.session import Session
from llmauto_agent.testing import ScriptedChatModel, call
from llmauto_tools.errors import Interrupted
from llmauto_tools.workspace import Workspace

TOTAL = "SELECT sum(amount) AS total FROM orders"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as ws:
        yield ws


def scripted(
    workspace: Workspace, orders: Path, *steps: object, **options: object
) -> tuple[Session, ScriptedChatModel]:
    model = ScriptedChatModel(steps=list(steps))
    session = Session(workspace, model=model, share="results", **options)  # type: ignore[arg-type]
    session.attach(str(orders))
    return session, model


def test_a_question_becomes_a_tool_call_evidence_and_a_grounded_answer(
    workspace: Workspace, orders_csv: Path
) -> None:
    session, _ = scripted(
        workspace, orders_csv, call("query", "c1", sql=TOTAL), AIMessage("The total is 165.74.")
    )
    with session:
        events = list(session.stream("what is the total?"))
    answer = next(e.answer for e in events if isinstance(e, Answered))
    assert answer.status == "answered"
    assert answer.value == pytest.approx(165.74)
    assert answer.columns == ["total"]
    assert answer.sql == TOTAL
    assert [e.id for e in answer.evidence] == ["e1"]
    assert (answer.grounding.checked, answer.grounding.grounded) == (1, 1)
    assert [type(e) for e in events if isinstance(e, (ToolStarted, ToolFinished))] == [
        ToolStarted,
        ToolFinished,
    ]
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "The total is 165.74."


def test_a_number_that_no_evidence_has_is_unverified(workspace: Workspace, orders_csv: Path) -> None:
    session, _ = scripted(
        workspace, orders_csv, call("query", "c1", sql=TOTAL), AIMessage("The total is 166.74.")
    )
    with session:
        answer = session.ask("what is the total?")
    assert answer.grounding.unverified == ["166.74"]
    assert answer.grounding.grounded == 0


def test_a_tool_that_fails_is_a_message_and_the_model_may_correct_it(
    workspace: Workspace, orders_csv: Path
) -> None:
    session, model = scripted(
        workspace,
        orders_csv,
        call("query", "c1", sql="SELECT sum(amout) FROM orders"),
        call("query", "c2", sql=TOTAL),
        AIMessage("165.74"),
    )
    with session:
        answer = session.ask("total?")
    told = next(m for m in model.seen[1] if isinstance(m, ToolMessage))
    assert told.status == "error"
    assert "amount" in str(told.text)
    assert [e.state for e in answer.evidence] == ["failed", "finished"]
    assert answer.status == "answered"


def test_an_unknown_tool_is_a_message(workspace: Workspace, orders_csv: Path) -> None:
    session, model = scripted(
        workspace, orders_csv, call("drop_table", "c1", name="orders"), AIMessage("I can't do that.")
    )
    with session:
        answer = session.ask("drop it")
    assert answer.answer == "I can't do that."
    assert isinstance(model.seen[1][-1], ToolMessage)


def test_a_looping_model_is_stopped(workspace: Workspace, orders_csv: Path) -> None:
    steps = [call("query", f"c{i}", sql=TOTAL) for i in range(100)]
    session, model = scripted(workspace, orders_csv, *steps)
    with session:
        answer = session.ask("loop")
    assert len(model.seen) == MAX_MODEL_CALLS
    assert answer.status == "error"
    assert answer.error is not None
    assert answer.error["kind"] == "step_limit"


def test_a_model_that_fails_is_an_answer_with_an_error(workspace: Workspace, orders_csv: Path) -> None:
    session, _ = scripted(workspace, orders_csv, *[ConnectionError("refused")] * 3, AIMessage("fine now"))
    with session:
        answer = session.ask("total?")
        assert answer.status == "error"
        assert answer.error is not None
        assert answer.error["kind"] == "model"
        assert session.ask("and now?").answer == "fine now"


def test_bulk_results_stay_out_of_the_messages(workspace: Workspace, tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    wide.write_text("n,text\n" + "".join(f"{i},{'x' * 100}\n" for i in range(5_000)))
    session, model = scripted(
        workspace, wide, call("query", "c1", sql="SELECT * FROM wide"), AIMessage("Here.")
    )
    with session:
        session.ask("show all")
    assert len(str(model.seen[1][-1].text)) < 10_000


def test_a_call_id_that_a_server_repeats_is_a_new_run_in_the_next_turn(
    workspace: Workspace, orders_csv: Path
) -> None:
    session, _ = scripted(
        workspace,
        orders_csv,
        call("query", "call_0", sql="SELECT 1 AS one"),
        AIMessage("1"),
        call("query", "call_0", sql="SELECT 2 AS two"),
        AIMessage("2"),
    )
    with session:
        session.ask("one?")
        second = session.ask("two?")
    assert second.sql == "SELECT 2 AS two"
    assert second.value == 2


def test_an_interrupted_question_stays_open_and_resumes(workspace: Workspace, orders_csv: Path) -> None:
    endless = "SELECT count(*) FROM range(10000000000) a, range(1000000) b"
    session, _ = scripted(workspace, orders_csv, call("query", "c1", sql=endless), AIMessage("stopped"))
    with session:
        stream = session.stream("count to forever")
        for event in stream:
            if isinstance(event, ToolStarted):
                session.interrupt()
                break
        with pytest.raises(Interrupted):
            list(stream)
        assert session.pending() == "count to forever"
    fresh = ScriptedChatModel(steps=[AIMessage("Stopped before it was done.")])
    with Session(workspace, model=fresh, session_id=session.id) as again:
        again.timeout = 0.2
        answers = [e.answer for e in again.resume() if isinstance(e, Answered)]
        assert len(answers) == 1
        assert again.pending() is None


def test_superseded_checkpoints_are_dropped(workspace: Workspace, orders_csv: Path) -> None:
    import sqlite3

    session, _ = scripted(workspace, orders_csv, AIMessage("hello"))
    with session:
        for _ in range(5):
            session.ask("hello")
    db = sqlite3.connect(workspace.path / "checkpoints.sqlite")
    assert db.execute("SELECT count(*) FROM checkpoints").fetchone()[0] == 1
    db.close()
