"""One question of a chat: the steps as they start and end, the text as it streams, the answer."""

from __future__ import annotations

import json
import queue
import sys
from collections.abc import Iterator
from typing import Any, Literal

from llmauto.chat.state import Chat, Decisions
from llmauto.cli.common import describe_event
from llmauto.cli.drive import Emit, drive
from llmauto.render.answer import Style, print_answer
from llmauto.render.message import print_error, print_note, print_refusal
from llmauto.render.numbers import format_seconds
from llmauto.render.status import StatusLine
from llmauto.render.text import clean, clean_lines, cut
from llmauto_agent.answer import Answer
from llmauto_agent.events import Answered, ApprovalWanted, Event, TextDelta, ToolFinished


def ask(chat: Chat, question: str) -> None:
    """Ask and show the answer. Raises Interrupted on Ctrl-C; the question then stays open."""
    _show(chat, chat.session.stream(question))


def resume(chat: Chat) -> None:
    """Go on with the question that was never answered."""
    _show(chat, chat.session.resume())


def _show(chat: Chat, events: Iterator[Event]) -> None:
    status = StatusLine()
    status.say("thinking")
    decisions: Decisions = queue.SimpleQueue()
    view = _View(chat, status, decisions)

    def work(emit: Emit) -> Answer | None:
        answer: Answer | None = None
        for event in events:
            if isinstance(event, Answered):
                answer = event.answer
                continue
            emit(event)
            if isinstance(event, ApprovalWanted):
                verdict, arguments = decisions.get()
                _decide(chat, event, verdict, arguments)
        return answer

    try:
        answer = drive(work, status, on_event=view.on_event, stop=chat.session.interrupt)
    finally:
        view.end_line()
    if answer is not None:
        _count(chat, answer)
        _print(chat, answer, streamed=view.streamed)


def _decide(chat: Chat, wanted: ApprovalWanted, verdict: str, arguments: dict[str, Any] | None) -> None:
    decision: Literal["approve", "reject", "edit"] = (
        "edit" if verdict == "edit" else "approve" if verdict == "approve" else "reject"
    )
    chat.session.decide(wanted.call_id, decision, arguments=arguments)


class _View:
    """Draws events: one line a finished step, and the text of a model that streams."""

    def __init__(self, chat: Chat, status: StatusLine, decisions: Decisions) -> None:
        self._chat = chat
        self._status = status
        self._decisions = decisions
        self.streamed = ""

    def on_event(self, event: Any) -> None:
        said = describe_event(event)
        if said is not None:
            self._status.say(*said)
        if isinstance(event, ToolFinished):
            self._step(event)
        elif isinstance(event, TextDelta) and self._chat.session.model != "builtin":
            self._text(event.text)
        elif isinstance(event, ApprovalWanted):
            self._status.clear()
            self.end_line()
            self._decisions.put(approval(event))

    def _step(self, event: ToolFinished) -> None:
        evidence = event.evidence
        failed = evidence.state == "failed"
        parts = [evidence.tool, evidence.id, format_seconds(evidence.seconds or 0.0)]
        if failed and evidence.error:
            parts.append(str(evidence.error["message"]))
        elif evidence.row_count is not None:
            parts.append(f"{evidence.row_count:,} {'row' if evidence.row_count == 1 else 'rows'}")
        self._status.clear()
        self.end_line()
        screen = self._chat.screen
        mark = ("✗" if failed else "●") if screen.unicode else ("x" if failed else "*")
        self._chat.say(cut(f"{mark} {'  '.join(clean(p, screen.unicode) for p in parts)}", screen.width - 1))

    def _text(self, text: str) -> None:
        self._status.clear()
        self.streamed += text
        sys.stdout.write(clean_lines(text, self._chat.screen.unicode))
        sys.stdout.flush()

    def end_line(self) -> None:
        if self.streamed and not self.streamed.endswith("\n"):
            sys.stdout.write("\n")
            sys.stdout.flush()
            self.streamed += "\n"


def approval(wanted: ApprovalWanted) -> tuple[str, dict[str, Any] | None]:
    """Ask the person: yes, no, or other arguments. No answer is no."""
    from llmauto.cli.confirm import can_answer

    shown = json.dumps(wanted.arguments, ensure_ascii=False, indent=2)
    print_note(f"{wanted.tool} {wanted.reason}:\n{shown}")
    if not can_answer():
        print_note("Nobody can answer here, so it is not run; --yes runs it.")
        return "reject", None
    while True:
        sys.stderr.write("Run it? [y]es, [N]o, [e]dit the arguments: ")
        sys.stderr.flush()
        reply = sys.stdin.readline().strip().lower()
        if reply in {"y", "yes"}:
            return "approve", None
        if reply not in {"e", "edit"}:
            return "reject", None
        sys.stderr.write("New arguments as JSON: ")
        sys.stderr.flush()
        try:
            arguments = json.loads(sys.stdin.readline())
        except ValueError as e:
            print_note(f"That is not JSON: {e}.")
            continue
        if isinstance(arguments, dict):
            return "edit", arguments
        print_note("The arguments are a JSON object.")


def _count(chat: Chat, answer: Answer) -> None:
    chat.last = answer
    chat.seconds += answer.seconds.get("total", 0.0)
    for kind, number in answer.tokens.items():
        chat.tokens[kind] = chat.tokens.get(kind, 0) + number


def _print(chat: Chat, answer: Answer, *, streamed: str) -> None:
    if answer.status == "refused":
        print_refusal(answer.answer)
        return
    if answer.status == "error":
        error = answer.error or {}
        print_error(str(error.get("message") or answer.answer), error.get("hint"))
        return
    screen = chat.screen
    # A text whose numbers all were traced need not be repeated with its marks.
    shown = bool(streamed.strip()) and not answer.grounding.unverified
    style = Style(chat.settings.max_rows, chat.settings.chart and screen.terminal, text=not shown)
    print_answer(answer, screen, style)
