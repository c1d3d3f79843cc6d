"""The tool `select_features`: which columns help to predict a target, and how many are enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

_Method = Literal[
    "mutual_information", "f_test", "chi_square", "mrmr", "mrmr_difference", "mrmr_fcq", "mrmr_fcd",
    "l1", "tree", "stability", "permutation", "rfecv", "boruta",
]  # fmt: skip


class SelectFeaturesArguments(BaseModel):
    """Arguments of `select_features`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="Name of the table.")
    target: str = Field(description="The column to be predicted.")
    features: list[str] | None = Field(
        default=None, description="The columns to choose from. Left out: all the others.", min_length=1
    )
    count: int | None = Field(
        default=None,
        ge=1,
        description="How many to keep. Left out: the fewest whose score is within one standard error of the best.",
    )
    methods: list[_Method] | None = Field(
        default=None,
        min_length=1,
        description=(
            "The measures whose ranks are averaged. Left out: all the quick ones (mutual_information, f_test,"
            " chi_square, mrmr, l1, tree, stability, permutation)."
        ),
    )
    task: Literal["classification", "regression"] | None = Field(
        default=None, description="Left out: found from the target's type and values."
    )
    group: str | None = Field(
        default=None, description="Rows of one value of this column are never in both training and test rows."
    )
    time: str | None = Field(
        default=None, description="Test rows are later than their training rows by this column."
    )
    seed: int = Field(default=0, ge=0, description="Seed of samples, folds and models.")
    time_budget: float = Field(
        default=60.0,
        gt=0,
        description="Seconds within which the slow measures have to fit, else they are skipped.",
    )


def select_features(
    workspace: Workspace, arguments: SelectFeaturesArguments, context: ToolContext
) -> ToolResult:
    """Rank the columns by how much they tell about the target, and keep as many as the score needs.

    Raises InvalidArguments for an unknown column, a target with one value, too few rows for folds, and where
    no column is left to select from; MissingExtra without the extra `ml`.
    """
    from llmauto_tools.extras import require

    require("numpy", "Selecting features", "ml")
    from llmauto_tools.features.pace import Pace
    from llmauto_tools.features.report import result_of
    from llmauto_tools.features.select import request_of, select

    request = request_of(
        workspace.table(arguments.table),
        arguments.target,
        arguments.features,
        arguments.count,
        arguments.methods,
        arguments.task,
        arguments.group,
        arguments.time,
        arguments.seed,
        arguments.time_budget,
    )
    selection = select(workspace, request, Pace(context.step))
    return result_of(selection, workspace.path, context.evidence_id)


TOOL = ToolSpec(
    name="select_features",
    summary=(
        "Choose the columns that help to predict a target: ranks them by several measures, says why each is"
        " kept or dropped, and scores every number of features honestly."
    ),
    arguments=SelectFeaturesArguments,
    function=select_features,
    example={"table": "customers", "target": "churn"},
    extra="ml",
)
