from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.workspace.close()


@pytest.fixture
def shared_data() -> Callable[[str], str]:
    """The path of a shared set by its name; skips where the sets are not there."""
    folder = Path(os.environ.get("LLMAUTO_DATA", Path(__file__).parents[4] / "shared" / "data")) / "tabular"

    def path(name: str) -> str:
        found = folder / f"{name}.csv.gz"
        if not found.exists():
            pytest.skip(f"{name} is not at {folder}")
        return str(found)

    return path
