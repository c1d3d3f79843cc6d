"""Numbers that stand free in a finished report: they should not, since values are printed through references.

One is let stand, and linked, only where its own sentence shows what it is: it is a value of the row or insight
that the sentence tells of, or of a record whose name for it stands beside it ("n = 388"), or the goal has it
too. Everywhere else a number of a table would be found somewhere by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llmauto_agent.grounding.check import check
from llmauto_agent.grounding.mentions import Mention
from llmauto_agent.grounding.numbers import find_mentions
from llmauto_agent.numbers import is_number
from llmauto_agent.report.belongings import belongings
from llmauto_agent.report.ground import NOT_FOUND, spans_of_figures, spans_of_names, values_of, wordings
from llmauto_tools.documents.model import CodeText, Emphasis, Figure, Pieces, Text, Unverified, plain
from llmauto_tools.ledger import Evidence

_BESIDE = 24
_AROUND = 12
_DIGITS = 3
"""Significant digits from which a number is not found among a few others by chance."""

Piece = Text | Emphasis | CodeText | Figure | Unverified


def settle_numbers(
    pieces: Pieces, evidence: Mapping[str, Evidence], names: Sequence[str] = (), question: str = ""
) -> Pieces:
    """The pieces with every free number of their texts linked, let stand, or marked."""
    text = plain(pieces)
    taken = [*spans_of_figures(pieces), *spans_of_names(text, names)]
    mentions = find_mentions(text, list(taken))
    if not mentions:
        return pieces
    judge = _Judge(text, pieces, evidence, question)
    settled: list[Piece] = []
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        own = [m for m in mentions if at <= m.start and m.end <= end]
        settled += list(_split(piece, at, own, judge)) if isinstance(piece, Text) and own else [piece]
        at = end
    return tuple(settled)


def _split(piece: Text, offset: int, mentions: Sequence[Mention], judge: _Judge) -> Iterator[Piece]:
    at = 0
    for mention in mentions:
        found = judge.of(mention)
        if found is None:
            continue
        if mention.start - offset > at:
            yield Text(text=piece.text[at : mention.start - offset])
        yield found
        at = mention.end - offset
    if at < len(piece.text):
        yield Text(text=piece.text[at:])


class _Judge:
    """Decides about the free numbers of one run of text."""

    def __init__(self, text: str, pieces: Pieces, evidence: Mapping[str, Evidence], question: str) -> None:
        self._text, self._evidence = text, evidence
        figures = [p for p in pieces if isinstance(p, Figure)]
        cited = {f.evidence for f in figures}
        self._records = [e for e in evidence.values() if e.id in cited] or list(evidence.values())
        near = [f for f in figures if ".rows[" in f.ref or ".insights[" in f.ref]
        self._beside = belongings(near, evidence).values
        self._asked = find_mentions(question, [])

    def of(self, mention: Mention) -> Figure | Unverified | None:
        """A figure, a mark, or None where the number may stand as it is."""
        if mention.kind == "name" or self._is_asked(mention) or self._is_said(mention):
            return None if mention.kind != "name" else self._name(mention)
        exact = len(re.sub(r"\D", "", mention.text).strip("0")) >= _DIGITS
        if exact and any(is_number(v) and _prints(mention, float(v)) for v in self._beside.values()):
            return None
        for record in self._records:
            path = next(
                (p for p, v in values_of(record) if _prints(mention, v) and self._is_named(mention, p)), None
            )
            if path is not None:
                return Figure(text=mention.text, ref=path, format="told")
        return Unverified(text=mention.text, reason=NOT_FOUND)

    def _is_asked(self, mention: Mention) -> bool:
        """Whether the goal has the number too."""
        return any(
            (m.value, m.date, m.kind) == (mention.value, mention.date, mention.kind) for m in self._asked
        )

    def _is_said(self, mention: Mention) -> bool:
        """Whether a tool's own wording has it in the same words ("less than three years")."""
        before = self._text[max(0, mention.start - _AROUND) : mention.end]
        after = self._text[mention.start : mention.end + _AROUND]
        around = [w for w in (before, after) if len(w) == len(mention.text) + _AROUND]
        told = [w for e in self._records for w in wordings(e)]
        return any(a in w for a in around for w in told)

    def _is_named(self, mention: Mention, path: str) -> bool:
        """Whether the last name of the path stands beside the number."""
        names = re.findall(r"[A-Za-z]+", re.split(r"[.\]]", path.rstrip("]"))[-1])
        beside = self._text[max(0, mention.start - _BESIDE) : mention.end + _BESIDE].casefold()
        return bool(names) and all(re.search(rf"\b{n.casefold()}\b", beside) for n in names)

    def _name(self, mention: Mention) -> Unverified | None:
        """A word that holds digits has to stand somewhere in the evidence."""
        marks = check(mention.text, self._records).marks
        known = any(m.how is not None for m in marks) or any(mention.text in str(a) for a in self._words())
        return None if known else Unverified(text=mention.text, reason=NOT_FOUND)

    def _words(self) -> Iterator[Any]:
        for record in self._evidence.values():
            yield from (record.id, record.sql, record.text, record.arguments, record.tables)
            yield from record.columns


def _prints(mention: Mention, value: float) -> bool:
    if mention.kind == "percent":
        return mention.stands_for(100 * value)
    return mention.date is None and (mention.stands_for(value) or mention.stands_for(abs(value)))
