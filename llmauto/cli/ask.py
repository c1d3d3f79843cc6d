"""`llmauto ask`."""

from __future__ import annotations

import gc
import importlib
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import contract, exits
from llmauto.cli.common import choose_sources, describe_event, limits, open_store
from llmauto.cli.confirm import agrees, can_answer
from llmauto.cli.drive import Emit, drive
from llmauto.cli.program import Invocation
from llmauto.cli.stdin import read_question
from llmauto.exits import UsageError
from llmauto.folders import workspace_folder
from llmauto.lean import import_lean
from llmauto.render.message import print_error, print_note, print_refusal
from llmauto.render.screen import screen_for
from llmauto.render.status import StatusLine
from llmauto.render.steps import step_lines, steps_of
from llmauto_agent.events import Answered, ApprovalWanted
from llmauto_tools.errors import LlmautoError

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.answer import Answer
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.session import Session

CHART_SUFFIXES = (".json", ".png", ".svg", ".html")


@dataclass(frozen=True)
class _Asked:
    """A question that is ready to be asked: its sources found, its session chosen."""

    question: str
    sources: tuple[str, ...]
    session_id: str | None
    approved: bool


@dataclass(frozen=True)
class AskOptions:
    """The command line of one `ask`. None means that the option was not given."""

    question: str
    sources: tuple[str, ...] = ()
    model: str | None = None
    workspace: str | None = None
    share: str | None = None
    json: bool = False
    session: str | None = None
    go_on: bool = False
    chart: bool | None = None
    save_chart: Path | None = None
    max_rows: int | None = None
    timeout: float | None = None
    yes: bool = False
    quiet: bool = False
    memory: str | None = None
    project: str | None = None


def ask_command(options: AskOptions, invocation: Invocation) -> int:
    """Answer one question; returns the exit code. Raises the errors of the tree."""
    warm_up()
    from llmauto.config import load_settings

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
    _check(options)
    question = read_question(options.question)
    invocation.known |= {"question": question, "model": settings.model, "workspace": str(folder)}
    session_id = _session_to_go_on(options, folder)
    sources = [] if session_id and not options.sources else choose_sources(options.sources, folder)
    status = StatusLine(quiet=options.quiet)
    status.say("starting")
    asked = _Asked(question, tuple(sources), session_id, options.yes)
    stack = ExitStack()
    answer, session = _drive(settings, folder, asked, status, stack)
    with stack:
        if session.failure is not None and invocation.debug:
            traceback.print_exception(session.failure)
        code = _present(answer, options, settings)
        sys.stdout.flush()
        _remember(session)
    return code


def _remember(session: Session) -> None:
    """Keep what is worth it, when the answer is on the screen."""
    try:
        session.remember()
    except LlmautoError as e:
        print_note(f"this answer is not remembered: {e.message}")


def warm_up() -> None:
    """Import the agent in a thread, while this one reads settings and DuckDB reads the sources.

    The collector would run a few dozen times over objects that all stay; it is off until the
    imports are done.
    """
    gc.disable()
    import_lean()

    def load() -> None:
        try:
            for module in ("llmauto_agent.loop", "llmauto_agent.planner.model"):
                importlib.import_module(module)
        finally:
            gc.freeze()
            gc.enable()

    threading.Thread(target=load, name="llmauto-imports", daemon=True).start()


def _check(options: AskOptions) -> None:
    if options.question == "-" and "-" in options.sources:
        raise UsageError("Standard input can be the question or a source, not both.")
    if options.go_on and options.session:
        raise UsageError("--continue goes on in the last session, --session in another: give one of them.")
    path = options.save_chart
    if path is not None and path.suffix.lower() not in CHART_SUFFIXES:
        raise UsageError(
            f"A chart cannot be written as '{path.name}'.", f"End it in one of: {', '.join(CHART_SUFFIXES)}"
        )
    if path is not None and not path.absolute().parent.is_dir():
        raise UsageError(f"There is no folder '{path.parent}' to write the chart to.")
    if Path(options.question).is_file() and not any(Path(s).exists() for s in options.sources):
        raise UsageError(
            f"'{options.question}' is a file: the question comes first.",
            f'Like this: llmauto ask "How many rows?" {options.question}',
        )


def _session_to_go_on(options: AskOptions, folder: Path) -> str | None:
    if not (options.go_on or options.session):
        return None
    store = open_store(folder)
    if store is None:
        raise UsageError("There is no session here to go on with.", "Ask with a source first.")
    try:
        if options.session:
            return store.get(options.session).id
        last = store.last()
    finally:
        store.close()
    if last is None:
        raise UsageError("There is no session here to go on with.", "Ask with a source first.")
    return last.id


def _drive(
    settings: Settings, folder: Path, asked: _Asked, status: StatusLine, stack: ExitStack
) -> tuple[Answer, Session]:
    """Open the workspace, attach, and ask, in a thread; this one keeps the screen.

    Returns the answer and the session, which is open as long as the stack is.
    """
    stops: list[Callable[[], None]] = []
    decisions: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def work(emit: Emit) -> tuple[Answer, Session]:
        try:
            session = _open(settings, folder, asked, emit, stack, stops)
            return _consume(session, asked.question, emit, decisions), session
        except BaseException:
            stack.close()
            raise

    def on_event(event: Any) -> None:
        if isinstance(event, ApprovalWanted):
            status.clear()
            decisions.put(_approves(event))
            return
        said = event if isinstance(event, tuple) else describe_event(event)
        if said is not None:
            status.say(*said)

    def stop() -> None:
        for each in stops:
            each()

    return drive(work, status, on_event=on_event, stop=stop)


def _open(
    settings: Settings,
    folder: Path,
    asked: _Asked,
    emit: Emit,
    stack: ExitStack,
    stops: list[Callable[[], None]],
) -> Session:
    from llmauto.planner import weights
    from llmauto.project import project_semantics
    from llmauto_agent.session import Session
    from llmauto_tools.workspace import Workspace

    workspace = stack.enter_context(Workspace(folder, limits(settings)))
    stops.append(workspace.interrupt)
    session = stack.enter_context(
        Session(
            workspace,
            model=settings.model,
            share=settings.share,
            session_id=asked.session_id,
            timeout=settings.timeout,
            approve="always" if asked.approved else "ask",
            memory=_memory(settings, folder, stack),
            meanings=project_semantics(workspace, settings.project),
            planner=weights(settings.planner),
        )
    )
    stops.append(session.interrupt)
    if asked.session_id is not None:
        session.reattach()
    for source in asked.sources:
        emit((f"reading {source}", None))
        session.attach(source)
    emit(("thinking", None))
    return session


def _memory(settings: Settings, folder: Path, stack: ExitStack) -> Memory | None:
    """The memory that the question is asked with; None where it is off."""
    if settings.memory == "off":
        return None
    from llmauto.cli.memory_open import memory_of

    return stack.enter_context(memory_of(settings, folder))


def _consume(session: Session, question: str, emit: Emit, decisions: queue.SimpleQueue[bool]) -> Answer:
    answer: Answer | None = None
    for event in session.stream(question):
        if isinstance(event, Answered):
            answer = event.answer
            continue
        emit(event)
        if isinstance(event, ApprovalWanted):
            session.decide(event.call_id, "approve" if decisions.get() else "reject")
    assert answer is not None, "a stream ends with its answer"
    return answer


def _approves(wanted: ApprovalWanted) -> bool:
    """Ask the person about a costly step; where nobody can answer, it is rejected, saying so."""
    if steps := steps_of(wanted.tool, wanted.arguments):
        print_note("The plan:\n" + "\n".join(step_lines(steps)))
    question = f"{wanted.tool} {wanted.reason}. Run it?"
    if can_answer():
        return agrees(question)
    print_note(f"{question} Nobody can answer here, so it is not run; --yes runs it.")
    return False


def _present(answer: Answer, options: AskOptions, settings: Settings) -> int:
    saved = _save_chart(answer, options.save_chart) if options.save_chart else None
    code = exits.exit_code_of_answer(answer.status, answer.error)
    if answer.status == "refused":
        print_refusal(answer.answer)
    elif answer.status == "error":
        error = answer.error or {}
        print_error(error.get("message") or answer.answer, error.get("hint"))
    if options.json:
        from llmauto.render.streams import print_json

        print_json(contract.answer_object(answer))
    elif answer.status == "answered":
        from llmauto.render.answer import Style, print_answer

        screen = screen_for(sys.stdout)
        chart = options.chart if options.chart is not None else settings.chart and screen.terminal
        print_answer(answer, screen, Style(settings.max_rows, chart, options.quiet))
        sys.stdout.flush()
    if not options.quiet:
        for notice in answer.notices:
            print_note(notice)
    if saved is not None and not options.quiet:
        print_note(saved)
    return code


def _save_chart(answer: Answer, path: Path) -> str:
    if not answer.charts:
        return "this answer has no chart, so none was written"
    from llmauto_tools.charts.export import save_chart

    save_chart(answer.charts[0], path)
    return f"the chart is in {path}"
