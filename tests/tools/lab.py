"""A workspace with tables made on the spot, for the tests of tools."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

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
