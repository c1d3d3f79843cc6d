"""The command line. This module is on the path of `llmauto --version`: it imports next to nothing."""

from __future__ import annotations

import sys


def main() -> None:
    """The `llmauto` program: run the command in sys.argv and leave with its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from llmauto._version import __version__

        print(f"llmauto {__version__}")
        return
    from llmauto.cli.signals import prepare_last_words, quit_on_signals

    quit_on_signals()
    if "--json" in arguments:
        prepare_last_words()
    from llmauto.cli.program import run_program

    run_program(arguments)
