"""Sentences that tell a tool's finding in the tool's own words, compared with those word by word.

An insight comes with its sentence, in which places are named ("rose from {{first}} to {{last}}"). Where a text is
so near to it that it must be the same sentence, each value has to stand at its own place, and no word that
claims something may be another one. A sentence in other words is left to the other checks.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from llmauto_agent.numbers import Language
from llmauto_agent.report.claim_words import said_in
from llmauto_tools.documents.model import Figure, Pieces, plain
from llmauto_tools.ledger import Evidence

NEAR = 0.78
"""The similarity (difflib's ratio over words) from which two sentences are the same one."""
OTHER_PLACE = "the finding has another value at this place"
OTHER_WORD = "the finding says otherwise"

_INSIGHT = re.compile(r"(?P<id>e\d+)\.figures\.insights\[(?P<index>\d+)\]\.values\.(?P<name>\w+)$")
_WORD = re.compile(r"\{\{\s*(?P<place>\w+)\s*\}\}|[A-Za-z_]+|\d[\d,.]*|[^\W\d_]|\S")
_PAIRS = (
    ("high", "low"), ("higher", "lower"), ("highest", "lowest"), ("rises", "falls"), ("rose", "fell"), ("up", "down"),
    ("above", "below"), ("more", "less"), ("most", "least"), ("高", "低"), ("升", "降"), ("多", "少"), ("大", "小"),
)  # fmt: skip
_OPPOSITES = {**dict(_PAIRS), **{b: a for a, b in _PAIRS}}

Token = tuple[str, ...]


@dataclass(frozen=True)
class _Placed:
    """A token of a text with where it stands; `piece` is the place of a figure among the pieces, else -1."""

    token: Token
    start: int
    end: int
    piece: int = -1


@dataclass(frozen=True)
class Differing:
    """What differs from the finding's own sentence: pieces to mark, and spans of words."""

    pieces: dict[int, str]
    spans: list[tuple[int, int]]


def differing(pieces: Pieces, evidence: Mapping[str, Evidence], language: Language) -> Differing:
    """Where a text that tells one insight departs from the insight's own sentence."""
    figures = [m for p in pieces if isinstance(p, Figure) and (m := _INSIGHT.match(p.ref))]
    found = Differing({}, [])
    if not figures:
        return found
    (identity, index), count = Counter((m["id"], int(m["index"])) for m in figures).most_common(1)[0]
    record = evidence.get(identity)
    if record is None or 2 * count < len(figures):
        return found
    told = list(_tokens_of(pieces, index))
    for own in _sentences(record.figures["insights"][index], language):
        matcher = difflib.SequenceMatcher(a=own, b=[t.token for t in told], autojunk=False)
        if matcher.ratio() >= NEAR:
            _compare(matcher, own, told, plain(pieces), found)
            return found
    return found


def _sentences(insight: Mapping[str, Any], language: Language) -> Iterator[list[Token]]:
    for name in ("sentence", "title"):
        text = str(insight.get(f"{name}_{language}") or "")
        yield [("value", m["place"]) if m["place"] else ("word", m[0]) for m in _WORD.finditer(text)]


def _tokens_of(pieces: Pieces, index: int) -> Iterator[_Placed]:
    at = 0
    for i, piece in enumerate(pieces):
        match = _INSIGHT.match(piece.ref) if isinstance(piece, Figure) else None
        end = at + len(piece.text)
        if match is not None:
            own = int(match["index"]) == index
            yield _Placed(
                ("value", match["name"]) if own else ("value", match["index"], match["name"]), at, end, i
            )
        else:
            for word in _WORD.finditer(piece.text):
                yield _Placed(("word", word[0]), at + word.start(), at + word.end())
        at = end


def _compare(
    matcher: difflib.SequenceMatcher[Token],
    own: list[Token],
    told: list[_Placed],
    text: str,
    found: Differing,
) -> None:
    claims = [(s.start, s.end) for s in said_in(text, [])]
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        taken_out = [t for t in own[a:b] if t[0] == "value"]
        for placed in told[c:d]:
            if placed.piece >= 0:
                found.pieces[placed.piece] = OTHER_PLACE
            elif (taken_out and placed.token[1][0].isdigit()) or (
                kind == "replace" and any(_OPPOSITES.get(t[1]) == placed.token[1] for t in own[a:b])
            ):
                found.spans.append((placed.start, placed.end))
            elif kind == "replace":
                found.spans.extend(s for s in claims if s[0] < placed.end and placed.start < s[1])
