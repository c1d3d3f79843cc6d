"""Every test has a home of its own, no network beyond loopback, and no provider keys."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

_CONNECT = socket.socket.connect


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in [n for n in os.environ if n.startswith("LLMAUTO_") and n != "LLMAUTO_DATA"]:
        monkeypatch.delenv(name)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "LANGSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests may not reach {address[0]}")
        _CONNECT(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def orders_csv(tmp_path: Path) -> Path:
    """A small table with a category, a number, a date and a 0/1 column."""
    rows = [
        "id,region,amount,ordered,paid",
        "1,North,10.5,2024-01-03,1",
        "2,North,20.0,2024-01-20,0",
        "3,South,30.25,2024-02-01,1",
        "4,South,5.0,2024-02-14,1",
        "5,West,99.99,2024-03-09,0",
    ]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(rows) + "\n")
    return path
