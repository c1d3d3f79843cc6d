"""`llmauto chat`: read a line, run it, show what came of it, until the person leaves."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from llmauto import exits
from llmauto.chat.state import Chat
from llmauto.cli.ask import warm_up
from llmauto.cli.common import last_sources, limits, open_store
from llmauto.cli.program import Invocation
from llmauto.cli.stdin import read_sources
from llmauto.exits import UsageError
from llmauto.folders import workspace_folder
from llmauto.render.message import print_error, print_note
from llmauto_tools.errors import Interrupted, LlmautoError

TWICE = 2.0
"""Seconds within which a second Ctrl-C leaves."""


@dataclass(frozen=True)
class ChatOptions:
    """The command line of a chat. `resume` "" is the last session, None a new one."""

    sources: tuple[str, ...] = ()
    model: str | None = None
    workspace: str | None = None
    share: str | None = None
    resume: str | None = None
    timeout: float | None = None
    max_rows: int | None = None
    yes: bool = False


def chat_command(options: ChatOptions, invocation: Invocation) -> int:
    """Run a chat until it is left; returns the exit code. Raises the errors of its start."""
    warm_up()
    from llmauto.config import load_settings
    from llmauto_agent.session import Session
    from llmauto_tools.workspace import Workspace

    settings = load_settings(
        model=options.model,
        share=options.share,
        workspace=options.workspace,
        timeout=options.timeout,
        max_rows=options.max_rows,
    )
    folder = workspace_folder(settings.workspace)
    session_id = _session_to_resume(options, folder)
    sources = read_sources(list(options.sources), folder / "cache")
    if not sources and session_id is None:
        sources = last_sources(folder)
    with ExitStack() as stack:
        workspace = stack.enter_context(Workspace(folder, limits(settings)))
        session = Session(
            workspace,
            model=settings.model,
            share=settings.share,
            session_id=session_id,
            timeout=settings.timeout,
            approve="always" if options.yes else "ask",
        )
        chat = Chat(workspace, session, settings, approved=options.yes)
        stack.callback(lambda: chat.session.close())
        if session_id is not None:
            chat.work("reading the sources", lambda emit: session.reattach())
        for source in sources:
            chat.attach(source)
        _greet(chat, resumed=session_id is not None)
        return _loop(chat, _reader(chat))


def _session_to_resume(options: ChatOptions, folder: Path) -> str | None:
    if options.resume is None:
        return None
    store = open_store(folder)
    if store is None:
        raise UsageError("There is no session here to resume.", "Start one: llmauto chat FILE")
    try:
        if options.resume:
            return store.get(options.resume).id
        last = store.last()
    finally:
        store.close()
    if last is None:
        raise UsageError("There is no session here to resume.", "Start one: llmauto chat FILE")
    return last.id


def _greet(chat: Chat, *, resumed: bool) -> None:
    if resumed:
        _show_where_it_stood(chat)
    if not chat.workspace.tables():
        chat.say("No source yet: /add FILE attaches one.")
    if sys.stdin.isatty():
        chat.say(f"session {chat.session.id} · model {chat.session.model} · /help lists the commands")


def _show_where_it_stood(chat: Chat) -> None:
    turns = chat.session.store.turns(chat.session.id)
    for done in turns[-3:]:
        chat.say(f"› {done.question}")
        if done.answer is not None:
            chat.say(str(done.answer["answer"]))
    pending = chat.session.pending()
    if pending is not None:
        chat.say("This question was not answered; /resume goes on with it.")


def _reader(chat: Chat) -> Callable[[], str]:
    """How lines come in: with the line editor in a terminal, as they are from a pipe."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        from llmauto.chat.editor import make_editor, read_line

        editor = make_editor(chat)
        return lambda: read_line(editor)

    def plain() -> str:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        return line

    return plain


def _loop(chat: Chat, read: Callable[[], str]) -> int:
    stopped = 0.0
    while not chat.leaving:
        try:
            line = read().strip()
        except EOFError:
            break
        except KeyboardInterrupt:
            if time.monotonic() - stopped < TWICE:
                break
            stopped = time.monotonic()
            print_note("Ctrl-C again leaves; so do /quit and Ctrl-D.")
            continue
        if not line:
            continue
        try:
            _run_line(chat, line)
        except Interrupted:
            stopped = time.monotonic()
            print_note("Stopped. Nothing is lost; /resume goes on with it, Ctrl-C again leaves.")
        except LlmautoError as e:
            print_error(e.message, e.hint)
    return exits.ANSWERED


def _run_line(chat: Chat, line: str) -> None:
    from llmauto.chat import commands, turn

    if line.startswith("/") and not line.startswith("//"):
        commands.run_command(chat, line)
    else:
        turn.ask(chat, line)
