"""What the name of a column says."""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+|%")


@cache
def tokens(name: str) -> tuple[str, ...]:
    """The words of a name, lower case: 'dateOfBirth' and 'date_of_birth' give ('date', 'of', 'birth')."""
    return tuple(w.lower() for w in _WORD.findall(name))


def says(name: str, words: set[str]) -> bool:
    """Whether one of the words of a name is among `words`."""
    return not words.isdisjoint(tokens(name))


def without(name: str, words: set[str]) -> tuple[str, ...]:
    """The words of a name that are not among `words`."""
    return tuple(t for t in tokens(name) if t not in words)
