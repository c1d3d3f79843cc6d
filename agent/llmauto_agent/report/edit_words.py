"""What a person asks to change in a report, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Action = Literal["shorten", "drop", "keep", "first", "title", "chart", "table"]

PARTS: dict[str, str] = {
    "summary": r"summary|abstract|摘要|概要",
    "question": r"question(?: and data)?|data section|问题与数据|问题和数据",
    "quality": r"quality|质量",
    "recommendations": r"recommendations?|advice|建议",
    "limits": r"limits|limitations?|局限",
    "methods": r"methods?|方法",
    "changes": r"changes|变化",
    "checks": r"checks|检查",
    "model": r"model section|模型部分",
    "drivers": r"drivers|依据",
    "appendix": r"appendix|evidence|附录",
    "findings": r"findings section|all findings|所有发现|全部发现",
}
_ORDINALS = (
    ("first", "1st", "一"), ("second", "2nd", "二", "两"), ("third", "3rd", "三"), ("fourth", "4th", "四"),
    ("fifth", "5th", "五"), ("sixth", "6th", "六"), ("seventh", "7th", "七"), ("eighth", "8th", "八"),
    ("ninth", "9th", "九"), ("tenth", "10th", "十"),
)  # fmt: skip
_PLACES = {word: i for i, words in enumerate(_ORDINALS, 1) for word in words}
_ORDINAL = "|".join(sorted(_PLACES, key=len, reverse=True))
_NTH = re.compile(
    rf"\b(?P<word>{_ORDINAL}|last)\s+(?:one|finding|result)\b|\bfindings?\s*(?:no\.?|number|#)?\s*(?P<number>\d+)\b"
    rf"|第\s*(?P<zh>{_ORDINAL}|\d+)\s*(?:个|条|项)?(?:发现|结果)|(?P<last>最后一?(?:个|条|项)?(?:发现|结果))",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\bfirst\s+(?P<word>two|three|four|five|six|seven|eight|\d+)\b|前\s*(?P<zh>[一二两三四五六七八九十]|\d+)\s*(?:个|条|项)",
    re.IGNORECASE,
)
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_SHORTEN = re.compile(
    r"\bshort(?:er|en)\b|\bcut down\b|\bbriefer\b|\bcondense\b|缩短|精简|简短|短一[点些]", re.IGNORECASE
)
_DROP = re.compile(
    r"\b(?:drop|remove|delete|leave out|take out|omit|cut)\b|删除|删掉|去掉|移除|不要", re.IGNORECASE
)
_KEEP = re.compile(r"\b(?:keep|leave) only\b|\bonly keep\b|只保留|仅保留", re.IGNORECASE)
_FIRST = re.compile(
    r"\b(?:move|put|bring)\b.*\b(?:first|top|front|beginning)\b|放到?(?:最前|第一|前面)|移到?(?:最前|第一|前面)",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:\b(?:change|set|make)\s+the\s+title\s+(?:to|into)?|\b(?:re)?title\s+it|\bcall\s+it|标题(?:改为|改成|设为|换成))\s*[:：]?\s*[\"“'‘]?(?P<title>.+?)[\"”'’]?\s*$",
    re.IGNORECASE,
)
_ADD = re.compile(
    r"\b(?:add|draw|include|insert)\b.*?\b(?P<kind>bar chart|line chart|chart|graph|plot|table)\b(?P<rest>.*)$"
    r"|(?:加|增加|添加|插入|画)(?:一)?[个张幅]?(?P<zh>.*?)的?(?P<zhkind>图表?|柱状图|折线图|表格?)\s*$",
    re.IGNORECASE,
)
EXAMPLES = (
    '"make the summary shorter", "drop the third finding", "keep only the first three findings", "move finding 4 to the'
    ' top", "drop the methods", "add a chart of sales by region", "change the title to …"'
)


@dataclass(frozen=True)
class Wish:
    """One change. `place` counts findings from 1, -1 is the last; `rest` says what a chart or table shows."""

    action: Action
    part: str = ""
    place: int = 0
    count: int = 0
    rest: str = ""


def read_wish(text: str) -> Wish | None:
    """The change that a sentence asks for, or None where it asks for none."""
    title = _TITLE.search(text)
    if title is not None:
        return Wish("title", rest=title["title"])
    if _SHORTEN.search(text):
        return Wish("shorten", _part(text) or "summary")
    if _KEEP.search(text) and (count := _count(text)):
        return Wish("keep", "findings", count=count)
    place = _nth(text)
    if _FIRST.search(text) and place:
        return Wish("first", "findings", place)
    if _DROP.search(text):
        if place:
            return Wish("drop", "finding", place)
        part = _part(text)
        return Wish("drop", part) if part else None
    added = _ADD.search(text)
    if added is not None:
        table = (added["kind"] or "").lower() == "table" or (added["zhkind"] or "").startswith("表")
        return Wish("table" if table else "chart", rest=(added["rest"] or added["zh"] or "").strip())
    return None


def _part(text: str) -> str:
    return next((name for name, words in PARTS.items() if re.search(words, text, re.IGNORECASE)), "")


def _nth(text: str) -> int:
    match = _NTH.search(text)
    if match is None:
        return 0
    if match["last"] or (match["word"] or "").lower() == "last":
        return -1
    word = (match["word"] or match["zh"] or match["number"]).lower()
    return _PLACES.get(word) or int(word)


def _count(text: str) -> int:
    match = _COUNT.search(text)
    if match is None:
        return 0
    word = (match["word"] or match["zh"]).lower()
    return _NUMBERS.get(word) or _PLACES.get(word) or int(word)
