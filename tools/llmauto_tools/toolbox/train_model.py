"""Train a model of a table within a time budget, test it on rows that it has not seen, and save it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class Cost(BaseModel):
    """What a wrong answer costs, per row and in any one unit."""

    model_config = ConfigDict(extra="forbid")

    false_positive: float = Field(gt=0, description="Cost of saying yes where it is no.")
    false_negative: float = Field(gt=0, description="Cost of saying no where it is yes.")


class TrainModelArguments(BaseModel):
    """Arguments of `train_model`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    target: str = Field(description="The column to predict.")
    features: list[str] | None = Field(
        default=None, description="The columns to predict from (all that are of use, where left out)."
    )
    recipe: str | None = Field(
        default=None, description="A saved recipe such as 'clean@2'; it is fitted anew inside each fold."
    )
    task: Literal["classification", "regression"] | None = Field(
        default=None, description="Found from the target where left out."
    )
    metric: str | None = Field(
        default=None,
        description="A scikit-learn scorer such as roc_auc, average_precision, neg_log_loss, f1, accuracy, r2, "
        "neg_root_mean_squared_error.",
    )
    time_budget: float = Field(default=60, ge=1, le=86_400, description="Seconds for the whole training.")
    trials: int | None = Field(
        default=None,
        ge=0,
        le=1_000,
        description="Exactly so many trials of the search instead of a time: the same result every time.",
    )
    group: str | None = Field(
        default=None, description="Rows of one value of this column stay on one side of every split."
    )
    time: str | None = Field(default=None, description="The newest rows by this column are the test.")
    test_size: float | None = Field(
        default=None, gt=0, lt=0.9, description="Share of the rows that test (0.2)."
    )
    test: str | None = Field(
        default=None, description="A labelled table to test on instead of held-out rows."
    )
    folds: int | None = Field(default=None, ge=2, le=20, description="Folds of the cross-validation.")
    cost: Cost | None = Field(
        default=None,
        description="Costs of wrong answers between two labels; the threshold is chosen for them.",
    )
    positive: str | None = Field(default=None, description="Of two labels, the one that a yes means.")
    name: str | None = Field(default=None, description="The model's name (the target's, where left out).")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Of all random choices.")


def train_model(workspace: Workspace, arguments: TrainModelArguments, context: ToolContext) -> ToolResult:
    """Rank candidates by cross-validation, blend the best, test the blend, save it as name@version.

    The main table is the leaderboard. With `trials` nothing hangs on the time, so that the same seed,
    data and versions give the same model. Raises InvalidArguments where the table cannot train a model,
    MissingExtra, Interrupted.
    """
    from llmauto_tools.models.report import training_result
    from llmauto_tools.models.train import train

    training, saved, meta = train(workspace, arguments, context)
    return training_result(training, saved, meta)


TOOL = ToolSpec(
    name="train_model",
    summary="Train, test and save a model that predicts a column of a table (classification or regression).",
    arguments=TrainModelArguments,
    function=train_model,
    example={"table": "customers", "target": "churned", "time_budget": 60},
    costly=True,
    extra="ml",
)
