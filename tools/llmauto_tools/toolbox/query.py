"""Run one SQL statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import QueryResult, ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class QueryArguments(BaseModel):
    """Arguments of `query`."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(description="One read-only SELECT in DuckDB's SQL over the attached tables.")
    max_rows: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="At most this many rows come back; the row count is exact.",
    )


def query(workspace: Workspace, arguments: QueryArguments, context: ToolContext) -> ToolResult:
    """Run the statement under the workspace's limits."""
    result = workspace.engine.query(
        arguments.sql, max_rows=arguments.max_rows, timeout=context.timeout, progress=context.progress
    )
    return ToolResult(table=result, text=size_text(result))


def size_text(result: QueryResult) -> str:
    """The size of a result in a few words: "3 rows × 2 columns", and whether it was cut off."""
    size = size_words(len(result.rows), len(result.columns))
    if not result.truncated:
        return size
    total = (
        f"{result.row_count:,} rows" if result.row_count is not None else "more rows than could be counted"
    )
    return f"{size}, cut off from {total}"


def size_words(rows: int, columns: int) -> str:
    """ "1,000 rows × 1 column" """
    return f"{rows:,} row{'s' * (rows != 1)} × {columns:,} column{'s' * (columns != 1)}"


TOOL = ToolSpec(
    name="query",
    summary="Run one read-only SQL SELECT (DuckDB dialect) over the attached tables and return its rows.",
    arguments=QueryArguments,
    function=query,
    example={"sql": "SELECT city, sum(amount) AS total FROM orders GROUP BY ALL ORDER BY total DESC LIMIT 5"},
)
