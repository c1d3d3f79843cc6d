"""General vocabulary of data analysis: words that name the same thing, in English and Chinese.

The list is `data/synonyms.txt`. It is read once, when the first index is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from llmauto_agent.planner.tokens import has_cjk
from llmauto_agent.planner.words import root

_FILE = Path(__file__).parent / "data" / "synonyms.txt"

STRONG = 0.78
"""Score of a synonym that names the same thing."""
LOOSE = 0.6
"""Score of a word that often stands for the other one."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Synonym groups by phrase key.

    `groups` maps the key of a phrase (see `phrase_key`) to the groups it is in, as (group, strength);
    `opposites` maps a word's key to the words that it denies; `longest` is the largest number of
    words in an English phrase.
    """

    groups: dict[str, tuple[tuple[int, float], ...]]
    opposites: dict[str, tuple[str, ...]]
    longest: int


def phrase_key(phrase: str) -> str:
    """The key under which a phrase is found: roots of its words; Chinese as it is."""
    if has_cjk(phrase):
        return phrase.lower()
    return " ".join(root(word) for word in phrase.lower().replace(".", " ").split())


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The vocabulary of `data/synonyms.txt`."""
    groups: dict[str, list[tuple[int, float]]] = {}
    denied: dict[str, tuple[str, ...]] = {}
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("!"):
            words, positives = (part.split(",") for part in line[1:].split(":"))
            denied |= {phrase_key(w.strip()): tuple(p.strip() for p in positives) for w in words}
            continue
        strength = LOOSE if line.startswith("~") else STRONG
        for phrase in line.lstrip("~").split(","):
            groups.setdefault(phrase_key(phrase.strip()), []).append((number, strength))
    longest = max(len(key.split()) for key in groups)
    return Vocabulary({key: tuple(entry) for key, entry in groups.items()}, denied, longest)


def related(a: str, b: str) -> float:
    """How strongly two phrases are synonyms: `STRONG`, `LOOSE`, or 0.0 when they are not listed together.

    >>> related("clients", "customer"), related("客户", "customer"), related("price", "gender")
    (0.78, 0.78, 0.0)
    """
    groups = vocabulary().groups
    other = dict(groups.get(phrase_key(b), ()))
    return max((min(s, other[g]) for g, s in groups.get(phrase_key(a), ()) if g in other), default=0.0)


def opposites(key: str) -> tuple[str, ...]:
    """The words whose "no" a word says: the root of "died" gives "survived"."""
    return vocabulary().opposites.get(key, ())
