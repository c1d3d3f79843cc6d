"""Apply a saved model to a table, out of core, and save the predictions as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class PredictArguments(BaseModel):
    """Arguments of `predict`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        default=None,
        description="A saved model, such as 'churned' or 'churned@2' (the newest, where left out).",
    )
    table: str = Field(description="The table whose rows are predicted.")
    name: str | None = Field(
        default=None, description="The new table's name (TABLE_predictions where left out)."
    )
    keep: list[str] | None = Field(
        default=None, description="Columns of the table to keep beside the predictions (all, where left out)."
    )
    probabilities: bool = Field(default=True, description="Also save the probabilities of labels.")


def predict(workspace: Workspace, arguments: PredictArguments, context: ToolContext) -> ToolResult:
    """Save the table's rows with their predictions as a derived table.

    Raises InvalidArguments where columns are missing or of an unfit type, MissingExtra, Interrupted.
    """
    from llmauto_tools.models.apply import predict_table

    return predict_table(workspace, arguments, context)


TOOL = ToolSpec(
    name="predict",
    summary="Apply a saved model to every row of a table and save the predictions as a new table.",
    arguments=PredictArguments,
    function=predict,
    example={"model": "churned", "table": "new_customers"},
    changes=True,
    extra="ml",
)
