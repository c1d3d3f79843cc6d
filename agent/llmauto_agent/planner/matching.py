"""From the phrases of a question to the names that they may mean, whole or in part, with scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from llmauto_agent.planner.names import Hit, Name, NameIndex
from llmauto_agent.planner.phrases import Unit, span_size, spans
from llmauto_agent.planner.synonyms import vocabulary
from llmauto_agent.planner.words import QUESTION_WORDS, expand, root

MatchHow = Literal["exact", "normalised", "inflected", "partial", "synonym", "typo", "description"]

_BRIDGES = frozenset(("of", "the", "in", "per", "for", "a", "an", "的", "之", "总"))
"""Words that may stand between two words of one name: "date of birth", 客户的类型."""


_WEAK_TAILS = frozenset(("number", "name", "names", "no", "id", "code", "value", "column", "field"))
_COUNTING = frozenset(("number", "count", "total", "amount", "sum"))

_SINGLE = "年月周日天"
"""Chinese words of one character that are looked up as synonyms; others are too often part of a word."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """Units [first, last) of a question that may mean a name."""

    first: int
    last: int
    name: Name
    score: float
    how: MatchHow
    size: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """A hit with the units [first, last) that made it."""

    first: int
    last: int
    hit: Hit


def match_names(units: Sequence[Unit], index: NameIndex) -> list[NameMatch]:
    """Every name that some units name, wholly or in part; overlapping ones are all returned."""
    matches = list(_whole_matches(units, index))
    matches += _with_weak_tail(matches, units)
    matches += _chinese_typos(matches, units, index)
    whole = {(m.first, m.last, id(m.name)) for m in matches}
    by_name: dict[int, list[_Placed]] = {}
    for placed in _placed_hits(units, index, {i for m in matches for i in range(m.first, m.last)}):
        by_name.setdefault(placed.hit.name, []).append(placed)
    for number, hits in by_name.items():
        name = index.names[number]
        for chain in _chains(hits, units):
            match = _score_chain(chain, name, units)
            if match is not None and (match.first, match.last, id(name)) not in whole:
                matches.append(match)
    return matches


def _whole_matches(units: Sequence[Unit], index: NameIndex) -> Iterator[NameMatch]:
    for i, j in spans(units):
        text = "".join(u.text for u in units[i:j])
        stem = "".join(u.root for u in units[i:j])
        for whole in index.wholes(text, stem):
            name = index.names[whole.name]
            score = whole.score
            if all(u.stop for u in units[i:j]) and units[i].group < 0 and units[i].typed.islower():
                score *= 0.35  # "from" the column, or "from" the preposition
            elif units[i].typed == name.text and i + 1 == j:
                score = 1.0
            yield NameMatch(i, j, name, score, whole.how, span_size(units[i:j]))


def _with_weak_tail(matches: list[NameMatch], units: Sequence[Unit]) -> list[NameMatch]:
    """ "catalogue number" for a column catalogue, "team name" for team: the tail adds nothing."""
    longer = []
    for m in matches:
        tail = units[m.last] if m.last < len(units) else None
        if tail is None or m.score < 0.85 or m.name.kind != "column" or tail.group != units[m.first].group:
            continue
        if tail.text in _WEAK_TAILS and tail.root not in map(root, m.name.words):
            score = round(m.score * 0.93, 4)
            longer.append(replace(m, last=m.last + 1, score=score, how="normalised", size=m.size + 0.3))
    return longer


def _chinese_typos(matches: list[NameMatch], units: Sequence[Unit], index: NameIndex) -> Iterator[NameMatch]:
    explained = {i for m in matches if m.score >= 0.85 for i in range(m.first, m.last)}
    for i, j in spans(units):
        if j - i >= 3 and all(u.cjk for u in units[i:j]) and not explained & set(range(i, j)):
            for whole in index.chinese_typos("".join(u.text for u in units[i:j])):
                yield NameMatch(i, j, index.names[whole.name], whole.score, "typo", span_size(units[i:j]))


def _placed_hits(units: Sequence[Unit], index: NameIndex, explained: set[int]) -> Iterator[_Placed]:
    touched = set(explained)
    longest = vocabulary().longest
    for i, j in spans(units):
        if units[i].stop and units[j - 1].stop and not units[i].cjk:
            continue
        chinese = units[i].cjk
        if chinese and any(not u.cjk for u in units[i:j]):
            continue
        text = "".join(u.text for u in units[i:j])
        if chinese or j == i + 1:
            hits = index.hits(text, units[i].root if j == i + 1 else text)
            touched.update(range(i, j) if hits else ())
            yield from (_Placed(i, j, h) for h in hits)
        if chinese and j == i + 1 and text not in _SINGLE:
            continue
        if j - i <= longest or chinese:
            phrase = text if chinese else " ".join(u.root for u in units[i:j])
            if phrase in vocabulary().groups:
                touched.update(range(i, j))
                yield from (_Placed(i, j, h) for h in index.synonyms(phrase))
    for i, unit in enumerate(units):
        if i not in touched and not unit.stop and not unit.cjk and unit.text not in QUESTION_WORDS:
            yield from (_Placed(i, i + 1, h) for h in index.typos(unit.text))


def _chains(hits: list[_Placed], units: Sequence[Unit]) -> Iterator[list[_Placed]]:
    """Runs of hits that follow each other (or with only bridge words between) and cover different words."""
    hits = sorted(_best_placed(hits), key=lambda p: (p.first, p.first - p.last))
    chain: list[_Placed] = []
    for placed in hits:
        if chain and placed.first < chain[-1].last:
            if placed.hit.factor > chain[-1].hit.factor:
                yield [placed]
            continue
        between = units[chain[-1].last : placed.first] if chain else ()
        taken = {p for c in chain for p in c.hit.positions}
        joins = all(u.text in _BRIDGES for u in between) and not taken & placed.hit.positions
        if chain and (not joins or units[placed.first].group != units[chain[0].first].group):
            yield chain
            chain = []
        chain.append(placed)
    if chain:
        yield chain


def _best_placed(hits: list[_Placed]) -> list[_Placed]:
    """Per span and positions the strongest hit; spans inside a longer hit on the same words go."""
    best: dict[tuple[int, int], _Placed] = {}
    for placed in hits:
        at = (placed.first, placed.last)
        rank = (placed.hit.factor * len(placed.hit.positions), placed.hit.factor)
        if at not in best or rank > (best[at].hit.factor * len(best[at].hit.positions), best[at].hit.factor):
            best[at] = placed
    kept = []
    for placed in best.values():
        inside = any(
            o is not placed
            and o.first <= placed.first
            and placed.last <= o.last
            and placed.hit.positions <= o.hit.positions
            and o.hit.factor >= placed.hit.factor
            for o in best.values()
        )
        if not inside:
            kept.append(placed)
    return kept


def _score_chain(chain: list[_Placed], name: Name, units: Sequence[Unit]) -> NameMatch | None:
    first, last = chain[0].first, chain[-1].last
    total = sum(name.weights)
    weight = 0.0
    covered = 0.0
    for placed in chain:
        here = sum(name.weights[p] for p in placed.hit.positions)
        weight += here
        covered += here * placed.hit.factor
    coverage = weight / total
    strength = covered / weight
    positions = [p for c in chain for p in sorted(c.hit.positions)]
    if coverage > 0.93:
        score = 0.95 if positions == sorted(positions) else 0.9
    else:
        score = 0.42 + 0.38 * coverage
        score += 0.08 if name.head in positions else 0.0
        if all(name.weights[p] < 0.5 and len(name.words) > 1 for p in positions) and not units[first].cjk:
            score = min(score, 0.3 + 0.3 * coverage)
    score *= strength
    counts = expand(name.words[0])[0] in _COUNTING  # num_reviews is the number of reviews
    if not counts and units[first].text in _COUNTING and first + 1 < last and units[first + 1].text == "of":
        score *= 0.55  # "number of orders" counts orders; it is not the order number
    if score < 0.25:
        return None
    return NameMatch(first, last, name, round(score, 4), _how(chain, coverage), span_size(units[first:last]))


def _how(chain: list[_Placed], coverage: float) -> MatchHow:
    kinds = [c.hit.how for c in chain]
    for kind in ("description", "typo", "synonym"):
        if kind in kinds:
            return kind
    return "inflected" if coverage > 0.93 and "partial" not in kinds else "partial"
