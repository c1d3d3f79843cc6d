"""Score a saved model on its held-out rows or on new labelled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class EvaluateModelArguments(BaseModel):
    """Arguments of `evaluate_model`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        default=None,
        description="A saved model, such as 'churned' or 'churned@2' (the newest, where left out).",
    )
    table: str | None = Field(
        default=None, description="A labelled table to score on (the model's held-out rows, where left out)."
    )
    by: str | None = Field(default=None, description="A column whose values (or bins) are scored one by one.")
    bins: int = Field(default=5, ge=2, le=20, description="Bins of a number or a date in `by`.")
    against: str | None = Field(
        default=None, description="Another saved model of the same target, compared on the same rows."
    )
    metric: str | None = Field(default=None, description="Another metric than the model was trained for.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of the bootstrap.")


def evaluate_model(
    workspace: Workspace, arguments: EvaluateModelArguments, context: ToolContext
) -> ToolResult:
    """Scores with intervals beside the baseline; by subgroup and against another model where asked.

    Raises InvalidArguments, UnreadableSource, MissingExtra, Interrupted.
    """
    from llmauto_tools.models.evaluate import evaluate

    return evaluate(workspace, arguments, context)


TOOL = ToolSpec(
    name="evaluate_model",
    summary="Score a saved model on held-out or new labelled rows, by subgroup, or against another model.",
    arguments=EvaluateModelArguments,
    function=evaluate_model,
    example={"model": "churned", "by": "region"},
    extra="ml",
)
