"""The words of a question as the linker compares them, and the phrases that they form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmauto_agent.planner.tokens import CJK, Token, fold, tokenize
from llmauto_agent.planner.words import is_stop_word, root, split_name

MAX_WORDS = 8
"""English words in the longest phrase that is looked up."""
MAX_CHARS = 14
"""Chinese characters in the longest phrase that is looked up."""

_HUMP = re.compile(r"[a-z][A-Z]|_")
_VALUE_WORD = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word of a question (a part of snake_case, or one Chinese character), with its place in it."""

    start: int
    end: int
    text: str
    root: str
    typed: str
    cjk: bool = False
    stop: bool = False
    group: int = -1
    """Number of the quotation that the unit is in, -1 outside quotations."""


def _word_units(token: Token, group: int) -> Iterator[Unit]:
    typed, lower = token.text, token.lower
    if lower.endswith("'s"):
        typed, lower = typed[:-2], lower[:-2]
    if not _HUMP.search(typed):
        yield _unit(token.start, token.start + len(typed), lower, typed, group)
        return
    position = 0
    for part in split_name(typed):
        found = lower.find(part, position)
        position = found + len(part)
        yield _unit(token.start + found, token.start + position, part, typed[found:position], group)


def _unit(start: int, end: int, text: str, typed: str, group: int) -> Unit:
    return Unit(start, end, text, root(text), typed, False, is_stop_word(text), group)


def units_of(tokens: Sequence[Token], group: int = -1) -> list[Unit]:
    """The units of tokens; the inside of quotations is split too and keeps its group."""
    units: list[Unit] = []
    for number, token in enumerate(tokens):
        if token.kind == "cjk":
            units.extend(
                Unit(token.start + i, token.start + i + 1, c, c, c, True, is_stop_word(c), group)
                for i, c in enumerate(token.text)
            )
        elif token.kind in ("word", "number"):
            units.extend(_word_units(token, group))
        elif token.kind == "quoted":
            inner = [
                Token(t.text, t.lower, token.start + 1 + t.start, token.start + 1 + t.end, t.kind)
                for t in tokenize(token.text)
            ]
            units.extend(units_of(inner, number))
    return units


def spans(units: Sequence[Unit]) -> Iterator[tuple[int, int]]:
    """Index pairs [i, j) of the phrases worth looking up: inside one quotation or outside all."""
    for i, first in enumerate(units):
        limit = MAX_CHARS if first.cjk else MAX_WORDS
        for j in range(i + 1, min(i + limit, len(units)) + 1):
            if units[j - 1].group != first.group:
                break
            yield i, j


def span_size(units: Sequence[Unit]) -> float:
    """How much of a question the units explain: a word 1, a Chinese character a half, a stop word 0.2."""
    return sum(0.5 if u.cjk else (0.2 if u.stop else 1.0) for u in units)


def value_text(text: str) -> str:
    """A cell value or a phrase, folded, without punctuation, with one space between its words."""
    if text.isascii():
        if text.isalnum():
            return text.lower()
        folded = text.lower()
    else:
        folded = without_accents(fold(text))
    return " ".join([w.removesuffix("'s") for w in _VALUE_WORD.findall(folded)])


def without_accents(text: str) -> str:
    """ "são paulo" → "sao paulo"; other scripts stay."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def value_key(folded: str) -> str:
    """The roots of a `value_text`: what the inflected forms of a value share."""
    return " ".join([root(word) for word in folded.split()])
