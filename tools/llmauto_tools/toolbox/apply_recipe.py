"""Run a saved recipe on other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class ApplyRecipeArguments(BaseModel):
    """Arguments of `apply_recipe`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="Name of the table, with the columns that the recipe was fitted on.")
    recipe: str = Field(description="A recipe that `preprocess` saved: its name, or name@version.")
    name: str | None = Field(default=None, description="Of the new table; left out, TABLE_prepared.")


def apply_recipe(workspace: Workspace, arguments: ApplyRecipeArguments, context: ToolContext) -> ToolResult:
    """Save what the recipe makes of the table; nothing is learned, no row is dropped; figure "table".

    Raises InvalidArguments for an unknown recipe, and where the table lacks a column.
    """
    from llmauto_tools.preprocess.run import run_apply

    return run_apply(workspace, arguments, context)


TOOL = ToolSpec(
    name="apply_recipe",
    summary="Run a saved preprocessing recipe on another table, with what it learned before.",
    arguments=ApplyRecipeArguments,
    function=apply_recipe,
    example={"table": "new_customers", "recipe": "customers"},
    changes=True,
)
