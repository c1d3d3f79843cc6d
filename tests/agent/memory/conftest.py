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
