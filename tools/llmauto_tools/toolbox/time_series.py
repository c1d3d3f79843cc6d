"""The course of a value over time: trend, season, changes and unusual periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.extras import require
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import ToolResult
from llmauto_tools.series.steps import Unit

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace


class TimeSeriesArguments(BaseModel):
    """Arguments of `time_series`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    time: str | None = Field(
        default=None, description="Column of dates or times; left out where the table has only one."
    )
    value: str | None = Field(
        default=None, description="Column of numbers; left out where the table has only one. See aggregate."
    )
    every: Unit | None = Field(default=None, description="Length of a period; left out, found from the data.")
    by: str | None = Field(default=None, description="Column with one series per value (the 20 largest).")
    aggregate: Literal["sum", "mean", "median", "min", "max", "count", "last"] | None = Field(
        default=None,
        description="How the rows of a period become one value; 'count' without value counts rows.",
    )
    what: Literal["all", "trend", "seasonality", "changes", "anomalies", "resample"] = Field(
        default="all", description="What to look for; 'resample' only gives the value of each period."
    )
    fill: Literal["none", "zero", "forward", "linear"] | None = Field(
        default=None, description="What periods without rows get: by default nothing, or 0 for counts."
    )
    seed: int = Field(default=0, ge=0, description="Kept with the result; nothing here is random.")


def time_series(workspace: Workspace, arguments: TimeSeriesArguments, context: ToolContext) -> ToolResult:
    """Resample in DuckDB, then find season, changes, unusual periods and trend of each series.

    Figures: period, strength, trend (per step), trend_p, changes, anomalies, every, aggregate.
    Raises InvalidArguments where no time or value can be found, or too few periods have one.
    """
    for module in ("numpy", "scipy", "statsmodels", "ruptures"):
        require(module, "Analysing a series over time", "ml")
    from llmauto_tools.series.prepare import Request
    from llmauto_tools.series.report import run

    request = Request(
        arguments.table, arguments.time, arguments.value, arguments.every, arguments.by, arguments.aggregate,
        arguments.fill,
    )  # fmt: skip
    return run(workspace, request, arguments.what, arguments.seed, context)


TOOL = ToolSpec(
    name="time_series",
    summary=(
        "The course of a value over time: trend, seasonality, lasting changes (change points), unusual periods"
        " (anomalies), or just the value per hour, day, week, month, quarter or year."
    ),
    arguments=TimeSeriesArguments,
    function=time_series,
    example={"table": "orders", "time": "order_date", "value": "amount", "every": "month"},
    extra="ml",
)
