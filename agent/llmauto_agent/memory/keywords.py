"""Texts as keywords, for the full-text index and for comparing wordings.

English words by their roots, without stop words; Chinese, which is not divided into words, by its characters
and pairs of characters (Nie, Gao, Zhang and Zhou, "On the use of words and n-grams for Chinese information
retrieval", IRAL 2000). Names such as total_bill count whole and in parts.
"""

from __future__ import annotations

import re

from llmauto_agent.planner.tokens import CJK, fold
from llmauto_agent.planner.words import is_stop_word, root, word_set

_PIECE = re.compile(rf"(?P<cjk>[{CJK}]+)|(?P<word>[^\W_{CJK}]+(?:_[^\W_{CJK}]+)*)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ASKING = word_set("""
    what which who how when where why do does did is are was were we i you they it me my our us your find show
    tell give list get please about there many much can could would should
""")
_ASKING_ZH = re.compile(
    r"什么|哪些|哪个|哪里|怎么|如何|多少|请问|我们|你们|是不是|有没有|的|了|吗|呢|是|在|把|被"
)


def keywords(text: str) -> list[str]:
    """The keywords of a text in order, repeated as often as they occur."""
    found: list[str] = []
    for match in _PIECE.finditer(text):
        if match["cjk"]:
            found += _bigrams(match["cjk"])
        else:
            found += _word(match["word"])
    return found


def query_words(text: str) -> list[str]:
    """The keywords of a request, each once, without the words that only ask."""
    kept = _ASKING_ZH.sub(" ", text)
    words = [w for w in keywords(kept) if w not in _ASKING]
    return list(dict.fromkeys(words or keywords(text)))


_COMMON_ZH = frozenset("的了是在和与及或为以按其一不")
"""Characters that say nothing by themselves."""


def _bigrams(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [*(run[i : i + 2] for i in range(len(run) - 1)), *(c for c in run if c not in _COMMON_ZH)]


def _word(word: str) -> list[str]:
    parts = [p for piece in word.split("_") for p in _HUMP.split(piece)]
    folded = [fold(p) for p in parts]
    kept = [root(p) for p in folded if p and not is_stop_word(p)]
    if len(parts) > 1:
        kept.append(fold(word).replace("_", ""))
    return kept


_NAME_WORDS = 8
"""Words at the beginning of a definition in which its name is."""


def initials(text: str, at_most: int | None = None) -> list[str]:
    """The initials of each three to five words in a row, and of the first two: what an abbreviation may stand for.

    >>> initials("annual recurring revenue")
    ['ar', 'arr']
    """
    words = [fold(w) for w in re.findall(r"[A-Za-z]+", text)][:at_most]
    found = [words[0][0] + words[1][0]] if len(words) > 1 else []
    for size in (3, 4, 5):
        found += ["".join(w[0] for w in words[i : i + size]) for i in range(len(words) - size + 1)]
    return found


def entry_words(kind: str, text: str) -> list[str]:
    """The keywords of an entry; a definition can also be found by the abbreviation of its name."""
    return keywords(text) + (initials(text, _NAME_WORDS) if kind == "definition" else [])
