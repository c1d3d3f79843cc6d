"""A chat in a real pseudo-terminal, seen through a terminal emulator."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from pty_chat import Terminal


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "LC_ALL", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("LLMAUTO_WORKSPACE", str(tmp_path / "workspace"))


Open = Callable[..., Terminal]


@pytest.fixture
def open_terminal() -> Iterator[Open]:
    """Start `llmauto` with arguments in a terminal of a given size; all are closed in the end."""
    opened: list[Terminal] = []

    def start(*arguments: Any, **options: Any) -> Terminal:
        terminal = Terminal(*map(str, arguments), **options)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.kill()


@pytest.fixture
def sales_csv(tmp_path: Path) -> Path:
    """A table with Chinese names and values, and an escape sequence in a cell."""
    path = tmp_path / "销售.csv"
    rows = ["大区,城市,产品名称,销售额,日期,备注"]
    rows += [
        f"{'华南' if i % 2 else '华东'},深圳市南山区,羽绒服{i},{i * 1234.5},2024-0{i}-01,请放在门口\x1b[31m红"
        for i in range(1, 8)
    ]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path
