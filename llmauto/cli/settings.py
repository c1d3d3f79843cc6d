"""`llmauto config`: settings and where they come from."""

from __future__ import annotations

import json
import sys
from typing import Any

from llmauto import exits
from llmauto.config import Settings, known_setting, load_settings, origin_of, write_setting
from llmauto.folders import config_file
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for


def list_settings(as_json: bool) -> int:
    """Print every setting, its value, its origin and what it does."""
    settings = load_settings()
    rows = [
        (name, getattr(settings, name), origin_of(name), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        from llmauto.render.streams import print_json

        print_json({name: {"value": value, "origin": origin} for name, value, origin, _ in rows})
        return exits.ANSWERED
    from llmauto.render.table import render_table

    screen = screen_for(sys.stdout)
    console = screen.console()
    cells = [[name, _shown(value), origin, meaning] for name, value, origin, meaning in rows]
    for part in render_table(
        ["setting", "value", "from", "meaning"], cells, screen, max_rows=0, whole={"setting", "value"}
    ):
        console.print(part)
    return exits.ANSWERED


def get_setting(name: str) -> int:
    """Print one setting's value."""
    sys.stdout.write(_shown(getattr(load_settings(), known_setting(name))) + "\n")
    return exits.ANSWERED


def set_setting(name: str, text: str | None) -> int:
    """Write (or with None, remove) a setting in the file, and say so if something else hides it."""
    name = known_setting(name)
    value = write_setting(name, text)
    what = f"{name} = {_shown(value)}" if text is not None else f"{name} is unset"
    print_note(f"{what}, in {config_file()}")
    if origin_of(name) == "environment":
        print_note(f"LLMAUTO_{name.upper()} is set in the environment and goes before the file")
    return exits.ANSWERED


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
