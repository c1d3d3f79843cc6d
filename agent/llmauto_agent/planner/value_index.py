"""An index of the cell values that were read, by their words and forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmauto_agent.planner.phrases import value_key, value_text
from llmauto_agent.planner.tokens import has_cjk
from llmauto_agent.planner.value_types import Phrase, ValueHow, ValueMatch
from llmauto_agent.planner.words import allowed_errors, edit_distance, is_stop_word, root

_ALIASES = Path(__file__).parent / "data" / "aliases.txt"

SMALL = 200
"""Columns with at most so many values are also searched by inflection, parts and typing errors."""

_ANSWERS = frozenset(("yes", "no", "true", "false", "y", "n", "t", "是", "否", "有", "无"))
"""Values of yes/no columns; the linker finds these by the column's name instead."""

_PLAIN = frozenset(
    ("first", "second", "third", "total", "average", "high", "low", "medium", "may", "march", "sun", "sat",
     "mar", "dec", "new", "other", "none", "unknown", "all", "day", "week", "month", "year", "number",
     "open", "close", "count", "top", "best", "worst", "single", "us")
)  # fmt: skip
"""Words that a question uses for something else as often as for a value."""

_PLACE_SUFFIXES = ("市", "省", "县", "区", "州", "国", "族")


@dataclass(frozen=True, slots=True)
class _Cell:
    table: str
    column: str
    value: str
    letters: bool
    """Whether all values of the column are single letters."""


@lru_cache(maxsize=1)
def _aliases() -> dict[str, tuple[str, ...]]:
    """From the key of a word to the value texts of its group, itself left out."""
    groups: dict[str, list[str]] = {}
    for line in _ALIASES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        words = [w.strip() for w in line.split(",")]
        for word in words:
            groups.setdefault(value_key(word), []).extend(w for w in words if w != word)
    return {key: tuple(dict.fromkeys(words)) for key, words in groups.items()}


class ValueIndex:
    """Finds cell values by what a question calls them."""

    def __init__(self) -> None:
        self._texts: dict[str, list[_Cell]] = {}
        self._keys: dict[str, list[_Cell]] = {}
        self._words: dict[str, list[tuple[str, _Cell]]] = {}
        self._initials: dict[str, list[_Cell]] = {}
        self._letters: dict[tuple[str, int], list[tuple[str, _Cell]]] = {}

    def add(self, table: str, column: str, values: Sequence[str]) -> None:
        """Index the distinct values of a column."""
        small = len(values) <= SMALL
        letters = all(len(v.strip()) <= 1 for v in values)
        for value in values:
            text = value_text(value)
            if not text:
                continue
            cell = _Cell(table, column, value, letters)
            self._texts.setdefault(text, []).append(cell)
            if len(text) >= 3 and text.endswith(_PLACE_SUFFIXES):
                self._keys.setdefault(text[:-1], []).append(cell)
            if small:
                key = value_key(text)
                self._keys.setdefault(key, []).append(cell)
                self._add_parts(text, key, cell)

    def _add_parts(self, text: str, key: str, cell: _Cell) -> None:
        words = key.split()
        if 2 <= len(words) <= 8:
            for word in set(words):
                if not is_stop_word(word):
                    self._words.setdefault(word, []).append((key, cell))
            self._initials.setdefault("".join(w[0] for w in text.split()), []).append(cell)
        if text.isascii() and not text.isdigit():
            self._letters.setdefault((text[0], len(words)), []).append((text, cell))

    def find(self, phrases: Sequence[Phrase]) -> list[ValueMatch]:
        """The values that the phrases name. A typing error is looked for only where nothing else fits."""
        matches: list[ValueMatch] = []
        explained: list[tuple[int, int]] = []
        for phrase in phrases:
            found = list(self._exact(phrase)) or list(self._looser(phrase))
            if any(m.score >= 0.7 for m in found):
                explained.append((phrase.start, phrase.end))
            matches += found
        for phrase in phrases:
            if not any(s < phrase.end and phrase.start < e for s, e in explained):
                matches += self._typos(phrase)
        return matches

    # ---- one phrase

    def _exact(self, phrase: Phrase) -> Iterator[ValueMatch]:
        if phrase.text in _ANSWERS and not phrase.quoted:
            return
        cells = self._texts.get(phrase.text, ())
        for cell in cells:
            yield _match(phrase, cell, _exact_score(phrase, cell), "exact")
        if cells:
            return
        for cell in self._keys.get(phrase.key, ()):
            yield _match(phrase, cell, 0.6 if phrase.text in _PLAIN else 0.87, "inflected")
        if phrase.text.endswith("y") and len(phrase.text) > 4:
            for cell in self._keys.get(root(phrase.text[:-1]), ()):  # "rainy" → rain, "sunny" → sun
                yield _match(phrase, cell, 0.8, "inflected")

    def _looser(self, phrase: Phrase) -> Iterator[ValueMatch]:
        yield from self._by_alias(phrase)
        if phrase.typed.isupper() and 2 <= len(phrase.typed) <= 5:
            for cell in self._initials.get(phrase.text, ()):
                yield _match(phrase, cell, 0.7, "abbreviation")
        yield from self._by_part(phrase)

    def _by_alias(self, phrase: Phrase) -> Iterator[ValueMatch]:
        score = 0.6 if phrase.text in _PLAIN and not phrase.typed.isupper() else 0.82
        for alias in _aliases().get(phrase.key, ()):
            for cell in self._texts.get(value_text(alias), ()):
                if len(alias) > 1 or has_cjk(alias) or cell.letters:
                    yield _match(phrase, cell, score, "alias")

    def _by_part(self, phrase: Phrase) -> Iterator[ValueMatch]:
        """Values that contain the phrase as whole words."""
        words = phrase.key.split()
        if not words or is_stop_word(phrase.text.split()[0]) or is_stop_word(phrase.text.split()[-1]):
            return
        if len(phrase.text) < 3 or phrase.text.isdigit() or phrase.text in _PLAIN:
            return
        for key, cell in self._words.get(words[0], ()):
            if f" {phrase.key} " in f" {key} ":
                share = len(words) / len(key.split())
                # One word inside a longer value ("films" in "AdLab Films") says little; its start says more.
                inside = len(words) == 1 and not key.startswith(phrase.key + " ") and phrase.typed.islower()
                score = 0.25 + 0.2 * share if inside else 0.35 + 0.4 * share
                yield _match(phrase, cell, round(score, 3), "part")

    def _typos(self, phrase: Phrase) -> Iterator[ValueMatch]:
        text = phrase.text
        if phrase.quoted or not text.replace(" ", "").isalpha() or allowed_errors(text.replace(" ", "")) == 0:
            return
        limit = allowed_errors(text.replace(" ", ""))
        for other, cell in self._letters.get((text[0], len(text.split())), ()):
            if edit_distance(text, other, min(limit, allowed_errors(other.replace(" ", "")))) is not None:
                yield _match(phrase, cell, 0.74, "typo")


def _exact_score(phrase: Phrase, cell: _Cell) -> float:
    if phrase.quoted:
        return 1.0
    if len(phrase.text) == 1 and not has_cjk(phrase.text):
        return 0.5 if phrase.typed == cell.value and phrase.typed not in ("A", "I") else 0.3
    if phrase.text.isdigit():
        return 0.6
    if len(phrase.text) == 1:
        return 0.82 if phrase.text in "男女" else 0.5
    if phrase.text in _PLAIN:
        return 0.9 if phrase.typed == cell.value and not phrase.typed.islower() else 0.7
    return 0.97 if phrase.typed == cell.value else 0.95


def _match(phrase: Phrase, cell: _Cell, score: float, how: ValueHow) -> ValueMatch:
    return ValueMatch(phrase, cell.table, cell.column, cell.value, score, how)


def binary_pair(values: Iterable[str]) -> tuple[str, str] | None:
    """(no, yes) when the values are those of a yes/no column, in the data's spelling; else None.

    >>> binary_pair(["Yes", "No"])
    ('No', 'Yes')
    """
    found = {value_text(v): v for v in values}
    for no, yes in (
        ("no", "yes"),
        ("n", "y"),
        ("false", "true"),
        ("f", "t"),
        ("0", "1"),
        ("否", "是"),
        ("无", "有"),
    ):
        if set(found) == {no, yes}:
            return found[no], found[yes]
    return None
