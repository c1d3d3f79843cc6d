"""What the output can show: width, colour, Unicode. One `Screen` per stream."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from llmauto.render.streams import can_encode

if TYPE_CHECKING:
    from rich.console import Console

MIN_WIDTH = 20
PIPE_WIDTH = 120
"""Columns that a table may take where there is no terminal to ask."""
_SAMPLE = "│─█…↵●"


@dataclass(frozen=True)
class Screen:
    """A stream and what it can show."""

    stream: TextIO
    width: int
    terminal: bool
    color: bool
    unicode: bool

    @property
    def ellipsis(self) -> str:
        return "…" if self.unicode else "..."

    def console(self) -> Console:
        """A Rich console that draws for this screen and interprets no markup or emoji codes."""
        from llmauto.render.console import PlainConsole

        return PlainConsole(
            file=self.stream,
            width=self.width,
            force_terminal=self.color,
            color_system="auto" if self.color else None,
            no_color=not self.color,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
            legacy_windows=False,
        )


def screen_for(stream: TextIO, environ: dict[str, str] | None = None) -> Screen:
    """Look at a stream and the environment (NO_COLOR, FORCE_COLOR, TERM, COLUMNS)."""
    env = dict(os.environ) if environ is None else environ
    terminal = bool(getattr(stream, "isatty", lambda: False)())
    forced = bool(env.get("FORCE_COLOR"))
    color = (terminal or forced) and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
    return Screen(stream, _width(stream, terminal, env), terminal, color, can_encode(stream, _SAMPLE))


def _width(stream: TextIO, terminal: bool, env: dict[str, str]) -> int:
    wanted = env.get("COLUMNS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return max(MIN_WIDTH, int(wanted))
    if not terminal:
        return PIPE_WIDTH
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 80
    return max(MIN_WIDTH, columns or 80)
