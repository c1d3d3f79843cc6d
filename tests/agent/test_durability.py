"""A conversation survives kills, interrupts and a second process, with nothing lost, torn or said twice."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from llmauto_agent.events import Answered, ToolStarted
from llmauto_agent.session import Session
from llmauto_agent.testing import ScriptedChatModel, call
from llmauto_tools.errors import Interrupted, WorkspaceError
from llmauto_tools.workspace import Workspace

KILL_RUNS = Path(__file__).with_name("kill_runs.py")
COUNT = "SELECT count(*) AS n FROM orders"
ENDLESS = "SELECT count(*) AS n FROM range(10000000000) a, range(1000000) b"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the runs are forks of one process")
@pytest.mark.parametrize(("model", "kills"), [("builtin", 50), ("scripted", 60)])
def test_a_killed_conversation_goes_on_where_it_was(tmp_path: Path, model: str, kills: int) -> None:
    done = subprocess.run(
        [sys.executable, str(KILL_RUNS), str(tmp_path), model, str(kills), "20241101"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    died = {moment: count for moment, count in found["moments"].items() if moment != "end"}
    assert sum(died.values()) == kills
    assert len([moment for moment, count in died.items() if count >= 2]) >= 3, died


def calls(*statements: str) -> AIMessage:
    made = [
        {"name": "query", "args": {"sql": sql}, "id": f"p{i}", "type": "tool_call"}
        for i, sql in enumerate(statements)
    ]
    return AIMessage("", tool_calls=made)


def records(workspace: Workspace, session: Session) -> Counter[tuple[str | None, str]]:
    return Counter((e.call_id, e.state) for e in workspace.ledger.list(session.id))


def ask_and_stop(session: Session, question: str, how: str) -> None:
    """Ask, and interrupt or press Ctrl-C a moment after the endless query has started."""

    def stop() -> None:
        if how == "interrupt":
            session.interrupt()
        else:
            os.kill(os.getpid(), signal.SIGINT)

    for event in session.stream(question):
        if isinstance(event, ToolStarted) and event.arguments["sql"] == ENDLESS:
            threading.Timer(0.05, stop).start()


@pytest.mark.parametrize(("how", "raised"), [("interrupt", Interrupted), ("ctrl-c", KeyboardInterrupt)])
@pytest.mark.parametrize("again", ["same session", "new session"])
def test_an_interrupted_question_resumes_at_its_step(
    tmp_path: Path, orders_csv: Path, how: str, raised: type[BaseException], again: str
) -> None:
    model = ScriptedChatModel(
        steps=[call("query", "c1", sql=COUNT), calls(COUNT, ENDLESS), AIMessage("There are 5 orders.")]
    )
    with Workspace(tmp_path / "ws") as workspace, Session(workspace, model=model, share="results") as session:
        session.attach(str(orders_csv))
        with pytest.raises(raised):
            ask_and_stop(session, "how many orders?", how)
        assert session.pending() == "how many orders?"
        asked = len(model.seen)
        resumed = session
        if again == "new session":
            resumed = Session(workspace, model=model, share="results", session_id=session.id)
        resumed.timeout = 0.2
        answers = [e.answer for e in resumed.resume() if isinstance(e, Answered)]
        assert [a.answer for a in answers] == ["There are 5 orders."]
        assert len(model.seen) == asked + 1
        assert resumed.pending() is None
        assert list(resumed.resume()) == []
        found = records(workspace, session)
        assert found[("q1/c1", "finished")] == 1
        assert found[("q1/p0", "finished")] == 1
        assert found[("q1/p1", "failed")] == 2, "the interrupted call and its second run"
        resumed.close()


def test_a_new_question_may_follow_an_interrupted_one(tmp_path: Path, orders_csv: Path) -> None:
    """Every call of the conversation that the model is given has one answer, though the ids repeat."""
    steps = [calls(COUNT), AIMessage("5"), calls(COUNT, ENDLESS), AIMessage("fine")]
    model = ScriptedChatModel(steps=steps)
    with Workspace(tmp_path / "ws") as workspace, Session(workspace, model=model, share="results") as session:
        session.attach(str(orders_csv))
        session.ask("how many?")
        with pytest.raises(Interrupted):
            ask_and_stop(session, "count for ever", "interrupt")
        assert session.ask("are you there?").answer == "fine"
        kinds = [m.type for m in model.seen[-1] if m.type != "system"]
        assert kinds == ["human", "ai", "tool", "ai", "human", "ai", "tool", "tool", "human"]
        assert [t.answer is None for t in session.store.turns(session.id)] == [False, True, False]


def test_calls_of_one_turn_with_the_same_id_are_runs_of_their_own(tmp_path: Path, orders_csv: Path) -> None:
    steps = [call("query", "call_0", sql=COUNT), call("query", "call_0", sql="SELECT 7 AS n"), AIMessage("7")]
    with (
        Workspace(tmp_path / "ws") as workspace,
        Session(workspace, model=ScriptedChatModel(steps=steps)) as session,
    ):
        session.attach(str(orders_csv))
        assert session.ask("seven?").value == 7


def test_a_second_turn_of_a_session_is_refused_while_one_runs(tmp_path: Path, orders_csv: Path) -> None:
    model = ScriptedChatModel(steps=[call("query", "c1", sql=ENDLESS), AIMessage("stopped")])
    with Workspace(tmp_path / "ws") as workspace, Session(workspace, model=model) as session:
        stream = session.stream("count for ever")
        while not isinstance(next(stream), ToolStarted):
            pass
        with Session(workspace, session_id=session.id) as other:
            with pytest.raises(WorkspaceError, match="answering a question already"):
                other.ask("and now?")
            with pytest.raises(WorkspaceError, match="answering a question already"):
                list(other.resume())
        session.interrupt()
        with pytest.raises(Interrupted):
            list(stream)
        assert [t.question for t in session.store.turns(session.id)] == ["count for ever"]
        with Session(
            workspace, model=ScriptedChatModel(steps=[AIMessage("yes")]), session_id=session.id
        ) as s:
            assert s.ask("and now?").answer == "yes"


TWO_PROCESSES = """
import json, sys
from langchain_core.messages import AIMessage
from llmauto_agent.session import Session
from llmauto_agent.testing import ScriptedChatModel
from llmauto_tools.errors import WorkspaceError
from llmauto_tools.workspace import Workspace

path, csv, shared, name = sys.argv[1:]

def model():
    def step(messages):
        if messages[-1].type == "tool":
            return AIMessage(f"answer to {messages[-3].text}")
        call = {"name": "query", "args": {"sql": "SELECT count(*) FROM orders"}, "id": "c", "type": "tool_call"}
        return AIMessage("", tool_calls=[call])
    return ScriptedChatModel(steps=[step])

with Workspace(path) as workspace:
    own, both = Session(workspace, model=model()), Session(workspace, model=model(), session_id=shared)
    own.attach(csv)
    print("ready", flush=True)
    sys.stdin.readline()
    answers, refused = {"own": [], "shared": []}, []
    for i in range(12):
        question = f"{name} {i}"
        answers["own"].append([question, own.ask(question).answer])
        try:
            answers["shared"].append([question, both.ask(question).answer])
        except WorkspaceError as e:
            refused.append(e.message)
    print(json.dumps({"id": own.id, "answers": answers, "refused": refused}))
"""


def test_two_processes_ask_in_one_workspace_and_one_session(tmp_path: Path, orders_csv: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace, Session(workspace) as session:
        shared = session.id
    command = [sys.executable, "-c", TWO_PROCESSES, str(tmp_path / "ws"), str(orders_csv), shared]
    processes = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    found: list[dict[str, Any]] = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate()
        assert process.returncode == 0
        found.append(json.loads(out))
    told = [pair for f in found for pair in f["answers"]["shared"]]
    assert all(answer == f"answer to {question}" for question, answer in told)
    assert all(len(f["answers"]["own"]) == 12 for f in found)
    assert len(told) + sum(len(f["refused"]) for f in found) == 24
    with Workspace(tmp_path / "ws") as workspace, Session(workspace, session_id=shared) as session:
        turns = session.store.turns(shared)
        assert sorted(t.question for t in turns) == sorted(question for question, _ in told)
        assert all(t.answer is not None for t in turns)
        assert len(workspace.ledger.list()) == 24 + len(told)
        assert all(e.state == "finished" for e in workspace.ledger.list())
    for name in ("state.sqlite", "checkpoints.sqlite"):
        db = sqlite3.connect(tmp_path / "ws" / name)
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()
