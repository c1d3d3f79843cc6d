"""Words that a question may hold without changing what is asked: discourse, generic nouns, linking verbs.

The lists are data (`data/*_en.txt`), read once, when first needed. A word outside of them that nothing
explains makes the question a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from llmauto_agent.planner.words import singular

_FOLDER = Path(__file__).parent / "data"
_VOWELS = "aeiou"


def _words(name: str) -> list[str]:
    lines = (_FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


@lru_cache(maxsize=1)
def row_nouns() -> frozenset[str]:
    """English nouns that commonly stand for the rows of a table, singular and plural."""
    plural = _words("row_nouns_en.txt")
    return frozenset([*plural, *map(singular, plural)])


@lru_cache(maxsize=1)
def discourse() -> frozenset[str]:
    """English words without a meaning for the plan: politeness, determiners, generic nouns."""
    return frozenset(_words("harmless_en.txt"))


@lru_cache(maxsize=1)
def verbs() -> frozenset[str]:
    """Common English verbs in all their forms."""
    return frozenset(form for entry in _words("verbs_en.txt") for form in _forms(entry))


def _forms(entry: str) -> Iterator[str]:
    """The forms of a verb: "stop" gives stops, stopped, stopping; irregular ones stand behind a slash.

    >>> sorted(_forms("stop")), sorted(_forms("take/took/taken"))
    (['stop', 'stopped', 'stopping', 'stops'], ['take', 'taken', 'takes', 'taking', 'took'])
    """
    base, *irregular = entry.split("/")
    yield from (base, *irregular, _third_person(base))
    stem = base[:-1] if base.endswith("e") and not base.endswith(("ee", "ye", "oe")) else base
    if base.endswith("ie"):
        yield base[:-2] + "ying"
    elif _doubles(base):
        stem = base + base[-1]
        yield stem + "ing"
    else:
        yield stem + "ing"
    if not irregular:
        yield stem[:-1] + "ied" if base.endswith("y") and base[-2] not in _VOWELS else stem + "ed"


def _third_person(base: str) -> str:
    if base.endswith(("s", "sh", "ch", "x", "z", "o")):
        return base + "es"
    return base[:-1] + "ies" if base.endswith("y") and base[-2] not in _VOWELS else base + "s"


def _doubles(base: str) -> bool:
    """Whether the last consonant doubles: in verbs of one syllable (stop), and a few longer ones."""
    if len(base) < 3 or base[-1] in "aeiouwxy" or base[-2] not in _VOWELS or base[-3] in _VOWELS:
        return False
    one_syllable = sum(c in _VOWELS for c in base) == 1
    return one_syllable or base.endswith(("mit", "fer", "cur", "rol"))
