"""A screen of a chosen size that keeps what is written to it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from llmauto.render.screen import Screen
from llmauto.render.table import render_table


def screen(width: int = 80, *, color: bool = False, unicode: bool = True, terminal: bool = True) -> Screen:
    return Screen(io.StringIO(), width, terminal, color, unicode)


def written(target: Screen) -> str:
    assert isinstance(target.stream, io.StringIO)
    return target.stream.getvalue()


def table_text(names: Sequence[str], rows: Sequence[Sequence[Any]], width: int = 80, **options: Any) -> str:
    target = screen(width, unicode=options.pop("unicode", True))
    console = target.console()
    for part in render_table(names, rows, target, **options):
        console.print(part)
    return written(target)
