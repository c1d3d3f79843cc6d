"""List the tables of the workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import QueryResult, ToolResult
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class TablesArguments(BaseModel):
    """`tables` takes no arguments."""

    model_config = ConfigDict(extra="forbid")


_COLUMNS = (
    Column("table", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("rows", "BIGINT"),
    Column("columns", "VARCHAR"),
    Column("origin", "VARCHAR"),
)


def tables(workspace: Workspace, arguments: TablesArguments, context: ToolContext) -> ToolResult:
    """One row per table: name, kind, rows where they are known without a scan, columns with types."""
    began = time.perf_counter()
    found = workspace.tables()
    rows = tuple(
        (t.name, t.kind, t.row_count, ", ".join(f"{c.name} {c.dtype}" for c in t.columns), t.origin)
        for t in found
    )
    listed = QueryResult(
        sql="",
        columns=_COLUMNS,
        rows=rows,
        row_count=len(rows),
        truncated=False,
        seconds=time.perf_counter() - began,
        tables=tuple(t.name for t in found),
    )
    notes = [f"{t.name}: {note}" for t in found for note in t.notes]
    names = ", ".join(t.name for t in found[:10]) + (", …" if len(found) > 10 else "")
    text = f"{len(found)} table{'s' * (len(found) != 1)}: {names}" if found else "no tables are attached"
    return ToolResult(table=listed, text=text, notes=notes)


TOOL = ToolSpec(
    name="tables",
    summary="List the attached and derived tables with their columns, types and known row counts.",
    arguments=TablesArguments,
    function=tables,
)
