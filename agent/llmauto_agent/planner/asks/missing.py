"""What a request names that the data do not have, or leaves out that a tool needs."""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.ask import Ask

_GROUPS = re.compile(
    r"(?:不同|各个?|每个?)(?P<a>[\u4e00-\u9fff]{2,8}?)(?=的|之间|间|上|对|在|有)"
    r"|按(?P<b>[\u4e00-\u9fff]{2,6}(?:[和、与及][\u4e00-\u9fff]{2,6})*?)(?=给|对|把|聚|分|来|将|，|,)"
)
_ANY_GROUP = frozenset(
    [
        "列",
        "行",
        "天",
        "日",
        "周",
        "月",
        "年",
        "季度",
        "月份",
        "星期",
        "变量",
        "字段",
        "特征",
        "样本",
        "类",
        "组",
        "时间",
        "日期",
        "模型",
        "类别",
        "客户",
        "订单",
        "产品",
    ]
)


class Missing(Exception):
    """Something that a tool needs is not there: `words` are the request's own, or the name of the argument."""

    def __init__(self, words: list[str], ask: Ask) -> None:
        super().__init__(", ".join(words))
        self.words = words
        self.ask = ask


def named_or_missing(ask: Ask, found: str | None, argument: str) -> str:
    """The column that was found. Raises Missing with the unknown words of the request, or the argument."""
    if found is not None:
        return found
    raise Missing(ask.unknown(0, len(ask.text))[:3] or [argument], ask)


def check_phrase(ask: Ask, pattern: str, ends: str) -> None:
    """Raise Missing where the phrase behind a cue says more than the columns that it names."""
    span = ask.phrase(pattern, ends)
    if span is None:
        return
    unknown = ask.unknown(*span)
    inside = [m for m in ask.mentions if m.start < span[1] and span[0] <= m.start]
    if unknown and not any(m.exact and m.end >= span[1] - 2 for m in inside):
        raise Missing(unknown, ask)


def check_all(ask: Ask, pattern: str) -> None:
    """Raise Missing where an item of the list behind a cue names no column."""
    check_groups(ask)
    match = re.search(pattern, ask.text)
    if match is None:
        return
    end = re.compile(r"[.;:?!，。；]|\b(?:into|then|k)\b|\bk ?=").search(ask.text, match.end())
    stop = end.start() if end else len(ask.text)
    unknown = ask.unknown(match.end(), stop)
    if unknown and not any(match.end() - 1 <= m.start < stop and m.score > 0.8 for m in ask.mentions):
        raise Missing(unknown, ask)


def check_groups(ask: Ask) -> None:
    """Raise Missing where 各… or 按… names no column: 各产地的价格."""
    for match in _GROUPS.finditer(ask.text):
        for part in re.split("[和、与及]", match["a"] or match["b"]):
            start = ask.text.find(part, match.start())
            known = any(m.start < start + len(part) and start < m.end for m in ask.named.columns)
            if (
                not known
                and part not in _ANY_GROUP
                and not any(w in part for w in ("之间", "一个", "月", "周", "年"))
            ):
                raise Missing([part], ask)
