"""Choosing among overlapping links: the reading that explains most of the question."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from llmauto_agent.planner.links import Link, Pick

_KIND_ORDER = {"column": 0, "table": 1, "value": 2, "rows": 3}
_CLOSE = 0.04
"""Scores that differ by less are equally good."""


def _rank(link: Link) -> tuple[float, int, str, str]:
    return (-link.score, _KIND_ORDER[link.kind], link.table or "", link.column or "")


def best_links(links: Sequence[Link], *, threshold: float = 0.4) -> list[Pick]:
    """The links without overlaps that together explain most (score times size), in order of place.

    Links below `threshold` are left out. Weighted interval scheduling, so that "bill length" wins over
    "bill" and "length", and two good words win over one poor phrase.
    """
    spans: dict[tuple[int, int], list[Link]] = {}
    for link in links:
        if link.score >= threshold:
            spans.setdefault((link.start, link.end), []).append(link)
    order = sorted(spans, key=lambda s: (s[1], s[0]))
    ends = [end for _, end in order]
    best: list[tuple[float, int]] = [(0.0, -1)]
    for i, span in enumerate(order):
        top = min(spans[span], key=_rank)
        before = bisect_right(ends, span[0], 0, i)
        taken = best[before][0] + top.score * top.size
        best.append((taken, before) if taken > best[i][0] + 1e-9 else (best[i][0], -1))
    chosen = []
    i = len(order)
    while i > 0:
        before = best[i][1]
        if before >= 0:
            chosen.append(order[i - 1])
            i = before
        else:
            i -= 1
    return [_pick(spans[span]) for span in reversed(chosen)]


def _pick(links: list[Link]) -> Pick:
    ranked = sorted(links, key=_rank)
    link, *others = ranked
    return Pick(link, tuple(others), any(_rivals(link, other) for other in others))


def _rivals(link: Link, other: Link) -> bool:
    """Whether both are as good and mean different columns of one table."""
    if link.kind != other.kind or other.score < link.score - _CLOSE or link.kind not in ("column", "value"):
        return False
    return link.table == other.table and link.column != other.column and link.how != "exact"
