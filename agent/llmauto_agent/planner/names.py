"""An index of names: from a word, a part of a word or a synonym to the tables and columns it may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal, NamedTuple

from llmauto_agent.planner.synonyms import vocabulary
from llmauto_agent.planner.tokens import fold, has_cjk
from llmauto_agent.planner.words import (
    STOP_WORDS,
    UNITS,
    WEAK_WORDS,
    expand,
    expansions,
    family,
    is_typo_of,
    root,
    singular,
    split_name,
    strip_cjk_unit,
    strip_units,
    without_unit,
)
from llmauto_tools.schema import Table

NameKind = Literal["table", "column"]
WholeHow = Literal["exact", "normalised", "typo"]
HitHow = Literal["normalised", "inflected", "partial", "synonym", "typo", "description"]

_TABLE_PREFIXES = frozenset(
    ("tbl", "tb", "t", "dim", "fact", "fct", "stg", "raw", "dbo", "public", "vw", "v", "view", "table")
)
_PREFIXES = ("non", "un", "in", "dis", "im")
"""Prefixes that deny: words with them have their own way to the positive one."""
_FLAG_WORDS = frozenset(("is", "has", "was", "are", "flag", "indicator"))


@dataclass(slots=True)
class Name:
    """A name with the tables (and columns) that bear it.

    `words` are its words, of Chinese its characters; `weights` say how much of the meaning each
    carries; `head` is the position of the word that says what it is (bill in total_bill).
    """

    kind: NameKind
    text: str
    words: tuple[str, ...]
    weights: tuple[float, ...]
    head: int
    targets: list[tuple[str, str | None]] = field(default_factory=list)


class Hit(NamedTuple):
    """A phrase that covers some words of a name. `factor` is 1 for the word itself."""

    name: int
    positions: frozenset[int]
    factor: float
    how: HitHow


class Whole(NamedTuple):
    """A phrase that is the whole of a name, in some form."""

    name: int
    score: float
    how: WholeHow


def name_words(name: str) -> list[str]:
    """The words of a name; Chinese words as single characters."""
    words: list[str] = []
    for part in split_name(name):
        words.extend(part if has_cjk(part) else [part])
    return words


def _weight(word: str, position: int, count: int, own: frozenset[str]) -> float:
    if has_cjk(word):
        return 0.5
    if position == count - 1 and count > 1 and word in UNITS:
        return 0.1
    if word in STOP_WORDS and word not in _FLAG_WORDS and count > 1:
        return 0.05
    if word in WEAK_WORDS or word in _FLAG_WORDS or word in _TABLE_PREFIXES:
        return 0.25
    return 0.3 if root(word) in own else 1.0


def _expanded_keys(words: Sequence[str]) -> Iterator[str]:
    """The keys of words with their abbreviations written out: ("life", "exp") → "life expectancy"."""
    yield " ".join(root(e) for e in expand("".join(words)))
    for choice in product(*(expansions(w) for w in words)):
        yield " ".join(root(e) for full in choice for e in full)


def _head(words: Sequence[str], weights: Sequence[float]) -> int:
    strong = [i for i, w in enumerate(weights) if w >= 0.5]
    return strong[-1] if strong else len(words) - 1


class NameIndex:
    """Looks phrases up among the names of tables and columns. Built once per schema."""

    def __init__(self, tables: Sequence[Table], descriptions: Mapping[tuple[str, str | None], str]) -> None:
        self.names: list[Name] = []
        self._wholes: dict[str, dict[int, Whole]] = {}
        self._hits: dict[str, dict[tuple[int, frozenset[int]], Hit]] = {}
        self._groups: dict[int, list[Hit]] = {}
        self._letters: dict[str, set[str]] = {}
        self._chinese: dict[int, set[str]] = {}
        known: dict[tuple[NameKind, str, bool], int] = {}
        for table in tables:
            own = frozenset(root(w) for w in name_words(table.name))
            self._add(known, "table", table.name, (table.name, None), frozenset())
            for column in table.columns:
                self._add(known, "column", column.name, (table.name, column.name), own)
        by_target = {target: i for i, n in enumerate(self.names) for target in n.targets}
        for described, text in descriptions.items():
            if described in by_target:
                self._describe(by_target[described], text)

    # ---- building

    def _add(
        self,
        known: dict[tuple[NameKind, str, bool], int],
        kind: NameKind,
        text: str,
        target: tuple[str, str | None],
        own: frozenset[str],
    ) -> None:
        words = tuple(name_words(text)) or (fold(text),)
        prefixed = kind == "column" and any(root(w) in own for w in words)
        key = (kind, text, prefixed)
        if key in known and not prefixed:
            self.names[known[key]].targets.append(target)
            return
        weights = tuple(_weight(w, i, len(words), own) for i, w in enumerate(words))
        name = Name(kind, text, words, weights, _head(words, weights), [target])
        known[key] = len(self.names)
        self.names.append(name)
        self._index_wholes(len(self.names) - 1, name, own)
        self._index_words(len(self.names) - 1, name)
        self._index_synonyms(len(self.names) - 1, name)

    def _whole(self, key: str, name: int, score: float, how: WholeHow) -> None:
        if not key:
            return
        entry = self._wholes.setdefault(key, {})
        if len(key) >= 3 and all(map(has_cjk, key)):
            self._chinese.setdefault(len(key), set()).add(key)
        if name not in entry or entry[name].score < score:
            entry[name] = Whole(name, score, how)

    def _index_wholes(self, number: int, name: Name, own: frozenset[str]) -> None:
        words = list(name.words)
        self._whole("".join(words), number, 1.0, "exact")
        for form, score in self._forms(name, own):
            if len(form) == 1 and has_cjk(form[0]) and len(words) > 1:
                continue  # one character of a longer name is too little
            self._whole("".join(form), number, score, "normalised")
            self._whole("".join(map(root, form)), number, score - 0.02, "normalised")

    @staticmethod
    def _forms(name: Name, own: frozenset[str]) -> Iterator[tuple[list[str], float]]:
        """Other ways to say the whole name, each with its score."""
        words = list(name.words)
        bare = strip_units(name_words(strip_cjk_unit(without_unit(name.text))))
        yield words, 0.97
        yield [singular(w) for w in words], 0.96
        yield bare, 0.92
        for choice in product(*(expansions(w) for w in words[:6])):
            yield [e for full in choice for e in full], 0.94
        yield [e for w in bare for e in expand(w)], 0.91
        yield list(expand("".join(words))), 0.94
        unflagged = [w for w in words if w not in _FLAG_WORDS]
        if name.text.startswith("是否"):
            unflagged = words[2:]
        if unflagged and len(unflagged) < len(words):
            yield unflagged, 0.9
        if name.kind == "table":
            kept = [w for w in words if w not in _TABLE_PREFIXES]
            if kept and len(kept) < len(words):
                yield kept, 0.93
        outside = [w for w in bare if root(w) not in own]
        if outside and len(outside) < len(bare):
            yield outside, 0.9 if any(w not in WEAK_WORDS for w in outside) else 0.8

    def _hit(self, key: str, hit: Hit) -> None:
        entry = self._hits.setdefault(key, {})
        at = (hit.name, hit.positions)
        if at not in entry or entry[at].factor < hit.factor:
            entry[at] = hit

    def _index_words(self, number: int, name: Name) -> None:
        for i, word in enumerate(name.words):
            if has_cjk(word):
                continue
            here = frozenset((i,))
            self._hit(root(word), Hit(number, here, 1.0, "normalised"))
            self._hit(word, Hit(number, here, 1.0, "normalised"))
            if len(word) >= 4:
                self._hit("=" + family(word), Hit(number, here, 0.88, "partial"))
            for full in expansions(word):
                for part in full:
                    factor = 0.95 if len(full) == 1 else 0.6 if part == full[-1] else 0.45
                    self._hit(root(part), Hit(number, here, factor, "normalised"))
            self._index_fused(number, i, word)
            if len(word) >= 5 and word.isalpha() and word.isascii():
                self._letters.setdefault(word[0], set()).add(word)
        self._index_characters(number, name)

    def _index_fused(self, number: int, position: int, word: str) -> None:
        """Words that are written together: "class" in pclass, "date" in birthdate."""
        if len(word) < 6 or not word.isalpha():
            return
        for length in range(4, len(word)):
            share = length / len(word)
            if share < 0.4:
                continue
            here = frozenset((position,))
            self._hit("~" + word[:length], Hit(number, here, share * 0.85, "partial"))
            if word[:-length] not in {"re", "un", "non", "in", "dis"}:  # admitted is not readmitted
                self._hit("~" + word[-length:], Hit(number, here, share * 0.95, "partial"))

    def _index_characters(self, number: int, name: Name) -> None:
        """Every run of two or more Chinese characters inside a name."""
        for i in range(len(name.words)):
            for j in range(i + 1, len(name.words)):
                run = name.words[i : j + 1]
                if all(map(has_cjk, run)):
                    self._hit("".join(run), Hit(number, frozenset(range(i, j + 1)), 1.0, "partial"))

    def _index_synonyms(self, number: int, name: Name) -> None:
        groups = vocabulary().groups
        roots = [w if has_cjk(w) else root(w) for w in name.words]
        for i in range(len(roots)):
            for j in range(i + 1, min(len(roots), i + 6) + 1):
                chinese = has_cjk(name.words[i])
                if chinese and j == i + 1 and len(roots) > 1:
                    continue
                weak = j == i + 1 and not chinese and name.words[i] in WEAK_WORDS and len(roots) > 1
                if weak:
                    continue
                key = ("" if chinese else " ").join(roots[i:j])
                keys = {key, *_expanded_keys(name.words[i:j])}
                for group, strength in {g: s for k in sorted(keys) for g, s in groups.get(k, ())}.items():
                    hit = Hit(number, frozenset(range(i, j)), strength, "synonym")
                    self._groups.setdefault(group, []).append(hit)

    def _describe(self, number: int, text: str) -> None:
        name = self.names[number]
        known = {root(w) for w in name.words}
        for word in {root(w) for w in split_name(text) if w not in STOP_WORDS} - known:
            self._hit(word, Hit(number, frozenset((name.head,)), 0.55, "description"))

    # ---- looking up

    def wholes(self, *keys: str) -> list[Whole]:
        """Names that one of the keys (words written together, or their roots) is the whole of."""
        best: dict[int, Whole] = {}
        for key in keys:
            for number, whole in self._wholes.get(key, {}).items():
                if number not in best or best[number].score < whole.score:
                    best[number] = whole
        return list(best.values())

    def hits(self, text: str, stem: str) -> list[Hit]:
        """Names that a word (or a run of Chinese characters) is a part of."""
        found = {**self._hits.get(stem, {}), **self._hits.get(text, {})}
        if len(text) >= 4:
            for key in (text, singular(text)):
                for at, hit in self._hits.get("~" + key, {}).items():
                    found.setdefault(at, hit)
            if not text.startswith(_PREFIXES):
                for at, hit in self._hits.get("=" + family(text), {}).items():
                    found.setdefault(at, hit)
        return list(found.values())

    def synonyms(self, phrase: str) -> list[Hit]:
        """Parts of names that are synonyms of a phrase (roots with spaces, or Chinese)."""
        found: dict[tuple[int, frozenset[int]], Hit] = {}
        for group, strength in vocabulary().groups.get(phrase, ()):
            for hit in self._groups.get(group, ()):
                factor = min(strength, hit.factor)
                at = (hit.name, hit.positions)
                if at not in found or found[at].factor < factor:
                    found[at] = Hit(hit.name, hit.positions, factor, "synonym")
        return list(found.values())

    def chinese_typos(self, text: str) -> list[Whole]:
        """Chinese names of three characters or more that differ from the text in one, not the last.

        The last one is what the word is (订单数 is no misspelt 订单号).
        """
        found = []
        for key in self._chinese.get(len(text), ()):
            if text[-1] == key[-1] and sum(a != b for a, b in zip(text, key, strict=True)) == 1:
                found += [Whole(w.name, 0.72, "typo") for w in self._wholes[key].values()]
        return found

    def typos(self, text: str) -> list[Hit]:
        """Parts of names that a word is a typing error of."""
        found = []
        for word in self._letters.get(text[:1], ()):
            if is_typo_of(text, word) or is_typo_of(singular(text), word):
                found += [Hit(h.name, h.positions, 0.85, "typo") for h in self._hits[word].values()]
        return found
