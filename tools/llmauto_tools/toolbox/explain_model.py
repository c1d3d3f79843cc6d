"""Explain a saved model: what it goes by, why it says what it says for a row, how one input matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class ExplainModelArguments(BaseModel):
    """Arguments of `explain_model`."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        default=None,
        description="A saved model, such as 'churned' or 'churned@2' (the newest, where left out).",
    )
    table: str | None = Field(
        default=None, description="A table to explain on (the rows held out in training, where left out)."
    )
    row: int | str | None = Field(
        default=None,
        description="Explain one row: its number from 1, or a condition such as \"customer = 'C12'\".",
    )
    features: list[str] | None = Field(
        default=None, description="Inputs whose partial dependence is drawn (the first two, where left out)."
    )
    page: str | None = Field(default=None, description="Also save a page, such as explanation.html.")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of shuffles and samples.")


def explain_model(workspace: Workspace, arguments: ExplainModelArguments, context: ToolContext) -> ToolResult:
    """Rank the inputs with their directions, explain a row in words, draw partial dependence.

    Raises InvalidArguments (no such model, table, input or row), MissingExtra, Interrupted.
    """
    from llmauto_tools.explain.explain import explain

    return explain(workspace, arguments, context)


TOOL = ToolSpec(
    name="explain_model",
    summary="Explain a saved model: which inputs it goes by and which way, or why it says what it says for one row.",
    arguments=ExplainModelArguments,
    function=explain_model,
    example={"model": "churned", "row": 12},
    extra="ml",
)
