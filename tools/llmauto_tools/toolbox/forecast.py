"""Forecast a value over time, with intervals and a backtest against the naive forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.extras import require
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.series.steps import Unit

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Level = Annotated[int, Field(ge=50, le=99)]


class ForecastArguments(BaseModel):
    """Arguments of `forecast`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    time: str | None = Field(
        default=None, description="Column of dates or times; left out where the table has only one."
    )
    value: str | None = Field(
        default=None, description="Column of numbers; left out where the table has only one. See aggregate."
    )
    horizon: int | None = Field(
        default=None, ge=1, le=1_000, description="Periods to forecast; left out, chosen from the step."
    )
    every: Unit | None = Field(default=None, description="Length of a period; left out, found from the data.")
    by: str | None = Field(default=None, description="Column with one forecast per value (the 20 largest).")
    aggregate: Literal["sum", "mean", "median", "min", "max", "count", "last"] | None = Field(
        default=None,
        description="How the rows of a period become one value; 'count' without value counts rows.",
    )
    level: list[Level] = Field(
        default=[80, 95], min_length=1, max_length=4, description="Percent that the intervals are to hold."
    )
    fill: Literal["none", "zero", "forward", "linear"] | None = Field(
        default=None, description="What periods without rows get: by default nothing, or 0 for counts."
    )
    seed: int = Field(default=0, ge=0, description="Kept with the result; nothing here is random.")


def forecast(workspace: Workspace, arguments: ForecastArguments, context: ToolContext) -> ToolResult:
    """Forecast each series by the model that did best on its past, or by the naive one where none did.

    Figures: horizon, model, mase, naive_mase, beats_naive, coverage, first, last, total. Raises
    InvalidArguments where no time or value can be found, where fewer than 10 periods have a value, and
    where the horizon is longer than half of the history.
    """
    for module in ("numpy", "scipy", "statsmodels", "statsforecast"):
        require(module, "Forecasting", "ml")
    from llmauto_tools.series.forecast_report import run
    from llmauto_tools.series.prepare import Request

    request = Request(
        arguments.table, arguments.time, arguments.value, arguments.every, arguments.by, arguments.aggregate,
        arguments.fill,
    )  # fmt: skip
    levels = sorted(set(arguments.level))
    return run(workspace, request, arguments.horizon, levels, arguments.seed, context)


TOOL = ToolSpec(
    name="forecast",
    summary=(
        "Forecast a value over time for the coming hours, days, weeks, months, quarters or years, with intervals"
        " and an honest backtest against simply repeating the past."
    ),
    arguments=ForecastArguments,
    function=forecast,
    example={"table": "orders", "time": "order_date", "value": "amount", "every": "month", "horizon": 6},
    extra="ml",
)
