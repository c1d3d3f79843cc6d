"""The tables that pairs are about: attached in a workspace of their own, with their index."""

from __future__ import annotations

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.keys import find_joins
from llmauto_tools.plan.model import Plan
from llmauto_tools.workspace import Limits, Workspace

MOST_ROWS = 20_000
"""Rows of an answer that are compared; one with more is compared by these."""
SECONDS = 20.0
LOOK_SECONDS = 1.0
"""How long a plan may be tried while a question is read, as in the product."""

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Data:
    """Attached tables as training and scoring see them."""

    workspace: Workspace
    index: SchemaIndex

    def rows(self, sql: str) -> tuple[Rows, int | None]:
        """The first rows of a statement and how many there are. Raises LlmautoError.

        A truncated date is a timestamp in DuckDB, and a date in what a plan gives: both are dates here.
        """
        result = self.workspace.engine.query(sql, max_rows=MOST_ROWS, timeout=SECONDS)
        return [tuple(_as_date(c) for c in row) for row in result.rows], result.row_count

    def plan_rows(self, plan: Plan) -> tuple[Rows, int | None]:
        """The rows of a plan. Raises LlmautoError."""
        return self.rows(compile_plan(plan, self.index.tables))

    def look(self, sql: str) -> Rows:
        """What a plan would give, as the product looks before it chooses."""
        return self.workspace.engine.query(sql, max_rows=2, timeout=LOOK_SECONDS).rows


def _as_date(cell: Any) -> Any:
    return cell.date() if isinstance(cell, dt.datetime) and cell.time() == dt.time() else cell


@contextlib.contextmanager
def attached(sources: Sequence[str], limits: Limits | None = None) -> Iterator[Data]:
    """The tables of the sources, in a workspace that is deleted afterwards; files are read where they are."""
    if not sources:
        raise InvalidArguments(
            "No source was named: the pairs are about tables.",
            "Name the files or databases behind the pairs: llmauto planner train pairs.jsonl orders.csv",
        )
    with (
        tempfile.TemporaryDirectory(prefix="llmauto-planner-") as folder,
        Workspace(Path(folder) / "workspace", limits or Limits()) as workspace,
    ):
        for source in sources:
            workspace.attach(source)
        yield Data(workspace, index_of(workspace))


def index_of(workspace: Workspace) -> SchemaIndex:
    """The index of a workspace's tables, as the product makes it."""
    tables = workspace.tables()
    joins = find_joins(tables, workspace.foreign_keys())
    return SchemaIndex(tables, joins, EngineValues(workspace.engine, tables))
