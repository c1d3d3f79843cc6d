"""The status line: what is being done, once it has taken longer than half a second."""

from __future__ import annotations

import sys
import time

from llmauto.render.numbers import format_seconds
from llmauto.render.screen import Screen, screen_for
from llmauto.render.text import clean, cut, width

DELAY = 0.5
"""Seconds before the line shows, so that quick answers do not flicker."""
INTERVAL = 0.1
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ASCII_FRAMES = "|/-\\"


class StatusLine:
    """One line on stderr that is redrawn in place, and only where stderr is a terminal."""

    def __init__(self, screen: Screen | None = None, *, quiet: bool = False) -> None:
        self._screen = screen or screen_for(sys.stderr)
        self._enabled = self._screen.terminal and not quiet
        self._began = time.perf_counter()
        self._text = ""
        self._fraction: float | None = None
        self._drawn = 0
        self._frame = 0

    def say(self, text: str, fraction: float | None = None) -> None:
        """What is being done now, and how far it is (0..1) where that is known."""
        self._text, self._fraction = clean(text, self._screen.unicode), fraction

    def tick(self) -> None:
        """Redraw; called about ten times a second while something runs."""
        elapsed = time.perf_counter() - self._began
        if not self._enabled or elapsed < DELAY:
            return
        frames = _FRAMES if self._screen.unicode else _ASCII_FRAMES
        self._frame = (self._frame + 1) % len(frames)
        done = "" if self._fraction is None else f" {self._fraction:.0%}"
        tail = f"{done} {format_seconds(elapsed)}"
        room = self._screen.width - len(tail) - 3
        line = f"{frames[self._frame]} {cut(self._text or 'working', room, self._screen.ellipsis)}{tail}"
        self._draw(line)

    def clear(self) -> None:
        """Take the line off the screen, before anything else is printed."""
        if self._drawn:
            self._draw("")
            self._screen.stream.write("\r")
            self._screen.stream.flush()
            self._drawn = 0

    def _draw(self, line: str) -> None:
        """Overwrite with spaces rather than with an escape sequence: it works on every terminal."""
        columns = width(line)
        self._screen.stream.write("\r" + line + " " * max(0, self._drawn - columns))
        self._screen.stream.flush()
        self._drawn = columns
