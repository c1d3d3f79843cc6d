"""`llmauto doctor`: what works here, what does not, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from llmauto import exits
from llmauto.cli import checks
from llmauto.cli.checks import Check
from llmauto.config import load_settings
from llmauto.folders import workspace_folder
from llmauto.render.screen import Screen, screen_for
from llmauto.render.text import clean
from llmauto_tools.errors import LlmautoError

_MARKS = {"ok": ("✓", "ok", "green"), "info": ("·", "--", "dim"),
          "warning": ("!", "!", "yellow"), "problem": ("✗", "XX", "red")}  # fmt: skip


def doctor_command(as_json: bool, workspace: str | None) -> int:
    """Print all checks; exit 1 when one of them is a problem that stops llmauto from working."""
    found = list(_all_checks(workspace))
    bad = any(check.state == "problem" for check in found)
    if as_json:
        from llmauto.render.streams import print_json

        print_json({"version": 1, "ok": not bad, "checks": [asdict(check) for check in found]})
    else:
        _print(found, screen_for(sys.stdout))
    return exits.FAILED if bad else exits.ANSWERED


def _all_checks(workspace: str | None) -> Iterable[Check]:
    folder = workspace_folder(workspace)
    try:
        folder = workspace_folder(load_settings(workspace=workspace).workspace)
        configuration = checks.configuration_file()
    except LlmautoError as e:
        configuration = Check("configuration", "problem", e.message, e.hint)
    groups: list[Callable[[], Iterable[Check]]] = [
        checks.python_and_packages,
        checks.duckdb_extensions,
        checks.extras,
        checks.gpu,
        lambda: checks.terminal(screen_for(sys.stdout)),
        lambda: [configuration],
        lambda: checks.workspace(Path(folder)),
        checks.keys,
        checks.hub_cache,
    ]
    for group in groups:
        yield from group()


def _print(found: list[Check], screen: Screen) -> None:
    from rich.text import Text

    console = screen.console()
    room = max(len(check.name) for check in found)
    for check in found:
        unicode_mark, ascii_mark, color = _MARKS[check.state]
        mark = unicode_mark if screen.unicode else ascii_mark
        line = Text(f"{mark} ", style=color)
        line.append(f"{check.name:<{room}}  ", style="bold")
        line.append(clean(check.detail, screen.unicode))
        console.print(line)
        if check.hint:
            console.print(Text(f"  {'':<{room}}  {clean(check.hint, screen.unicode)}", style=color))
