"""One question of a chat: the steps as they start and end, the text as it streams, the answer."""

from __future__ import annotations

import contextlib
import json
import queue
from collections.abc import Iterator
from typing import Any

from llmauto.chat.approve import STEP_REASON, Verdict, ask_approval
from llmauto.chat.choose import offer
from llmauto.chat.state import Chat
from llmauto.chat.stream import StreamedText
from llmauto.cli.common import describe_event
from llmauto.cli.drive import Emit, drive
from llmauto.exits import UsageError, exit_code_of_answer
from llmauto.render.answer import Style, print_answer
from llmauto.render.message import print_error, print_refusal
from llmauto.render.numbers import format_seconds
from llmauto.render.status import StatusLine
from llmauto.render.text import clean, cut
from llmauto_agent.answer import Answer
from llmauto_agent.compose import main_result
from llmauto_agent.events import (
    Answered,
    ApprovalWanted,
    Event,
    PlanProposed,
    TextDelta,
    ToolFinished,
    ToolStarted,
)
from llmauto_tools.errors import Interrupted
from llmauto_tools.ledger import Evidence

MAX_QUESTION = 20_000
"""Characters of a question. More than that is data, which belongs in a file."""


def ask(chat: Chat, question: str) -> None:
    """Ask and show the answer. Raises Interrupted on Ctrl-C; the question then stays open."""
    if len(question) > MAX_QUESTION:
        lines = question.count("\n") + 1
        raise UsageError(
            f"That is {lines:,} lines with {len(question):,} characters, which is too long for a question.",
            "Save data in a file and attach it with /add FILE.",
        )
    chat.choices = []
    _show(chat, chat.session.stream(question))


def resume(chat: Chat) -> None:
    """Go on with the question that was never answered."""
    _show(chat, chat.session.resume())


class _PausingStatus(StatusLine):
    """A status line that keeps off the line in which text streams."""

    streaming: StreamedText | None = None

    def tick(self) -> None:
        if self.streaming is None:
            super().tick()
        else:
            self.streaming.flush()


def _show(chat: Chat, events: Iterator[Event]) -> None:
    status = _PausingStatus()
    status.say("thinking")
    decisions: queue.SimpleQueue[Verdict | None] = queue.SimpleQueue()
    view = _View(chat, status, decisions)

    def work(emit: Emit) -> Answer | None:
        answer: Answer | None = None
        with contextlib.closing(events):  # type: ignore[type-var]  # they are generators
            for event in events:
                if isinstance(event, Answered):
                    answer = event.answer
                    continue
                emit(event)
                if isinstance(event, ApprovalWanted):
                    _decide(chat, event, decisions.get())
        return answer

    def stop() -> None:
        decisions.put(None)
        chat.session.interrupt()

    try:
        answer = drive(work, status, on_event=view.on_event, stop=stop)
    except BaseException:
        view.text.end()
        raise
    if answer is not None:
        _keep(chat, answer)
        _print(chat, answer, view)
        chat.session.remember()


def _decide(chat: Chat, wanted: ApprovalWanted, verdict: Verdict | None) -> None:
    if verdict is None:
        raise Interrupted("Stopped.")
    chat.session.decide(wanted.call_id, verdict.decision, arguments=verdict.arguments)


class _View:
    """Draws events: one line a finished step, and the text of a model that streams."""

    def __init__(
        self, chat: Chat, status: _PausingStatus, decisions: queue.SimpleQueue[Verdict | None]
    ) -> None:
        self._chat = chat
        self._status = status
        self._decisions = decisions
        self.text = StreamedText(chat.screen)
        self._rest = False
        """Whether the other steps of the plan that is shown are approved."""

    @property
    def _streams(self) -> bool:
        """The built-in model gives its sentence in one piece, which is printed with the answer."""
        return self._chat.session.model != "builtin"

    def on_event(self, event: Any) -> None:
        said = describe_event(event)
        if said is not None:
            self._status.say(*said)
        self._status.streaming = self.text if isinstance(event, TextDelta) and self._streams else None
        if isinstance(event, ToolStarted):
            self._status.clear()
            self.text.discard()
        elif isinstance(event, ToolFinished):
            self._status.clear()
            self.text.end()
            self._step(event.evidence)
        elif isinstance(event, TextDelta) and self._streams:
            self._status.clear()
            self.text.add(event.text)
        elif isinstance(event, PlanProposed):
            self._status.clear()
            self._rest = False
            self._plan(event)
        elif isinstance(event, ApprovalWanted):
            self._status.clear()
            self.text.discard()
            self._decisions.put(self._verdict(event))

    def _verdict(self, event: ApprovalWanted) -> Verdict:
        if self._rest and event.reason == STEP_REASON:
            return Verdict("approve")
        verdict = ask_approval(event)
        self._rest = self._rest or verdict.rest
        return verdict

    def _plan(self, event: PlanProposed) -> None:
        """The steps before the first of them is asked for."""
        screen = self._chat.screen
        self._chat.say(f"A plan of {len(event.steps)} steps; each is asked for:")
        for number, (tool, arguments) in enumerate(event.steps, 1):
            shown = json.dumps(arguments, ensure_ascii=False)
            line = f"  {number}. {tool} {clean(shown, screen.unicode)}"
            self._chat.say(cut(line, screen.width - 1, screen.ellipsis))

    def _step(self, evidence: Evidence) -> None:
        failed = evidence.state == "failed"
        parts = [evidence.tool, evidence.id, format_seconds(evidence.seconds or 0.0)]
        if failed and evidence.error:
            parts.append(str(evidence.error["message"]))
        elif evidence.row_count is not None:
            parts.append(f"{evidence.row_count:,} {'row' if evidence.row_count == 1 else 'rows'}")
        screen = self._chat.screen
        mark = ("✗" if failed else "●") if screen.unicode else ("x" if failed else "*")
        line = f"{mark} {'  '.join(clean(p, screen.unicode) for p in parts)}"
        self._chat.say(cut(line, screen.width - 1, screen.ellipsis), "red" if failed else "dim")


def _keep(chat: Chat, answer: Answer) -> None:
    chat.last = answer
    chat.result = main_result(answer.evidence) or chat.result
    chat.seconds += answer.seconds.get("total", 0.0)
    for kind, number in answer.tokens.items():
        chat.tokens[kind] = chat.tokens.get(kind, 0) + number


def _print(chat: Chat, answer: Answer, view: _View) -> None:
    if answer.status != "answered":
        view.text.end()
        chat.failed = exit_code_of_answer(answer.status, answer.error)
    if answer.status == "refused":
        print_refusal(answer.answer)
        offer(chat, answer)
        return
    if answer.status == "error":
        error = answer.error or {}
        print_error(str(error.get("message") or answer.answer), error.get("hint"))
        return
    view.text.release()
    streamed = view.text.text.strip()
    shown = streamed == answer.answer.strip() and not answer.grounding.unverified
    if streamed and not shown:
        # A stream that broke off and began anew, or numbers to mark: it is written again.
        shown = not view.text.take_back() and not answer.grounding.unverified
    view.text.end()
    screen = chat.screen
    style = Style(chat.settings.max_rows, chat.settings.chart and screen.terminal, text=not shown)
    print_answer(answer, screen, style)
    chat.tell(answer.notices)
