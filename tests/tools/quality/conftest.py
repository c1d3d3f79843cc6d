"""Tables made on the spot, and the findings of a run on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

Row = dict[str, Any]


@dataclass
class Lab:
    """A workspace in which tables are made by SQL and checked by the tool."""

    workspace: Workspace
    folder: Path

    def table(self, name: str, sql: str) -> str:
        """Attach the rows of a SELECT as a parquet file, with the types that it gives."""
        path = self.folder / f"{name}.parquet"
        with duckdb.connect() as db:
            db.execute("SELECT setseed(0.5)")
            db.sql(sql).write_parquet(str(path))
        return self.workspace.attach(str(path))[0].name

    def csv(self, name: str, text: str) -> str:
        path = self.folder / f"{name}.csv"
        path.write_text(text)
        return self.workspace.attach(str(path))[0].name

    def check(self, table: str, **arguments: Any) -> Evidence:
        return run_tool(self.workspace, "check_quality", {"table": table, **arguments})

    def findings(self, table: str, *checks: str, **arguments: Any) -> list[Row]:
        """The findings of these checks, one dict each, worst first."""
        if checks:
            arguments["checks"] = list(checks)
        evidence = self.check(table, **arguments)
        names = [n for n, _ in evidence.columns]
        return [dict(zip(names, row, strict=True)) for row in evidence.rows]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    folder = tmp_path / "data"
    folder.mkdir()
    with Workspace(tmp_path / "ws") as workspace:
        yield Lab(workspace, folder)


Make = Callable[[str, str], str]
