"""Periods and horizons: "the next two years, monthly" is 24 months."""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.vocabulary import IN_UNITS

_EVERY = {
    unit: re.compile(pattern)
    for unit, pattern in (
        ("hour", r"\bhourly\b|\b(?:by|per|each|every|to) (?:the )?hours?\b|[按每逐]个?小时"),
        ("day", r"\bdaily\b|\b(?:by|per|each|every|to) (?:the )?days?\b|\bday by day\b|[按每逐]个?[天日]|日度"),
        ("week", r"\bweekly\b|\b(?:by|per|each|every|to) (?:the )?weeks?\b|\bweek (?:by|over|on) week\b|[按每逐]个?(?:周|星期)|周度"),
        ("month", r"\bmonthly\b|\b(?:by|per|each|every|to) (?:the )?months?\b|\bmonth (?:by|over|on) month\b|[按每逐]个?月|月度"),
        ("quarter", r"\bquarterly\b|\b(?:by|per|each|every|to) (?:the )?quarters?\b|\bquarter (?:by|over|on) quarter\b|[按每逐]个?季度?|季度(?:趋势|走势)"),
        ("year", r"\byearly (?!cycle|pattern)|\byearly$|\bannual(?:ly)?\b(?! cycle)|\b(?:by|per|each|every|to) (?:the )?years?\b|\byear (?:by|over|on) year\b|[按每逐]个?年|年度"),
    )
}  # fmt: skip
_AHEAD = r"(?:next|coming|following|upcoming|another|for|in|over|within|,|predict|forecast)"
_N = r"(?:(\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s)?"
_NZ = r"(\d+|[一二两三四五六七八九十]+)?"
_HORIZONS = tuple(
    (
        unit,
        re.compile(
            rf"{_AHEAD}\s+(?:the )?(?:next |coming |following )?{_N}(?:{en})\b"
            rf"|{_N}(?:{en})\s+(?:ahead|out|forward|into|in advance)\b"
            rf"|(?:未来|接下来|往后|今后|后面|下一?个?|后|往后推|预测|,|明)(?:的|推)?\s*{_NZ}\s*个?(?:{zh})"
        ),
    )
    for unit, en, zh in (
        ("hour", "hours?", "小时"),
        ("day", "days?", "天|日"),
        ("week", "weeks?", "周|星期|礼拜"),
        ("month", "months?", "月"),
        ("quarter", "quarters?", "季度?"),
        ("year", "years?", "年"),
    )
)
_SMALL = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7,
    "八": 8, "九": 9, "十": 10, "十二": 12,
}  # fmt: skip


def every(ask: Ask) -> str | None:
    """The length of a period that the request names, or None."""
    return next((unit for unit, pattern in _EVERY.items() if pattern.search(ask.text)), None)


def horizon(ask: Ask) -> tuple[int, str] | None:
    """(periods, unit) to look ahead, in the unit that the request names for its periods."""
    if ask.has(r"\btomorrow\b|明天"):
        return 1, "day"
    found = _horizon(ask)
    step = every(ask)
    if found is None or step is None or step == found[1]:
        return found
    factor = IN_UNITS.get((found[1], step))
    return (found[0] * factor, step) if factor else found


def _horizon(ask: Ask) -> tuple[int, str] | None:
    for unit, pattern in _HORIZONS:
        for match in pattern.finditer(ask.text):
            number = next((g for g in match.groups() if g), None)
            if number is None:
                return 1, unit
            size = int(number) if number.isdecimal() else _SMALL.get(number)
            if size:
                return size, unit
    return None
