"""Sessions and their turns, kept in the workspace's `state.sqlite` beside the ledger.

A turn is written when the question is asked and completed when it is answered, so that a session
whose process was killed knows which question is still open.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_tools.errors import WorkspaceError, did_you_mean
from llmauto_tools.state import BUSY_SECONDS, open_state, state_errors, writing

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, created REAL NOT NULL, updated REAL NOT NULL, title TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL, share TEXT NOT NULL, sources TEXT NOT NULL DEFAULT '[]'
) STRICT;
CREATE TABLE IF NOT EXISTS turns (
    session TEXT NOT NULL REFERENCES sessions (id), number INTEGER NOT NULL, question TEXT NOT NULL,
    asked REAL NOT NULL, answered REAL, answer TEXT, PRIMARY KEY (session, number)
) STRICT;
"""


@dataclass(frozen=True)
class SessionRecord:
    """One session as `sessions list` shows it. Times are Unix seconds."""

    id: str
    created: float
    updated: float
    title: str
    model: str
    share: str
    sources: tuple[str, ...]
    turns: int = 0
    open_turn: int | None = None
    """The number of the last question, if it was never answered: after a crash, or an interrupt."""


@dataclass(frozen=True)
class Turn:
    """One question of a session; `answer` is the stored JSON contract, None while it is open."""

    session: str
    number: int
    question: str
    asked: float
    answered: float | None
    answer: dict[str, Any] | None


class SessionStore:
    """Reads and writes sessions. Safe to use from several threads and processes."""

    def __init__(self, workspace: Path) -> None:
        self._lock = threading.RLock()
        self._path = workspace / "state.sqlite"
        self._db = open_state(self._path, _SCHEMA)

    def create(self, model: str, share: str) -> SessionRecord:
        """A new, empty session. Its id starts with the date, so that ids sort by age."""
        now = time.time()
        session_id = time.strftime("%Y%m%d-", time.localtime(now)) + secrets.token_hex(3)
        self._write(
            "INSERT INTO sessions (id, created, updated, model, share) VALUES (?, ?, ?, ?, ?)",
            (session_id, now, now, model, share),
        )
        return self.get(session_id)

    def list(self) -> list[SessionRecord]:
        """All sessions, the newest first."""
        return self._select("1", ())

    def last(self) -> SessionRecord | None:
        """The session that was used last, or None."""
        found = self.list()
        return found[0] if found else None

    def get(self, session_id: str) -> SessionRecord:
        """The session of that id, or of that unambiguous beginning of an id. Raises WorkspaceError."""
        found = self._select("s.id = ?", (session_id,)) or self._select(
            "substr(s.id, 1, length(?1)) = ?1 AND ?1 <> ''", (session_id,)
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise WorkspaceError(
                f"Several sessions begin with '{session_id}'.", "Give more of the id: llmauto sessions list"
            )
        hint = did_you_mean(session_id, [s.id for s in self.list()]) or "See them with: llmauto sessions list"
        raise WorkspaceError(f"There is no session '{session_id}' in this workspace.", hint)

    def add_source(self, session_id: str, source: str) -> None:
        """Remember a source, once. Raises WorkspaceError when there is no such session."""
        with self._lock, writing(self._db, self._path) as db:
            sources = [*self.get(session_id).sources]
            if source not in sources:
                sources.append(source)
                db.execute("UPDATE sessions SET sources = ? WHERE id = ?", (json.dumps(sources), session_id))

    def set_model(self, session_id: str, model: str, share: str) -> None:
        self._write("UPDATE sessions SET model = ?, share = ? WHERE id = ?", (model, share, session_id))

    def ask(self, session_id: str, question: str) -> int:
        """Record that a question was asked; returns the turn's number, from 1.

        Raises WorkspaceError when there is no such session (it may have been removed meanwhile).
        """
        now = time.time()
        question = question.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates
        with self._lock, writing(self._db, self._path) as db:
            self.get(session_id)
            (number,) = db.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE session = ?", (session_id,)
            ).fetchone()
            db.execute(
                "INSERT INTO turns (session, number, question, asked) VALUES (?, ?, ?, ?)",
                (session_id, number, question, now),
            )
            db.execute(
                "UPDATE sessions SET updated = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (now, question[:120], session_id),
            )
        return int(number)

    def answer(self, session_id: str, number: int, answer: dict[str, Any]) -> None:
        """Complete a turn. A turn is completed once: a second answer to it is dropped."""
        self._write(
            "UPDATE turns SET answered = ?, answer = ? WHERE session = ? AND number = ? AND answer IS NULL",
            (time.time(), json.dumps(answer), session_id, number),
        )

    def turns(self, session_id: str) -> builtins.list[Turn]:
        return self._turns("", session_id)

    def open_turn(self, session_id: str) -> Turn | None:
        """The last turn, if it was asked and never answered."""
        last = self._turns("DESC LIMIT 1", session_id)
        return last[0] if last and last[0].answer is None else None

    def _turns(self, order: str, session_id: str) -> builtins.list[Turn]:
        with self._lock, state_errors(self._path):
            rows = self._db.execute(
                "SELECT session, number, question, asked, answered, answer FROM turns"
                f" WHERE session = ? ORDER BY number {order}",
                (session_id,),
            ).fetchall()
        return [
            Turn(session, number, question, asked, answered, json.loads(answer) if answer else None)
            for session, number, question, asked, answered, answer in rows
        ]

    def remove(self, session_id: str) -> None:
        """Forget a session, its turns and its checkpoints. Its evidence stays: the ledger is append-only."""
        _remove_checkpoints(self._path.with_name("checkpoints.sqlite"), session_id)
        with self._lock, writing(self._db, self._path) as db:
            db.execute("DELETE FROM turns WHERE session = ?", (session_id,))
            db.execute("DELETE FROM sessions WHERE id = ?", (session_id,))

    def _select(self, condition: str, parameters: tuple[Any, ...]) -> builtins.list[SessionRecord]:
        with self._lock, state_errors(self._path):
            rows = self._db.execute(
                "SELECT s.id, s.created, s.updated, s.title, s.model, s.share, s.sources,"
                " count(t.number),"
                " nullif(max(t.number), max(t.number) FILTER (WHERE t.answer IS NOT NULL))"
                f" FROM sessions s LEFT JOIN turns t ON t.session = s.id WHERE {condition}"
                " GROUP BY s.id ORDER BY s.updated DESC, s.id DESC",
                parameters,
            ).fetchall()
        return [
            SessionRecord(r[0], r[1], r[2], r[3], r[4], r[5], tuple(json.loads(r[6])), r[7], r[8])
            for r in rows
        ]

    def _write(self, sql: str, parameters: tuple[Any, ...]) -> None:
        with self._lock, state_errors(self._path):
            self._db.execute(sql, parameters)

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _remove_checkpoints(path: Path, session_id: str) -> None:
    """Delete what the agent's checkpointer keeps of a session: the conversation itself."""
    if not path.exists():
        return
    with (
        state_errors(path),
        contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as db,
    ):
        made = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in made & {"checkpoints", "writes"}:
            db.execute(f"DELETE FROM {table} WHERE thread_id = ?", (session_id,))
