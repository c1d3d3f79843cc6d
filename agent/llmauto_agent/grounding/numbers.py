"""Numbers in English and Chinese text: digits with separators and units, percentages, ratios,
ordinals, number words, Chinese numerals, and names that hold digits.

Not looked at: numbers of list items at the start of a line, code in backticks, and the words "one" and
"一", which rarely state a quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from llmauto_agent.grounding.dates import find_dates
from llmauto_agent.grounding.mentions import Mention, MentionKind, overlaps

_IGNORED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`|^[ \t]*\d{1,3}[.)、](?=\s)", re.S | re.M)
_NAME = re.compile(
    r"(?<![A-Za-z0-9_])(?:[A-Za-z_]+[-_]?\d[\w-]*(?:\.\d\w*)*|\d+(?:\.\d+){2,}|\d+[A-Za-z_]*_\w*)(?![A-Za-z0-9_])",
    re.A,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,])(?P<sign>[-−+](?=[$€£¥₹]?\d))?(?P<money>[$€£¥₹]\s?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?P<exponent>[eE][-+]?\d+)?"
    r"(?!\d)"
)
_UNITS: dict[str, float] = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "b": 1e9,
    "bn": 1e9, "billion": 1e9, "billions": 1e9, "tn": 1e12, "trillion": 1e12, "hundred": 1e2, "百万": 1e6,
    "千万": 1e7, "万亿": 1e12, "十万": 1e5, "百": 1e2, "千": 1e3, "万": 1e4, "亿": 1e8,
}  # fmt: skip
_UNIT = re.compile(
    r"\s?(?P<word>thousand|millions?|billions?|trillion|hundred)(?![A-Za-z])|(?P<short>k|mn|mio|m|bn|b|tn)(?![A-Za-z])"
    r"|\s?(?P<cjk>百万|千万|万亿|十万|百(?!分)|千|万|亿)",
    re.I,
)
_TAILS: list[tuple[MentionKind, re.Pattern[str]]] = [
    ("points", re.compile(r"\s?(?:percentage[ -]points?|pp\b|%-?points?|个?百分点)", re.I)),
    ("percent", re.compile(r"\s?(?:%|％|per ?cent\b)", re.I)),
    ("times", re.compile(r"\s?(?:times\b|×|x(?![A-Za-z])|-?fold\b|倍)", re.I)),
    ("ordinal", re.compile(r"(?:st|nd|rd|th)(?![A-Za-z])", re.I)),
]
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
}  # fmt: skip
_WORD = re.compile(
    rf"(?<![\w-])(?P<word>{'|'.join(_WORDS)})(?P<tail>\s(?:percent|times)\b)?(?=\s+[a-z(])(?!\s+of\b)(?![\w-])",
    re.I,
)
_CJK_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_CJK_UNITS = {"十": 10, "百": 100, "千": 1000}
_CJK_PERCENT = re.compile(r"百分之(?P<cjk>[零〇一二两三四五六七八九十百点]+|\d+(?:\.\d+)?)")
_CJK_NUMBER = re.compile(
    r"(?<![第每零〇一二两三四五六七八九十百千万亿])(?P<cjk>[一二两三四五六七八九十百千][零〇一二两三四五六七八九十百千万亿]*)"
    r"(?=[个名位条行组种类次倍人家只辆部天年月周件所座颗棵])(?P<tail>倍)?"
)


def find_mentions(text: str, taken: list[tuple[int, int]]) -> list[Mention]:
    """All numbers of a text in order, outside the spans that are taken (names and values already
    recognised)."""
    spans = [*taken, *(m.span() for m in _IGNORED.finditer(text))]
    found: list[Mention] = []
    for finder in (find_dates, _names, _percents_zh, _numbers, _words, _numerals_zh):
        fresh = list(finder(text, spans))
        spans += [(m.start, m.end) for m in fresh]
        found += fresh
    return sorted(found, key=lambda m: m.start)


def _names(text: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in _NAME.finditer(text):
        if not overlaps(*match.span(), spans):
            yield Mention(match.start(), match.end(), match.group(), "name")


def _numbers(text: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in _NUMBER.finditer(text):
        if overlaps(*match.span("digits"), spans):
            continue
        start, end = match.span()
        sign = match["sign"]
        if sign and start and (_hyphened(text[start - 1])):
            start, sign = start + 1, None  # a range or a hyphen, no sign
        digits = match["digits"].replace(",", "")
        value = float(digits + (match["exponent"] or ""))
        decimals = len(digits.partition(".")[2])
        step = 10.0 ** (int((match["exponent"] or "e0")[1:]) - decimals)
        unit = _UNIT.match(text, end)
        if unit:
            factor = _UNITS[unit.group().strip().casefold()]
            value, step, end = value * factor, step * factor, unit.end()
        kind, end = _tail(text, end)
        if text[max(start - 1, 0) : start] == "第":
            kind = "ordinal"
        value = -value if sign in ("-", "−") else value
        yield Mention(start, end, text[start:end], kind, value, step)


def _hyphened(before: str) -> bool:
    """Whether a dash behind this character joins ("20-29") and is no sign."""
    return (before.isascii() and before.isalnum()) or before in ")]）"


def _tail(text: str, end: int) -> tuple[MentionKind, int]:
    for kind, pattern in _TAILS:
        match = pattern.match(text, end)
        if match:
            return kind, match.end()
    return "number", end


def _words(text: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in _WORD.finditer(text):
        if overlaps(*match.span(), spans):
            continue
        tail = (match["tail"] or "").strip().casefold()
        kind: MentionKind = "percent" if tail == "percent" else "times" if tail == "times" else "number"
        value = float(_WORDS[match["word"].casefold()])
        yield Mention(match.start(), match.end(), match.group(), kind, value, word=True)


def _percents_zh(text: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in _CJK_PERCENT.finditer(text):
        if overlaps(*match.span(), spans):
            continue
        whole, _, fraction = match["cjk"].partition("点")
        if whole[:1].isdecimal():
            value, decimals = float(whole), len(whole.partition(".")[2])
        else:
            tail = "".join(str(_CJK_DIGITS.get(c, 0)) for c in fraction)
            value, decimals = float(f"{numeral(whole)}.{tail or 0}"), len(tail)
        yield Mention(match.start(), match.end(), match.group(), "percent", value, 10.0**-decimals, word=True)


def _numerals_zh(text: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in _CJK_NUMBER.finditer(text):
        if match["cjk"] == "一" or overlaps(*match.span(), spans):
            continue
        kind: MentionKind = "times" if match["tail"] else "number"
        yield Mention(
            match.start(), match.end(), match.group(), kind, float(numeral(match["cjk"])), word=True
        )


def numeral(characters: str) -> int:
    """A Chinese numeral as a number: 三十 is 30, 两百零五 is 205, 一万二千 is 12000."""
    total = section = digit = 0
    for c in characters:
        if c in _CJK_DIGITS:
            digit = _CJK_DIGITS[c]
        elif c in _CJK_UNITS:
            section += (digit or 1) * _CJK_UNITS[c]
            digit = 0
        else:
            total = (total + section + digit) * (10_000 if c == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit
