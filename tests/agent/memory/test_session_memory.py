"""The memory in a session: taught, applied, used again, told, and kept from whom it is none of their business."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llmauto_agent.memory import feedback
from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.keep import question_key
from llmauto_agent.memory.memory import Memory
from llmauto_agent.session import Session
from llmauto_agent.testing import Reply, ScriptedServer
from llmauto_tools.workspace import Workspace

SUBSCRIPTIONS = "id,plan,region,mrr,status,is_test\n" + "\n".join(
    f"{i},{('basic', 'pro', 'team')[i % 3]},{('North', 'South')[i % 2]},{10 + i},"
    f"{('active', 'cancelled')[i % 4 == 0]},{'true' if i % 5 == 0 else 'false'}"
    for i in range(20)
)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "subs.csv").write_text(SUBSCRIPTIONS)
    with Workspace(tmp_path / "w") as opened:
        opened.attach(str(tmp_path / "subs.csv"))
        yield opened


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the trained network reads is the business of other tests."""
    from llmauto_agent.planner.model import BuiltinChatModel

    monkeypatch.setattr(BuiltinChatModel, "_runtime", lambda self: None)


@pytest.fixture
def session(workspace: Workspace, memory: Memory) -> Iterator[Session]:
    with Session(workspace, memory=memory) as opened:
        yield opened


def ask(session: Session, question: str):  # type: ignore[no-untyped-def]
    answer = session.ask(question)
    session.remember()
    return answer


def test_what_is_taught_is_applied_from_then_on_and_said(
    session: Session, workspace: Workspace, memory: Memory
) -> None:
    taught = ask(session, "ARR means sum of mrr * 12 where status is active")
    assert taught.status == "answered"
    assert [(e.id, e.kind) for e in memory.entries()] == [("m1", "definition")]
    answer = ask(session, "ARR by region")
    wanted = workspace.engine.query(
        "SELECT region, sum(mrr) FILTER (status = 'active') * 12 FROM subs GROUP BY region ORDER BY region"
    ).rows
    assert [tuple(r) for r in answer.rows] == list(wanted)
    assert answer.columns == ["region", "ARR"]
    assert "m1" in answer.answer
    assert [(m["id"], m["how"]) for m in answer.memory] == [("m1", "applied")]


def test_a_standing_filter_holds_until_the_question_lifts_it(session: Session) -> None:
    ask(session, "Always exclude test accounts: is_test is true")
    assert ask(session, "how many rows are there?").value == 16
    assert ask(session, "how many rows are there, including test accounts?").value == 20


def test_without_a_memory_nothing_is_applied_and_nothing_is_kept(
    workspace: Workspace, tmp_path: Path
) -> None:
    with Session(workspace) as session:
        answer = session.ask("ARR means sum of mrr * 12")
        assert answer.status == "refused"
        session.remember()
    assert not (tmp_path / "memory").exists()


def test_reading_uses_and_adds_nothing(workspace: Workspace, memory: Memory, tmp_path: Path) -> None:
    memory.add(
        [
            Entry(
                "definition",
                "ARR means sum of mrr * 12",
                data={"definition": {"name": "ARR", "body": "sum of mrr * 12"}},
            )
        ]
    )
    with Memory(tmp_path / "memory", None, mode="read") as only, Session(workspace, memory=only) as session:
        assert ask(session, "what is the ARR?").value == 12 * sum(10 + i for i in range(20))
        assert ask(session, "MRR2 means sum of mrr").status == "refused"
    assert len(memory.entries()) == 1


def test_an_accepted_answer_is_used_again_if_the_schema_fits(
    workspace: Workspace, memory: Memory, tmp_path: Path
) -> None:
    with Session(workspace, memory=memory) as session:
        answer = ask(session, "average mrr by plan")
        assert session.remembering is not None
        feedback.accept(memory, answer, workspace.tables(), session.remembering.fingerprints())
    with Session(workspace, memory=memory) as later:
        again = ask(later, "Please show the average mrr by plan")
        assert [m["how"] for m in again.memory] == ["used again"]
        assert again.rows == answer.rows
        assert ask(later, "average mrr by region").memory == []
    (tmp_path / "subs.csv").write_text(SUBSCRIPTIONS.replace("plan,", "tariff,", 1))
    workspace.attach(str(tmp_path / "subs.csv"))
    with Session(workspace, memory=memory) as changed:
        refused = ask(changed, "average mrr by plan")
        assert refused.memory == []
        assert any("no column plan" in n for n in refused.notices)


def test_a_correction_goes_before_what_was_answered(
    session: Session, workspace: Workspace, memory: Memory
) -> None:
    answer = ask(session, "how many rows are there?")
    sql = "SELECT count(*) AS paying FROM subs WHERE status = 'active'"
    assert session.remembering is not None
    feedback.correct(memory, answer, sql, workspace.tables(), session.remembering.fingerprints())
    assert ask(session, "How many rows are there").value == 15
    [pair] = feedback.training_pairs(memory)
    assert (pair["question"], pair["sql"], pair["language"]) == ("how many rows are there?", sql, "en")
    assert pair["tables"][0]["name"] == "subs"


def test_a_rejected_answer_is_neither_used_nor_told(
    session: Session, workspace: Workspace, memory: Memory
) -> None:
    answer = ask(session, "average mrr by plan")
    assert session.remembering is not None
    feedback.reject(memory, answer, workspace.tables(), session.remembering.fingerprints())
    told = ask(session, "what did we find about mrr?")
    assert "plan" not in told.answer
    assert feedback.training_pairs(memory) == []


def test_a_question_about_an_earlier_session_is_answered_with_the_evidence(
    workspace: Workspace, memory: Memory
) -> None:
    with Session(workspace, memory=memory) as first:
        found = ask(first, "average mrr by plan")
    [entry] = memory.entries(("question",))
    memory.stores()[0].edit(replace(entry, created=time.time() - 7 * 86_400))
    with Session(workspace, memory=memory) as second:
        told = ask(second, "What did we find about mrr by plan last week?")
        assert found.answer in told.answer
        assert [e.id for e in told.evidence] == [found.evidence[0].id]
        assert told.grounding.unverified == []
        assert [m["how"] for m in told.memory] == ["recalled"]
        assert "Nothing is remembered" in ask(second, "what did we find about mrr by plan today?").answer
        assert "没有记得" in ask(second, "上周我们发现了什么关于房价的结论？").answer
    assert len(memory.entries(("question",))) == 1  # what is told from memory is not kept again


def test_a_fact_is_flagged_when_its_source_changed(
    workspace: Workspace, memory: Memory, tmp_path: Path
) -> None:
    with Session(workspace, memory=memory) as first:
        ask(first, "average mrr by plan")
    time.sleep(0.01)
    (tmp_path / "subs.csv").write_text(SUBSCRIPTIONS + "\n99,pro,North,500,active,false")
    workspace.attach(str(tmp_path / "subs.csv"))
    with Session(workspace, memory=memory) as second:
        told = ask(second, "what did we find about mrr by plan?")
    assert "may be out of date: the data of subs changed since" in told.answer
    assert told.memory[0]["stale"] == "the data of subs changed since"


def test_a_question_that_goes_on_from_another_is_not_kept_alone(session: Session, memory: Memory) -> None:
    ask(session, "average mrr by plan")
    assert ask(session, "and by region?").status == "answered"
    ask(session, "how many rows are there?")
    assert {e.text for e in memory.entries(("question",))} == {
        "average mrr by plan",
        "how many rows are there?",
    }


def test_tables_are_learned_once_and_anew_when_they_change(
    session: Session, workspace: Workspace, memory: Memory, tmp_path: Path
) -> None:
    ask(session, "how many rows are there?")
    ask(session, "average mrr")
    assert memory.stores()[0].counts() == {"column": 6, "question": 2, "table": 1}
    (tmp_path / "subs.csv").write_text("id,mrr\n1,2\n")
    workspace.attach(str(tmp_path / "subs.csv"))
    ask(session, "how many rows are there?")
    counts = memory.stores()[0].counts()
    assert (counts["table"], counts["column"]) == (1, 2)
    assert "North" not in str(memory.entries(("table", "column")))


def test_example_values_are_kept_at_the_level_samples_only(workspace: Workspace, memory: Memory) -> None:
    with Session(workspace, memory=memory, share="samples") as session:
        ask(session, "average mrr")
    assert any("such as North, South" in e.text for e in memory.entries(("column",)))


def remote(
    workspace: Workspace, memory: Memory, share: str, monkeypatch: pytest.MonkeyPatch, question: str
) -> str:
    """All that a remote model is sent for a question."""
    with ScriptedServer([Reply("done")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        with Session(workspace, model="openai:scripted", share=share, memory=memory) as session:
            session.ask(question)
        return str(server.requests)


@pytest.mark.parametrize(("share", "sees"), [("schema", False), ("results", True)])
def test_a_remote_model_is_told_what_its_share_level_reaches(
    workspace: Workspace, memory: Memory, monkeypatch: pytest.MonkeyPatch, share: str, sees: bool
) -> None:
    pytest.importorskip("langchain_openai")
    memory.add(
        [
            Entry("definition", "revenue means sum of mrr"),
            Entry("finding", "revenue of Quillbury rose to 4711"),
            Entry("document", "revenue is explained by Tarnwick"),
            Entry(
                "correction",
                "revenue of one shop",
                data={"sql": "SELECT sum(mrr) FROM subs WHERE plan = 'Zorn'"},
            ),
            Entry("question", "revenue last year", data={"answer": "It was 8088.", "accepted": True}),
        ]
    )
    sent = remote(workspace, memory, share, monkeypatch, "total revenue?")
    assert "revenue means sum of mrr" in sent
    assert "revenue of one shop" in sent
    for cell in ("Quillbury", "Tarnwick", "Zorn", "8088"):
        assert (cell in sent) is sees, cell


def test_what_was_told_from_memory_does_not_reach_a_remote_model_later(
    workspace: Workspace, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("langchain_openai")
    memory.add([Entry("finding", "Quillbury has the highest mrr, 4711")])
    with ScriptedServer([Reply("done")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        with Session(workspace, model="openai:scripted", memory=memory) as session:
            told = session.ask("What did we find about mrr?")
            assert "4711" in told.answer
            assert server.requests == []  # it needs no model
            session.ask("average mrr by plan")
        assert "Quillbury" not in str(server.requests)


def test_the_right_tables_are_recalled_among_many(tmp_path: Path, memory: Memory) -> None:
    from llmauto_agent.memory.use import Recollection

    with Workspace(tmp_path / "many") as workspace:
        for i in range(15):
            (tmp_path / f"t{i:02}.csv").write_text("a,b\n1,2\n")
            workspace.attach(str(tmp_path / f"t{i:02}.csv"))
        (tmp_path / "emp_sal.csv").write_text("emp_no,sal_amt\n1,2\n")
        workspace.attach(str(tmp_path / "emp_sal.csv"))
        memory.learn_schema(workspace.tables())
        recollection = Recollection(memory, workspace, "s")
        assert recollection.tables("how much are the staff paid")[0] == "emp_sal"


def test_memories_of_a_session_stay_in_it(workspace: Workspace, memory: Memory) -> None:
    with Session(workspace, memory=memory) as first:
        memory.add(
            [
                Entry(
                    "preference",
                    "only basic",
                    "session",
                    {"filter": {"body": "plan is basic", "exclude": False}},
                    session=first.id,
                )
            ]
        )
        assert ask(first, "how many rows are there?").value == 7
    with Session(workspace, memory=memory) as second:
        assert ask(second, "how many rows are there?").value == 20


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("average mrr by plan", "Please show me the average MRR by plan", True),
        ("revenue in 2023", "in 2023, revenue?", True),
        ("revenue in 2023", "revenue in 2024", False),
        ("rows without a plan", "rows with a plan", False),
        ("orders larger than returns", "returns larger than orders", False),
        ("revenue from January to May", "revenue from May to January", False),
        ("各地区的平均收入", "请列出各地区平均收入", True),
        ("各地区的平均收入", "各地区的总收入", False),
    ],
)
def test_only_the_same_question_counts_as_the_same(one: str, other: str, same: bool) -> None:
    assert (question_key(one) == question_key(other)) is same
