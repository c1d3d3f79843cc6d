"""Draw the result of a statement or of an earlier step."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmauto_tools.charts.chart import KIND_WORDS, Chart, ChartKind, ResultLike, as_columns
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import QueryResult, ToolResult

if TYPE_CHECKING:
    from llmauto_tools.plan.model import Plan
    from llmauto_tools.workspace import Workspace

MAX_ROWS = 5_000
"""Rows that are drawn at most; a chart of more says so."""

_NEEDS: dict[ChartKind, str] = {
    "bar": "one or two columns that tell the rows apart, and a number",
    "line": "dates or other ordered values, and a number",
    "area": "dates or other ordered values, and a number",
    "scatter": "two columns of numbers",
    "histogram": "a column of numbers",
    "box": "a column of numbers",
    "heatmap": "two columns that tell the rows apart, and a number",
    "pie": "one column of at most 12 categories, and a number that is never negative",
}


class ChartArguments(BaseModel):
    """Arguments of `chart`: either `sql` or `evidence` says what is drawn."""

    model_config = ConfigDict(extra="forbid")

    sql: str | None = Field(default=None, description="One read-only SELECT whose rows are drawn.")
    evidence: str | None = Field(
        default=None, description="The id of an earlier step whose table is drawn, such as e3."
    )
    kind: ChartKind | None = Field(default=None, description="Left out, the kind that suits the result.")
    x: str | None = Field(
        default=None, description="Column along the axis; left out, chosen from the result."
    )
    y: str | list[str] | None = Field(default=None, description="Column or columns with the values.")
    series: str | None = Field(default=None, description="Column that tells several series apart.")
    title: str | None = Field(default=None, description="Left out, made from the columns.")
    path: str | None = Field(
        default=None,
        description="A file name within the workspace's artifacts folder, ending in .png, .svg, .html or .json.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.sql is None) == (self.evidence is None):
            raise ValueError("give either sql or evidence")
        if self.x is None and (self.y is not None or self.series is not None):
            raise ValueError("y and series need x")
        return self


def chart(workspace: Workspace, arguments: ChartArguments, context: ToolContext) -> ToolResult:
    """Choose and save a chart; its Vega-Lite specification is in the figures.

    Files are written to the workspace's artifacts folder only, so that drawing needs nobody's consent.
    Raises InvalidArguments where the result does not have the shape for the chart.
    """
    from llmauto_tools.charts.export import save_chart
    from llmauto_tools.charts.spec import vega_lite

    target = _target(workspace, arguments.path or f"chart-{context.evidence_id}.json")
    result, table, plan, sql = _result(workspace, arguments, context)
    drawn = _chosen(arguments, result, plan)
    spec = vega_lite(drawn, result.columns, result.rows)
    notes = save_chart(spec, workspace.path / target)
    return ToolResult(
        table=table,
        sql=sql,
        figures={
            "kind": drawn.kind, "x": drawn.x, "y": list(drawn.y), "series": drawn.series, "title": drawn.title,
            "file": str(target), "spec": spec,
        },
        text=f"{KIND_WORDS[drawn.kind]}: {drawn.title}",
        artifacts=[target],
        notes=[*drawn.notes, *notes],
    )  # fmt: skip


def _target(workspace: Workspace, path: str) -> Path:
    """The file relative to the workspace. Raises InvalidArguments for one outside the artifacts folder."""
    inside = PurePath(path)
    folder = (workspace.path / "artifacts").resolve()
    resolved = (folder / inside).resolve()  # a link may lead outside too
    if inside.is_absolute() or ".." in inside.parts or folder not in resolved.parents:
        raise InvalidArguments(
            f"A chart is saved in the workspace's artifacts folder, and '{path}' is outside.",
            "Give a file name such as sales.png, and copy the file from there.",
        )
    return Path("artifacts", *inside.parts)


def _result(
    workspace: Workspace, arguments: ChartArguments, context: ToolContext
) -> tuple[ResultLike, QueryResult | None, Plan | None, str | None]:
    if arguments.sql is not None:
        result = workspace.engine.query(
            arguments.sql, max_rows=MAX_ROWS, timeout=context.timeout, progress=context.progress
        )
        return result, result, None, None
    from llmauto_tools.plan.model import Plan

    evidence = workspace.ledger.get(arguments.evidence or "")
    if not evidence.columns:
        raise InvalidArguments(f"The step {evidence.id} has no table that could be drawn.")
    plan = evidence.arguments.get("plan")
    return evidence, None, Plan.model_validate(plan) if plan is not None else None, evidence.sql


def _chosen(arguments: ChartArguments, result: ResultLike, plan: Plan | None) -> Chart:
    from dataclasses import replace

    from llmauto_tools.charts.choose import chart_of_columns, chart_of_kind

    if arguments.x is None:
        drawn = chart_of_kind(plan, result, arguments.kind)
    else:
        drawn = chart_of_columns(
            result, arguments.kind, arguments.x, _values(arguments, result), arguments.series
        )
    if drawn is None or (arguments.kind is not None and drawn.kind != arguments.kind):
        needs = _NEEDS[arguments.kind] if arguments.kind else "at least two rows and a column of numbers"
        what = KIND_WORDS[arguments.kind] if arguments.kind else "A chart"
        raise InvalidArguments(f"{what} does not fit this result.", f"It needs {needs}.")
    return replace(drawn, title=arguments.title) if arguments.title is not None else drawn


def _values(arguments: ChartArguments, result: ResultLike) -> list[str]:
    """The columns of values: those that were named, else the first number besides x and series."""
    if arguments.y is not None:
        return [arguments.y] if isinstance(arguments.y, str) else list(arguments.y)
    if arguments.kind == "histogram":
        return []
    others = (c for c in as_columns(result.columns) if c.name not in {arguments.x, arguments.series})
    return [c.name for c in others if c.family == "number"][:1]


TOOL = ToolSpec(
    name="chart",
    summary="Draw the rows of a SELECT or of an earlier step as a chart (bar, line, scatter, ...) and save it.",
    arguments=ChartArguments,
    function=chart,
    example={
        "sql": "SELECT city, sum(amount) AS total FROM orders GROUP BY ALL",
        "kind": "bar",
        "path": "sales.png",
    },
)
