"""Run work in a thread while the main thread owns the screen and the keyboard.

Signals reach the main thread only, so it must not sit in a query: it waits for events, of which Ctrl-C
is one, redraws the status line, and stops the work from outside.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from llmauto.cli.signals import signals_to
from llmauto.exits import TerminatedError
from llmauto.render.status import INTERVAL, StatusLine
from llmauto_tools.errors import Interrupted, LlmautoError

T = TypeVar("T")
Emit = Callable[[Any], None]

GRACE = 0.3
"""Seconds that interrupted work has to come to an end by itself; then the process leaves without it. A
query stops within milliseconds; an import cannot be stopped and need not be."""


class _Done:
    pass


@dataclass(frozen=True)
class _Signalled:
    number: int


def drive(
    work: Callable[[Emit], T],
    status: StatusLine,
    *,
    on_event: Callable[[Any], None],
    stop: Callable[[], None],
) -> T:
    """Run `work(emit)` and return what it returns or raise what it raises.

    Each emitted event is given to `on_event` in this thread. On Ctrl-C or SIGTERM, `stop` is called
    and Interrupted or TerminatedError raised, after at most GRACE seconds.
    """
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    outcome: list[Any] = []

    def body() -> None:
        try:
            outcome.append((work(events.put), None))
        except BaseException as e:
            outcome.append((None, e))
        events.put(_Done())

    worker = threading.Thread(target=body, name="llmauto-work", daemon=True)
    worker.start()
    try:
        with signals_to(lambda number: events.put(_Signalled(number))):
            _consume(events, status, on_event)
    except BaseException:
        stop()
        worker.join(GRACE)
        raise
    finally:
        status.clear()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _consume(events: queue.SimpleQueue[Any], status: StatusLine, on_event: Callable[[Any], None]) -> None:
    while True:
        try:
            event = events.get(timeout=INTERVAL)
        except queue.Empty:
            status.tick()
            continue
        if isinstance(event, _Done):
            return
        if isinstance(event, _Signalled):
            raise _error_of(event.number)
        on_event(event)
        status.tick()


def _error_of(number: int) -> LlmautoError:
    if number == signal.SIGTERM:
        return TerminatedError("Terminated.")
    return Interrupted("Interrupted.", "Nothing is lost: what was done is in the workspace.")
