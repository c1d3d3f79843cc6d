"""The Rich console that all output goes through."""

from __future__ import annotations

from rich.console import Console


class PlainConsole(Console):
    """A console that leaves a closed pipe to whoever runs the command (Rich would exit with 1)."""

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError that is being handled
