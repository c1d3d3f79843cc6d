"""The chart that a request asks for."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.mentions import Mention
from llmauto_agent.planner.asks.missing import Missing, check_groups
from llmauto_agent.planner.asks.vocabulary import CHART_KINDS

_SERIES = r"\bcolou?r(?:ed)?(?: by| is|:)?\b|\bsplit by\b|\bstacked by\b|\bgrouped by\b|\bby\b|颜色(?:按|是)|分|按(?=\S+(?:着色|分组|上色))"
_FACET = r"\b(?:one|a|separate) (?:panel|chart|plot|facet|small chart)s? (?:per|for each|for every|by)\b|\bfacet(?:ed|s)?(?: by)?\b|\bsmall multiples (?:by|per|of)\b|每个|各(?=.{1,8}(?:一张|单独))|分面"
_TIME = r"\bover time\b|\bthrough (?:the )?(?:years?|time)\b|\b(?:month|day|week|year|quarter) by \w+\b|\b(?:monthly|daily|weekly|yearly)\b|随时间|按(?:日期|时间|月|天|周|年)|月(?=\S*(?:图|折线))|走势|趋势"


def chart(ask: Ask) -> dict[str, Any]:
    """Arguments of `chart`: kind, x, y, series and facet. Raises Missing where no column is named."""
    check_groups(ask)
    kind = next((name for name, pattern in CHART_KINDS if ask.has(pattern)), None)
    facet = _facet(ask)
    mentions = [m for m in _distinct(ask.mentions) if facet is None or m.column != facet]
    _check_words(ask)
    if not mentions:
        raise Missing(ask.unknown(0, len(ask.text))[:3] or ["x"], ask)
    arguments: dict[str, Any] = {"table": ask.table} | ({"kind": kind} if kind else {})
    series = _series(ask, mentions, kind)
    axes = [m.column for m in mentions if m.column != series]
    arguments |= _axes(ask, kind, axes, series)
    if arguments.get("x") is None:
        series = None
    if facet:
        arguments["facet"] = facet
    return arguments | ({"series": series} if series else {})


def _distinct(mentions: list[Mention]) -> list[Mention]:
    seen: dict[str, Mention] = {}
    for m in mentions:
        seen.setdefault(m.column, m)
    return list(seen.values())


def _check_words(ask: Ask) -> None:
    """An unknown word where the first column is expected names something that the data do not have."""
    match = re.search(
        r"\b(?:plot|draw|chart|graph|visuali[sz]e|histogram of|pie of)\s+(?:the |of )?", ask.text
    )
    if match:
        end = re.compile(
            r"[,.;:]|\b(?:over|by|against|vs|versus|per|for|as|with|and|in|of|through|to)\b"
        ).search(ask.text, match.end())
        unknown = ask.unknown(match.end(), end.start() if end else len(ask.text))
        covered = [
            m for m in ask.mentions if match.end() - 1 <= m.start < (end.start() if end else len(ask.text))
        ]
        if unknown and not covered:
            raise Missing(unknown, ask)


def _facet(ask: Ask) -> str | None:
    found = ask.after(_FACET, 10)
    if found is not None and ask.has(
        r"\bpanel|\bfacet|\bsmall (?:chart|multiple)|\bseparate|\bone (?:chart|plot)|一张|小图|单独|分面"
    ):
        return found.column
    return None


def _series(ask: Ask, mentions: list[Mention], kind: str | None) -> str | None:
    """The column that tells several series apart, where two others are on the axes or it is asked for."""
    if kind in {"heatmap", "pie"} or (kind in {"box", "bar"} and len(mentions) < 3):
        return None
    found = ask.after(_SERIES, 12)
    if found is None or not ask.named.is_group(found.column) or ask.named.is_date(found.column):
        return None
    timed = kind in {"line", "area"} or ask.has(_TIME)
    enough = len(mentions) >= 3 or kind in {"histogram"} or (timed and len(mentions) >= 2)
    return found.column if enough else None


def _axes(ask: Ask, kind: str | None, columns: list[str], series: str | None) -> dict[str, Any]:
    date = next((c for c in columns if ask.named.is_date(c)), None)
    numbers = [c for c in columns if ask.named.is_number(c) and c != date]
    if kind == "histogram":
        return {"x": (numbers or columns)[0]}
    if kind == "pie":
        groups = [c for c in columns if c not in numbers or ask.named.is_group(c)]
        x = (groups or columns)[0]
        return {"x": x} | ({"y": numbers[0]} if numbers and numbers[0] != x else {})
    if kind == "heatmap":
        return dict(zip(("x", "y"), _heatmap(ask, columns), strict=False))
    if kind == "scatter" or (len(numbers) >= 2 and len(columns) == 2 and date is None):
        pair = (numbers + [c for c in columns if c not in numbers])[:2]
        return dict(zip(("x", "y"), pair, strict=False))
    if date is None and (kind in {"line", "area"} or ask.has(_TIME)):
        year = ask.named.facts.year(ask.table)
        date = ask.named.date() or (year.name if year else None)
    if date is not None:
        rest = [c for c in columns if c != date]
        return {"x": date} | ({"y": (numbers or rest)[0]} if rest else {})
    groups = [c for c in columns if c not in numbers or (ask.named.is_group(c) and c != numbers[0])]
    if groups:
        y = next((c for c in numbers if c != groups[0]), None)
        return {"x": groups[0]} | ({"y": y} if y else {})
    return {"x": numbers[0]} | ({"y": numbers[1]} if len(numbers) > 1 else {})


def _heatmap(ask: Ask, columns: list[str]) -> list[str]:
    colour = ask.before_(r"\s*(?:as|is) (?:the )?colou?r", 4) or ask.after(
        r"颜色(?:是|为)?|\bcolou?r(?:ed)? (?:by|is)\b", 6
    )
    return [c for c in columns if colour is None or c != colour.column]
