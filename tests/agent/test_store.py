"""Sessions and turns in the workspace's state.sqlite, also from several threads and after a kill."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from llmauto_agent.store import SessionStore
from llmauto_tools.errors import WorkspaceError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    store = SessionStore(tmp_path)
    yield store
    store.close()


def test_new_session_is_empty_and_found(store: SessionStore) -> None:
    session = store.create("builtin", "schema")
    assert (session.model, session.share, session.title, session.sources) == ("builtin", "schema", "", ())
    assert (session.turns, session.open_turn) == (0, None)
    assert store.get(session.id) == session
    assert store.last() == session
    assert store.turns(session.id) == []
    assert store.open_turn(session.id) is None


def test_no_sessions(store: SessionStore) -> None:
    assert store.list() == []
    assert store.last() is None


def test_turns_are_numbered_and_completed_once(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    assert [store.ask(session, q) for q in ("first", "second")] == [1, 2]
    store.answer(session, 1, {"answer": "one", "rows": [[None, 1.5, "总额"]]})
    store.answer(session, 1, {"answer": "another"})
    first, second = store.turns(session)
    assert (first.number, first.question) == (1, "first")
    assert first.answer == {"answer": "one", "rows": [[None, 1.5, "总额"]]}
    assert first.answered is not None
    assert first.asked <= first.answered
    assert (second.answer, second.answered) == (None, None)
    assert store.open_turn(session) == second
    assert store.get(session).turns == 2
    assert store.get(session).open_turn == 2


def test_an_open_turn_before_an_answered_one_is_not_pending(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    store.ask(session, "interrupted")
    store.answer(session, store.ask(session, "next"), {"answer": "yes"})
    assert store.open_turn(session) is None
    assert store.get(session).open_turn is None


def test_title_is_the_beginning_of_the_first_question(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    store.ask(session, "x" * 500)
    store.ask(session, "second")
    assert store.get(session).title == "x" * 120


def test_the_session_used_last_comes_first(store: SessionStore) -> None:
    first, second = store.create("builtin", "schema").id, store.create("builtin", "schema").id
    store.ask(first, "again")
    assert [s.id for s in store.list()] == [first, second]


def test_beginning_of_an_id_is_enough_where_it_is_one(store: SessionStore) -> None:
    first, second = store.create("builtin", "schema").id, store.create("builtin", "schema").id
    assert store.get(first[:-1]).id == first or first[:-1] == second[:-1]
    with pytest.raises(WorkspaceError, match="Several sessions"):
        store.get(first[:8])


@pytest.mark.parametrize("name", ["", "nothing", "%", "_", "' OR 1 --"])
def test_unknown_session(store: SessionStore, name: str) -> None:
    store.create("builtin", "schema")
    with pytest.raises(WorkspaceError, match="There is no session"):
        store.get(name)


def test_a_near_id_is_suggested(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    with pytest.raises(WorkspaceError, match="Did you mean"):
        store.get(session.replace("-", "_"))


def test_sources_are_kept_once_in_order(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    for source in ("b.csv", "a'\".csv", "b.csv", "总.csv", "bad\udcff.csv"):
        store.add_source(session, source)
    assert store.get(session).sources == ("b.csv", "a'\".csv", "总.csv", "bad\udcff.csv")


def test_model_and_share_change(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    store.set_model(session, "ollama:x", "results")
    assert (store.get(session).model, store.get(session).share) == ("ollama:x", "results")


def test_removed_session_is_gone_with_its_turns_and_others_stay(store: SessionStore) -> None:
    gone, kept = store.create("builtin", "schema").id, store.create("builtin", "schema").id
    store.ask(gone, "x")
    store.ask(kept, "y")
    store.remove(gone)
    assert [s.id for s in store.list()] == [kept]
    assert store.turns(gone) == []
    assert len(store.turns(kept)) == 1


@pytest.mark.parametrize("act", [lambda s: s.ask("gone", "q"), lambda s: s.add_source("gone", "x.csv")])
def test_nothing_is_written_for_a_session_that_is_gone(store: SessionStore, act: object) -> None:
    with pytest.raises(WorkspaceError, match="There is no session 'gone'"):
        act(store)  # type: ignore[operator]
    assert store.turns("gone") == []
    assert store.ask(store.create("builtin", "schema").id, "works after that") == 1


def test_words_that_sqlite_cannot_hold_do_not_stop_a_question(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    number = store.ask(session, "a\udcffb\x00c")
    store.answer(session, number, {"answer": "half a pair: \ud83d"})
    (turn,) = store.turns(session)
    assert turn.question.startswith("a?b")
    assert turn.answer == {"answer": "half a pair: \ud83d"}


def test_threads_lose_no_turn_and_no_source(store: SessionStore) -> None:
    session = store.create("builtin", "schema").id

    def work(i: int) -> int:
        store.add_source(session, f"{i}.csv")
        return store.ask(session, f"question {i}")

    with ThreadPoolExecutor(8) as pool:
        numbers = sorted(pool.map(work, range(40)))
    assert numbers == list(range(1, 41))
    assert len(store.get(session).sources) == 40


def test_stores_of_two_processes_see_each_other(store: SessionStore, tmp_path: Path) -> None:
    other = SessionStore(tmp_path)
    session = store.create("builtin", "schema").id
    assert [s.ask(session, "q") for s in (store, other, store, other)] == [1, 2, 3, 4]
    assert store.turns(session) == other.turns(session)
    other.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from llmauto_agent.store import SessionStore
store = SessionStore(Path(sys.argv[1]))
session = store.create("builtin", "schema").id
store.answer(session, store.ask(session, "done"), {"answer": "yes"})
store.ask(session, "open")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    store = SessionStore(tmp_path)
    (session,) = store.list()
    done, still_open = store.turns(session.id)
    assert done.answer == {"answer": "yes"}
    assert store.open_turn(session.id) == still_open
    assert still_open.question == "open"
    store.close()


def test_missing_or_damaged_files_are_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError):
        SessionStore(tmp_path / "missing")
    (tmp_path / "state.sqlite").write_bytes(b"no database at all, but long enough to look at" * 100)
    with pytest.raises(WorkspaceError, match="damaged"):
        SessionStore(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="needs file permissions")
def test_a_file_that_another_process_holds_is_waited_for(tmp_path: Path, store: SessionStore) -> None:
    session = store.create("builtin", "schema").id
    holder = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(store.ask, session, "waits")
        holder.execute(
            "INSERT INTO turns (session, number, question, asked) VALUES (?, 1, 'other', 0)", (session,)
        )
        holder.execute("COMMIT")
        assert asked.result(timeout=60) == 2
    holder.close()
