"""Texts as keywords, for the full-text index and for comparing wordings.

English words by their roots, without stop words; Chinese, which is not divided into words, by pairs of
characters (bigrams: Nie, Brisebois and Ren, "On Chinese text retrieval", SIGIR 1996), and single characters
where they stand alone. Names such as total_bill count whole and in parts.
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


def _bigrams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _word(word: str) -> list[str]:
    parts = [p for piece in word.split("_") for p in _HUMP.split(piece)]
    folded = [fold(p) for p in parts]
    kept = [root(p) for p in folded if p and not is_stop_word(p)]
    if len(parts) > 1:
        kept.append(fold(word).replace("_", ""))
    return kept
