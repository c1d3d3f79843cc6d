"""Segments of rows that are alike, described in words and saved as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.extras import require
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class SegmentArguments(BaseModel):
    """Arguments of `segment`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    columns: list[str] | None = Field(
        default=None, description="Columns to segment by; left out, all numbers and categories but ids."
    )
    clusters: int | None = Field(
        default=None, ge=2, le=20, description="Number of segments; left out, chosen from the data."
    )
    method: Literal["kmeans", "hdbscan"] = Field(
        default="kmeans",
        description="kmeans: every row gets a segment; hdbscan: dense groups of any shape, other rows get none.",
    )
    name: str | None = Field(default=None, description="Name of the new table; left out, TABLE_segments.")
    seed: int = Field(default=0, ge=0, description="Of the sample, the starts and the resamples.")


def segment(workspace: Workspace, arguments: SegmentArguments, context: ToolContext) -> ToolResult:
    """Cluster the rows, and save the table with a column `segment` where the segments are clear or asked for.

    Figures: clusters (0 where none are clear), clear, silhouette, stability, sizes, shares, table. Raises
    InvalidArguments where no column is left, or there are more segments than different rows.
    """
    for module in ("numpy", "sklearn"):
        require(module, "Finding segments", "ml")
    from llmauto_tools.segments.report import Request, run

    request = Request(
        arguments.table,
        arguments.columns,
        arguments.clusters,
        arguments.method,
        arguments.name,
        arguments.seed,
    )
    return run(workspace, request, context)


TOOL = ToolSpec(
    name="segment",
    summary=(
        "Group the rows of a table into segments of similar rows (clusters), say what sets each apart, and save"
        " the table with the segment of every row. Says so where there are no clear segments."
    ),
    arguments=SegmentArguments,
    function=segment,
    example={"table": "customers", "columns": ["age", "spend", "visits"]},
    changes=True,
    extra="ml",
)
