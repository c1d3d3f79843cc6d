"""What a request draws along which axis."""

from __future__ import annotations

import re

from llmauto_agent.planner.requests.mentions import Mention, Mentions
from llmauto_agent.planner.requests.shared import Arguments, MissingTargetError, is_grouping

# fmt: off
_KINDS = {
    "histogram": r"histo?gra?m|histgram|直方图", "scatter": r"scatter|散点", "box": r"box ?-?plot|箱", "pie": r"\bpie\b|饼图", "heatmap": r"heat ?-?map|热力",
    "area": r"area (?:chart|graph|plot)|面积", "line": r"\bline\b|折线", "bar": r"\bbar\b|柱状|条形",
}
# fmt: on


def chart(m: Mentions) -> Arguments:
    """What is drawn along which axis: kind, x, y, series, facet."""
    kind = next((k for k, p in _KINDS.items() if re.search(p, m.text)), None)
    found: Arguments = {"kind": kind} if kind else {}
    columns = list(m.columns)
    for argument, phrase in (
        (
            "facet",
            r"(?:one|a) (?:panel|plot|chart) (?:per|for each)|panels? (?:per|by)|facet\w* by|每个?(?=.{1,8}一张)",
        ),
        (
            "series",
            r"colou?r(?:ed)? by|split by|separate lines? (?:per|for)|one line per|颜色(?:按|为|是)|分(?!布|别)",
        ),
    ):
        column = m.after(phrase)
        if column is not None and column in columns and len(columns) > 1 and kind != "heatmap":
            found[argument] = column.column.name
            columns.remove(column)
    if not columns:
        raise MissingTargetError("x", [c.name for c in m.table.columns][:6])
    return found | _axes(m, kind, columns)


def _axes(m: Mentions, kind: str | None, columns: list[Mention]) -> Arguments:
    numbers = [x for x in columns if x.column.family == "number" and not is_grouping(m, x)]
    others = [x for x in columns if x not in numbers]
    if kind in {"histogram", "pie"} or len(columns) == 1:
        only = columns[0] if kind == "histogram" else (others or columns)[0]
        times = [c for c in m.table.columns if c.family == "date"]
        if len(columns) == 1 and kind in {None, "line", "area"} and times and numbers:
            return {"x": times[0].name, "y": only.column.name}
        return {"x": only.column.name}
    if kind == "scatter" or not others:
        if re.search(r"against|vs\.?\b|versus", m.text) and kind != "scatter":
            return {"x": columns[1].column.name, "y": columns[0].column.name}
        return {"x": columns[0].column.name, "y": columns[1].column.name}
    if kind == "heatmap" and len(columns) > 2:
        return {"x": columns[0].column.name, "series": columns[1].column.name, "y": columns[2].column.name}
    if not numbers:
        return {"x": others[0].column.name}
    found = {"x": others[0].column.name, "y": numbers[0].column.name}
    return found | ({"series": others[1].column.name} if len(others) > 1 else {})
