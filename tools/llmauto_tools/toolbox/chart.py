"""Draw the result of a statement or of an earlier step."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from llmauto_tools.charts.chart import KIND_WORDS, Chart, ChartKind, ResultLike, as_columns
from llmauto_tools.charts.request import Aggregate, LogAxis
from llmauto_tools.charts.theme import Theme
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import QueryResult, ToolResult, table_of

if TYPE_CHECKING:
    from llmauto_tools.charts.request import Source
    from llmauto_tools.plan.model import Plan
    from llmauto_tools.schema import Table
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
    """Arguments of `chart`: `table`, `sql` or `evidence` says what is drawn."""

    model_config = ConfigDict(extra="forbid")

    table: str | None = Field(
        default=None,
        description="The table whose rows are aggregated and drawn; of any size. Left out, the only one.",
    )
    where: str | None = Field(default=None, description="A SQL condition on the rows of the table.")
    sql: str | None = Field(default=None, description="One read-only SELECT whose rows are drawn.")
    evidence: str | None = Field(
        default=None, description="The id of an earlier step whose table is drawn, such as e3."
    )
    kind: ChartKind | None = Field(default=None, description="Left out, the kind that suits the columns.")
    x: str | None = Field(
        default=None, description="Column along the axis; left out, chosen from the columns."
    )
    y: str | list[str] | None = Field(default=None, description="Column or columns with the values.")
    aggregate: Aggregate | None = Field(
        default=None,
        description="What is drawn of y for each x (bar, line, area, pie, heatmap); left out, the mean of y, or the "
        "number of rows where no y is named.",
    )
    series: str | None = Field(
        default=None, description="Column that tells several series apart (of a heat map: its rows)."
    )
    facet: str | None = Field(default=None, description="Column of which each value has a panel of its own.")
    log: LogAxis | None = Field(default=None, description="Which axis is logarithmic.")
    theme: Theme = Field(default="light", description="The ground of the picture.")
    title: str | None = Field(default=None, description="Left out, made from the columns.")
    path: str | None = Field(
        default=None,
        description="A file name within the workspace's artifacts folder, ending in .png, .svg, .html or .json.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.table, self.sql, self.evidence)) > 1:
            raise ValueError("give either sql or evidence or table")
        if self.where is not None and (self.sql is not None or self.evidence is not None):
            raise ValueError("where is for a table: put the condition into the sql")
        return self

    @property
    def aggregates(self) -> bool:
        """Whether the rows are aggregated here, rather than drawn as they are."""
        asked = self.aggregate is not None or self.facet is not None or self.log is not None
        by_kind = self.sql is not None and self.kind in {"scatter", "histogram", "box"}
        return asked or by_kind or (self.sql is None and self.evidence is None)


def chart(workspace: Workspace, arguments: ChartArguments, context: ToolContext) -> ToolResult:
    """Choose, aggregate and save a chart; its Vega-Lite specification is in the result's charts.

    Files are written to the workspace's artifacts folder only, so that drawing needs nobody's consent.
    Raises InvalidArguments where the data do not have the shape for the chart.
    """
    from llmauto_tools.charts.export import save_chart

    target = _target(workspace, arguments.path or f"chart-{context.evidence_id}.json")
    result = (_of_relation if arguments.aggregates else _of_rows)(workspace, arguments, context)
    result.notes += save_chart(result.charts[0], workspace.path / target)
    result.artifacts.append(target)
    result.figures["file"] = str(target)
    return result


def _of_relation(workspace: Workspace, arguments: ChartArguments, context: ToolContext) -> ToolResult:
    """A chart whose numbers are aggregated in DuckDB, of a table, a statement or a step's statement."""
    from llmauto_tools.charts.table import draw_table, wish_of

    source = _source(workspace, arguments, context)
    drawn = draw_table(source, wish_of(source, arguments))
    tables = tuple(sorted(source.tables))
    table = table_of(drawn.columns, drawn.rows, tables=tables, sql=source.asked[-1]) if drawn.rows else None
    named = {name: getattr(arguments, name) for name in ("x", "y", "series", "facet", "aggregate")}
    return ToolResult(
        table=table,
        sql=source.asked[-1],
        tables=tables,
        figures={"kind": drawn.kind, **named, **drawn.figures, "title": drawn.title, "rows": source.rows},
        charts=[drawn.spec],
        text=f"{KIND_WORDS[drawn.kind]} of {source.rows:,} rows: {drawn.title}",
        notes=list(source.notes),
    )


def _source(workspace: Workspace, arguments: ChartArguments, context: ToolContext) -> Source:
    from llmauto_tools.charts.request import Source
    from llmauto_tools.columns import quoted
    from llmauto_tools.schema import Table

    engine = workspace.engine
    if arguments.sql is not None or arguments.evidence is not None:
        sql = arguments.sql
        if arguments.evidence is not None:
            sql = workspace.ledger.get(arguments.evidence).sql
            if not sql:
                raise InvalidArguments(
                    f"The step {arguments.evidence} has no statement that could be aggregated."
                )
        checked = engine.check(sql or "")
        return Source(
            engine, Table("the result", engine.columns(checked.sql)), f"(\n{checked.sql}\n)", context
        )
    table = _only_table(workspace) if arguments.table is None else workspace.table(arguments.table)
    relation = quoted(table.name)
    if arguments.where is not None:
        relation = f"(SELECT * FROM {relation} WHERE (\n{arguments.where}\n))"
    return Source(engine, table, relation, context)


def _only_table(workspace: Workspace) -> Table:
    tables = workspace.tables()
    if len(tables) != 1:
        names = ", ".join(t.name for t in tables[:12])
        raise InvalidArguments(
            "What shall be drawn? Give table, or either sql or evidence.",
            f"The tables are: {names}." if names else "Attach a source first.",
        )
    return tables[0]


def _of_rows(workspace: Workspace, arguments: ChartArguments, context: ToolContext) -> ToolResult:
    """A chart of the rows of a statement or of an earlier step, as they are."""
    from llmauto_tools.charts.spec import vega_lite

    if arguments.x is None and (arguments.y is not None or arguments.series is not None):
        raise InvalidArguments("y and series need x.", "Name the column along the axis.")
    result, table, plan, sql = _result(workspace, arguments, context)
    drawn = _chosen(arguments, result, plan)
    figures = {
        "kind": drawn.kind,
        "x": drawn.x,
        "y": list(drawn.y),
        "series": drawn.series,
        "title": drawn.title,
    }
    return ToolResult(
        table=table,
        sql=sql,
        figures=figures,
        charts=[vega_lite(drawn, result.columns, result.rows)],
        text=f"{KIND_WORDS[drawn.kind]}: {drawn.title}",
        notes=list(drawn.notes),
    )


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
    return replace(drawn, theme=arguments.theme, title=arguments.title or drawn.title)


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
    summary=(
        "Draw a table of any size, the rows of a SELECT or an earlier step as a chart (bar, line, area, scatter, "
        "histogram, box, heatmap, pie; panels by facet) and save it."
    ),
    arguments=ChartArguments,
    function=chart,
    example={
        "table": "orders",
        "kind": "bar",
        "x": "city",
        "y": "amount",
        "aggregate": "sum",
        "path": "sales.png",
    },
)
