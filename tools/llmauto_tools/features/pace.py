"""Progress, cancellation and the time that a step may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from llmauto_tools.errors import TimeLimitReached


class OutOfTime(TimeLimitReached):
    """A measure would take more than its share of the time budget; the caller leaves it out and says so."""


def _no_report(text: str, fraction: float | None) -> None:
    return None


@dataclass(frozen=True)
class Pace:
    """`report` shows progress and raises Interrupted where a person has stopped the run."""

    report: Callable[[str, float | None], None] = _no_report
    deadline: float | None = None
    """On the clock of time.monotonic, None for no limit."""

    def step(self, text: str, fraction: float | None = None) -> None:
        """Report, and raise OutOfTime once the deadline has passed."""
        self.report(text, fraction)
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfTime(f"There was not enough time for: {text}.", "Give more time with time_budget.")

    def within(self, seconds: float | None) -> Pace:
        """The same with its own time limit from now on; None for none."""
        return replace(self, deadline=None if seconds is None else time.monotonic() + seconds)
