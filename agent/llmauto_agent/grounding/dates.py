"""Dates, periods and times of day in English and Chinese text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from llmauto_agent.grounding.mentions import DateParts, Mention, overlaps

_MONTHS = {
    name: i + 1
    for i, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ]
    )
    for name in names.split()
}
_MONTH = "(?P<name>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_CLOCK = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?"
_YEAR = r"(?P<year>[12]\d{3})"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_BEFORE, _AFTER = r"(?<![\w.-])", r"(?![\w])"
_OPEN, _SHUT = r"(?<![A-Za-z0-9_.-])", r"(?![A-Za-z0-9_])"
"""Borders that Chinese characters may touch."""

_PATTERNS = [
    re.compile(p, re.I)
    for p in (
        rf"{_OPEN}{_YEAR}[-/](?P<month>0?[1-9]|1[0-2])[-/](?P<day>0?[1-9]|[12]\d|3[01])(?:[T ]{_CLOCK})?{_SHUT}",
        rf"{_OPEN}{_YEAR}\s*年\s*(?P<month>0?[1-9]|1[0-2])\s*月\s*(?P<day>0?[1-9]|[12]\d|3[01])\s*[日号]",
        rf"{_OPEN}{_YEAR}\s*年\s*(?P<month>0?[1-9]|1[0-2])\s*月(?:份)?",
        rf"{_OPEN}{_YEAR}\s*年\s*第?\s*(?P<quarter>[1-4])\s*季度?",
        rf"{_OPEN}{_YEAR}\s*年",
        rf"{_OPEN}(?P<month>0?[1-9]|1[0-2])\s*月\s*(?P<day>0?[1-9]|[12]\d|3[01])\s*[日号]",
        rf"{_OPEN}{_YEAR}-(?P<month>0[1-9]|1[0-2])(?!-?\d){_SHUT}",
        rf"{_BEFORE}{_MONTH}\s+{_DAY},?\s+{_YEAR}{_AFTER}",
        rf"{_BEFORE}{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}{_AFTER}",
        rf"{_BEFORE}{_MONTH}(?:\s+|-|,\s*){_YEAR}{_AFTER}",
        rf"{_BEFORE}{_MONTH}\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\d|[.,:]\d){_AFTER}",
        rf"{_OPEN}Q(?P<quarter>[1-4])\s*(?:of\s+|/|-)?\s*{_YEAR}{_SHUT}",
        rf"{_OPEN}{_YEAR}\s*[-/]?\s*Q(?P<quarter>[1-4]){_SHUT}",
        rf"{_OPEN}Q(?P<quarter>[1-4]){_SHUT}",
        rf"{_OPEN}{_CLOCK}{_SHUT}",
    )
]


def find_dates(text: str, taken: list[tuple[int, int]]) -> Iterator[Mention]:
    """Dates outside the spans that are taken, the most specific patterns first."""
    spans = list(taken)
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if overlaps(match.start(), match.end(), spans):
                continue
            parts = _parts(match)
            if parts is None:
                continue
            spans.append(match.span())
            yield Mention(match.start(), match.end(), match.group(), "date", date=parts)


def _parts(match: re.Match[str]) -> DateParts | None:
    groups = match.groupdict()
    if groups.get("name") == "may" and not groups.get("year"):
        return None  # the verb: "may 5 rows ..."
    number: Callable[[str], int | None] = lambda key: int(groups[key]) if groups.get(key) else None  # noqa: E731
    month = _MONTHS[groups["name"].casefold()] if groups.get("name") else number("month")
    day = number("day")
    if day is not None and not 1 <= day <= 31:
        return None
    return DateParts(
        number("year"), number("quarter"), month, day, number("hour"), number("minute"), number("second")
    )
