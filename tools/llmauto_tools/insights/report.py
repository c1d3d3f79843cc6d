"""The tool's result: the ranking, a small table and a chart per insight, and the figures for a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.insights.search import Findings, Request, search
from llmauto_tools.results import Section, ToolResult, table_of

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

TOLD = 3


def report(workspace: Workspace, request: Request, context: ToolContext) -> ToolResult:
    """Run the search and lay it out. Figures: insights (a list of dicts), tested, passed, fdr, table, rows."""
    found = search(workspace, request, context)
    insights = found.insights
    sections: list[Section] = [i.section for i in insights]
    charts = [i.chart for i in insights if i.chart is not None]
    places: list[int | None] = []
    for insight in insights:
        places.append(len([p for p in places if p is not None]) if insight.chart is not None else None)
    figures = [i.figures(n, p) for n, (i, p) in enumerate(zip(insights, places, strict=True))]
    ranking = table_of(
        ["rank", "kind", "what", "effect", "q"],
        [(n, i.kind.replace("_", " "), i.text(), round(i.effect, 3), i.q) for n, i in enumerate(insights, 1)],
        tables=(found.layout.table.name,), sql=insights[0].sql if insights else "",
    )  # fmt: skip
    return ToolResult(
        table=ranking, sections=sections, charts=charts, text=text_of(found, request),
        figures={
            "insights": figures, "tested": found.tested, "passed": found.passed, "fdr": request.fdr,
            "table": found.layout.table.name, "rows": found.layout.rows, "target": found.layout.target,
            "time": found.layout.time.label if found.layout.time else None,
        },
        notes=[*found.notes, *_caution(found, request)], seed=request.seed, tables=(found.layout.table.name,),
    )  # fmt: skip


def text_of(found: Findings, request: Request) -> str:
    """The strongest facts in a sentence each."""
    if not found.insights:
        return (
            f"Nothing stands out in {found.layout.table.name}: of {found.tested:,} possible facts that were tested,"
            " none is both sure and large enough to tell."
        )
    return " ".join(i.text() for i in found.insights[:TOLD])


def _caution(found: Findings, request: Request) -> list[str]:
    if not found.insights:
        return []
    return [
        f"{found.tested:,} possible facts were tested and {found.passed:,} passed; of those that pass, at"
        f" most about {request.fdr:.0%} may be due to chance (Benjamini-Hochberg).",
        "These are associations in this table, not causes.",
    ]
