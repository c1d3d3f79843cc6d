"""The last look at a report: does every number, and every claim, say what the evidence says?

    figures    what is printed is what the value at the reference prints as, and the value belongs to what is
               named beside it (subjects.py)
    numbers    what stands free is found by the grounding check, and linked, or it is marked
    claims     "rose", "more than half", "twice": against the values (claims.py)

It goes over the finished document, whoever wrote its words: a template, a chat model or a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llmauto_agent.grounding.numbers import find_mentions
from llmauto_agent.report.claims import Piece, claims_in
from llmauto_agent.report.formats import format_value
from llmauto_agent.report.free import settle_numbers
from llmauto_agent.report.ground import NOT_FOUND
from llmauto_agent.report.references import resolve
from llmauto_agent.report.subjects import is_retold, misplaced, retold
from llmauto_agent.report.tellings import OTHER_WORD, differing
from llmauto_tools.documents.model import (
    Document,
    Figure,
    Language,
    Pieces,
    Text,
    Unverified,
    pieces_of,
    with_pieces,
)
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

UNSHOWN = "nothing beside it shows it"

__all__ = ["Finding", "Verified", "verify_document", "verify_pieces"]


@dataclass(frozen=True)
class Finding:
    """Something that the evidence does not bear out: the words, and why. `key` is the part that it stands in."""

    text: str
    reason: str
    key: str = ""


@dataclass(frozen=True)
class Verified:
    """A document with what was not found marked in it; `checked` counts the figures, numbers and claims."""

    document: Document
    checked: int
    findings: tuple[Finding, ...]


def verify_document(
    document: Document, evidence: Mapping[str, Evidence], *, names: Sequence[str] = (), strict: bool = False
) -> Verified:
    """Check every text of a document, and mark what is not borne out.

    names: of tables and columns, whose digits are no numbers. strict: a claim that nothing beside it shows to be
    so or not is a finding too (for what a chat model wrote).
    """
    checked = 0
    findings: list[Finding] = []
    blocks = []
    for block in document.blocks:
        runs = []
        for pieces in pieces_of(block):
            done, count, found = verify_pieces(
                pieces,
                evidence,
                document.meta.language,
                names=names,
                strict=strict,
                question=document.meta.goal,
            )
            runs.append(done)
            checked += count
            findings += [Finding(f.text, f.reason, block.key) for f in found]
        blocks.append(with_pieces(block, runs) if runs else block)
    meta = document.meta.model_copy(
        update={"checked": checked, "unverified": tuple(f.text for f in findings)}
    )
    marked = document.model_copy(update={"blocks": tuple(blocks), "meta": meta})
    return Verified(marked, checked, tuple(findings))


def verify_pieces(
    pieces: Pieces,
    evidence: Mapping[str, Evidence],
    language: Language,
    *,
    names: Sequence[str] = (),
    strict: bool = False,
    question: str = "",
) -> tuple[Pieces, int, list[Finding]]:
    """One run of text: the pieces with what is wrong marked, how much was checked, and what is wrong."""
    pieces = _joined(pieces)
    wrong_places = misplaced(pieces, evidence) | retold(pieces, evidence)
    differs = differing(pieces, evidence, language)
    compared = tuple(_compared(p, evidence, language) if isinstance(p, Figure) else p for p in pieces)
    compared = _in_place(compared, wrong_places | differs.pieces)
    compared = mark_spans(compared, [(s, e, OTHER_WORD) for s, e in differs.spans])
    linked = settle_numbers(compared, evidence, names, question)
    claims = [
        c for c in claims_in(linked, evidence, names) if not is_retold(c.start, c.end, pieces, evidence)
    ]
    wrong = [c for c in claims if c.holds is False or (strict and c.holds is None)]
    marked = mark_spans(linked, [(c.start, c.end, c.reason or UNSHOWN) for c in wrong])
    checked = sum(isinstance(p, (Figure, Unverified)) for p in linked) + len(claims)
    findings = [Finding(p.text, p.reason) for p in marked if isinstance(p, Unverified)]
    return marked, checked, findings


def _joined(pieces: Pieces) -> Pieces:
    """The pieces with texts that follow each other as one, so that no number is cut in two."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(text=joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return tuple(joined)


def _in_place(pieces: Pieces, wrong: Mapping[int, str]) -> Pieces:
    """The pieces with the figures marked that stand beside another name than their own."""
    return tuple(Unverified(text=p.text, reason=wrong[i]) if i in wrong else p for i, p in enumerate(pieces))


def _compared(figure: Figure, evidence: Mapping[str, Evidence], language: Language) -> Figure | Unverified:
    """The figure, or the mark that what it prints is not what the evidence has."""
    if "." not in figure.ref:
        return _derived(figure, evidence)
    try:
        value = resolve(figure.ref, evidence).value
        if figure.format.startswith("told"):
            right = _stands_for(figure.text, value)
        else:
            right = figure.text == format_value(value, figure.format, language)
    except ReportError as e:
        return Unverified(text=figure.text, reason=e.message)
    return figure if right else Unverified(text=figure.text, reason="the evidence has another value")


def _derived(figure: Figure, evidence: Mapping[str, Evidence]) -> Figure | Unverified:
    """A number that follows from its record by one step was linked to the record as a whole."""
    if figure.ref in evidence:
        return figure
    return Unverified(text=figure.text, reason=NOT_FOUND)


def _stands_for(text: str, value: object) -> bool:
    if isinstance(value, str):
        return text in value
    mentions = find_mentions(text, [])
    if len(mentions) != 1 or not isinstance(value, (int, float)):
        return text == str(value)
    mention = mentions[0]
    percent = mention.kind == "percent" and mention.stands_for(100 * value)
    return percent or mention.stands_for(value) or mention.stands_for(abs(value))


def mark_spans(pieces: Pieces, spans: Sequence[tuple[int, int, str]]) -> Pieces:
    """The pieces with these parts of their plain texts marked, each as (start, end, reason)."""
    return tuple(_spans_marked(pieces, sorted(set(spans)))) if spans else pieces


def _spans_marked(pieces: Pieces, spans: Sequence[tuple[int, int, str]]) -> Iterator[Piece]:
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        own = [s for s in spans if at <= s[0] and s[1] <= end]
        if not own or not isinstance(piece, Text):
            yield piece
        else:
            yield from _text_marked(piece.text, at, own)
        at = end


def _text_marked(text: str, at: int, spans: Sequence[tuple[int, int, str]]) -> Iterator[Piece]:
    place = at
    for start, end, reason in spans:
        if start < place:
            continue
        if start > place:
            yield Text(text=text[place - at : start - at])
        yield Unverified(text=text[start - at : end - at], reason=reason)
        place = end
    if place < at + len(text):
        yield Text(text=text[place - at :])
