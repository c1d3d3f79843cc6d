from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llmauto_agent.memory.memory import Memory

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    """A memory with a workspace's and a person's store, on the encoder that ships."""
    with Memory(tmp_path / "memory", tmp_path / "person") as opened:
        yield opened


def holds(folder: Path, *needles: bytes) -> list[str]:
    """The files below a folder that hold any of the byte strings."""
    files = [f for f in folder.rglob("*") if f.is_file()]
    return [f.name for f in files if any(n in f.read_bytes() for n in needles)]
