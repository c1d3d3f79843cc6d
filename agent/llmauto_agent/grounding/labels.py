"""Which rows a text speaks of: labels (values of key columns) in it, and which number belongs to which.

A label binds the number that follows it tightly ("female (44.48)", "female: 44.48"), else the number
that it follows ("44.48 for female"), else the next number of its clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmauto_agent.grounding.facts import Column, Facts
from llmauto_agent.grounding.mentions import Mention, overlaps

_OPEN_QUOTES, _SHUT_QUOTES = "'\"“‘「", "'\"”’」"
_CLAUSE_END = re.compile(r"[;；。！？\n]|[.!?](?=\s|$)")
_JOINER = re.compile(r"['’\"”]?\s*(?:/|,|，|、|和|&|\+|且|and|or)\s*(?:and\s+)?(?:the\s+)?['‘\"“]{0,3}\s*")
_TIGHT = re.compile(
    r"(?:(?: and |和)(?:others|其他))?['’\"”]?\s*[(（:：=|]?\s*(?:is|was|are|were|has|had|have|with|at|of|by|averag\w*|为|是|有|占|累计为)?\s*[(（|]?\s*"
)
_FORWARD = re.compile(
    r"\)?\s*[(（,]?\s*(?:[a-z]+\s)?(?:for|in|of|on|at|from|with|among)\s+(?:the\s+|each\s+)?['“\"]?", re.I
)
_AT = re.compile(r"\b[Aa]t\s+[$€£¥₹]?$")
_TABLE_CELL = re.compile(r"(?:^|\n)[ \t]*\|[ \t]*$")
_SHORT_TAIL = re.compile(r"\s*(?:[(（:：/、|]|和|,|and\b|has\b|is\b|$)")
_SHORT_HEAD = re.compile(r"(?:\bfor|\bin|\bof|的是|/|\||、|,)\s*$")
_PAREN_NUMBER = re.compile(r"\s*[(（:：]\s*[-−$€£]?\d")
_WEEK = re.compile(r"the week of |那一周")
_BETWEEN = re.compile(r"\s*(?:[–—-]|to|到|至)\s*")
MAX_GAP = 90


@dataclass(frozen=True)
class Label:
    """A stretch of text that names rows (or, for restricted measures of one row, columns)."""

    start: int
    end: int
    rows: frozenset[int]
    column: int | None
    columns: frozenset[int] | None = None
    """The value columns that it restricts to; None for all."""


@dataclass(frozen=True)
class Anchor:
    """The labels that a number belongs to: each member's rows hold it. `how` says how close they are."""

    members: tuple[frozenset[int], ...]
    labels: tuple[Label, ...]
    columns: frozenset[int] | None
    how: str
    """"tight", "forward" or "loose"."""


def clause_ends(text: str, taken: Sequence[tuple[int, int]]) -> list[int]:
    """Where clauses end: at semicolons, full stops and line ends outside of names and numbers."""
    spans = list(taken)
    return [m.end() for m in _CLAUSE_END.finditer(text) if not overlaps(m.start(), m.end(), spans)]


def text_labels(text: str, facts: Facts) -> list[Label]:
    """Text cells that occur in the text, the longest first, none inside another."""
    found: list[Label] = []
    spans: list[tuple[int, int]] = []
    present = [t for t in facts.texts if t in text]
    for cell in sorted(present, key=len, reverse=True):
        places = facts.texts[cell]
        for start in _occurrences(text, cell):
            end = start + len(cell)
            if overlaps(start, end, spans) or not _names_row(text, start, end, cell, facts):
                continue
            spans.append((start, end))
            rows = frozenset(r for r, _ in places)
            column = places[0][1] if len({c for _, c in places}) == 1 else None
            found.append(Label(start, end, rows, column))
    return found


def _occurrences(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        end = start + len(part)
        before, after = text[start - 1 : start], text[end : end + 1]
        glued = _latin(part[0]) and _latin(before), _latin(part[-1]) and _latin(after)
        if not any(glued):
            yield start
        start = text.find(part, start + 1)


def _latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _names_row(text: str, start: int, end: int, cell: str, facts: Facts) -> bool:
    """Whether the occurrence is meant as the cell, not as an everyday word or a number."""
    if text[start - 1 : start] in _OPEN_QUOTES and text[end : end + 1] in _SHUT_QUOTES and start:
        return True
    if adjacent_columns(text, start, facts.columns) or _TABLE_CELL.search(text[:start]):
        return True
    if not any(c.isalpha() for c in cell):
        return False
    if len(cell) > 2 or not cell.isascii():
        return True
    tail = _SHORT_TAIL.match(text, end)
    if tail is not None and tail.group()[-1:] in tuple("(（:：/|、和"):
        return True
    return bool(_SHORT_HEAD.search(text[:start])) and (
        tail is not None or text[end : end + 1] in tuple(";；.。")
    )


_SPACE = re.compile(r"(?: |为)$")
_LINK = re.compile(r"(?:['\"“‘\s=:：]|为|不是|是|在|\b(?:is|was|equals?|of|at)\b)*$")


def name_before(text: str, position: int, names: Sequence[str], *, linked: bool = True) -> int:
    """The length of the longest of the names that stands right before the position ("Age 38",
    "Pclass为3", "Age is 38"); 0 without one. `linked` False: nothing but a space or 为 may lie between."""
    reach = max((len(n) for n in names), default=0) + 20
    link = _LINK if linked else _SPACE
    before = link.sub("", text[max(0, position - reach) : position]).casefold()
    longest = 0
    for name in names:
        key = name.casefold()
        if len(key) > longest and before.endswith(key):
            at = len(before) - len(key)
            if not (at and _latin(before[at - 1]) and _latin(key[0])):
                longest = len(key)
    return longest


def adjacent_columns(text: str, position: int, columns: Sequence[Column]) -> list[Column]:
    """The columns whose name stands right before the position."""
    found = [(name_before(text, position, c.names), c) for c in columns]
    longest = max((n for n, _ in found), default=0)
    return [c for n, c in found if n == longest > 0]


def mention_labels(text: str, mentions: Sequence[Mention], facts: Facts) -> list[Label]:
    """Numbers and dates that name rows."""
    found: list[Label] = []
    done = 0
    for i, mention in enumerate(mentions):
        if mention.start < done:
            continue
        following = mentions[i + 1] if i + 1 < len(mentions) else None
        bucket = following and _bucket(text, mention, following, facts)
        done = bucket.end if bucket else 0
        label = bucket or _number_label(text, mention, facts) or _condition_label(text, mention, facts)
        if label is not None:
            found.append(label)
    return [*found, *_flag_labels(text, facts)]


def _bucket(text: str, low: Mention, high: Mention, facts: Facts) -> Label | None:
    """A range "20–30" of a number bucket."""
    between = text[low.end : high.start]
    if not _BETWEEN.fullmatch(between) or (low.kind, high.kind) != ("number", "number"):
        return None
    for column in facts.columns:
        if column.bucket is None or not column.is_key:
            continue
        width = column.bucket
        fitting = [(r, v) for r, v in facts.numbers(column.index) if high.stands_for(v + width)]
        rows = _closest(low, fitting)
        if rows:
            return Label(low.start, high.end, rows, column.index)
    return None


def _number_label(text: str, mention: Mention, facts: Facts) -> Label | None:
    if mention.kind not in {"number", "date"}:
        return None
    family = "date" if mention.date is not None else "number"
    named = [c for c in adjacent_columns(text, mention.start, facts.columns) if c.family == family]
    followed = bool(_PAREN_NUMBER.match(text, mention.end) or _TABLE_CELL.search(text[: mention.start]))
    for column in named or facts.columns:
        bare_year = mention.year_like and text[max(0, mention.start - 1) : mention.start] not in ("(", "（")
        rows = _rows_named(mention, column, facts, (bool(named), followed, bare_year))
        if rows:
            return Label(mention.start, mention.end, rows, column.index)
    return None


def _rows_named(
    mention: Mention, column: Column, facts: Facts, worded: tuple[bool, bool, bool]
) -> frozenset[int]:
    """The rows that a number or date names in a column. `worded`: the column's name stands before it; a
    number in brackets follows; it is a year outside of brackets."""
    named, followed, bare_year = worded
    year = mention.date.year if mention.date and mention.date.month is None else None
    if mention.date is not None and column.family == "date":
        return frozenset(r for r, d in facts.dates(column.index) if mention.date.fits(d))
    if mention.year_like and column.family == "date":
        dates = facts.dates(column.index)
        if all((d.month, d.day) == (1, 1) for _, d in dates):
            return frozenset(r for r, d in dates if d.year == mention.value)
    key = column.is_key or (not facts.grouped and named and followed)
    if column.family == "number" and key and (named or followed or year or bare_year):
        value = float(year) if year else mention.value
        step = 1e-9 if year or mention.kind != "number" else mention.step
        return _closest(Mention(0, 0, "", "number", value, step), facts.numbers(column.index))
    return frozenset()


def _closest(mention: Mention, cells: Sequence[tuple[int, float]]) -> frozenset[int]:
    """The rows whose value the mention stands for; of several values (0, 0.1, 0.2) the closest."""
    fitting = [(abs(v - mention.value), r) for r, v in cells if mention.stands_for(v)]
    least = min((distance for distance, _ in fitting), default=0.0)
    return frozenset(r for distance, r in fitting if distance == least)


def _condition_label(text: str, mention: Mention, facts: Facts) -> Label | None:
    """A number in the condition of one of several measures: it names the column, not a row."""
    columns = frozenset(
        column.index
        for column in facts.columns
        for constant in column.conditions
        if isinstance(constant.value, float)
        and mention.stands_for(constant.value)
        and name_before(text, mention.start, constant.columns)
    )
    restricted = len([c for c in facts.columns if c.conditions])
    if not columns or restricted < 2:
        return None
    return Label(mention.start, mention.end, frozenset(range(len(facts.rows))), None, columns)


def _flag_labels(text: str, facts: Facts) -> Iterator[Label]:
    """Truth values and missing values of key columns, and texts in the conditions of measures."""
    for column in facts.columns:
        for constant in column.conditions:
            if isinstance(constant.value, str):
                for start in _occurrences(text, constant.value):
                    rows = frozenset(range(len(facts.rows)))
                    end = start + len(constant.value)
                    yield Label(start, end, rows, None, frozenset({column.index}))
        if not column.is_key:
            continue
        for name in column.names:
            for value, pattern in (
                (True, rf"{re.escape(name)}\s?(?:true|yes|真|是)\b"),
                (False, rf"{re.escape(name)}\s?(?:false|no|假|否)\b"),
                (None, rf'\bno "?{re.escape(name)}"?|"?{re.escape(name)}"?为空'),
            ):
                rows = frozenset(r for r, row in enumerate(facts.rows) if row[column.index] is value)
                if rows:
                    for match in re.finditer(pattern, text):
                        yield Label(match.start(), match.end(), rows, column.index)


class Binder:
    """Finds the labels that a number belongs to."""

    def __init__(self, text: str, facts: Facts, labels: Sequence[Label], ends: Sequence[int]) -> None:
        self._text = text
        self._facts = facts
        self._labels = sorted(labels, key=lambda label: label.start)
        self._ends = ends
        restricting = {n for c in facts.columns for k in c.conditions for n in k.columns}
        named = restricting | {n for c in facts.columns for n in c.names if n}
        names = sorted(named, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, names)), re.I) if names else None

    def anchor(self, start: int, end: int) -> Anchor | None:
        """The labels of the number at that span, or None where no label of its clause is near."""
        clause = max((e for e in self._ends if e <= start), default=0)
        limit = min((e for e in self._ends if e > start), default=len(self._text))
        before = [i for i, label in enumerate(self._labels) if clause <= label.start and label.end <= start]
        back = before[-1] if before else None
        gap = self._gap(self._labels[back].end, start) if back is not None else ""
        heading = gap.rstrip().endswith(
            (":", "：")
        )  # may end what is said of all: "…, for female: 44.48 for male"
        tight = _TIGHT.fullmatch(gap) is not None
        if back is not None and tight and not heading:
            return self._chain_back(back, "tight")
        after = next((i for i, lb in enumerate(self._labels) if end <= lb.start and lb.end <= limit), None)
        if after is not None and self._reaches(start, end, self._labels[after]):
            return self._chain_forward(after)
        if back is not None and (tight or start - self._labels[back].end <= MAX_GAP):
            return self._chain_back(back, "tight" if tight else "loose")
        return None

    def _reaches(self, start: int, end: int, label: Label) -> bool:
        """Whether the words between a number and a label behind it make the number the label's."""
        gap = self._gap(end, label.start)
        if _FORWARD.fullmatch(gap):
            return True
        return bool(_AT.search(self._text[:start])) and not gap.strip(" ,，")

    def _gap(self, start: int, end: int) -> str:
        """The text between, without column names."""
        between = _WEEK.sub("", self._text[start:end])
        return re.sub(r"\s+", " ", self._names.sub("", between)) if self._names else between

    def _joined(self, left: Label, right: Label) -> str | None:
        gap = self._gap(left.end, right.start)
        return gap if _JOINER.fullmatch(gap) else None

    def _chain_back(self, last: int, how: str) -> Anchor:
        first = last
        while first and self._joined(self._labels[first - 1], self._labels[first]) is not None:
            first -= 1
        return self._anchor(self._labels[first : last + 1], how)

    def _chain_forward(self, first: int) -> Anchor:
        last = first
        while last + 1 < len(self._labels):
            gap = self._joined(self._labels[last], self._labels[last + 1])
            if gap is None or "/" not in gap:
                break
            last += 1
        return self._anchor(self._labels[first : last + 1], "forward")

    def _anchor(self, labels: Sequence[Label], how: str) -> Anchor:
        together = frozenset.intersection(*(label.rows for label in labels))
        columns = [label.columns for label in labels if label.columns is not None]
        restricted = frozenset.intersection(*columns) if columns else None
        slashes = ["/" in (self._joined(a, b) or "") for a, b in pairwise(labels)]
        distinct = len({label.column for label in labels}) == len(labels)
        if all(slashes) or (together and distinct and not any(slashes)):
            return Anchor((together,), tuple(labels), restricted, how)
        members: list[frozenset[int]] = [labels[0].rows]
        for label, slash in zip(labels[1:], slashes, strict=True):
            if slash:
                members[-1] &= label.rows
            else:
                members.append(label.rows)
        if len(set(members)) < len(members):
            members.append(frozenset())  # the same row named twice: no number fits
        return Anchor(tuple(members), tuple(labels), restricted, how)
