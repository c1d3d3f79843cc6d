"""Draw a reproducible random sample of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.toolbox.query import size_text

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class SampleArguments(BaseModel):
    """Arguments of `sample`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    rows: int = Field(default=10, ge=1, le=10_000, description="How many rows to draw.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="The same seed draws the same rows.")


def sample(workspace: Workspace, arguments: SampleArguments, context: ToolContext) -> ToolResult:
    """Draw rows with equal probability, without replacement (reservoir sampling, one pass).

    With a seed DuckDB samples in one thread, so that the same data and seed give the same rows.
    """
    name = workspace.table(arguments.table).name.replace('"', '""')
    sql = (
        f'SELECT * FROM "{name}" USING SAMPLE reservoir({arguments.rows} ROWS) REPEATABLE ({arguments.seed})'
    )
    result = workspace.engine.query(
        sql, max_rows=arguments.rows, timeout=context.timeout, progress=context.progress
    )
    return ToolResult(table=result, seed=arguments.seed, text=f"a random sample: {size_text(result)}")


TOOL = ToolSpec(
    name="sample",
    summary="Draw a random sample of rows from a table; the same seed draws the same rows.",
    arguments=SampleArguments,
    function=sample,
    example={"table": "orders", "rows": 10, "seed": 7},
)
