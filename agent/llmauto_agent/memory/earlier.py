"""Questions about earlier sessions: "what did we find about churn last week?", 上周我们发现了什么？

They are answered from what is remembered, with the date, the evidence and a word of warning where the data
changed since; nothing is computed anew.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_agent.memory.entry import Entry
from llmauto_agent.planner.tokens import detect_language

if TYPE_CHECKING:
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.memory.recall import Recalled

KINDS = ("finding", "question", "correction", "model", "report")
MAX_TOLD = 5
_COSINE, _COVER = 0.33, 0.25
"""What a remembered answer must reach in one of the two to be told (benchmarks/memory, development half)."""

_ASKS = (
    re.compile(
        r"\b(?:what|which|anything|something)\b.{0,40}?\b(?:did|have|had|do|were|was)\b.{0,20}?\b(?:we|you|i)\b.{0,20}?"
        r"\b(?:find|found|learn(?:ed|t)?|see|seen|discover(?:ed)?|conclude[d]?|figure[d]? out|establish(?:ed)?|remember|know|say|said|work(?:ed)? out|get|got|notice[d]?)\b", re.I),
    re.compile(r"\bwhat (?:was|were) (?:our|the|your) (?:finding|conclusion|result|answer|insight|takeaway)s?\b", re.I),
    re.compile(r"\b(?:remind me|do you (?:still )?remember|recall) (?:what|which|of|about|how|our|the)\b", re.I),
    re.compile(r"\b(?:last|previous|earlier) (?:time|session|chat|conversation)\b.{0,60}\b(?:find|found|see|saw|answer|result|conclusion|learn|ask)", re.I),
    re.compile(r"(?:我们|你|我|咱们)?.{0,8}(?:发现|得出|了解到|查到|学到|看到|得到)(?:了|过)?(?:什么|哪些|啥|怎样的?结论)"),
    re.compile(r"(?:上次|之前|以前|上周|昨天|前几天|上个月).{0,16}(?:结论|发现|结果|答案)"),
    re.compile(r"还记得|记不记得|提醒我(?:一下)?(?:上次|之前|我们)"),
)  # fmt: skip
_TOPIC = re.compile(
    r"\b(?:what|which|anything|something|did|have|had|do|does|was|were|we|you|i|find|found|learn(?:ed|t)?|see|saw|seen|discover(?:ed)?"
    r"|conclude[d]?|conclusions?|findings?|results?|answers?|insights?|takeaways?|figure[d]?|out|remember|recall|remind|me|know|say|said|about|on|regarding|concerning|our|the|your|so|far"
    r"|last|previous|earlier|this|past|time|session|chat|conversation|week|month|year|yesterday|today|ago|days?|weeks?|months?|still|again|of|in|with|for|a|an|ask(?:ed)?|got|get|notice[d]?|us|that|is|there|worked?)\b"
    r"|我们|你|我|咱们|发现|得出|了解到|查到|学到|看到|得到|什么|哪些|结论|结果|答案|还记得|记得|提醒|上次|之前|以前|上周|本周|这周|昨天|今天|前几天|上个月|这个月|关于|有关|对于|的|了|过|吗|呢|是|有|\d+天前",
    re.I,
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An answer from memory: its text, the entries behind it, and their evidence in this workspace."""

    text: str
    entries: tuple[Recalled, ...]
    evidence: tuple[str, ...]
    quoted: tuple[str, ...] = ()
    """Dates and ids in the text, which are no figures of the data."""
    at_other_times: bool = False
    """Whether something is remembered of it, though not of the time that was asked for."""


def asks_about_earlier(question: str) -> bool:
    """Whether a question is about what was found before, and not about the data."""
    return any(pattern.search(question) for pattern in _ASKS)


def tell(memory: Memory, question: str, session: str | None, stale: Callable[[Entry], str | None]) -> Told:
    """Answer a question about earlier sessions; honest where nothing belongs to it."""
    zh = detect_language(question) == "zh"
    since, until = span_of(question, dt.datetime.now())
    topic = " ".join(_TOPIC.sub(" ", question).split()).strip(" ?？。.,，!")
    if topic:
        found = memory.search(
            topic, kinds=KINDS, limit=4 * MAX_TOLD, session=session, stale=stale, characters=20_000
        )
        found = [r for r in found if r.cosine >= _COSINE or r.cover >= _COVER]
    else:
        found = _newest(memory, session, stale, since, until)
    found = [r for r in found if r.entry.data.get("accepted") is not False]
    within = [r for r in found if since <= r.entry.created < until][:MAX_TOLD]
    if not within:
        return Told(_nothing(topic, found, bool(since), zh), (), (), at_other_times=bool(found))
    lines = [("记得的内容：" if zh else "What is remembered of that:") if len(within) > 1 else ""]
    lines += [_line(r, zh, len(within) > 1) for r in within]
    evidence = [e for r in within if r.entry.id[:1] == "m" for e in r.entry.data.get("evidence", [])]
    quoted = [part for r in within for part in (_day(r.entry), r.entry.session or "")]
    quoted += [i for r in within for i in (r.entry.id, *r.entry.data.get("evidence", []))]
    text = "\n".join(line for line in lines if line)
    return Told(text, tuple(within), tuple(dict.fromkeys(evidence)), tuple(quoted))


def _day(entry: Entry) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(entry.created))


def _newest(
    memory: Memory, session: str | None, stale: Callable[[Entry], str | None], since: float, until: float
) -> list[Recalled]:
    from llmauto_agent.memory.recall import Recalled

    entries = memory.entries(KINDS, session=session, limit=MAX_TOLD, since=since, until=until)
    return [Recalled(e, 0.0, stale=stale(e)) for e in entries]


def _line(found: Recalled, zh: bool, listed: bool) -> str:
    entry = found.entry
    day = _day(entry)
    said = entry.data.get("answer") or entry.text
    asked = entry.data.get("question") or (entry.text if entry.kind in ("question", "correction") else "")
    if entry.kind == "correction":
        said = f"SQL: {entry.data.get('sql')}"
    ids = ", ".join(entry.data.get("evidence", [])[:4])
    place = ", ".join(p for p in (ids, f"session {entry.session}" if entry.session else "") if p)
    if zh:
        lead = f"{day}，问题“{asked}”：{said}" if asked else f"{day}：{said}"
        end = f"（{place}）" if place else ""
        warning = f" 注意：{found.stale}，请重新提问。" if found.stale else ""
    else:
        lead = f"On {day}, to “{asked}”: {said}" if asked else f"On {day}: {said}"
        end = f" ({place})" if place else ""
        warning = f" This may be out of date: {found.stale}; ask it again." if found.stale else ""
    return f"{'- ' if listed else ''}{lead.rstrip()}{end}{warning}"


def _nothing(topic: str, found: Sequence[Recalled], dated: bool, zh: bool) -> str:
    about = (f"关于“{topic}”" if zh else f" about “{topic}”") if topic else ""
    when = ("在那段时间" if zh else " in that time") if dated else ""
    text = f"{when}没有记得{about}的内容。" if zh else f"Nothing is remembered{about}{when}."
    if found:
        days = sorted({_day(r.entry) for r in found[:3]})
        text += f"其他日期有：{'、'.join(days)}。" if zh else f" There is something of {', '.join(days)}."
    return text


def span_of(question: str, now: dt.datetime) -> tuple[float, float]:
    """The time that a question speaks of, as Unix seconds; all of it where it says none."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - dt.timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = (first - dt.timedelta(days=1)).replace(day=1)
    day = dt.timedelta(days=1)
    spans = (
        (r"\byesterday\b|昨天", today - day, today), (r"\btoday\b|今天", today, today + day),
        (r"\blast week\b|上周|上个?星期", monday - 7 * day, monday), (r"\bthis week\b|本周|这周|这个?星期", monday, monday + 7 * day),
        (r"\blast month\b|上个?月", before, first), (r"\bthis month\b|本月|这个?月", first, first + 31 * day),
        (r"\bthis year\b|今年", today.replace(month=1, day=1), today + day),
        (r"\blast year\b|去年", today.replace(year=today.year - 1, month=1, day=1), today.replace(month=1, day=1)),
    )  # fmt: skip
    for pattern, start, end in spans:
        if re.search(pattern, question, re.I):
            return start.timestamp(), end.timestamp()
    if ago := re.search(r"(\d+)\s*(?:days? ago|天前)", question, re.I):
        start = today - int(ago[1]) * day
        return start.timestamp(), (start + day).timestamp()
    if past := re.search(r"\b(?:past|last) (\d+) days\b|(?:最近|过去)(\d+)天", question, re.I):
        return (today - int(past[1] or past[2]) * day).timestamp(), now.timestamp() + 1
    return 0.0, 9e15
