"""Sentences that teach: a definition, a standing filter, the fiscal year, another word for something.

    "ARR means sum of mrr * 12 where status is active"      a definition
    "A big order is an order with amount above 1000"        a definition that rows meet
    "Clients are customers", "turnover is another word for revenue"
    "Always exclude test accounts: is_test = true"          a standing filter
    "Our fiscal year starts in April"

The same in Chinese. What is not one of these is a preference or a plain fact, kept in its own words.
"""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.meaning.types import Definition, Meanings, StandingFilter

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_ZH_DIGITS = "一二三四五六七八九十"

_LEAD = re.compile(
    r"^\s*(?:please\s+)?(?:remember|note|keep in mind|from now on|for the record|记住|请记住|注意)\s*(?:that)?\s*[:,，：]?\s*",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    r"\b(?:always|never|from now on|by default|in every (?:answer|question))\b|始终|总是|一律|以后|每次|永远",
    re.IGNORECASE,
)

_NAME = r"[\"“'‘「『]?(?P<name>[^\"”'’」』:=]{1,60}?)[\"”'’」』]?"
_DEFINE = (
    re.compile(rf"^(?:by|with)\s+{_NAME}\s*,?\s+(?:i|we)\s+(?:mean|understand)\s+(?P<body>.+)$", re.I | re.S),
    re.compile(rf"^(?:we\s+|i\s+)?define\s+(?:an?\s+|the\s+)?{_NAME}\s+as\s+(?P<body>.+)$", re.I | re.S),
    re.compile(
        rf"^(?:an?\s+|the\s+|our\s+)?{_NAME}\s+(?:means?(?!\s+of\b)|is\s+defined\s+as|are\s+defined\s+as|is\s+calculated\s+as"
        r"|is\s+computed\s+as|is\s+short\s+for|stands\s+for|is\s+another\s+(?:word|name)\s+for|refers?\s+to"
        r"|is\s+the\s+same\s+as|are\s+the\s+same\s+as)\s+(?P<body>.+)$", re.I | re.S),
    re.compile(rf"^(?:an?\s+|the\s+)?{_NAME}\s+(?:is|are)\s+(?:an?\s+|the\s+|those\s+|all\s+)?(?P<body>\w[\w ]*?\s+(?:with|where|whose|that have|which have)\s+.+)$", re.I | re.S),
    re.compile(rf"^(?:an?\s+|the\s+)?{_NAME}\s+(?:is|are)\s+(?:when|where|if)\s+(?P<body>.+)$", re.I | re.S),
    re.compile(rf"^{_NAME}\s*(?:=|:=|:)\s*(?P<body>.+)$", re.S),
    re.compile(rf"^(?:我们说的|我们的|所谓的?)?{_NAME}\s*(?:是指的是|是指|指的是|指|的意思是|的定义是|定义为|等于|表示|就是|也就是)\s*(?P<body>.+)$", re.S),
)  # fmt: skip
_FILTER = re.compile(
    r"^(?:always\s+|please\s+|from now on,?\s+|never\s+(?P<never>)|始终|总是|一律|以后都?|每次都?)?\s*"
    r"(?P<verb>exclude|ignore|leave\s+out|skip|drop|omit|disregard|do\s*n[o']t\s+count|count|include|use"
    r"|only\s+(?:count|consider|use|include|look\s+at)|排除|不算|忽略|去掉|不包括|不统计|剔除|只算|只看|只统计|只考虑)\s*"
    r"(?P<only>only\s+)?(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_KEEPS = re.compile(r"only|只|^(?:count|include|use)$", re.IGNORECASE)
_SPLIT = re.compile(
    r"\s*(?::|：|\(|（|,? (?:i\.e\.|that is,?|meaning|which means|which are those (?:with|where)|即)|，即)\s*"
)
_FISCAL = re.compile(
    r"(?:fiscal|financial|business)\s+year\s+(?:starts?|begins?|runs?)\s+(?:in|on|from|at|with)\s+(?:the\s+)?(?:start of\s+|1st (?:of )?|first (?:of )?|1 )?"
    rf"(?P<month>{'|'.join(_MONTHS)})|财年从?(?:每年)?(?P<zh>十[一二]?|[{_ZH_DIGITS}]|1[0-2]|[1-9])月(?:份)?(?:1日|一日|初)?(?:开始|起)"
    r"|财年(?:开始于|始于)(?P<zh2>十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])月",
    re.IGNORECASE,
)


def statement(text: str) -> dict[str, Any] | None:
    """What a sentence teaches, as the data of an entry, or None where it teaches nothing of these.

    {"definition": {"name", "body"}}, {"filter": {"body", "exclude", "about"}} or {"fiscal_start": month}.
    """
    said = _LEAD.sub("", text).strip().rstrip(".。!！")
    if not said or said.endswith(("?", "？")):
        return None
    if (month := _fiscal(said)) is not None:
        return {"fiscal_start": month}
    if (found := _filter(said)) is not None:
        return {"filter": found}
    for pattern in _DEFINE:
        match = pattern.match(said)
        if match and _is_name(match["name"]):
            return {"definition": {"name": match["name"].strip(), "body": match["body"].strip()}}
    return None


def taught(text: str) -> dict[str, Any] | None:
    """The same for a line of a conversation, where "exclude Canada" is a follow-up: only what is meant to last."""
    found = statement(text)
    if found is None or ("filter" in found and not (_ALWAYS.search(text) or _LEAD.match(text))):
        return None
    if "definition" in found and not (_LEAD.match(text) or _is_said_plainly(text)):
        return None
    return found


_PLAINLY = re.compile(
    r"\b(?:means?(?! of\b)|is defined as|are defined as|is calculated as|is short for|stands for|another (?:word|name) for|define|by .+ (?:i|we) mean)\b"
    r"|指|的意思是|定义为|也就是",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\s*(?:what|which|who|how|when|where|why|is|are|does|do|did|can|show|list|give|tell|find|什么|哪|谁|多少|怎么)\b",
    re.IGNORECASE,
)


def _is_said_plainly(text: str) -> bool:
    return bool(_PLAINLY.search(text)) and not _ASKS.match(text)


def meanings_of(data: dict[str, Any], source: str) -> Meanings:
    """The meanings in an entry's data (what `statement` gave)."""
    if "definition" in data:
        d = data["definition"]
        made = Definition(d["name"], d["body"], source, tuple(d.get("also", ())), d.get("table"))
        return Meanings(definitions=(made,))
    if "filter" in data:
        f = data["filter"]
        kept = StandingFilter(f["body"], bool(f.get("exclude")), f.get("about", ""), source, f.get("table"))
        return Meanings(filters=(kept,))
    if "fiscal_start" in data:
        return Meanings(fiscal_start=int(data["fiscal_start"]), fiscal_source=source)
    return Meanings()


def _is_name(name: str) -> bool:
    """Whether a text can be the name of something: a few words, and none of a question."""
    return 0 < len(name.split()) <= 6 and not _ASKS.match(name) and len(name.strip()) > 1


def _filter(said: str) -> dict[str, Any] | None:
    match = _FILTER.match(said)
    if match is None:
        return None
    verb = " ".join(match["verb"].lower().split())
    only = bool(_KEEPS.search(verb)) and match["never"] is None
    if verb in ("count", "include", "use") and match["never"] is None and not match["only"]:
        return None  # "count orders per region" asks
    about, _, body = _split(match["what"])
    return {"body": body or about, "exclude": not only, "about": about if not only else ""}


def _split(what: str) -> tuple[str, str, str]:
    """What is left out, and the condition that says which rows it is: "test accounts: is_test = true"."""
    match = _SPLIT.search(what)
    if match is None:
        where = re.search(r"\s+(?:where|with|whose)\s+", what)
        if where is None:
            return what.strip(), "", ""
        return what[: where.start()].strip(), "", what[where.end() :].strip()
    return what[: match.start()].strip(), match[0], what[match.end() :].strip(" )）")


def _fiscal(said: str) -> int | None:
    match = _FISCAL.search(said)
    if match is None:
        return None
    if match["month"]:
        return _MONTHS.index(match["month"].lower()) + 1
    text = match["zh"] or match["zh2"]
    if text.isdecimal():
        return int(text)
    return 10 + _ZH_DIGITS.index(text[1]) + 1 if len(text) == 2 else _ZH_DIGITS.index(text) + 1
