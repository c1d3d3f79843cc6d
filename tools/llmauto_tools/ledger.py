"""The ledger: an append-only, crash-safe record of every tool run.

It lives in the workspace's `state.sqlite` (SQLite, write-ahead log, synchronous=FULL: a record that
was reported is on disk; several processes may append). A run appends two events, "started" and then
"finished" or "failed"; triggers refuse to change or delete them. A run that never finished and whose
process is gone (or has given it up) reads as state "lost".
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from llmauto_tools.errors import WorkspaceError
from llmauto_tools.processes import same_process, start_token
from llmauto_tools.results import JsonValue, Section, ToolResult, to_json_value
from llmauto_tools.state import open_state, state_errors

State = Literal["running", "finished", "failed", "lost"]

MAX_STORED_ROWS = 1_000
MAX_STORED_BYTES = 512 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS evidence (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT, call_id TEXT, pid INTEGER NOT NULL, process TEXT NOT NULL, started REAL NOT NULL,
    payload TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS evidence_call ON evidence (session, call_id);
CREATE TABLE IF NOT EXISTS outcome (
    number INTEGER PRIMARY KEY REFERENCES evidence (number),
    state TEXT NOT NULL, seconds REAL NOT NULL, payload TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS evidence_keep BEFORE UPDATE ON evidence
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS evidence_stay BEFORE DELETE ON evidence
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS outcome_keep BEFORE UPDATE ON outcome
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS outcome_stay BEFORE DELETE ON outcome
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
"""

_open_runs: set[tuple[str, int]] = set()
"""(file, number) of the runs that this process has started and not ended."""


@dataclass(frozen=True)
class Evidence:
    """One ledger record of one tool run. `id` is "e" and a number that counts up per workspace."""

    id: str
    tool: str
    arguments: dict[str, Any]
    state: State
    session: str | None = None
    call_id: str | None = None
    sql: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    """(name, DuckDB type) of the result table."""
    rows: tuple[tuple[JsonValue, ...], ...] = ()
    """JSON values, bounded by MAX_STORED_ROWS and MAX_STORED_BYTES."""
    row_count: int | None = None
    truncated: bool = False
    figures: dict[str, JsonValue] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    fingerprints: dict[str, str] = field(default_factory=dict)
    """Table name to the fingerprint of its data at the time of the run."""
    text: str | None = None
    notes: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    """Paths relative to the workspace folder."""
    seed: int | None = None
    sections: tuple[Section, ...] = ()
    """Further tables, each bounded like `rows`."""
    charts: tuple[dict[str, Any], ...] = ()
    """Vega-Lite specifications; those beyond MAX_STORED_BYTES in all are left out."""
    versions: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    """Unix time in seconds."""
    seconds: float | None = None
    error: dict[str, str | None] | None = None
    """{kind, message, hint} where state is "failed"."""


Records = list[Evidence]


def bounded_rows(rows: tuple[tuple[Any, ...], ...]) -> tuple[list[list[JsonValue]], bool]:
    """Rows as JSON values within the ledger's bounds, and whether any were cut off."""
    kept: list[list[JsonValue]] = []
    size = 0
    for row in rows[:MAX_STORED_ROWS]:
        values = [to_json_value(v) for v in row]
        size += len(json.dumps(values, ensure_ascii=False))
        if size > MAX_STORED_BYTES:
            return kept, True
        kept.append(values)
    return kept, len(rows) > MAX_STORED_ROWS


def _bounded_section(section: Section) -> list[JsonValue]:
    rows, cut = bounded_rows(section.rows)
    note = section.note
    if cut:
        left_out = f"{len(section.rows) - len(rows):,} more rows are not kept."
        note = f"{note} {left_out}" if note else left_out
    return [section.title, list(section.columns), rows, note]


def _bounded_charts(charts: Sequence[dict[str, Any]]) -> list[JsonValue]:
    kept: list[JsonValue] = []
    room = MAX_STORED_BYTES
    for spec in charts:
        room -= len(json.dumps(to_json_value(spec), ensure_ascii=False))
        if room >= 0:
            kept.append(to_json_value(spec))
    return kept


class Ledger:
    """Appends and reads evidence. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._db = open_state(path, _SCHEMA)

    def start(
        self,
        tool: str,
        arguments: dict[str, Any],
        *,
        session: str | None = None,
        call_id: str | None = None,
        versions: dict[str, str] | None = None,
    ) -> str:
        """Record that a run begins; returns its evidence id."""
        payload = {"tool": tool, "arguments": to_json_value(arguments), "versions": versions or {}}
        pid = os.getpid()
        with self._lock, state_errors(self._path):
            cursor = self._db.execute(
                "INSERT INTO evidence (session, call_id, pid, process, started, payload) VALUES (?, ?, ?, ?, ?, ?)",
                (session, call_id, pid, start_token(pid), time.time(), _json(payload)),
            )
            assert cursor.lastrowid is not None
            _open_runs.add((str(self._path), cursor.lastrowid))
        return f"e{cursor.lastrowid}"

    def finish(
        self, evidence_id: str, result: ToolResult, seconds: float, fingerprints: dict[str, str]
    ) -> Evidence:
        """Record what came back; returns the whole record."""
        table = result.table
        rows, cut = bounded_rows(table.rows) if table else ([], False)
        payload: dict[str, Any] = {
            "sql": result.sql or (table.sql if table else None),
            "columns": [[c.name, c.dtype] for c in table.columns] if table else [],
            "rows": rows,
            "row_count": table.row_count if table else None,
            "truncated": bool(table and table.truncated) or cut,
            "tables": list((table.tables if table else ()) or result.tables),
            "fingerprints": fingerprints,
            "figures": to_json_value(result.figures),
            "text": result.text,
            "notes": result.notes,
            "artifacts": [str(p) for p in result.artifacts],
            "seed": result.seed,
            "sections": [_bounded_section(s) for s in result.sections],
            "charts": _bounded_charts(result.charts),
        }
        self._append_outcome(evidence_id, "finished", seconds, payload)
        return self.get(evidence_id)

    def fail(
        self, evidence_id: str, error: dict[str, str | None], seconds: float, sql: str | None
    ) -> Evidence:
        """Record that a run failed."""
        self._append_outcome(evidence_id, "failed", seconds, {"error": error, "sql": sql})
        return self.get(evidence_id)

    def _append_outcome(
        self, evidence_id: str, state: State, seconds: float, payload: dict[str, Any]
    ) -> None:
        number = _number(evidence_id)
        try:
            with self._lock, state_errors(self._path):
                self._db.execute(
                    "INSERT INTO outcome (number, state, seconds, payload) VALUES (?, ?, ?, ?)",
                    (number, state, seconds, _json(payload)),
                )
        finally:
            _open_runs.discard((str(self._path), number))

    def get(self, evidence_id: str) -> Evidence:
        """The record of that id. Raises WorkspaceError when there is none."""
        found = self._select("e.number = ?", (_number(evidence_id),))
        if not found:
            raise WorkspaceError(f"There is no evidence '{evidence_id}' in this workspace.")
        return found[0]

    def find_call(self, session: str, call_id: str) -> Evidence | None:
        """The finished record of a tool call, so that a resumed session does not run it again."""
        found = self._select("e.session = ? AND e.call_id = ? AND o.state = 'finished'", (session, call_id))
        return found[-1] if found else None

    def list(self, session: str | None = None, *, call_prefix: str = "") -> Records:
        """All records in the order they began, of one session or of the workspace.

        call_prefix: of a session, only the calls whose ids begin so; the rest is not read.
        """
        if session is None:
            return self._select("1", ())
        if not call_prefix:
            return self._select("e.session = ?", (session,))
        beyond = call_prefix[:-1] + chr(ord(call_prefix[-1]) + 1)
        return self._select(
            "e.session = ? AND e.call_id >= ? AND e.call_id < ?", (session, call_prefix, beyond)
        )

    def _select(self, condition: str, parameters: tuple[Any, ...]) -> Records:
        with self._lock, state_errors(self._path):
            rows = self._db.execute(
                "SELECT e.number, e.session, e.call_id, e.pid, e.process, e.started, e.payload,"
                " o.state, o.seconds, o.payload FROM evidence e LEFT JOIN outcome o USING (number)"
                f" WHERE {condition} ORDER BY e.number",
                parameters,
            ).fetchall()
        return [_evidence(self._unfinished_state, *row) for row in rows]

    def _unfinished_state(self, number: int, pid: int, process: str) -> State:
        if pid == os.getpid() and process == start_token(pid):
            return "running" if (str(self._path), number) in _open_runs else "lost"
        return "running" if same_process(pid, process) else "lost"

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _number(evidence_id: str) -> int:
    if evidence_id[:1] == "e" and evidence_id[1:].isdecimal():
        return int(evidence_id[1:])
    raise WorkspaceError(f"'{evidence_id}' is not an evidence id.", "Evidence ids look like e12.")


def _json(payload: dict[str, Any]) -> str:
    """JSON that SQLite can store: names of files may hold bytes that are no Unicode."""
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")


def _evidence(
    unfinished: Callable[[int, int, str], State],
    number: int,
    session: str | None,
    call_id: str | None,
    pid: int,
    process: str,
    started: float,
    begun: str,
    state: State | None,
    seconds: float | None,
    ended: str | None,
) -> Evidence:
    head = json.loads(begun)
    tail = json.loads(ended) if ended else {}
    if state is None:
        state = unfinished(number, pid, process)
    return Evidence(
        id=f"e{number}",
        tool=head["tool"],
        arguments=head["arguments"],
        versions=head["versions"],
        state=state,
        session=session,
        call_id=call_id,
        started=started,
        seconds=seconds,
        sql=tail.get("sql"),
        columns=tuple((n, t) for n, t in tail.get("columns", ())),
        rows=tuple(tuple(r) for r in tail.get("rows", ())),
        row_count=tail.get("row_count"),
        truncated=tail.get("truncated", False),
        tables=tuple(tail.get("tables", ())),
        fingerprints=tail.get("fingerprints", {}),
        figures=tail.get("figures", {}),
        text=tail.get("text"),
        notes=tuple(tail.get("notes", ())),
        artifacts=tuple(tail.get("artifacts", ())),
        seed=tail.get("seed"),
        sections=tuple(
            Section(title, tuple(names), tuple(tuple(r) for r in rows), note)
            for title, names, rows, note in tail.get("sections", ())
        ),
        charts=tuple(tail.get("charts", ())),
        error=tail.get("error"),
    )
