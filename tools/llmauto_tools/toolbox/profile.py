"""The tool `profile`: what a table holds, column by column, and how its columns belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class ProfileArguments(BaseModel):
    """Arguments of `profile`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    columns: list[str] | None = Field(
        default=None, description="Only these columns (the first 200, where left out)."
    )
    target: str | None = Field(
        default=None, description="A column whose associations with all others come first."
    )
    associations: bool = Field(
        default=True,
        description="Measure how strongly the columns go together (correlations, Cramér's V, ...).",
    )
    page: str | None = Field(
        default=None,
        description="Also write a page: a file name in the workspace's artifacts folder, ending in .html.",
    )
    seed: int = Field(default=0, ge=0, description="Of the sample that large tables are measured on.")


def profile(workspace: Workspace, arguments: ProfileArguments, context: ToolContext) -> ToolResult:
    """Types and kinds, missing and distinct values, distributions, associations, keys and joins of a table.

    Raises QueryInvalid for an unknown table, InvalidArguments for an unknown column, a target that does not
    vary, and a page outside the artifacts folder.
    """
    from llmauto_tools.pages.write import page_target, write_page
    from llmauto_tools.profile.build import build_profile
    from llmauto_tools.profile.present import result_of

    target = page_target(workspace, arguments.page) if arguments.page is not None else None
    table = workspace.table(arguments.table)
    found = build_profile(
        workspace, table, arguments.columns, arguments.target, arguments.associations, arguments.seed, context
    )
    result = result_of(found)
    if target is not None:
        from llmauto_tools.profile.page import page_blocks

        context.step("writing the page", 0.98)
        lead = f"{found.rows:,} rows, {found.all_columns:,} columns. Evidence {context.evidence_id}."
        write_page(workspace.path / target, f"Profile of {found.table}", page_blocks(found), lead)
        result.artifacts.append(target)
    return result


TOOL = ToolSpec(
    name="profile",
    summary=(
        "Profile a table: kinds, missing and distinct values, distributions, frequent values, time gaps, keys, "
        "joins and associations; optionally with a target column, and as an HTML page."
    ),
    arguments=ProfileArguments,
    function=profile,
    example={"table": "orders", "target": "status", "page": "orders.html"},
)
