"""Claims of direction and size, checked against the values that they are about.

    "rose from 79.9 to 83.9"       the second value has to be above the first
    "fell by 12%"                  the change in the evidence has to be negative
    "120, higher than 80"          the first above the second
    "more than half (57.3%)"       the share above a half
    "highest (101.82)"             the greatest of its column
    "doubled", "twice as many"     the ratio of the two values
    "do not differ clearly"        what the test found

What a claim is about is looked for in this order: the two values that its sentence states; the signed change
that it states; the values that belong to the same row, or to the same insight (before and after, current and
previous); what the tool's own words say of it. Where nothing tells, the claim is neither right nor wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmauto_agent.numbers import is_number
from llmauto_agent.report.belongings import Belongings, belongings
from llmauto_agent.report.claim_words import Said, said_in
from llmauto_tools.documents.model import CodeText, Emphasis, Figure, Pieces, Text, Unverified, plain
from llmauto_tools.ledger import Evidence

Piece = Text | Emphasis | CodeText | Figure | Unverified
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\W])|(?<=[。！？；;])")
_FROM = re.compile(r"(?:\bfrom|从|由)\s*(?:about\s*|约\s*)?$", re.IGNORECASE)
_TO = re.compile(r"(?:\bto|到|至|为)\s*(?:about\s*|约\s*)?$", re.IGNORECASE)
_BY = re.compile(r"(?:\bby|了)\s*(?:about\s*|约\s*)?$", re.IGNORECASE)
_THAN = re.compile(r"\bthan\b|\bagainst\b|\bcompared\b|，而|而|对", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;；、]|，(?!为)")
_NEAR = 48
_BESIDE = 24
"""Characters within which a value stands beside its claim."""

WRONG = {
    "trend": "the values go the other way", "compare": "the values compare the other way",
    "extreme": "it is not the extreme of its column", "share": "the share is another",
    "ratio": "the ratio is another", "sign": "the sign is the other", "clear": "the test found otherwise",
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """Words that claim something; `holds` None: nothing beside them tells."""

    start: int
    end: int
    text: str
    holds: bool | None
    reason: str = ""


@dataclass(frozen=True)
class Stated:
    """A figure of a sentence with a number behind it."""

    start: int
    end: int
    value: float
    figure: Figure


def claims_in(pieces: Pieces, evidence: Mapping[str, Evidence], names: Sequence[str] = ()) -> list[Claim]:
    """The claims of a text, judged. A text without any figure, and names that hold such words, have none."""
    if not any(isinstance(p, Figure) for p in pieces):
        return []
    text = plain(pieces)
    stated, taken = _figures(pieces, evidence)
    taken += [m.span() for n in names if len(n) > 2 for m in re.finditer(re.escape(n), text)]
    found = []
    for start, end in _sentences(text, taken):
        own = [s for s in stated if start <= s.start and s.end <= end]
        figures = [p for p, s in _places(pieces) if start <= s < end and isinstance(p, Figure)]
        about = belongings(figures, evidence)
        for said in said_in(text[start:end], _moved(taken, -start)):
            moved = Said(
                said.start + start, said.end + start, said.text, said.family, said.sign, said.low, said.high
            )
            holds = _judged(moved, text, own, about)
            found.append(
                Claim(moved.start, moved.end, said.text, holds, WRONG[said.family] if holds is False else "")
            )
    return found


def _figures(pieces: Pieces, evidence: Mapping[str, Evidence]) -> tuple[list[Stated], list[tuple[int, int]]]:
    stated, taken = [], []
    for piece, at in _places(pieces):
        end = at + len(piece.text)
        if not isinstance(piece, (Text, Emphasis)):
            taken.append((at, end))
        if isinstance(piece, Figure):
            value = piece.value if is_number(piece.value) else _value(piece, evidence)
            if value is not None:
                stated.append(Stated(at, end, float(value), piece))
    return stated, taken


def _value(figure: Figure, evidence: Mapping[str, Evidence]) -> float | None:
    """The number behind a figure that was linked afterwards."""
    from llmauto_agent.report.references import resolve
    from llmauto_tools.errors import ReportError

    try:
        value = resolve(figure.ref, evidence).value
    except ReportError:
        return None
    return float(value) if is_number(value) else None


def _places(pieces: Pieces) -> list[tuple[Piece, int]]:
    """Every piece with its place in the plain text."""
    found: list[tuple[Piece, int]] = []
    at = 0
    for piece in pieces:
        found.append((piece, at))
        at += len(piece.text)
    return found


def _sentences(text: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    ends = [m.start() for m in _SENTENCE.finditer(text) if not any(s < m.start() < e for s, e in taken)]
    starts = [0, *ends]
    return list(zip(starts, [*ends, len(text)], strict=True))


def _moved(spans: Sequence[tuple[int, int]], by: int) -> list[tuple[int, int]]:
    return [(s + by, e + by) for s, e in spans]


# ---- judging


def _judged(said: Said, text: str, stated: Sequence[Stated], about: Belongings) -> bool | None:
    if said.family == "share":
        return _share(said, stated, about)
    if said.family == "ratio":
        return _ratio(said, stated, about)
    if said.family == "clear":
        return None if about.clear is None else about.clear == (said.sign > 0)
    sign = {
        "trend": _trend_sign,
        "compare": _compare_sign,
        "extreme": _extreme_sign,
        "sign": _correlation_sign,
    }[said.family](said, text, stated, about)
    if sign is None:
        sign = about.own_sign(said.family)
    return None if sign is None else sign == said.sign


def _sign(difference: float) -> int:
    return (difference > 0) - (difference < 0)


def _trend_sign(said: Said, text: str, stated: Sequence[Stated], about: Belongings) -> int | None:
    """Which way the values of a trend go, or None."""
    after = [s for s in stated if s.start >= said.end]
    first = next((s for s in after if _FROM.search(text[: s.start])), None)
    if first is None:  # "从 79.9 上升到 83.9": the first value stands before
        before = [s for s in stated if s.end <= said.start and _FROM.search(text[: s.start])]
        first = before[-1] if before else None
    last = next((s for s in after if s is not first and _TO.search(text[: s.start])), None)
    if first is not None and last is not None and first.value != last.value:
        return _sign(last.value - first.value)
    by = next((s for s in after if s.start - said.end <= _NEAR and _BY.search(text[: s.start])), None)
    if by is not None and (by.value < 0 or "abs" in by.figure.format):
        return _sign(by.value)
    return about.change_sign(by.figure if by is not None else None)


def _compare_sign(said: Said, text: str, stated: Sequence[Stated], about: Belongings) -> int | None:
    """Whether the first of the two values that are compared is above the second."""
    after = [s for s in stated if s.start >= said.end and not _BY.search(text[: s.start])]
    by = next((s for s in stated if s.start >= said.end and _BY.search(text[: s.start])), None)
    if by is not None and "abs" in by.figure.format:
        return _sign(by.value)
    than = _THAN.search(text, said.end)
    between = [s for s in after if than is not None and s.end <= than.start()]
    before = [s for s in stated if s.end <= said.start]
    left = between[0] if between else (before[-1] if before else None)
    right = next((s for s in after if s is not left and (than is None or s.start >= than.start())), None)
    if left is not None and right is not None and _alike(left, right) and left.value != right.value:
        return _sign(left.value - right.value)
    return about.compare_sign()


def _alike(left: Stated, right: Stated) -> bool:
    """Whether two values can be compared: not a share with a count, nor a count with another measure."""
    one, two = left.figure.format.split(), right.figure.format.split()
    return ("percent" in one) == ("percent" in two) and ("integer" in one) == ("integer" in two)


def _extreme_sign(said: Said, text: str, stated: Sequence[Stated], about: Belongings) -> int | None:
    """Whether the value that the claim is about is the greatest (+1) or the least (-1) of its column."""
    for one in sorted(_beside(said, text, stated), key=lambda s: "integer" in s.figure.format):
        ends = about.ends_of(one.figure, one.value)
        if ends is not None:
            return said.sign if said.sign in ends else -said.sign
    return None


def _beside(said: Said, text: str, stated: Sequence[Stated]) -> list[Stated]:
    """The values that a claim may be about: the next one of its own clause, then the one before it."""
    after = [s for s in stated if 0 <= s.start - said.end <= _NEAR]
    own = [s for s in after if not _CLAUSE.search(text[said.end : s.start])]
    before = [s for s in reversed(stated) if 0 <= said.start - s.end <= _NEAR]
    return [*own, *before[:2]]


def _correlation_sign(said: Said, text: str, stated: Sequence[Stated], about: Belongings) -> int | None:
    """The sign of the correlation that stands right beside the claim."""
    for one in stated:
        between = text[said.end : one.start] if one.start >= said.end else text[one.end : said.start]
        if len(between) <= _BESIDE and not _CLAUSE.search(between) and 0 < abs(one.value) <= 1:
            return _sign(one.value)
    return None


def _share(said: Said, stated: Sequence[Stated], about: Belongings) -> bool | None:
    """Whether the share beside the claim has that size."""
    shares = [s for s in stated if "percent" in s.figure.format or s.figure.text.endswith(("%", "％"))]
    if not shares:
        known = about.share()
        return None if known is None else said.low < known < said.high
    nearest = min(shares, key=lambda s: min(abs(s.start - said.end), abs(said.start - s.end)))
    value = nearest.value if abs(nearest.value) <= 1 else nearest.value / 100
    return said.low < abs(value) < said.high


def _ratio(said: Said, stated: Sequence[Stated], about: Belongings) -> bool | None:
    """Whether one of the two values is so many times the other."""
    pair = about.pair()
    pairs = [pair] if pair is not None else []
    if not pairs:
        values = [s for s in stated if s.value]
        pairs = [(a.value, b.value) for a in values for b in values if a is not b and _alike(a, b)]
    ratios = [after / before for before, after in pairs if before]
    if not ratios:
        return None
    return any(said.low <= r <= said.high for r in ratios)
