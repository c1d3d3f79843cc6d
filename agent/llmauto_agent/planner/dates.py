"""Dates in a question: absolute and relative periods, parts of dates, granularity; English and Chinese.

Single expressions are read by `dates_en` and `dates_zh`; here they are joined to ranges ("between 2010
and 2015", 1月到3月), given their bounds ("since", "before", 以来) and their prepositions.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace

from llmauto_agent.planner.date_words import DateKind, DateLiteral, Part, Unit, span_of
from llmauto_agent.planner.dates_en import read_english
from llmauto_agent.planner.dates_zh import read_chinese
from llmauto_agent.planner.tokens import fold, has_cjk

__all__ = ["DateKind", "DateLiteral", "Part", "Unit", "read_dates"]

_EDGE = r"(?:(?:the )?(?:very )?(?:beginning|start|end|middle|early|late|mid)[- ](?:of )?(?:the )?)?"
_RANGE_LEAD = re.compile(r"(?:\b(?P<between>between)|\b(?:from|during|in)|从|自|在|介于)\s*(?:the )?$")
_RANGE_JOIN = re.compile(rf"\s*(?:-|~|–|—|\bto\b|\buntil\b|\btill\b|\bthrough\b|\bthru\b|到|至)\s*{_EDGE}$")
_RANGE_AND = re.compile(r"\s*(?:\band\b|和|与|跟)\s*(?:the )?$")
_RANGE_TAIL = re.compile(r"\s?(?:之间|期间|之内|inclusive\b)")

_BEFORE = (
    ("from", re.compile(rf"(?:\b(?:since|starting(?: in| from| on)?|beginning(?: in| on)?|on or after|not before|no earlier than|"
                        rf"as of|from and including)|自从|自|从)\s*{_EDGE}(?:the )?$")),
    ("after", re.compile(rf"\b(?:after|later than|newer than|more recent than|past)\s+{_EDGE}(?:the )?$|晚于$")),
    ("before", re.compile(rf"\b(?:before|prior to|earlier than|older than|preceding|not until)\s+{_EDGE}(?:the )?$|早于$")),
    ("until", re.compile(rf"\b(?:until|till|up to(?: and including)?|through|by(?: the)?(?: end of)?|on or before|not after|"
                         rf"no later than|as late as|up until)\s+{_EDGE}(?:the )?$|(?:截至|截止到?|直到|到|至)$")),
)  # fmt: skip
_AFTER = (
    ("from", re.compile(r"\s*(?:(?:to|until|till) (?:now|present|the present)\b|\bonwards?\b|\bon\b(?=\s*(?:[,.?!]|$))|\band (?:later|after|newer|beyond)\b|\bor (?:later|newer|after)\b)|(?:年)?(?:以来|起|开始|至今|以后|到现在|及以后|及之后)")),
    ("after", re.compile(r"之后|后(?![一-龥]*[台面续])")),
    ("before", re.compile(r"以前|之前|前(?![\d一二三四五六七八九十几])")),
    ("until", re.compile(r"为止|(?:及|或)(?:以|之)前|\s*\b(?:and|or) (?:earlier|before|older)\b")),
)  # fmt: skip
_PREPOSITION = re.compile(
    rf"(?:\b(?:in|on|during|for|of|from|within|at|throughout|over the course of)\s+(?:the )?{_EDGE}(?:month of |year )?|在|于)$"
)


def read_dates(text: str, *, today: dt.date | None = None, day_first: bool = False) -> list[DateLiteral]:
    """All date expressions of a text in order, longest first, without overlaps.

    `day_first` says how to read 3/5/2023 (False: March 5). `today` is only needed for days whose year is
    left out ("since 5 March"); the default is the current date.
    """
    folded = fold(text)
    atoms = _longest(_expressions(folded, today or dt.date.today(), day_first))
    found = _join_ranges(atoms, folded)
    found = [_bound(atom, folded, _end_before(found, i)) for i, atom in enumerate(found)]
    return [_with_text(d, text) for d in found]


def _with_text(found: DateLiteral, text: str) -> DateLiteral:
    typed = text[found.start : found.end].rstrip()
    return replace(found, end=found.start + len(typed), text=typed)


def _expressions(folded: str, today: dt.date, day_first: bool) -> Iterable[DateLiteral]:
    yield from read_english(folded, day_first, today.year)
    if has_cjk(folded):
        yield from read_chinese(folded)


def _longest(atoms: Iterable[DateLiteral]) -> list[DateLiteral]:
    """Without overlaps: the longer expression wins, then the surer one."""
    kept: list[DateLiteral] = []
    for atom in sorted(atoms, key=lambda d: (d.start - d.end, -d.score, d.start)):
        if all(atom.end <= k.start or k.end <= atom.start for k in kept):
            kept.append(atom)
    return sorted(kept, key=lambda d: d.start)


def _end_before(found: list[DateLiteral], i: int) -> int:
    return found[i - 1].end if i else 0


# ---- ranges


def _join_ranges(atoms: list[DateLiteral], text: str) -> list[DateLiteral]:
    joined: list[DateLiteral] = []
    i = 0
    while i < len(atoms):
        pair = _range(atoms[i], atoms[i + 1], text) if i + 1 < len(atoms) else None
        joined.append(pair or atoms[i])
        i += 2 if pair else 1
    return joined


def _range(first: DateLiteral, second: DateLiteral, text: str) -> DateLiteral | None:
    """The range from one expression to the next, where the words around say so."""
    between = text[first.end : second.start]
    lead = _RANGE_LEAD.search(text[: first.start])
    tail = _RANGE_TAIL.match(text, second.end)
    sure = _RANGE_JOIN.fullmatch(between) or (
        _RANGE_AND.fullmatch(between)
        and ((lead and (lead["between"] or lead[0] == "介于")) or (tail and "间" in tail[0]))
    )
    if not sure:
        return None
    start = lead.start() if lead else first.start
    end = tail.end() if tail else second.end
    if first.kind == "part" and second.kind == "period":
        first = _with_year_of(first, second)
    elif first.kind == "period" and second.kind == "part":
        second = _with_year_of(second, first)
    if first.kind == second.kind == "period" and first.low and second.high and first.low < second.high:
        score = max(0.9, first.score) if min(first.score, second.score) > 0.3 else 0.3
        return replace(first, start=start, end=end, high=second.high, unit=second.unit, score=score)
    if first.kind == second.kind == "part" and first.part == second.part:
        return replace(first, start=start, end=end, values=_cycle(first, second), score=max(0.8, first.score))
    return None


def _with_year_of(part: DateLiteral, whole: DateLiteral) -> DateLiteral:
    """A month, quarter or day next to a full date takes the year (and month) of it."""
    if not whole.low or len(part.values) != 1 or part.part not in ("month", "quarter", "day"):
        return part
    year, month = int(whole.low[:4]), int(whole.low[5:7])
    if part.part == "day":
        span = span_of("day", year, month, part.values[0])
    else:
        span = span_of(part.part, year, part.values[0])
    if span is None:
        return part
    return replace(part, kind="period", low=span[0], high=span[1], unit=part.part, part=None, values=())


_CYCLES = {"month": 12, "quarter": 4, "weekday": 7, "hour": 24, "day": 31}


def _cycle(first: DateLiteral, second: DateLiteral) -> tuple[int, ...]:
    """From the first to the last value, around the end where needed (November to February)."""
    low, high = first.values[0], second.values[-1]
    if low <= high:
        return tuple(range(low, high + 1))
    size = _CYCLES.get(str(first.part), high)
    return (*range(low, size + 1), *range(0 if first.part == "hour" else 1, high + 1))


# ---- bounds and prepositions


def _bound(atom: DateLiteral, text: str, floor: int) -> DateLiteral:
    """Apply "since", "before", 以来 ... around an expression, else take in its preposition."""
    before = text[floor : atom.start]
    if atom.kind != "grain":
        for side, pattern in _AFTER:
            match = pattern.match(text, atom.end)
            if match and match.end() > match.start():
                lead = re.search(r"(?:\bfrom\s+|自从|自|从)$", before)
                start = floor + lead.start() if lead else atom.start
                return _cut(replace(atom, start=start, end=match.end()), side)
        for side, pattern in _BEFORE:
            match = pattern.search(before)
            if match and not (match[0] in ("从", "自") and atom.kind != "part"):
                return _cut(replace(atom, start=floor + match.start()), side)
    match = _PREPOSITION.search(before)
    if match and atom.kind not in ("grain", "today") and atom.score > 0.3:
        return replace(atom, start=floor + match.start(), score=max(atom.score, _preposition_score(atom)))
    return atom


def _preposition_score(atom: DateLiteral) -> float:
    return 0.9 if atom.kind == "period" and atom.score > 0.4 else atom.score


def _cut(atom: DateLiteral, side: str) -> DateLiteral:
    """The span of time on one side of an expression. "after 2019" starts with 2020."""
    if atom.kind == "period":
        score = max(atom.score, 0.9) if atom.score > 0.3 else atom.score
        return replace(atom, score=score) if atom.low is None else {
            "from": replace(atom, high=None, score=score),
            "after": replace(atom, low=atom.high, high=None, score=score),
            "before": replace(atom, low=None, high=atom.low, score=score),
            "until": replace(atom, low=None, score=score),
        }[side]  # fmt: skip
    if atom.kind == "part" and atom.part in ("month", "quarter", "hour") and len(atom.values) == 1:
        return _cut_part(atom, side)
    if atom.kind == "relative" and side == "from" and not atom.rolling and atom.offset <= 0:
        return replace(atom, offset=0, count=1 - atom.offset)
    if atom.kind == "today" and side in ("until", "before"):
        return atom
    return replace(atom, score=min(atom.score, 0.3))  # "before last month" has no form in a plan


def _cut_part(atom: DateLiteral, side: str) -> DateLiteral:
    """Months, quarters or hours up to the end of the cycle: "from March on" is March to December."""
    first = 0 if atom.part == "hour" else 1
    last = {"month": 12, "quarter": 4, "hour": 23}[str(atom.part)]
    value = atom.values[0]
    values = {
        "from": range(value, last + 1),
        "after": range(value + (atom.part != "hour"), last + 1),
        "before": range(first, value),
        "until": range(first, value + 1),
    }[side]
    return replace(atom, values=tuple(values), score=max(atom.score, 0.7))
