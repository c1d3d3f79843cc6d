"""Clean a table and turn it into numbers, by a recipe that is learned from the training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from llmauto_tools.preprocess.recipe import Step
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


_STEPS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "kind": {
                "enum": [
                    "cast", "trim", "unify", "deduplicate", "impute", "outliers", "scale", "encode", "dates", "text",
                    "rare", "drop",
                ]
            },
            "columns": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["kind"],
    },
    "description": (
        "Settings by kind: cast to=number|text|timestamp|boolean; unify mapping={old: new}; impute"
        " strategy=mean|median|most_frequent|constant|forward|group|iterative, value, by, order_by, indicator;"
        " outliers action=cap|drop|flag, rule=iqr|quantiles; scale"
        " method=standard|robust|minmax|log1p|yeo_johnson|quantile; encode"
        " method=onehot|ordinal|target|frequency|hashing; dates parts, cycles, age; text"
        " method=lengths|counts|tfidf; rare min_share. Columns left out: all that suit."
    ),
}  # fmt: skip
"""What a chat model is shown: the whole schema of every step would be read with every question."""


class PreprocessArguments(BaseModel):
    """Arguments of `preprocess`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="Name of the table.")
    target: str | None = Field(default=None, description="The column to be predicted; it is not changed.")
    steps: Annotated[list[Step], WithJsonSchema(_STEPS_SCHEMA)] | None = Field(
        default=None, description="The steps in order. Left out, they are proposed, with a reason each."
    )
    split: Literal["random", "stratified", "group", "time", "none"] | None = Field(
        default=None,
        description="How test rows are chosen. Left out: none without a target, else in proportion to it.",
    )
    group: str | None = Field(default=None, description="Rows of one value stay together in the split.")
    time: str | None = Field(default=None, description="The latest rows become the test rows.")
    test: float = Field(default=0.2, gt=0, lt=1, description="Share of the test rows.")
    valid: float = Field(default=0.0, ge=0, lt=1, description="Share of validation rows.")
    name: str | None = Field(default=None, description="Of the new table; left out, TABLE_prepared.")
    recipe: str | None = Field(default=None, description="Name to save the recipe under.")
    seed: int = Field(default=0, ge=0, description="For the split and the folds.")


def preprocess(workspace: Workspace, arguments: PreprocessArguments, context: ToolContext) -> ToolResult:
    """Fit a recipe and save it with the table that it makes; figures "table" and "recipe".

    Raises InvalidArguments where a column is unknown, where steps exclude each other, or where a part of
    the split would have no rows.
    """
    from llmauto_tools.preprocess.run import run_preprocess

    return run_preprocess(workspace, arguments, context)


TOOL = ToolSpec(
    name="preprocess",
    summary=(
        "Clean a table and turn its columns into numbers: missing values, outliers, categories, dates, text,"
        " scaling, and a split. Proposes the steps or takes yours; saves a table and a recipe."
    ),
    arguments=PreprocessArguments,
    function=preprocess,
    example={"table": "customers", "target": "newsletter"},
    changes=True,
)
