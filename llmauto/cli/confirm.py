"""Asking a person before something costly or final."""

from __future__ import annotations

import sys

from llmauto.exits import UsageError


def confirm(question: str) -> None:
    """Ask on the terminal; return on yes. Raises UsageError on no, and where nobody can answer."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(question, "Nobody can answer here: give --yes to go ahead.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("Not confirmed, so nothing was done.")
