"""Run work in a thread while the main thread owns the screen and the keyboard.

Signals reach the main thread only, so it must not sit in a query: it waits for events with a short
timeout, redraws the status line, and on Ctrl-C stops the work from outside.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from llmauto.render.status import INTERVAL, StatusLine
from llmauto_tools.errors import Interrupted

T = TypeVar("T")
Emit = Callable[[Any], None]

GRACE = 1.0
"""Seconds that interrupted work has to come to an end by itself; then the process leaves without it."""


class _Done:
    pass


def drive(
    work: Callable[[Emit], T],
    status: StatusLine,
    *,
    on_event: Callable[[Any], None],
    stop: Callable[[], None],
) -> T:
    """Run `work(emit)` and return what it returns or raise what it raises.

    Each emitted event is given to `on_event` in this thread. On Ctrl-C, `stop` is called and
    Interrupted raised, after at most GRACE seconds.
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
        _consume(events, status, on_event)
    except BaseException as e:
        stop()
        worker.join(GRACE)
        if isinstance(e, KeyboardInterrupt):
            raise Interrupted("Interrupted.", "Nothing is lost: what was done is in the workspace.") from None
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
        on_event(event)
        status.tick()
