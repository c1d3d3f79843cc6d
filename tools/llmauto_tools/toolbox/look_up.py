"""Read more of what an earlier step gave: its rows, or those of one of its further tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.errors import InvalidArguments, did_you_mean
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import QueryResult, ToolResult, table_of
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class LookUpArguments(BaseModel):
    """Arguments of `look_up`."""

    model_config = ConfigDict(extra="forbid")

    evidence: str = Field(description="The id of an earlier step, such as e3.")
    section: str | None = Field(
        default=None, description="The title of one of its further tables; left out, its main table."
    )
    first: int = Field(default=1, ge=1, description="The first row to show, counted from 1.")
    rows: int = Field(default=20, ge=1, le=200, description="How many rows to show.")


def look_up(workspace: Workspace, arguments: LookUpArguments, context: ToolContext) -> ToolResult:
    """Rows of an earlier step from the ledger; nothing is computed anew.

    Raises WorkspaceError for an unknown step, InvalidArguments for an unknown section or a step without
    tables.
    """
    found = workspace.ledger.get(arguments.evidence)
    table = _table(found, arguments.section)
    start = arguments.first - 1
    rows = table.rows[start : start + arguments.rows]
    shown = QueryResult(table.sql, table.columns, rows, len(rows), False, 0.0, table.tables)
    last = start + len(rows)
    of = f"{found.id}, {arguments.section}" if arguments.section else found.id
    text = f"{of}: rows {arguments.first:,} to {last:,} of the {len(table.rows):,} that are kept"
    if not rows:
        text = f"{of}: it keeps {len(table.rows):,} rows"
    return ToolResult(
        table=shown,
        text=text,
        figures={"kept": len(table.rows), "rows": found.row_count},
        notes=list(found.notes),
    )


def _table(found: Evidence, title: str | None) -> QueryResult:
    if title is None and found.columns:
        columns = tuple(Column(name, dtype) for name, dtype in found.columns)
        return QueryResult(found.sql or "", columns, found.rows, len(found.rows), False, 0.0, found.tables)
    titles = [s.title for s in found.sections]
    for section in found.sections:
        if title is None or section.title.casefold() == title.casefold():
            return table_of(section.columns, section.rows, tables=found.tables)
    if title is None:
        raise InvalidArguments(f"The step {found.id} has no table.")
    listed = f"It has: {', '.join(titles)}." if titles else "It has none."
    raise InvalidArguments(
        f"The step {found.id} has no section '{title}'.", did_you_mean(title, titles) or listed
    )


TOOL = ToolSpec(
    name="look_up",
    summary="Read rows of an earlier step by its evidence id: its main table, or one of its sections.",
    arguments=LookUpArguments,
    function=look_up,
    example={"evidence": "e3", "section": "Associations", "first": 21},
)
