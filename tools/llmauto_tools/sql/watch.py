"""One running query: stopped by a person, by its time limit, or by the memory that the process takes."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from llmauto_tools.errors import Interrupted, LlmautoError, MemoryLimitReached, TimeLimitReached

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, float | None], None]
T = TypeVar("T")
Reason = Literal["person", "time", "memory"]

INTERVAL = 0.05
"""Seconds between two looks at a running query."""

MEMORY_SLACK = 1 << 30
"""Bytes that the process may grow beyond DuckDB's own limit before a query is stopped.

DuckDB's limit does not see every allocation (text built by functions, results on their way to Python).
"""


class _Task(Generic[T]):
    """Work for another thread, and what came of it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as e:
            self._error = e

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]


class RunningQuery:
    """Watches one query from a thread of its own while the block of `watch` runs.

    `seconds` is the time limit; `progress` is called from the watching thread, with "running the query"
    and the fraction done.
    """

    def __init__(self, *, seconds: float | None = None, progress: Progress | None = None) -> None:
        self.reason: Reason | None = None
        self._seconds = seconds
        self._progress = progress
        self._deadline: float | None = None
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._ended = threading.Event()

    @contextlib.contextmanager
    def watch(self, cursor: duckdb.DuckDBPyConnection, memory: int) -> Iterator[None]:
        """Watch the statements that the block runs on `cursor`; `memory` is DuckDB's limit in bytes."""
        self._cursor = cursor
        self.check()
        if self._seconds is not None:
            self._deadline = time.monotonic() + self._seconds
        thread = threading.Thread(target=self._look, args=(memory,), name="llmauto-query-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def run(self, work: Callable[[], T]) -> T:
        """Do `work` (statements on the watched cursor) so that Ctrl-C stops it at once.

        Python runs a signal's handler in the main thread, and only between two steps of its own; DuckDB
        may keep that thread for long. So in the main thread the work is done by another one, while the
        main thread waits where Ctrl-C reaches it.
        """
        if threading.current_thread() is not threading.main_thread():
            return work()
        task = _Task(work)
        thread = threading.Thread(target=task.run, name="llmauto-query", daemon=True)
        thread.start()
        while thread.is_alive():
            try:
                thread.join()
            except KeyboardInterrupt:
                self.stop("person")
        self._stop_late()
        return task.result()

    def _stop_late(self) -> None:
        """A query that was told to stop and ended by itself has still been stopped."""
        if self.reason == "person":
            self.check()

    def remaining(self) -> float | None:
        """Seconds left, or None where there is no limit."""
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def shorten(self, seconds: float) -> None:
        """Leave at most `seconds` from now."""
        left = self.remaining()
        self._deadline = time.monotonic() + (seconds if left is None else min(left, seconds))

    def forgive_time(self) -> bool:
        """Go on although the time is over: True if that is why the query was stopped."""
        if self.reason != "time":
            return False
        self._deadline = None
        self.reason = None
        return True

    def stop(self, reason: Reason) -> None:
        """Stop the query, from any thread; before it has begun, it will not begin."""
        if self.reason is None:
            self.reason = reason
        if self._cursor is not None and not self._ended.is_set():
            self._cursor.interrupt()

    def check(self) -> None:
        """Raise if the query was told to stop."""
        failure = self.failure()
        if failure is not None:
            raise failure

    def failure(self) -> LlmautoError | None:
        """Why the query was stopped, as an error, or None."""
        if self.reason == "time":
            return TimeLimitReached(
                f"The query took longer than {self._seconds:g} seconds and was stopped.",
                "Ask for less (fewer rows, a narrower period, a sample), or allow more with --timeout.",
            )
        if self.reason == "memory":
            return MemoryLimitReached(
                "The query made the process take more memory than is allowed and was stopped.",
                "Select fewer rows or shorter texts, or allow more with --memory.",
            )
        return Interrupted("The query was stopped.") if self.reason == "person" else None

    def _look(self, memory: int) -> None:
        started_with = resident_bytes()
        interval = INTERVAL
        while not self._ended.wait(interval):
            left = self.remaining()
            if self.reason is not None:
                self.stop(self.reason)  # again: an interrupt between two statements is lost
            elif left is not None and left <= 0:
                self.stop("time")
            elif resident_bytes() - started_with > memory + MEMORY_SLACK:
                self.stop("memory")
            elif self._progress is not None and self._cursor is not None:
                percent = self._cursor.query_progress()
                self._progress("running the query", percent / 100 if percent >= 0 else None)
            interval = INTERVAL if left is None else min(INTERVAL, max(left, 0.001))


def resident_bytes() -> int:
    """The memory that this process has resident, 0 where the system does not tell (not Linux)."""
    if sys.platform != "linux":
        return 0
    with Path("/proc/self/statm").open("rb") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
