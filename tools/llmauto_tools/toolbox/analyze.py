"""Answer a typed query plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.plan.model import Plan
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.toolbox.query import size_text

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class AnalyzeArguments(BaseModel):
    """Arguments of `analyze`."""

    model_config = ConfigDict(extra="forbid")

    plan: Plan = Field(description="What is asked of the data, independent of any SQL dialect.")
    max_rows: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="At most this many rows come back; the row count is exact.",
    )


def analyze(workspace: Workspace, arguments: AnalyzeArguments, context: ToolContext) -> ToolResult:
    """Compile the plan to SQL and run it through the same guard and limits as `query`."""
    from llmauto_tools.plan.compile import compile_plan

    sql = compile_plan(arguments.plan, workspace.tables(), dialect="duckdb")
    result = workspace.engine.query(
        sql, max_rows=arguments.max_rows, timeout=context.timeout, progress=context.progress
    )
    return ToolResult(table=result, text=size_text(result))


TOOL = ToolSpec(
    name="analyze",
    summary="Answer a query plan (table, filters, groups, measures, order, limit) given as data instead of SQL.",
    arguments=AnalyzeArguments,
    function=analyze,
    # A chat model writes SQL; and the recursive schema of a plan is more than most providers take.
    for_models=False,
    example={
        "plan": {
            "table": "orders",
            "group_by": [{"expr": {"kind": "column", "name": "city"}}],
            "measures": [
                {
                    "expr": {
                        "kind": "aggregate",
                        "function": "sum",
                        "argument": {"kind": "column", "name": "amount"},
                    }
                }
            ],
            "limit": 5,
        }
    },
)
