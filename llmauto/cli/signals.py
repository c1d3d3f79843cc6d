"""Ctrl-C and SIGTERM.

No handler here raises: an exception that arrives inside the import system's own callbacks is swallowed
there and leaves its lock held for ever, and modules are imported in a second thread while a command
starts. Before and after the work of a command a signal ends the process at once; while `drive` runs,
it becomes an event.

This module is imported before anything else and imports next to nothing.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

INTERRUPTED = 130
TERMINATED = 143
_MESSAGES = {signal.SIGINT: b"error: Interrupted.\n", signal.SIGTERM: b"error: Terminated.\n"}
_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}

last_words: dict[int, bytes] = {}
"""What `quit_at_once` writes to stdout, by signal: the JSON object of a command with --json."""


def quit_on_signals() -> None:
    """From now on, Ctrl-C and SIGTERM end the process (unless whoever started it had them ignored)."""
    for number in _CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, quit_at_once)


def prepare_last_words() -> None:
    """A command with --json owes its object also when it is stopped before its work began."""
    from llmauto import contract
    from llmauto.exits import TerminatedError
    from llmauto_tools.errors import Interrupted

    for number, error in (
        (signal.SIGINT, Interrupted("Interrupted.")),
        (signal.SIGTERM, TerminatedError("Terminated.")),
    ):
        last_words[number] = contract.to_json(contract.error_object(error)).encode() + b"\n"


def quit_at_once(number: int, frame: FrameType | None) -> None:
    """Say why, and leave without unwinding: what matters is on disk at any moment."""
    code = _CODES[signal.Signals(number)]
    try:
        os.write(2, _MESSAGES[signal.Signals(number)])
        os.write(1, last_words.get(number, b""))
    except OSError:
        pass
    os._exit(code)


@contextmanager
def signals_to(put: Callable[[int], Any]) -> Iterator[None]:
    """Within, the first Ctrl-C or SIGTERM calls `put(number)`, and the next one ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        signal.signal(number, quit_at_once)
        put(number)

    before = {number: signal.getsignal(number) for number in _CODES}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
