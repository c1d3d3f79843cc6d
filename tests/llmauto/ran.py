"""Run a command in this process, for the tests of commands."""

from __future__ import annotations

import pytest

from llmauto.cli.program import run_command


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """Standard output and standard error of a command that ends with that exit code."""
    capsys.readouterr()
    assert run_command(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out, captured.err
