"""The pages on the command line and on installing say what the program does."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from llmauto.cli.app import app
from llmauto.cli.checks import TESTED
from llmauto.config import Settings

ROOT = Path(__file__).parents[2]
CLI = (ROOT / "docs" / "cli.md").read_text("utf-8")
INSTALL = (ROOT / "docs" / "install.md").read_text("utf-8")


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{path} {name}")


def test_every_command_and_option_is_documented_and_has_help() -> None:
    for path, command in _commands(typer.main.get_command(app), "llmauto"):
        assert path.split()[-1] in CLI, path
        assert command.help, path
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in {"--show-completion", "--help"}:
                    assert option in CLI, f"{path} {option}"


def test_every_setting_is_documented() -> None:
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | LLMAUTO_{name.upper()} |" in CLI
        assert field.description


def test_every_extra_is_documented() -> None:
    extras = importlib.metadata.metadata("llmauto").get_all("Provides-Extra") or []
    for extra in set(extras) - {"dev"}:
        assert f"`{extra}`" in INSTALL, extra


def test_the_versions_that_doctor_knows_are_the_locked_ones() -> None:
    lines = (ROOT / "constraints" / "lock.txt").read_text("utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if "==" in line)
    assert {name: locked[name] for name in TESTED} == TESTED
