"""Numbers that stand free in a text: linked to the evidence where it holds them, else marked.

A template and a chat model print values through references. What else holds numbers (the words of a tool, a
number that a chat model wrote out) goes through the grounding check of answers (docs/grounding.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from llmauto_agent.grounding.check import Mark, check
from llmauto_agent.grounding.measured import QUERIED
from llmauto_agent.grounding.mentions import Mention
from llmauto_agent.grounding.numbers import find_mentions
from llmauto_agent.numbers import is_number
from llmauto_agent.report.references import step_text
from llmauto_tools.documents.model import Figure, Pieces, Text, Unverified, plain
from llmauto_tools.ledger import Evidence

NOT_FOUND = "found in no evidence"
_QUOTED = re.compile(r"(?<!\w)'[^']*'(?!\w)")
"""Names of columns stand in quotation marks, with whatever digits they have."""
_AROUND = 12
"""Characters on either side by which words are known again."""
_TOLD = ("title_", "sentence_", "caveat_")
_LINKED = frozenset(
    {"cell", "row_count", "figure", "date", "sum", "mean", "difference", "ratio", "share", "percent change"}
)


def link_text(text: str, evidence: Sequence[Evidence], source: str = "") -> Pieces:
    """The text with every number that the evidence holds as a figure, and every other one marked.

    source: the path of the text itself, where the evidence has it: what a tool says of its own result, and
    keeps nowhere else, is linked to that.
    """
    if len(evidence) == 1 and (source or evidence[0].tool not in QUERIED):
        return tuple(_told(text, evidence[0], source))
    return link_numbers((Text(text=text),), evidence)


def _told(text: str, record: Evidence, source: str) -> Iterator[Text | Figure | Unverified]:
    """A tool's words in pieces: each number with the value that it prints, else with the text itself."""
    taken = [m.span() for m in _QUOTED.finditer(text)]
    at = 0
    for mention in find_mentions(text, taken):
        if mention.kind == "name":
            continue
        if mention.start > at:
            yield Text(text=text[at : mention.start])
        told = bool(source) and mention.word  # "two" is printed as no value is: it is known by the text
        found = (p for p, value in values_of(record) if not told and prints(mention, value))
        path = next(found, source)
        if path:
            yield Figure(text=mention.text, ref=path, value=None, format=f"told {source}".strip())
        else:
            yield Unverified(text=mention.text, reason=NOT_FOUND)
        at = mention.end
    if at < len(text):
        yield Text(text=text[at:])


def link_numbers(
    pieces: Pieces, evidence: Sequence[Evidence], *, names: Sequence[str] = (), question: str = ""
) -> Pieces:
    """The pieces with the free numbers of their texts linked or marked; figures stay as they are.

    names: of tables and columns, and cells, whose digits are no numbers.
    """
    text = plain(pieces)
    taken = [*spans_of_figures(pieces), *spans_of_names(text, names)]
    if not find_mentions(text, list(taken)):
        return pieces
    marks = [m for m in check(text, evidence, question).marks if not _inside(m, taken)]
    by_id = {e.id: e for e in evidence}
    linked: list[Any] = []
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        if isinstance(piece, Text):
            own = [m for m in marks if at <= m.start and m.end <= end]
            linked += _split(piece.text, at, own, by_id)
        else:
            linked.append(piece)
        at = end
    return tuple(linked)


def _split(text: str, offset: int, marks: Sequence[Mark], evidence: dict[str, Evidence]) -> Iterator[Any]:
    at = 0
    for mark in marks:
        if mark.how == "name" or mark.start - offset < at or _said(mark, text, offset, evidence):
            continue
        if mark.start - offset > at:
            yield Text(text=text[at : mark.start - offset])
        at = mark.end - offset
        yield _linked(mark, evidence)
    if at < len(text):
        yield Text(text=text[at:])


def _said(mark: Mark, text: str, offset: int, evidence: dict[str, Evidence]) -> bool:
    """Whether a number stands in words that a tool's own wording has too ("less than three years"): it is part
    of what the tool says, and not a value that it found."""
    around = text[max(0, mark.start - offset - _AROUND) : mark.end - offset + _AROUND].strip()
    return len(around) > len(mark.text) + _AROUND and any(
        around in w for e in evidence.values() for w in wordings(e)
    )


def wordings(record: Evidence) -> list[str]:
    """The sentences that an insight is told with, before its values are filled in."""
    insights = record.figures.get("insights") if isinstance(record.figures, dict) else None
    if not isinstance(insights, list):
        return []
    return [str(v) for i in insights if isinstance(i, dict) for k, v in i.items() if k.startswith(_TOLD)]


def _linked(mark: Mark, evidence: dict[str, Evidence]) -> Figure | Unverified | Text:
    if mark.how is None:
        return Unverified(text=mark.text, reason=NOT_FOUND)
    record = evidence.get(mark.evidence or "")
    if record is None:
        return Text(text=mark.text)
    return Figure(text=mark.text, ref=locate(record, mark), value=None, format="told")


def locate(record: Evidence, mark: Mark) -> str:
    """The path of the value that a checked number prints, or the record's id where it is derived."""
    if mark.how not in {"cell", "figure"} or not is_number(mark.value):
        return record.id
    return next((path for path, value in values_of(record) if _prints(mark, value)), record.id)


def _prints(mark: Mark, value: float) -> bool:
    mentions = find_mentions(mark.text, [])
    return len(mentions) == 1 and prints(mentions[0], value)


def prints(mention: Mention, value: float) -> bool:
    """Whether a number as it is printed stands for the value: rounded, a fraction as a percentage, without sign."""
    if mention.date is not None:
        return False
    as_percent = mention.kind == "percent" and mention.stands_for(100 * value)
    return as_percent or mention.stands_for(value) or mention.stands_for(abs(value))


def values_of(record: Evidence) -> Iterator[tuple[str, float]]:
    """Every number of a record with its path: the table, the sections, the figures."""
    yield from _cells(f"{record.id}.rows", record.rows)
    for i, section in enumerate(record.sections):
        yield from _cells(f"{record.id}.sections[{i}].rows", section.rows)
    yield from _inside_of(f"{record.id}.figures", record.figures)
    if record.row_count is not None:
        yield f"{record.id}.row_count", float(record.row_count)


def _cells(path: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, float]]:
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if is_number(value):
                yield f"{path}[{r}][{c}]", float(value)


def _inside_of(path: str, value: Any) -> Iterator[tuple[str, float]]:
    if is_number(value):
        yield path, float(value)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _inside_of(path + step_text(str(name)), item)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _inside_of(f"{path}[{i}]", item)


def spans_of_names(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Where the names that hold digits stand in the text."""
    found = []
    for name in names:
        if any(c.isdigit() for c in name):
            found += [m.span() for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    return found


def spans_of_figures(pieces: Pieces) -> list[tuple[int, int]]:
    """Where the pieces that are no plain text stand in the text."""
    spans, at = [], 0
    for piece in pieces:
        if not isinstance(piece, Text):
            spans.append((at, at + len(piece.text)))
        at += len(piece.text)
    return spans


def _inside(mark: Mark, spans: Sequence[tuple[int, int]]) -> bool:
    return any(mark.start < end and start < mark.end for start, end in spans)
