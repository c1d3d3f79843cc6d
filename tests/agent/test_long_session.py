"""A long conversation: each turn does, keeps and reads as much as the one before it."""

from __future__ import annotations

import gc
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.sqlite import SqliteSaver

from llmauto_agent.conversation import KEEP_MESSAGES, forget_old
from llmauto_agent.session import Session
from llmauto_tools.results import ToolResult
from llmauto_tools.workspace import Workspace

QUESTIONS = ("average amount by region", "how many orders are there", "how many orders are in North")
LONGEST_TURN = 4
"""Messages: the question, the call, its result, the answer."""


@pytest.fixture
def session(tmp_path: Path, orders_csv: Path) -> Iterator[Session]:
    with Workspace(tmp_path / "ws") as workspace, Session(workspace) as session:
        session.attach(str(orders_csv))
        yield session


def ask(session: Session, turns: int) -> None:
    for i in range(turns):
        assert session.ask(QUESTIONS[i % len(QUESTIONS)]).status == "answered"


def kept(session: Session) -> dict[str, int]:
    """Rows and bytes that the workspace keeps, without the free room in SQLite's files."""
    found: dict[str, int] = {}
    for name, tables in (
        ("checkpoints", ("checkpoints", "writes")),
        ("state", ("evidence", "outcome", "turns")),
    ):
        db = sqlite3.connect(session.workspace.path / f"{name}.sqlite")
        for table in tables:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            size = " + ".join(f"coalesce(length(CAST({column} AS BLOB)), 0)" for column in columns)
            rows, total = db.execute(f"SELECT count(*), coalesce(sum({size}), 0) FROM {table}").fetchone()
            found |= {table: rows, f"{table} bytes": total}
        db.close()
    return found


def live_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def messages(session: Session) -> list[BaseMessage]:
    saved: list[BaseMessage] = session._graph.get_state(session._config()).values["messages"]
    return saved


def test_what_a_turn_adds_and_leaves_does_not_grow(session: Session) -> None:
    ask(session, 15)
    early, early_objects = kept(session), live_objects()
    ask(session, 15)
    middle = kept(session)
    ask(session, 30)
    late, late_objects = kept(session), live_objects()
    assert early["checkpoints"] == late["checkpoints"] == 1
    assert late["writes"] <= early["writes"]
    assert late["checkpoints bytes"] < 1.1 * early["checkpoints bytes"]
    for table in ("evidence", "outcome", "turns"):
        first, second = middle[f"{table} bytes"] - early[f"{table} bytes"], late[f"{table} bytes"]
        assert second - middle[f"{table} bytes"] < 2 * 1.1 * first, table
        assert second / late[table] < 8_000, table
    assert len(messages(session)) <= KEEP_MESSAGES + 2 * LONGEST_TURN
    assert late_objects < 1.1 * early_objects


def test_a_forgotten_session_leaves_no_checkpoints(session: Session) -> None:
    ask(session, 1)
    with Session(session.workspace) as other:
        ask(other, 1)
        assert kept(session)["checkpoints"] == 2
        session.store.remove(session.id)
        assert kept(session)["checkpoints"] == 1
        assert other.ask("only North").status == "answered"


def test_a_turn_takes_few_checkpoints(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a transaction: the question, the model, the tool, the model, and where LangGraph begins."""
    puts: Counter[str] = Counter()
    put = SqliteSaver.put

    def counted(self: SqliteSaver, *arguments: Any) -> Any:
        puts["checkpoints"] += 1
        return put(self, *arguments)

    monkeypatch.setattr(SqliteSaver, "put", counted)
    ask(session, 1)
    assert puts["checkpoints"] <= 7  # two of them for the step that asks before something costly runs


def test_a_follow_up_goes_on_from_a_plan_of_long_ago(session: Session) -> None:
    assert session.ask("average amount by region").status == "answered"
    for _ in range(KEEP_MESSAGES):
        assert session.ask("qwertz uiop").status == "refused"
    assert len(messages(session)) <= KEEP_MESSAGES + 2 * LONGEST_TURN
    answer = session.ask("only North")
    assert answer.status == "answered"
    assert [row[0] for row in answer.rows] == ["North"]


def test_a_note_on_a_source_is_told_once_in_a_session(tmp_path: Path) -> None:
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("id,amount\n" + "".join(f"{i},{i}\n" for i in range(50)) + "51,52,53,54\n")
    with Workspace(tmp_path / "ws") as workspace, Session(workspace) as session:
        [table] = session.attach(str(ragged))
        assert table.notes
        told = [f"ragged: {note}" for note in table.notes]
        first, second = session.ask("how many rows are there"), session.ask("average amount")
        assert first.notices[: len(told)] == told
        assert not set(told) & set(second.notices)


def test_the_evidence_of_a_turn_is_read_by_its_number(tmp_path: Path) -> None:
    with Workspace(tmp_path / "ws") as workspace:
        ledger = workspace.ledger
        for call in ("q1/a", "q10/a", "q1/b", "q2/a", "q1"):
            ledger.finish(ledger.start("query", {}, session="s", call_id=call), ToolResult(), 0.0, {})
        ledger.start("query", {}, session="other", call_id="q1/a")
        ledger.start("query", {})
        assert [e.call_id for e in ledger.list("s", call_prefix="q1/")] == ["q1/a", "q1/b"]
        assert [e.call_id for e in ledger.list("s", call_prefix="q10/")] == ["q10/a"]
        assert len(ledger.list("s")) == 5
        plan = ledger._db.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM evidence e WHERE e.session = 's' AND e.call_id >= 'a' AND e.call_id < 'b'"
        ).fetchall()
        assert "evidence_call (session=? AND call_id>? AND call_id<?)" in plan[0][3]


def turn(number: int, plan: bool) -> list[BaseMessage]:
    question = HumanMessage(f"question {number}", id=f"q{number}")
    if not plan:
        return [question, AIMessage("I did not understand.", id=f"a{number}")]
    call = {"name": "analyze", "args": {"plan": {}}, "id": "c", "type": "tool_call"}
    return [
        question,
        AIMessage("", tool_calls=[call], id=f"c{number}"),
        ToolMessage("{}", tool_call_id="c", id=f"t{number}"),
        AIMessage("It is so.", id=f"a{number}"),
    ]


def remaining(turns: list[list[BaseMessage]]) -> list[str]:
    said = [message for messages in turns for message in messages]
    forgotten = {m.id for m in forget_old(said)}
    return [str(m.id) for m in said if m.id not in forgotten]


def test_whole_turns_are_forgotten_but_for_the_last_plan() -> None:
    plans = [turn(i, plan=True) for i in range(1, 9)]
    assert remaining(plans[:5]) == [str(m.id) for t in plans[:5] for m in t]
    assert remaining(plans) == [str(m.id) for t in plans[3:] for m in t]
    refused = [turn(i, plan=False) for i in range(9, 30)]
    assert remaining([*plans, *refused]) == [
        "q8",
        "c8",
        "t8",
        "a8",
        *(str(m.id) for t in refused[-10:] for m in t),
    ]


def test_a_conversation_without_plans_or_without_anything_is_forgotten_too() -> None:
    assert remaining([]) == []
    refused = [turn(i, plan=False) for i in range(1, 30)]
    assert remaining(refused) == [str(m.id) for t in refused[-10:] for m in t]
