"""`llmauto sessions`: the conversations of a workspace."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import contract, exits
from llmauto.cli.common import folder_of, open_store
from llmauto.cli.memory_open import forget_session
from llmauto.exits import UsageError
from llmauto.render.message import print_note
from llmauto.render.screen import Screen, screen_for
from llmauto.render.text import clean, clean_lines
from llmauto_tools.errors import SourceError

if TYPE_CHECKING:
    from llmauto_agent.export import Kind
    from llmauto_agent.store import SessionRecord, SessionStore, Turn
    from llmauto_tools.ledger import Evidence, Ledger

EXPORT_SUFFIXES: dict[str, Kind] = {".ipynb": "notebook", ".py": "script", ".md": "transcript"}
NONE_YET = "There is no session in this workspace yet."


def list_sessions(workspace: str | None, as_json: bool) -> int:
    """Print the sessions, the newest first."""
    store = open_store(folder_of(workspace))
    found: list[SessionRecord] = []
    if store is not None:
        found = store.list()
        store.close()
    if as_json:
        from llmauto.render.streams import print_json

        print_json([asdict(record) for record in found])
        return exits.ANSWERED
    if not found:
        print_note(NONE_YET)
        return exits.ANSWERED
    _print_list(found, screen_for(sys.stdout))
    return exits.ANSWERED


def _print_list(found: Sequence[SessionRecord], screen: Screen) -> None:
    from llmauto.render.table import render_table

    rows = [
        [r.id, _when(r.updated), r.turns, r.title + (" (not answered)" if r.open_turn == r.turns else ""),
         ", ".join(r.sources)]
        for r in found
    ]  # fmt: skip
    console = screen.console()
    names = ["id", "last used", "questions", "first question", "sources"]
    for part in render_table(names, rows, screen, max_rows=0, row_count=len(rows), whole={"id"}):
        console.print(part)


def show_session(session: str, workspace: str | None, as_json: bool) -> int:
    """Print a session's transcript: questions, answers, SQL and evidence."""
    folder = folder_of(workspace)
    with _existing_store(folder) as store:
        record = store.get(session)
        turns = store.turns(record.id)
    with _ledger(folder) as ledger:
        if as_json:
            from llmauto.render.streams import print_json

            print_json({"version": contract.VERSION, **asdict(record), "turns": _turn_objects(turns, ledger)})
            return exits.ANSWERED
        _print_transcript(record, turns, screen_for(sys.stdout))
    return exits.ANSWERED


def _turn_objects(turns: Sequence[Turn], ledger: Ledger) -> list[dict[str, Any]]:
    """Turns as JSON, each answer in the contract of `ask --json`."""
    known = {e.id: e for e in ledger.list()}
    return [
        {
            "number": turn.number,
            "question": turn.question,
            "asked": turn.asked,
            "answered": turn.answered,
            "answer": _answer_object(turn.answer, known) if turn.answer else None,
        }
        for turn in turns
    ]


def _answer_object(stored: dict[str, Any], known: dict[str, Evidence]) -> dict[str, Any]:
    from llmauto_agent.answer import Answer, GroundingSummary

    fields = dict(stored)
    fields["evidence"] = [known[i] for i in stored["evidence"] if i in known]
    fields["grounding"] = GroundingSummary(**stored["grounding"])
    return contract.answer_object(Answer(**fields))


def _print_transcript(record: SessionRecord, turns: Sequence[Turn], screen: Screen) -> None:
    from rich.text import Text

    console = screen.console()
    head = f"session {record.id}, {_when(record.created)}, model {record.model}, share {record.share}"
    console.print(Text(clean(head, screen.unicode), style="dim"))
    for source in record.sources:
        console.print(Text(f"source {clean(source, screen.unicode)}", style="dim"))
    for turn in turns:
        console.print()
        console.print(Text(f"{turn.number}> {clean_lines(turn.question, screen.unicode)}", style="bold"))
        _print_turn(turn, console, screen)


def _print_turn(turn: Turn, console: Any, screen: Screen) -> None:
    from rich.text import Text

    from llmauto.render.answer import print_sql

    if turn.answer is None:
        console.print(Text("(not answered)", style="yellow"))
        return
    console.print(Text(clean_lines(turn.answer["answer"], screen.unicode)))
    rows = turn.answer["rows"]
    if rows and turn.answer["value"] is None:
        from llmauto.render.table import render_table

        for part in render_table(turn.answer["columns"], rows, screen, max_rows=10, row_count=len(rows)):
            console.print(part)
    if turn.answer["sql"]:
        print_sql(turn.answer["sql"], console, screen)
    if turn.answer["evidence"]:
        console.print(Text(", ".join(turn.answer["evidence"]), style="dim"))


def export_session(
    session: str,
    output: Path | None,
    kind: str | None,
    workspace: str | None,
    *,
    overwrite: bool,
    data: bool = True,
) -> int:
    """Write a session as a notebook, a script or a transcript; without `output`, to stdout."""
    chosen = _export_kind(output, kind if data or output else kind or "transcript")
    if output is not None and output.exists() and not overwrite:
        raise UsageError(f"'{output}' exists already.", "Give --yes to replace it, or another --output.")
    folder = folder_of(workspace)
    with _existing_store(folder) as store:
        record = store.get(session)
    if output is not None:
        _export(folder, record, output, chosen, data)
        print_note(f"session {record.id} is in {output}")
        return exits.ANSWERED
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "export"
        _export(folder, record, path, chosen, data)
        sys.stdout.write(path.read_text("utf-8"))
    return exits.ANSWERED


def _export_kind(output: Path | None, kind: str | None) -> Kind:
    suffix = output.suffix.lower() if output is not None else ""
    chosen = kind or EXPORT_SUFFIXES.get(suffix)
    for known in EXPORT_SUFFIXES.values():
        if chosen == known:
            return known
    raise UsageError(
        "Say what to export: a notebook, a script or a transcript.",
        "End --output in .ipynb, .py or .md, or give --format notebook, script or transcript.",
    )


def _export(folder: Path, record: SessionRecord, path: Path, kind: Kind, data: bool) -> None:
    """Attach the session's sources again, as far as they are still there, and write the export."""
    from llmauto_agent import export
    from llmauto_tools.workspace import Workspace

    with Workspace(folder) as workspace:
        for source in record.sources:
            try:
                workspace.attach(source)
            except SourceError as e:
                print_note(f"a source of the session is left out of the replay: {e.message}")
        export.export_session(workspace, record.id, path, kind=kind, data=data)


def remove_sessions(sessions: Sequence[str], workspace: str | None, yes: bool) -> int:
    """Forget sessions, after asking."""
    from llmauto.cli.confirm import confirm

    with _existing_store(folder_of(workspace)) as store:
        found = [store.get(session) for session in sessions]
        if not yes:
            confirm(f"Forget {len(found)} {'session' if len(found) == 1 else 'sessions'}?")
        for record in found:
            store.remove(record.id)
            forget_session(folder_of(workspace), record.id)
            print_note(f"session {record.id} is forgotten; its evidence stays in the ledger")
    return exits.ANSWERED


@contextmanager
def _existing_store(folder: Path) -> Iterator[SessionStore]:
    store = open_store(folder)
    if store is None:
        raise UsageError(NONE_YET, "Ask a question first, or name the workspace with --workspace.")
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _ledger(folder: Path) -> Iterator[Ledger]:
    from llmauto_tools.ledger import Ledger

    ledger = Ledger(folder / "state.sqlite")
    try:
        yield ledger
    finally:
        ledger.close()


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
