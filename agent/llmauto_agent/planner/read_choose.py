"""Which of several columns a word means, from the words around it."""

from __future__ import annotations

import re

from llmauto_agent.planner.linker import Link, Pick
from llmauto_agent.planner.read_facts import Facts
from llmauto_agent.planner.words import split_name

_AMOUNT = re.compile(
    r"(?:averages?|avg|mean|medians?|total|sum|maximum|minimum|max|min|highest|lowest|most|fewest|least|number of|how many|count of"
    r"|(?:more|less|fewer) than \S+|at (?:least|most) \S+|over \d\S*|under \d\S*|平均|总|最高|最低|最多|最少|多少)(?: (?:number|amount|of|the|total))* ?$"
)
_FROM = re.compile(
    r"(?:(?<![a-z])(?:from|leaving|left|leaves|departing|departed|departs?|originating|started? (?:at|in)|starts (?:at|in)|starting (?:at|in)|began (?:at|in))(?: from)?|从|出发|始发)(?: the)? ?$"
)
_TO = re.compile(
    r"(?:(?<![a-z])(?:to|into|towards?|arriv(?:ing|ed|es?)|ended (?:at|in)|ends (?:at|in)|ending (?:at|in)|bound for|landing|landed|land)(?: (?:at|in|to))?|到|飞往|前往|抵达)(?: the)? ?$"
)
_SOURCES = frozenset(
    ("from", "start", "origin", "source", "dep", "depart", "departure", "begin", "src", "orig", "sender")
)
_TARGETS = frozenset(
    ("to", "end", "destination", "dest", "arrival", "arr", "arrive", "target", "receiver", "finish")
)
_CLOSE = 0.16


def by_context(pick: Pick, facts: Facts, question: str) -> Pick:
    """The pick, or the alternative that the words before it ask for: a number behind "average" or "more than
    5", the start or the end of a way behind "from" and "to"."""
    link = pick.link
    before = question[: link.start].rstrip() + " "
    if link.kind == "column" and link.score < 0.93 and _AMOUNT.search(before):
        return _number(pick, facts)
    if link.kind == "value":
        for words, names in ((_FROM, _SOURCES), (_TO, _TARGETS)):
            if words.search(before):
                return _of_columns(pick, names)
    return pick


def _number(pick: Pick, facts: Facts) -> Pick:
    near = [
        a
        for a in (pick.link, *pick.alternatives)
        if a.kind == "column" and a.score >= pick.link.score - _CLOSE
    ]
    numbers = [a for a in near if a.table == pick.link.table and _is_amount(a, facts)]
    if len(numbers) != 1 or len(near) == 1:
        return pick
    return Pick(numbers[0], pick.alternatives)


def _is_amount(link: Link, facts: Facts) -> bool:
    col = facts.col(link.table or "", link.column or "")
    return col.family == "number" and not facts.identifies(col)


def _of_columns(pick: Pick, names: frozenset[str]) -> Pick:
    same = [a for a in (pick.link, *pick.alternatives) if a.kind == "value" and a.value == pick.link.value]
    found = [a for a in same if names & set(split_name(a.column or ""))]
    return Pick(found[0], pick.alternatives) if len(found) == 1 else pick


_BEFORE_HEAD = re.compile(
    r"(?:平均|最高|最低|最大|最小|最多|最少|总|每个?|各个?|哪个|哪些|哪一个|按照?|不同的?|多少|几)的?$"
)
_AFTER_HEAD = re.compile(r"^(?:最高|最低|最大|最小|最多|最少|的|平均|是|有|和|各|差|分|$|[，。？?,])")


def single_heads(text: str, links: list[Link], facts: Facts, base: str) -> list[Link]:
    """Chinese columns that are said by one character where a column is expected: 平均分 (分数), 每个班 (班级).

    Only where the character begins or ends the name of exactly one column, and is part of no longer link.
    """
    found = []
    for at, char in enumerate(text):
        if not "一" <= char <= "鿿" or not _BEFORE_HEAD.search(text[:at]):
            continue
        if not _AFTER_HEAD.match(text[at + 1 :]):
            continue
        if any(x.start <= at < x.end and x.end - x.start > 1 and x.score >= 0.6 for x in links):
            continue
        columns = [c for c in facts.columns(base) if char in (c.name[:1], c.name[-1:]) and len(c.name) <= 4]
        if len(columns) == 1:
            found.append(Link(at, at + 1, char, "column", base, columns[0].name, None, 0.85, "partial", 0.5))
    return found
