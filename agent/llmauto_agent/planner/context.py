"""Values and the columns named next to them: which column a value belongs to, and "churn is no"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from llmauto_agent.planner.links import Link
from llmauto_agent.planner.value_types import CellValue

_CLOSE = 0.05
_LOWERED = 0.93
_FAR = 60
_BREAK = re.compile(r"\b(?:and|or|but|where|when|while|with)\b|[,;，；、]|和|或|且")
_AS = re.compile(r"\s*(?:as|for|in|is|being|was)\s+(?:the|a|an|its|their)?\s*$")


def prefer_named_columns(links: Sequence[Link], source: str) -> list[Link]:
    """Lower the value links whose column is farther from its value than another candidate's.

    "UTC as the runner-up" with UTC among the winners too: the value of runner-up stays, that of winners
    scores lower. Nothing changes where no candidate's column is named.
    """
    named = [x for x in links if x.kind == "column" and x.score >= 0.7]
    spans: dict[tuple[int, int], list[Link]] = {}
    for link in links:
        if link.kind == "value" and link.how != "flag":
            spans.setdefault((link.start, link.end), []).append(link)
    lowered: set[int] = set()
    for candidates in spans.values():
        best = max(x.score for x in candidates)
        rivals = [x for x in candidates if x.score >= best - _CLOSE]
        distances = {id(x): _distance(x, named, source) for x in rivals}
        nearest = min(distances.values())
        if len(rivals) > 1 and nearest < _FAR:
            lowered |= {i for i, d in distances.items() if d > nearest}
    return [replace(x, score=round(x.score * _LOWERED, 4)) if id(x) in lowered else x for x in links]


_ANSWER = re.compile(
    r"\s*(?:of|is|are|was|were|=|:|equals|equal to|being|set to|为|等于|：)?\s*['\"“]?"
    r"(?P<answer>(?:yes|no|true|false|y|n|t|f)(?!\w)|是|否|有|无)['\"”]?"
)


_YES = frozenset(("yes", "true", "y", "t", "是", "有"))


def answer_links(
    links: Sequence[Link], source: str, values_of: Callable[[Link], Sequence[CellValue]]
) -> list[Link]:
    """Values from a column's name and a yes or no behind it ("newsletter = yes", 是否退货为否).

    The link spans both, since yes and no alone are rarely values.
    """
    found = []
    for link in links:
        match = _ANSWER.match(source, link.end) if link.kind == "column" and link.score >= 0.85 else None
        if match is None:
            continue
        said = match["answer"].lower()
        values = values_of(link)
        for value in values:
            flag = isinstance(value, bool) or tuple(values) == (0, 1)
            if (value == (said in _YES)) if flag else (str(value).strip().lower() == said):
                text = source[link.start : match.end()]
                size = link.size + 1
                found.append(
                    replace(
                        link, end=match.end(), text=text, kind="value", value=value, how="exact", size=size
                    )
                )
    return found


def _distance(value: Link, named: Sequence[Link], source: str) -> int:
    """Characters from a value to the nearest mention of its column; clauses in between count extra."""
    nearest = _FAR
    for link in named:
        if (link.table, link.column) != (value.table, value.column):
            continue
        if link.end <= value.start:
            between = source[link.end : value.start]
            distance = len(between)
        elif value.end <= link.start:
            between = source[value.end : link.start]
            distance = 0 if _AS.fullmatch(between) else len(between) + 2
        else:
            continue
        nearest = min(nearest, distance + (30 if _BREAK.search(between) else 0))
    return nearest
