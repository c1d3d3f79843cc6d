"""Errors and notes on stderr: one clear message and the next step."""

from __future__ import annotations

import sys

from llmauto.render.screen import Screen, screen_for
from llmauto.render.text import clean_lines

_RED, _YELLOW, _DIM, _OFF = "\x1b[1;31m", "\x1b[1;33m", "\x1b[2m", "\x1b[0m"


def print_error(message: str, hint: str | None) -> None:
    """An error, and on a line of its own what to do about it."""
    screen = screen_for(sys.stderr)
    _write(screen, "error:", message, _RED)
    if hint:
        _write(screen, " hint:", hint, _YELLOW)


def print_refusal(text: str) -> None:
    """The request was not answered, and why."""
    _write(screen_for(sys.stderr), "not answered:", text, _YELLOW)


def print_note(text: str) -> None:
    """Something a person should know that is neither the answer nor an error."""
    screen = screen_for(sys.stderr)
    _write(screen, "note:", text, _DIM)


def _write(screen: Screen, label: str, text: str, color: str) -> None:
    shown = clean_lines(text, screen.unicode)
    if screen.terminal:
        shown = _wrapped(f"{label} {shown}", screen.width)[len(label) + 1 :]
    head = f"{color}{label}{_OFF}" if screen.color else label
    screen.stream.write(f"{head} {shown}\n")
    screen.stream.flush()


def _wrapped(text: str, columns: int) -> str:
    """Lines broken at words, so that a terminal need not break them anywhere."""
    from rich.console import Console
    from rich.text import Text

    lines = Text(text).wrap(Console(width=columns), columns)
    return "\n".join(line.plain.rstrip() for line in lines)
