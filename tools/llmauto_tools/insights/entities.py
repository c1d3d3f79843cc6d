"""Concentration over columns with very many values (customers, products), summed up inside the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from llmauto_tools.columns import quoted
from llmauto_tools.insights import significance as s
from llmauto_tools.insights.groups import CONCENTRATION_OF, PARETO_GROUPS
from llmauto_tools.insights.layout import Layout
from llmauto_tools.insights.model import Candidate

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

MAX_MEASURES = 3


def entity_facts(workspace: Workspace, layout: Layout, context: ToolContext) -> Iterator[Candidate]:
    """One candidate per entity and measure that adds up, and one for the rows."""
    additive = [m for m in layout.measures if m.additive and not m.rate and layout.wanted(m.column)][
        :MAX_MEASURES
    ]
    for entity in layout.entities:
        measures = [
            (None, "count(*)", "count(*)"),
            *((m.column, "sum(v{})", "sum(v{} * v{})") for m in additive),
        ]
        inner = [f"{entity.sql} AS level", *(f"({m.sql}) AS v{i}" for i, m in enumerate(additive))]
        for i, (name, total, squares) in enumerate(measures):
            if name is None and layout.target is not None:
                continue
            context.step(f"adding up by {entity.column}", 0.6)
            total, squares = total.format(i - 1), squares.format(i - 1, i - 1)
            sql = (
                "SELECT count(*), sum(x), sum(q), sum(x * x), sum((2.0 * place - groups - 1) * x) FROM (SELECT *,"
                f" row_number() OVER (ORDER BY x) AS place, count(*) OVER () AS groups FROM (SELECT {total}::DOUBLE AS x, {squares}::DOUBLE AS q"
                f" FROM (SELECT {', '.join(inner)} FROM {quoted(layout.table.name)}) WHERE level IS NOT NULL GROUP BY level) WHERE x IS NOT NULL)"
            )
            k, whole, q, x2, ranked = workspace.engine.query(sql, max_rows=1, timeout=context.timeout).rows[0]
            if not k or k < PARETO_GROUPS or not whole or whole <= 0 or not q:
                continue
            # Of sums of random numbers of values, the variance is the sum of squares (compound Poisson).
            statistic = (x2 - whole * whole / k) / (q / k)
            yield Candidate(
                "concentration", "pareto", (entity.column,) if name is None else (entity.column, name),
                s.chi2_p(float(statistic), k - 1), float(ranked) / (k * float(whole)), "Gini coefficient", 1.0,
                CONCENTRATION_OF[name is not None], facts={"measure": name},
            )  # fmt: skip
