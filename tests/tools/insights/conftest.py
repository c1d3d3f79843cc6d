from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


class Lab:
    """A workspace with tables made on the spot, and the tools run as a person would."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder / "ws")
        self._folder = folder

    def table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
        path = self._folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        return self.workspace.attach(str(path))[0].name

    def run_any(self, tool: str, **arguments: Any) -> Evidence:
        return run_tool(self.workspace, tool, arguments)

    def run(self, tool: str, table: str, **arguments: Any) -> Evidence:
        return run_tool(self.workspace, tool, {"table": table, **arguments})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path)
    yield made
    made.workspace.close()

    """The path of a shared set by its name; skips where the sets are not there."""
    import os

    folder = Path(os.environ.get("LLMAUTO_DATA", Path(__file__).parents[4] / "shared" / "data")) / "tabular"

    def path(name: str) -> str:
        found = folder / f"{name}.csv.gz"
        if not found.exists():
            pytest.skip(f"{name} is not at {folder}")
        return str(found)

    return path
