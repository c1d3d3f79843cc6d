"""Asking a person before something costly or final."""

from __future__ import annotations

import sys

from llmauto.exits import UsageError
from llmauto.render.text import clean


def can_answer() -> bool:
    """Whether a person sits at the other end of standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def agrees(question: str) -> bool:
    """Ask on the terminal; anything but yes is no."""
    sys.stderr.write(f"{clean(question)} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def confirm(question: str) -> None:
    """Ask on the terminal; return on yes. Raises UsageError on no, and where nobody can answer."""
    if not can_answer():
        raise UsageError(question, "Nobody can answer here: give --yes to go ahead.")
    if not agrees(question):
        raise UsageError("Not confirmed, so nothing was done.")
