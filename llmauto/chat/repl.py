"""`llmauto chat`: read a line, run it, show what came of it, until the person leaves."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from llmauto import exits
from llmauto.chat.state import LONG_PLAN, Chat
from llmauto.cli.ask import warm_up
from llmauto.cli.common import last_sources, limits, open_store
from llmauto.cli.program import Invocation
from llmauto.cli.signals import quit_at_once
from llmauto.cli.stdin import read_sources
from llmauto.exits import TerminatedError, UsageError
from llmauto.folders import workspace_folder
from llmauto.planner import weights
from llmauto.project import project_semantics
from llmauto.render.message import print_error, print_note
from llmauto_tools.errors import Interrupted, LlmautoError

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.memory.memory import Memory

_PLAIN_MODES = b"\x1b[?2004l\x1b[?25h\x1b[0m\r\n"
"""No bracketed paste, a cursor, no colours: what the line editor may have changed."""

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
    memory: str | None = None
    project: str | None = None


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
        memory=options.memory,
        project=options.project,
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
            long_plan=LONG_PLAN,
            memory=_memory(settings, folder, stack),
            meanings=project_semantics(workspace, settings.project),
            planner=weights(settings.planner),
        )
        if session_id is not None:  # with the model that it had, unless another one was named
            session.use(
                model=options.model or session.record.model, share=options.share or session.record.share
            )
        chat = Chat(workspace, session, settings, approved=options.yes)
        stack.callback(lambda: chat.session.close())
        if session_id is not None:
            chat.reattach()
        for source in sources:
            chat.attach(source)
        _greet(chat, resumed=session_id is not None)
        with terminal_restored():
            return _loop(chat, _reader(chat))


def _memory(settings: Settings, folder: Path, stack: ExitStack) -> Memory | None:
    """The memory of the chat; None where it is off."""
    if settings.memory == "off":
        return None
    from llmauto.cli.memory_open import memory_of

    return stack.enter_context(memory_of(settings, folder))


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
    from llmauto.chat import show

    if not chat.workspace.tables():
        chat.say("No source yet: /add FILE attaches one.")
    if chat.session.meanings is not None:
        _tell_project(chat)
    if is_interactive():
        chat.say(f"session {chat.session.id}; /help lists the commands")
    if resumed:
        chat.say("")
        show.where_it_stood(chat)


def _tell_project(chat: Chat) -> None:
    """Which llmauto.yml applies. One that is wrong is said now, before a question fails of it."""
    from llmauto_agent.semantics.apply import Semantics

    if not isinstance(chat.session.meanings, Semantics):
        return
    try:
        chat.session.meanings()
    except LlmautoError as e:
        print_error(e.message, e.hint)
    else:
        chat.say(f"obeying {chat.session.meanings.path}")


def is_interactive() -> bool:
    """Whether a person sits at both ends: else lines are read as they come, and shown."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


@contextmanager
def terminal_restored() -> Iterator[None]:
    """SIGTERM ends the program at once, but not without giving the terminal back as it was."""
    try:
        import termios

        before = termios.tcgetattr(sys.stdin.fileno())
    except (ImportError, OSError, ValueError, AttributeError):  # no such terminal
        yield
        return
    except termios.error:  # standard input is no terminal
        yield
        return

    def quit_restored(number: int, frame: FrameType | None) -> None:
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, before)
        os.write(1, _PLAIN_MODES)
        quit_at_once(number, frame)

    usual = signal.signal(signal.SIGTERM, quit_restored)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def _reader(chat: Chat) -> Callable[[], str]:
    """How lines come in: with the line editor in a terminal, as they are from a pipe."""
    if is_interactive():
        from llmauto.chat.editor import Editor

        editor = Editor(chat)

        def edited() -> str:
            chat.say("")
            return editor.read()

        return edited

    def plain() -> str:
        line = sys.stdin.readline() if sys.stdin is not None else ""
        if not line:
            raise EOFError
        if line.strip():
            chat.say(f"\n{'›' if chat.screen.unicode else '>'} {line.strip()}", "bold")
        return line

    return plain


def _loop(chat: Chat, read: Callable[[], str]) -> int:
    """Until the person leaves. A chat in a terminal ends with 0, one over a pipe with its last failure."""
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
            _say_stopped(chat)
        except TerminatedError:
            raise
        except LlmautoError as e:
            chat.failed = exits.exit_code(e.kind)
            print_error(e.message, e.hint)
    return exits.ANSWERED if is_interactive() else chat.failed


def _say_stopped(chat: Chat) -> None:
    open_ = chat.session.pending() is not None
    print_note(f"Stopped. {'/resume goes on with the question; ' if open_ else ''}Ctrl-C again leaves.")


def _is_file(line: str) -> bool:
    """Whether the line is the path of a file, and nothing else."""
    path = line.strip("'\"")
    if len(path) > 1_000 or "\n" in path or not Path(path).suffix:
        return False
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def _run_line(chat: Chat, line: str) -> None:
    from llmauto.chat import choose, commands, reports, turn

    if _is_file(line):  # typed, or dropped on the window
        chat.attach(line.strip("'\""))
        return
    if line.startswith("/"):
        commands.run_command(chat, line)
        return
    if reports.asks_for_change(chat, line):
        reports.change(chat, line)
        return
    question = choose.picked(chat, line)
    if question is not None:
        chat.say(question)
    turn.ask(chat, question or line)
