"""Recall: the entries that belong to a request, by meaning and by words together.

    keyword search (BM25) ┐
                          ├ reciprocal rank fusion → re-ranking → at most `limit`, within a bound of characters
    nearest vectors       ┘

Fusion takes ranks and no scores, which are of different kinds (Cormack, Clarke and Büttcher, "Reciprocal rank
fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009). The best of it are re-ranked
by what the fusion does not see: how much of the request's rare words an entry holds, and the cosine itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_agent.memory.entry import Entry
from llmauto_agent.memory.keywords import initials, query_words
from llmauto_agent.memory.store import Store
from llmauto_agent.planner.tokens import detect_language

FUSION = 60
"""The constant of the reciprocal rank fusion, as in the paper."""
CANDIDATES = 40
"""Entries of either search that are fused."""
_WEIGHTS = {"en": (1.0, 0.2, 0.0), "zh": (0.1, 0.0, 1.0)}
"""Of the cosine, of the words that are shared, and of the keyword score as a part of the best one, by the
request's language: the encoder that ships knows next to no Chinese. Chosen on the development half of
benchmarks/memory."""
_SCHEMA = 0.12
"""What tables and columns are put back by, where they were not asked for: there are many, and they are terse."""

_SHORT = 0.3
"""What a definition gains whose name is the abbreviation of words in the request."""

Search = Callable[[str, int], list[tuple[int, float]]]
"""(request, count) to (number, cosine): the nearest vectors of one store."""


@dataclass(frozen=True)
class Recalled:
    """An entry that belongs to a request. `score` compares within one recall; `cosine` 0 where not compared."""

    entry: Entry
    score: float
    cosine: float = 0.0
    cover: float = 0.0
    """The part of the request's words that it holds, rarer ones counting more: 0 to 1."""
    stale: str | None = None
    """Why it may be out of date, where the source changed since."""


def recall_from(
    store: Store,
    request: str,
    dense: Search | None,
    limit: int,
    kinds: Sequence[str] = (),
    *,
    multilingual: bool = False,
) -> list[Recalled]:
    """The entries of one store that belong to a request, best first.

    multilingual: whether the embedding model is to be trusted in Chinese.
    """
    words = query_words(request)
    short = {w for w in store.frequencies(initials(request)) if len(w) > 2} - set(words)
    words += short
    by_words = store.keyword(words, CANDIDATES, kinds)
    wide = CANDIDATES if not kinds else 5 * CANDIDATES
    by_meaning = dense(request, wide) if dense is not None else []
    fused: dict[int, float] = {}
    for ranked in (by_words, by_meaning):
        for rank, (number, _) in enumerate(ranked):
            fused[number] = fused.get(number, 0.0) + 1.0 / (FUSION + 1 + rank)
    cosines = dict(by_meaning)
    weights = _weights(store, words)
    by_cosine, by_cover, by_keyword = _WEIGHTS[
        "en" if multilingual or dense is None else detect_language(request)
    ]
    top = max((s for _, s in by_words), default=0.0) or 1.0
    keyword = {number: score / top for number, score in by_words}
    scored: list[tuple[float, int, float]] = []
    for number, (kind, held) in store.words_of(list(fused)).items():
        if kinds and kind not in kinds:
            continue
        cover = _cover(weights, held)
        score = by_cosine * cosines.get(number, 0.0) + by_cover * cover + fused[number]
        score += by_keyword * keyword.get(number, 0.0)
        if kind in ("table", "column") and not kinds:
            score -= _SCHEMA
        if kind == "definition" and short & held:
            score += _SHORT
        scored.append((score, number, cover))
    scored.sort(key=lambda s: (-s[0], s[1]))
    best = {number: (score, cover) for score, number, cover in scored[:limit]}
    return [
        Recalled(entry, *_figures(best, cosines, store.number(entry.id))) for entry in store.some(list(best))
    ]


def _figures(
    best: dict[int, tuple[float, float]], cosines: dict[int, float], number: int
) -> tuple[float, float, float]:
    score, cover = best[number]
    return score, cosines.get(number, 0.0), cover


def _weights(store: Store, words: Sequence[str]) -> dict[str, float]:
    """The inverse document frequency of each word of a request; a word that no entry holds counts like one."""
    held = store.frequencies(words)
    total = max(store.newest(), 1)
    return {w: math.log(1 + total / (1 + held.get(w, 0))) for w in words}


def _cover(weights: dict[str, float], held: frozenset[str]) -> float:
    whole = sum(weights.values())
    return sum(weights[w] for w in weights.keys() & held) / whole if whole else 0.0


def merged(parts: Sequence[Sequence[Recalled]], limit: int, characters: int) -> list[Recalled]:
    """The recall of several stores as one, best first, without repeated texts and within the bounds."""
    kept: list[Recalled] = []
    seen: set[str] = set()
    for found in sorted((r for part in parts for r in part), key=lambda r: -r.score):
        if found.entry.text in seen or len(kept) == limit or (kept and len(found.entry.text) > characters):
            continue
        seen.add(found.entry.text)
        characters -= len(found.entry.text)
        kept.append(found)
    return kept
