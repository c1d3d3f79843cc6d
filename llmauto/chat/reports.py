"""Reports in a chat: `/report GOAL` makes one, and what is said of it afterwards changes it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.chat.state import Chat
from llmauto.exits import UsageError

if TYPE_CHECKING:
    from llmauto_agent.report.produce import Produced
    from llmauto_agent.report.store import Kept

USAGE = "/report GOAL [-o report.html]"


def run(chat: Chat, rest: str) -> None:
    """`/report`: make a report of the attached sources, or change the last one."""
    goal, outputs = _parsed(rest)
    if not goal:
        if chat.report is None:
            raise UsageError("What shall the report be about?", USAGE)
        chat.say(f"the report is {chat.report}; say what to change, such as: drop the third finding")
        return
    if chat.report is not None and asks_for_change(chat, goal):
        change(chat, goal, outputs)
        return
    produced = chat.work("report", lambda emit: _produce(chat, goal, outputs, emit))
    chat.report = produced.kept.ref
    chat.report_files = [str(o) for o in outputs]
    _tell(chat, produced)


def asks_for_change(chat: Chat, line: str) -> bool:
    """Whether a line asks for a change of the report that the chat has made."""
    if chat.report is None:
        return False
    from llmauto_agent.report.edit_words import read_wish

    return read_wish(line) is not None


def change(chat: Chat, request: str, outputs: list[Path] | None = None) -> None:
    """Change the chat's report, and write it again to its files."""
    from llmauto_agent.report.edit import edit_report
    from llmauto_agent.report.store import ReportStore
    from llmauto_agent.report.write import write_report

    targets = outputs or [Path(f) for f in chat.report_files]

    def work(emit: Any) -> Kept:
        kept = edit_report(chat.workspace, ReportStore(chat.workspace.path), str(chat.report), request)
        for path in targets:
            write_report(kept.document, path, chat.workspace)
        return kept

    kept = chat.work("changing the report", work)
    chat.report = kept.ref
    chat.say(f"{kept.ref}: {kept.record.edits[-1]}")
    for path in targets:
        chat.say(f"wrote {path}")


def _parsed(rest: str) -> tuple[str, list[Path]]:
    """The goal and the files behind -o; report.html where none is named."""
    try:
        words = shlex.split(rest)
    except ValueError:
        words = rest.split()
    outputs, goal = [], []
    while words:
        word = words.pop(0)
        if word in ("-o", "--output"):
            if not words:
                raise UsageError("Which file?", USAGE)
            outputs.append(Path(words.pop(0)).expanduser())
        else:
            goal.append(word)
    return " ".join(goal), outputs or [Path("report.html")]


def _produce(chat: Chat, goal: str, outputs: list[Path], emit: Any) -> Produced:
    from llmauto.cli.report import report_writer
    from llmauto_agent.report.produce import Wanted, produce
    from llmauto_agent.report.run import Request

    sources = tuple(chat.session.store.get(chat.session.id).sources)
    return produce(
        chat.workspace,
        Wanted(Request(goal=goal, sources=sources), tuple(outputs)),
        progress=lambda text, part: emit((text, part)),
        writer=report_writer(chat.session.model, chat.workspace, chat.session.share),
    )


def _tell(chat: Chat, produced: Produced) -> None:
    meta = produced.report.document.meta
    for file in produced.files:
        chat.say(f"wrote {file}")
    chat.tell(f"left out: {p.message}" for p in produced.report.material.problems)
    chat.say(
        f"{produced.kept.ref}: {meta.template}, {meta.checked} numbers and claims checked, {len(meta.unverified)} not verified"
    )
