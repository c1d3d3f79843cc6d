"""Numbers in a question: digits with units, number words, fractions, ordinals; English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from llmauto_agent.planner.number_words import (
    CHINESE_DIGITS,
    CHINESE_NUMERALS,
    NUMBER_WORDS,
    ORDINALS,
    SMALL,
    TENS,
    parse_chinese,
    parse_english,
    tidy,
)
from llmauto_agent.planner.tokens import CJK, fold

NumberKind = Literal["number", "percent", "money", "ordinal", "fraction"]


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number that was read.

    `value` is the plain number: "2.5k" 2500, "三万" 30000, "third" (ordinal) 3, "one third" (fraction)
    0.333…, "20%" (percent) **20**, not 0.2: whether the column holds 20 or 0.2 is the reader's
    decision (`fraction` gives 0.2). `start`, `end` are character offsets of the question; signs,
    currencies, size words and percent words are inside the span, other units (kg, years, 个) are not.
    `score` is low where the word may mean something else ("second", "half", a lone "one").
    """

    value: float | int
    kind: NumberKind
    start: int
    end: int
    text: str
    unit: str | None = None
    """Currency ("USD", "EUR", "GBP", "CNY", "JPY") of money, else None."""
    score: float = 1.0

    @property
    def fraction(self) -> float:
        """The value as a part of one: 20% → 0.2."""
        return self.value / 100 if self.kind == "percent" else float(self.value)


_SIZES = {
    "k": 1e3, "thousand": 1e3, "hundred": 1e2, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6,
    "millions": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "billions": 1e9, "tn": 1e12, "trillion": 1e12,
    "dozen": 12, "lakh": 1e5, "lakhs": 1e5, "crore": 1e7, "crores": 1e7, "thousands": 1e3,
}  # fmt: skip
_CURRENCIES = {
    "$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "bucks": "USD", "美元": "USD",
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "欧元": "EUR", "£": "GBP", "gbp": "GBP",
    "英镑": "GBP", "pounds": "GBP", "¥": "CNY", "￥": "CNY", "cny": "CNY", "rmb": "CNY", "yuan": "CNY",
    "元": "CNY", "块": "CNY", "块钱": "CNY", "人民币": "CNY", "jpy": "JPY", "yen": "JPY", "日元": "JPY",
}  # fmt: skip
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\d.])\.\d+"
_BEFORE = r"(?:us\$|\$|€|£|¥|￥|(?<![a-z])(?:usd|eur|gbp|rmb|cny|jpy)\s?)"
_AFTER = (
    r"\s?\$|\s?€|\s?£|\s?(?:usd|dollars?|bucks|eur|euros?|gbp|pounds|cny|rmb|yuan|jpy|yen)(?![a-z])"
    r"|\s?(?:美元|欧元|英镑|日元|人民币|块钱|块|元)"
)
_PERCENT = r"\s?%|\s?(?:percent|per\s?cent|pct|percentage points?|pp)(?![a-z])|\s?个?百分点"
_SIZE = (
    r"(?:k|mm|mn|mio|m|bn|b|tn)(?![a-z0-9])"
    r"|[\s-]?(?:hundred|thousands?|millions?|billions?|trillion|dozen|lakhs?|crores?)(?![a-z])"
)
_NUMERIC = re.compile(
    rf"(?<![a-z0-9_.:/])(?P<cur>{_BEFORE})?(?P<sign>(?<![\w)\]])[-+](?=[\d.$€£¥])|minus |negative |负)?"
    rf"(?P<cur2>{_BEFORE})?(?P<digits>{_DIGITS})(?:e(?P<exp>[+-]?\d+))?"
    rf"(?:(?P<ord>st|nd|rd|th)(?![a-z])"
    rf"|(?P<zh>[十百千]?[万亿]{{1,2}}|[十百千](?![{CHINESE_NUMERALS}]))?(?P<size>{_SIZE})?"
    rf"(?:(?P<pct>{_PERCENT})|(?P<cur3>{_AFTER}))?)"
    rf"(?!\d|\.\d|,\d{{3}}|/\d|:\d)"
)
_UNIT_LETTERS = (
    "kg|g|mg|t|lb|lbs|oz|km|cm|mm|m|mi|ft|in|inch|inches|miles?|min|mins|minutes?|s|sec|secs|seconds?|h|hr|hrs|hours?"
    "|d|days?|w|wk|wks|weeks?|mo|months?|y|yo|yr|yrs|years?|mph|kph|kmh|kw|kwh|mw|w|v|hz|gb|mb|kb|tb|c|f|l|ml|x|pts|hp|cc|sqft"
)
_TAIL = re.compile(rf"(?:{_UNIT_LETTERS})(?![a-z0-9_])|[{CJK}]|$|[^\w]")


def read_numbers(text: str) -> list[NumberLiteral]:
    """All numbers of a text in order, without overlaps; the longest reading of a place wins.

    Digits inside words ("x1", "Q2", "3d") and times ("10:30") are no numbers. Digits that belong to a
    date are read as numbers too: let `dates.read_dates` have its spans first.
    """
    folded = fold(text)
    found = [*_numeric(folded), *_fractions(folded), *_english(folded), *_chinese(folded)]
    found.sort(key=lambda n: (n.start - n.end, n.start))
    kept: list[NumberLiteral] = []
    for number in found:
        if all(number.end <= k.start or k.end <= number.start for k in kept):
            kept.append(number)
    kept.sort(key=lambda n: n.start)
    return [_with_text(n, text) for n in kept]


def _with_text(number: NumberLiteral, text: str) -> NumberLiteral:
    typed = text[number.start : number.end]
    return NumberLiteral(
        number.value, number.kind, number.start, number.end, typed, number.unit, number.score
    )


# ---- digits


def _numeric(text: str) -> Iterator[NumberLiteral]:
    for match in _NUMERIC.finditer(text):
        if not _TAIL.match(text, match.end()):
            continue
        number = _read_numeric(match)
        if number is not None:
            yield number


def _read_numeric(match: re.Match[str]) -> NumberLiteral | None:
    value = float(match["digits"].replace(",", ""))
    if match["exp"]:
        value *= 10.0 ** int(match["exp"])
    start, end = match.span()
    if match["ord"]:
        return NumberLiteral(tidy(value), "ordinal", start, end, match[0])
    score = 1.0
    if match["zh"]:
        chinese = parse_chinese(match["digits"].replace(",", "") + match["zh"])
        value = float(chinese) if chinese is not None else value
    if match["size"]:
        size = match["size"].strip(" -\t")
        value *= _SIZES[size]
        score = 0.85 if size in ("m", "b", "mm") else 1.0  # "3m" may be three metres
    if match["sign"] and match["sign"] != "+":
        value = -value
    currency = (match["cur"] or match["cur2"] or match["cur3"] or "").strip()
    if match["pct"]:
        return NumberLiteral(tidy(value), "percent", start, end, match[0], None, score)
    if currency:
        unit = _CURRENCIES[currency]
        return NumberLiteral(
            tidy(value), "money", start, end, match[0], unit, 0.8 if currency == "pounds" else score
        )
    return NumberLiteral(tidy(value), "number", start, end, match[0], None, score)


# ---- fractions

_NUMERATORS = r"(?P<top>one|two|three|four|five|seven|a|1|2|3|4|5|7)"
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
_FRACTION = re.compile(rf"(?<![\w.]){_NUMERATORS}[\s-](?P<part>{'|'.join(_PARTS)})(?![a-z])")
_SLASH = re.compile(r"(?<![\w./])(?P<top>\d{1,2})/(?P<bottom>\d{1,3})(?![\w/]|\.\d)")
_HALF = re.compile(
    r"(?<![\w-])half(?: a| an)?(?P<scale> (?:hundred|thousand|million|billion|dozen))?(?![\w-])"
)
_CHINESE_FRACTION = re.compile(
    rf"(?P<bottom>[{CHINESE_NUMERALS}]+|\d+)分之(?P<top>[{CHINESE_NUMERALS}点]+|\d+(?:\.\d+)?)"
    rf"|(?P<tenths>[一二两三四五六七八九]|\d(?:\.\d)?)成(?![本绩交功立员长为])(?P<half>半|[一二三四五六七八九])?"
    r"|(?<![一-龥])一半|一半"
)


def _fractions(text: str) -> Iterator[NumberLiteral]:
    for match in _FRACTION.finditer(text):
        top = 1 if match["top"] == "a" else int(SMALL.get(match["top"], 0) or match["top"])
        bottom = _PARTS[match["part"]]
        # "a quarter" may be three months, "one second" a time: of a plural or a half there is no doubt.
        sure = match["part"].endswith("s") or match["part"] == "half" or text[match.end() :].startswith(" of")
        if top < bottom:
            yield NumberLiteral(
                top / bottom, "fraction", *match.span(), match[0], None, 0.95 if sure else 0.5
            )
    for match in _SLASH.finditer(text):
        top, bottom = int(match["top"]), int(match["bottom"])
        if 0 < top < bottom:
            yield NumberLiteral(top / bottom, "fraction", *match.span(), match[0], None, 0.6)
    for match in _HALF.finditer(text):
        before = text[: match.start()].rstrip()
        if match["scale"]:
            value = parse_english([match["scale"].strip()]) or 0
            yield NumberLiteral(tidy(value / 2), "number", *match.span(), match[0])
        elif not before.endswith(("first", "second", "1st", "2nd", "last", "each", "this", "other")):
            score = 0.9 if re.match(r" (?:of|the)\b", text[match.end() :]) else 0.5
            yield NumberLiteral(0.5, "fraction", match.start(), match.start() + 4, "half", None, score)
    yield from _chinese_fractions(text)


def _chinese_fractions(text: str) -> Iterator[NumberLiteral]:
    for match in _CHINESE_FRACTION.finditer(text):
        if match["tenths"]:
            tenths = parse_chinese(match["tenths"]) or 0
            rest = 5 if match["half"] == "半" else CHINESE_DIGITS.get(match["half"] or "", 0)
            value = tidy(tenths * 10 + rest)
            yield NumberLiteral(value, "percent", *match.span(), match[0])
        elif match["bottom"]:
            top, bottom = parse_chinese(match["top"]), parse_chinese(match["bottom"])
            if match["bottom"] in ("百", "100") and top is not None:
                yield NumberLiteral(tidy(top), "percent", *match.span(), match[0])
            elif top is not None and bottom:
                yield NumberLiteral(top / bottom, "fraction", *match.span(), match[0])
        else:
            yield NumberLiteral(0.5, "fraction", *match.span(), match[0], None, 0.9)


# ---- English words

_WORD_RUN = re.compile(
    rf"(?<![\w'])(?:(?:a|an)\s+(?=(?:few )?(?:hundred|thousand|million|billion|trillion|dozen)\b))?"
    rf"(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
    rf"(?:(?:\s+and\s+|\s+point\s+|[\s-]+)(?:{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))}))*(?![\w])"
)
_ORDINAL = re.compile(
    rf"(?<![\w'])(?:(?P<tens>{'|'.join(TENS)})[\s-])?(?P<word>{'|'.join(sorted(ORDINALS, key=len, reverse=True))})"
    r"(?![\w])"
)
_WORD_TAIL = re.compile(rf"(?P<pct>{_PERCENT})|(?P<cur>{_AFTER})")


def _english(text: str) -> Iterator[NumberLiteral]:
    for match in _WORD_RUN.finditer(text):
        yield from _word_numbers(text, match)
    for match in _ORDINAL.finditer(text):
        value = ORDINALS[match["word"]] + (TENS[match["tens"]] if match["tens"] else 0)
        if match["tens"] and ORDINALS[match["word"]] >= 10:
            continue
        yield NumberLiteral(value, "ordinal", *match.span(), match[0], None, _ordinal_score(text, match))


def _ordinal_score(text: str, match: re.Match[str]) -> float:
    before = text[: match.start()].split()
    if match[0] == "second" and before and before[-1] in ("per", "a", "each", "every", "one"):
        return 0.1
    if match[0] in ("third", "fifth", "tenth", "fourth") and before and before[-1] in ("a", "one"):
        return 0.4
    return 0.7 if match[0] in ("first", "second") else 0.9


def _word_numbers(text: str, match: re.Match[str]) -> Iterator[NumberLiteral]:
    """The numbers of a run of number words: usually one, several where the run is a list."""
    spans = [
        (m.start() + match.start(), m.end() + match.start(), m[0]) for m in re.finditer(r"[a-z]+", match[0])
    ]
    first = 0
    while first < len(spans):
        for last in range(len(spans), first, -1):
            value = parse_english([w for _, _, w in spans[first:last]])
            if value is not None:
                yield _word_number(text, spans[first][0], spans[last - 1][1], value)
                first = last
                break
        else:
            first += 1


def _word_number(text: str, start: int, end: int, value: float | int) -> NumberLiteral:
    said = text[start:end]
    tail = _WORD_TAIL.match(text, end)
    if tail:
        end = tail.end()
        kind: NumberKind = "percent" if tail["pct"] else "money"
        unit = None if tail["pct"] else _CURRENCIES[tail["cur"].strip()]
        return NumberLiteral(value, kind, start, end, text[start:end], unit)
    score = 1.0
    if said == "one":
        before = text[:start].split()
        score = (
            0.3
            if before and before[-1] in ("which", "each", "any", "every", "no", "this", "that", "the")
            else 0.55
        )
        if text[end:].startswith((" of", " with", " by")):
            score = min(score, 0.4)
    return NumberLiteral(value, "number", start, end, said, None, score)


# ---- Chinese words

_CHINESE = re.compile(
    rf"(?P<ord>第)?(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?[十百千万亿]+[{CHINESE_NUMERALS}]*"
    rf"|[{CHINESE_NUMERALS}]+(?:点[{''.join(CHINESE_DIGITS)}]+[万亿]?)?)"
    r"(?P<cur>美元|欧元|英镑|日元|人民币|块钱|块|元)?|第(?P<place>\d+)"
)
_MEASURES = (
    "个名位种条项件家所座类款行次人单天年月周日岁台部张只份元块门辆笔套本场支倍届星级等千百万米公分秒小时"
)
_LEADS = ("前", "第", "过", "于", "到", "至", "达", "满", "低于", "top", "后", "近", "最近", "约", "足")


def _chinese(text: str) -> Iterator[NumberLiteral]:
    for match in _CHINESE.finditer(text):
        if match["place"]:
            yield NumberLiteral(int(match["place"]), "ordinal", *match.span(), match[0])
            continue
        value = parse_chinese(match["digits"])
        if value is None:
            continue
        unit = _CURRENCIES[match["cur"]] if match["cur"] else None
        kind: NumberKind = "ordinal" if match["ord"] else "money" if unit else "number"
        yield NumberLiteral(value, kind, *match.span(), match[0], unit, _chinese_score(text, match))


def _chinese_score(text: str, match: re.Match[str]) -> float:
    """A lone numeral may be part of a word (一共, 三亚, 万科): a measure word or a lead makes it a number."""
    if match["ord"] or match["cur"] or len(match["digits"]) > 1:
        return 1.0
    following = text[match.end() : match.end() + 1]
    if match["digits"] == "一":
        return 0.5 if following and following in "个名位种条项件家" else 0.1
    measured = bool(following) and following in _MEASURES
    led = text[: match.start()].endswith(_LEADS)
    return 0.95 if measured or led else 0.3
