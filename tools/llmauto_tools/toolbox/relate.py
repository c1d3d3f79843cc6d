"""The tool `relate`: what goes with a column, alone or given other columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class RelateArguments(BaseModel):
    """Arguments of `relate`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    target: str = Field(description="The column that is explained: numbers, or two categories.")
    features: list[str] | None = Field(
        default=None,
        min_length=1,
        description="The columns that may go with it; left out, all that can be used.",
    )
    method: Literal["auto", "correlation", "ols", "logit"] = Field(
        default="auto",
        description="auto: one feature, the test that fits both columns; several, OLS for numbers and logit for"
        " two categories. correlation: each feature by itself.",
    )
    robust: Literal["HC3", "HC2", "HC1", "HC0", "none"] = Field(
        default="HC3", description="Errors that hold under unequal spread; none for the classical ones."
    )
    interactions: list[tuple[str, str]] = Field(
        default_factory=list, description="Pairs of features whose product enters too, as [[a, b], ...]."
    )
    controls: list[str] = Field(
        default_factory=list, description="Columns that are held, but not asked about."
    )
    where: str | None = Field(default=None, description="A SQL condition on the rows.")
    alpha: float = Field(default=0.05, gt=0, lt=0.5, description="Significance level.")
    correction: Literal["holm", "bh", "bonferroni"] | None = Field(
        default=None, description="With method correlation: of the p-values of several features (Holm)."
    )
    seed: int = Field(default=0, ge=0, description="Of random samples and random tables.")


def relate(workspace: Workspace, arguments: RelateArguments, context: ToolContext) -> ToolResult:
    """The association of two columns, or a regression on several: `table` has its coefficients, `sections`
    each column's joint test, the residuals and the rows of most influence.

    Raises InvalidArguments where the columns or the data do not allow it, MissingExtra without scipy.
    """
    from llmauto_tools.extras import require

    require("scipy", "Relating columns", "ml")
    require("statsmodels", "Relating columns", "ml")
    from llmauto_tools.stats.case import Settings
    from llmauto_tools.stats.data import Data
    from llmauto_tools.stats.relate import Wanted
    from llmauto_tools.stats.relate import relate as run

    a = arguments
    data = Data(workspace, workspace.table(a.table), a.where, context)
    features = None if a.features is None else tuple(dict.fromkeys(a.features))
    wanted = Wanted(
        a.target, features, a.method, a.robust, tuple(a.interactions), tuple(dict.fromkeys(a.controls))
    )
    return run(data, wanted, Settings(alpha=a.alpha, correction=a.correction, seed=a.seed))


TOOL = ToolSpec(
    name="relate",
    summary="Find what goes with a column: the association of two columns, or OLS or logit with robust errors"
    " on several, with intervals and checks.",
    arguments=RelateArguments,
    function=relate,
    example={"table": "penguins", "target": "Body Mass (g)", "features": ["Flipper Length (mm)", "Sex"]},
    extra="ml",
)
