"""Numbers written as words, English and Chinese: "two hundred and fifty", 三千五百, 2.5万."""

from __future__ import annotations

import re
from collections.abc import Sequence

SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
SCALES = {
    "hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000, "dozen": 12, "lakh": 100_000, "crore": 10_000_000,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14,
    "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19,
    "twentieth": 20, "thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100,
}  # fmt: skip

NUMBER_WORDS = frozenset(SMALL) | frozenset(TENS) | frozenset(SCALES)

CHINESE_DIGITS = {
    "零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
}  # fmt: skip
CHINESE_SCALES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
CHINESE_NUMERALS = "".join(CHINESE_DIGITS) + "".join(CHINESE_SCALES)


def tidy(value: float) -> float | int:
    """The value as int where it is whole; float noise of decimal words removed."""
    value = round(value, 10)
    return int(value) if float(value).is_integer() else value


def parse_english(words: Sequence[str]) -> float | int | None:
    """The value of number words ("two hundred and fifty"), or None where they are no number.

    "a" and "an" count as one before a scale ("a dozen", "a million").
    """
    if not words or words[-1] in ("and", "a", "an", "point"):
        return None
    if "point" in words:
        return _parse_point(words)
    total = 0
    group: int | None = None
    tens = False
    for place, word in enumerate(words):
        if word in ("a", "an"):
            if place + 1 >= len(words) or words[place + 1] not in SCALES or group is not None:
                return None
            group = 1
        elif word in SMALL or word in TENS:
            value = SMALL.get(word, TENS.get(word, 0))
            joins = group is None or (tens and 0 < value < 10) or (group % 100 == 0 and value < 100)
            if not joins:
                return None
            group = (group or 0) + value
            tens = word in TENS
        elif word in ("hundred", "dozen"):
            group = (1 if group is None else group) * SCALES[word]
            tens = False
        elif word in SCALES:
            total += (1 if group is None else group) * SCALES[word]
            group, tens = 0, False
        elif word != "and" or (not total and (group or 0) < 100):
            return None
    return total + (group or 0)


def _parse_point(words: Sequence[str]) -> float | int | None:
    place = list(words).index("point")
    whole = parse_english(words[:place])
    scale = SCALES.get(words[-1], 1)
    digits = words[place + 1 : -1] if words[-1] in SCALES else words[place + 1 :]
    if whole is None or not digits or any(SMALL.get(d, 10) > 9 for d in digits):
        return None
    return tidy(float(f"{whole}." + "".join(str(SMALL[d]) for d in digits)) * scale)


def parse_chinese(text: str) -> float | int | None:
    """The value of a Chinese numeral, with or without Arabic digits (三千五百, 2.5万, 一百五), or None.

    >>> parse_chinese("三千五百"), parse_chinese("2.5万"), parse_chinese("两万五"), parse_chinese("一点五亿")
    (3500, 25000, 25000, 150000000)
    """
    if "亿" in text:
        before, after = text.split("亿", 1)
        return _combine(before, after, 100_000_000)
    if "万" in text:
        before, after = text.split("万", 1)
        return _combine(before, after, 10_000)
    return _parse_section(text)


def _combine(before: str, after: str, scale: int) -> float | int | None:
    high = parse_chinese(before) if before else None
    if high is None:
        return None
    low: float | int | None = 0
    if len(after) == 1 and after in CHINESE_DIGITS and after not in "零〇":
        low = CHINESE_DIGITS[after] * scale // 10  # 两万五 is 25000
    elif after:
        low = parse_chinese(after)
    return None if low is None else tidy(high * scale + low)


def _parse_section(text: str) -> float | int | None:
    """A numeral below ten thousand: Arabic digits with at most a scale, or Chinese digits."""
    match = re.fullmatch(r"(\d+(?:,\d{3})*(?:\.\d+)?)([十百千]?)", text)
    if match:
        return tidy(float(match[1].replace(",", "")) * CHINESE_SCALES.get(match[2], 1))
    if "点" in text:
        whole, _, decimals = text.partition("点")
        left = _parse_section(whole)
        if left is None or not decimals or any(c not in CHINESE_DIGITS for c in decimals):
            return None
        return tidy(float(f"{left}." + "".join(str(CHINESE_DIGITS[c]) for c in decimals)))
    if text and all(c in CHINESE_DIGITS for c in text):
        return (
            int("".join(str(CHINESE_DIGITS[c]) for c in text)) if "两" not in text or len(text) == 1 else None
        )
    return _parse_scaled(text)


def _parse_scaled(text: str) -> int | None:
    total = 0
    digit: int | None = None
    scale = 10_000
    for char in text:
        if char in CHINESE_DIGITS:
            if digit not in (None, 0):
                return None
            digit = CHINESE_DIGITS[char]
        elif char in CHINESE_SCALES and CHINESE_SCALES[char] < scale:
            scale = CHINESE_SCALES[char]
            total += (1 if digit is None else digit) * scale
            digit = None
        else:
            return None
    if digit:
        trailing = scale // 10 if scale in (100, 1_000) and not re.search("[零〇]", text) else 1
        total += digit * trailing
    return total if text else None
