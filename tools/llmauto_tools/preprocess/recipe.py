"""A recipe: typed steps in order, as a person or a model writes them. Nothing is learned here.

Names of output columns follow scikit-learn's get_feature_names_out: a column that is changed keeps its
name, a column that is split into several is replaced by "column_part".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

DatePart = Literal["year", "quarter", "month", "week", "day", "weekday", "dayofyear", "hour", "minute"]
Cycle = Literal["month", "weekday", "dayofyear", "hour"]


class BaseStep(BaseModel):
    """What all steps have: the columns they work on, and why they are there."""

    model_config = ConfigDict(extra="forbid")

    columns: list[str] | None = Field(
        default=None, description="Left out: every column the step suits, the target excepted."
    )
    reason: str = Field(default="", description="Why the step is in the recipe.")


class Cast(BaseStep):
    """Read values as another type; what cannot be read becomes missing."""

    kind: Literal["cast"] = "cast"
    to: Literal["number", "text", "timestamp", "boolean"]
    format: str | None = Field(default=None, description="For dates, such as %d.%m.%Y.")


class Trim(BaseStep):
    """Remove white space around text; empty text becomes missing."""

    kind: Literal["trim"] = "trim"
    empty_as_missing: bool = True


class Unify(BaseStep):
    """One spelling per category: by a mapping, else by ignoring case, spaces and punctuation.

    The spelling that the training rows use most is kept.
    """

    kind: Literal["unify"] = "unify"
    mapping: dict[str, str] | None = Field(default=None, description="Old value to new value.")


class Deduplicate(BaseStep):
    """Keep the first of equal rows. Among the training rows only; rows are never dropped at apply time."""

    kind: Literal["deduplicate"] = "deduplicate"


class Impute(BaseStep):
    """Fill missing values."""

    kind: Literal["impute"] = "impute"
    strategy: Literal["mean", "median", "most_frequent", "constant", "forward", "group", "knn", "iterative"]
    value: float | str | None = Field(default=None, description="For constant.")
    by: list[str] = Field(default_factory=list, description="For group: the columns that make the groups.")
    order_by: str | None = Field(default=None, description="For forward: the column that orders the rows.")
    indicator: bool = Field(default=False, description="Add column_missing, 1 where a value was missing.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.strategy == "constant" and self.value is None:
            raise ValueError("impute with 'constant' needs a value")
        if self.strategy == "group" and not self.by:
            raise ValueError("impute with 'group' needs the columns in 'by'")
        if self.strategy == "forward" and not self.order_by:
            raise ValueError("impute with 'forward' needs 'order_by'")
        return self


class Outliers(BaseStep):
    """Values outside limits that the training rows set.

    rule iqr: quartiles ± factor · (Q3 - Q1), Tukey's fences; rule quantiles: the lower and upper quantile.
    """

    kind: Literal["outliers"] = "outliers"
    action: Literal["cap", "drop", "flag"] = "cap"
    rule: Literal["iqr", "quantiles"] = "iqr"
    factor: float = Field(default=1.5, gt=0)
    lower: float = Field(default=0.01, ge=0, lt=0.5)
    upper: float = Field(default=0.99, gt=0.5, le=1)


class Scale(BaseStep):
    """Put numbers on a common scale, as scikit-learn's scalers and transformers do."""

    kind: Literal["scale"] = "scale"
    method: Literal["standard", "robust", "minmax", "log1p", "yeo_johnson", "quantile"] = "standard"
    n_quantiles: int = Field(default=100, ge=2, le=1000)


class Encode(BaseStep):
    """Turn categories into numbers."""

    kind: Literal["encode"] = "encode"
    method: Literal["onehot", "ordinal", "target", "frequency", "hashing"] = "onehot"
    max_levels: int | None = Field(
        default=None,
        ge=2,
        le=2000,
        description="The most frequent levels that are learned (onehot 100, target 500, else 1000); "
        "others count as unknown.",
    )
    drop_first: bool = Field(default=False, description="For onehot: leave out the first level.")
    order: list[str] | None = Field(default=None, description="For ordinal: the levels, lowest first.")
    smooth: float | None = Field(
        default=None, ge=0, description="For target: left out, an empirical Bayes estimate."
    )
    target_type: Literal["auto", "binary", "continuous", "multiclass"] = "auto"
    folds: int = Field(default=5, ge=2, le=10, description="For target: folds of the cross-fitting.")
    n_features: int = Field(default=16, ge=2, le=256, description="For hashing.")

    @model_validator(mode="after")
    def _levels(self) -> Self:
        if self.method == "target" and (self.max_levels or 0) > 500:
            raise ValueError("target encoding learns at most 500 levels")
        return self

    @property
    def level_limit(self) -> int:
        return self.max_levels or {"onehot": 100, "target": 500}.get(self.method, 1000)


class Dates(BaseStep):
    """Replace a date by numbers: parts, sine and cosine of a cycle, and days since another date."""

    kind: Literal["dates"] = "dates"
    parts: list[DatePart] = ["year", "month", "weekday"]
    cycles: list[Cycle] = Field(default_factory=list)
    age: bool = Field(default=False, description="Days before the latest date of the training rows.")
    since: str | None = Field(default=None, description="Count days from this date instead (ISO 8601).")
    keep: bool = Field(default=False, description="Keep the date as well.")


class TextFeatures(BaseStep):
    """Replace text by numbers: its length and words, or counts or TF-IDF weights of the commonest words."""

    kind: Literal["text"] = "text"
    method: Literal["lengths", "counts", "tfidf"] = "lengths"
    max_features: int = Field(default=50, ge=1, le=200)


class Rare(BaseStep):
    """Replace levels that are rare among the training rows by one name; unknown ones too."""

    kind: Literal["rare"] = "rare"
    min_share: float = Field(default=0.01, ge=0, le=1)
    max_levels: int = Field(default=100, ge=1, le=2000)
    name: str = "other"


class Drop(BaseStep):
    """Leave columns out."""

    kind: Literal["drop"] = "drop"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.columns:
            raise ValueError("drop needs its columns")
        return self


class Split(BaseModel):
    """Mark each row train, test or valid. Everything else is learned from the rows marked train.

    random and stratified go by a hash of the row's position, group by a hash of the group, time by a cut:
    the latest rows are the test rows.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["split"] = "split"
    method: Literal["random", "stratified", "group", "time"] = "random"
    by: str | None = Field(default=None, description="The class, group or time column.")
    test: float = Field(default=0.2, gt=0, lt=1, description="Share of the rows (or groups).")
    valid: float = Field(default=0.0, ge=0, lt=1)
    name: str = Field(default="split", min_length=1, description="The column that is added.")
    seed: int = Field(default=0, ge=0)
    reason: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.method != "random" and not self.by:
            raise ValueError(f"a {self.method} split needs the column in 'by'")
        if self.test + self.valid >= 1:
            raise ValueError("test and valid leave no training rows")
        return self


Step = Annotated[
    Cast | Trim | Unify | Deduplicate | Impute | Outliers | Scale | Encode | Dates | TextFeatures
    | Rare | Drop | Split,
    Field(discriminator="kind"),
]  # fmt: skip

ColumnStep = (
    Cast
    | Trim
    | Unify
    | Deduplicate
    | Impute
    | Outliers
    | Scale
    | Encode
    | Dates
    | TextFeatures
    | Rare
    | Drop
)


class Recipe(BaseModel):
    """Steps in the order in which they run, and the target that no step may change."""

    model_config = ConfigDict(extra="forbid")

    steps: list[Step] = Field(default_factory=list, max_length=200)
    target: str | None = None
    seed: int = 0

    @model_validator(mode="after")
    def _one_split(self) -> Self:
        if sum(s.kind == "split" for s in self.steps) > 1:
            raise ValueError("a recipe has at most one split")
        return self

    @property
    def split(self) -> Split | None:
        return next((s for s in self.steps if isinstance(s, Split)), None)

    @property
    def column_steps(self) -> list[ColumnStep]:
        return [s for s in self.steps if not isinstance(s, Split)]

    def to_sklearn(self, columns: Sequence[str]) -> Pipeline:
        """An unfitted scikit-learn Pipeline from raw columns to a numeric DataFrame.

        columns: the raw columns that the DataFrame will have; steps for others are left out. Steps that
        split or drop rows are left out too, for a pipeline cannot change the number of rows. The Pipeline
        gives one float column per feature, in the order and with the names of the SQL; missing values stay
        NaN where no step fills them. Target encoding takes `y` of `fit` and is cross-fitted in
        `fit_transform`. Raises MissingExtra without scikit-learn.
        """
        from llmauto_tools.preprocess.sk import make_pipeline

        return make_pipeline(self, columns)


def as_step(value: dict[str, Any]) -> Step:
    """One step from its JSON form. Raises pydantic's ValidationError."""
    return Recipe.model_validate({"steps": [value]}).steps[0]
