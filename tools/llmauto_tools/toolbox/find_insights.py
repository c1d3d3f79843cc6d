"""The tool `find_insights`: what stands out in a table, tested, ranked and told in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.extras import require
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class FindInsightsArguments(BaseModel):
    """Arguments of `find_insights`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    target: str | None = Field(
        default=None,
        description="Only facts about this column, such as the sales; left out, about all columns.",
    )
    time: str | None = Field(default=None, description="The column of dates; left out, found by itself.")
    groups: list[str] | None = Field(
        default=None, min_length=1, description="Columns whose groups are compared; left out, all categories."
    )
    count: int = Field(default=10, ge=1, le=50, description="At most so many facts.")
    fdr: float = Field(
        default=0.05, gt=0, lt=0.5, description="The share of facts told that may be due to chance."
    )
    seed: int = Field(default=0, ge=0, description="Of the samples that large tables are tested on.")


def find_insights(workspace: Workspace, arguments: FindInsightsArguments, context: ToolContext) -> ToolResult:
    """Rank what stands out. `figures["insights"]` has each fact with its sentences, values and evidence.

    Raises InvalidArguments for a column that is missing or cannot play its part, MissingExtra without scipy.
    """
    for module in ("numpy", "scipy"):
        require(module, "Finding insights", "ml")
    from llmauto_tools.insights.report import report
    from llmauto_tools.insights.search import Request

    a = arguments
    groups = tuple(dict.fromkeys(a.groups)) if a.groups else None
    return report(workspace, Request(a.table, a.target, a.time, groups, a.count, a.fdr, a.seed), context)


TOOL = ToolSpec(
    name="find_insights",
    summary=(
        "Find what stands out in a table: trends, changes, seasons, outliers, contributors, differences between"
        " groups, interactions, associations, gaps and reversals, tested together and ranked, each in a sentence."
    ),
    arguments=FindInsightsArguments,
    function=find_insights,
    example={"table": "orders", "target": "amount"},
    extra="ml",
)
