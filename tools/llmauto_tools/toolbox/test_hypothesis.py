"""The tool `test_hypothesis`: the statistical test that fits a question, with effect sizes and power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

AskedKind = Literal[
    "auto", "t", "welch", "mann_whitney", "paired_t", "wilcoxon", "anova", "welch_anova", "kruskal", "chi2",
    "fisher", "proportions", "binomial", "shapiro", "anderson", "ks", "levene", "pearson", "spearman",
    "kendall", "mcnemar",
]  # fmt: skip


class TestHypothesisArguments(BaseModel):
    """Arguments of `test_hypothesis`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    value: str | list[str] = Field(
        description="The column that is tested; a list tests each one and corrects the p-values."
    )
    by: str | None = Field(default=None, description="The column with the groups that are compared.")
    other: str | None = Field(
        default=None, description="A second column, to be correlated or (with paired) compared row by row."
    )
    where: str | None = Field(
        default=None, description="A SQL condition on the rows, such as species <> 'Gentoo'."
    )
    kind: AskedKind = Field(default="auto", description="The test; auto chooses it from the data.")
    paired: bool = Field(default=False, description="The measurements are of the same rows or subjects.")
    subject: str | None = Field(
        default=None, description="With paired and by: the column that says which rows belong together."
    )
    alternative: Literal["two-sided", "less", "greater"] = Field(
        default="two-sided", description="greater: the first group (in sorted order) has the larger values."
    )
    mean: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="The number that the mean of one column is compared with.",
    )
    proportion: float | None = Field(
        default=None, gt=0, lt=1, description="The share that one column of two levels is compared with."
    )
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Significance level.")
    correction: Literal["holm", "bh", "bonferroni"] | None = Field(
        default=None,
        description="For many p-values. Left out: Holm for many columns, and for pairs of groups Tukey,"
        " Games-Howell or Holm, as fits the test.",
    )
    margin: float | None = Field(
        default=None, gt=0, allow_inf_nan=False,
        description="Also test that the difference is smaller than this (equivalence, TOST).",
    )  # fmt: skip
    power: float = Field(
        default=0.8,
        gt=0.05,
        lt=1,
        description="The chance for which the smallest effect to be found is told.",
    )
    seed: int = Field(default=0, ge=0, description="Of random samples and random tables.")

    @model_validator(mode="after")
    def _power_above_alpha(self) -> Self:
        if self.power <= self.alpha:
            raise ValueError("power must be above alpha")
        if isinstance(self.value, list) and not self.value:
            raise ValueError("value must name at least one column")
        return self


def test_hypothesis(
    workspace: Workspace, arguments: TestHypothesisArguments, context: ToolContext
) -> ToolResult:
    """Choose and run a test: `table` has it and its alternative, `sections` what was compared, effect
    sizes, assumptions and pairs of groups.

    Raises InvalidArguments where the columns or the data do not allow a test, MissingExtra without scipy.
    """
    from llmauto_tools.extras import require

    require("scipy", "Testing a hypothesis", "ml")
    require("statsmodels", "Testing a hypothesis", "ml")
    from llmauto_tools.stats.case import Settings
    from llmauto_tools.stats.data import Data
    from llmauto_tools.stats.hypothesis import Asked, answer, answer_many

    a = arguments
    data = Data(workspace, workspace.table(a.table), a.where, context)
    settings = Settings(a.alternative, a.alpha, a.mean, a.proportion, a.correction, a.margin, a.power, a.seed)
    names = list(dict.fromkeys([a.value] if isinstance(a.value, str) else a.value))
    asked = Asked(names[0], a.by, a.other, None if a.kind == "auto" else a.kind, a.paired, a.subject)
    if len(names) == 1:
        return answer(data, asked, settings)
    return answer_many(data, names, asked, settings)


TOOL = ToolSpec(
    name="test_hypothesis",
    summary="Test a hypothesis (do groups differ, are columns associated, is it normal): the fitting test is"
    " chosen and explained, with effect sizes, intervals and power.",
    arguments=TestHypothesisArguments,
    function=test_hypothesis,
    example={"table": "penguins", "value": "Body Mass (g)", "by": "Species"},
    extra="ml",
)
