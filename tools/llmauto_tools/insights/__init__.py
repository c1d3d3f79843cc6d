"""Find what stands out in a table: facts that are tested, scored, ranked, and told in a sentence each.

from llmauto_tools.insights import find

for insight in find(workspace, "orders", target="amount"):
    print(insight.text())
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.insights.model import KINDS, Insight, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

__all__ = ["KINDS", "Insight", "Kind", "find"]


def find(
    workspace: Workspace,
    table: str,
    *,
    target: str | None = None,
    time: str | None = None,
    groups: Sequence[str] | None = None,
    count: int = 10,
    fdr: float = 0.05,
    seed: int = 0,
    context: ToolContext | None = None,
) -> list[Insight]:
    """The facts of a table that are worth saying, the best first; at most `count` of them.

    target: only facts that involve this column. time: the column of dates (found by itself where left out).
    groups: the columns to compare groups of. fdr: the expected share of false ones among the facts that pass
    (Benjamini and Hochberg 1995). Raises QueryInvalid for an unknown table, InvalidArguments for an unknown
    or unusable column, MissingExtra without scipy.
    """
    from llmauto_tools.insights.search import Request, search

    request = Request(table, target, time, tuple(groups) if groups else None, count, fdr, seed)
    return list(search(workspace, request, context).insights)
