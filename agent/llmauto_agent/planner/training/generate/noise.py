"""How people type: politeness, capitals, punctuation, typing errors."""

from __future__ import annotations

import random

from llmauto_agent.planner.tokens import has_cjk

_BEFORE = (
    "please ", "can you ", "could you ", "hey, ", "hi, ", "I'd like to know ", "I want to see ", "pls ", "quick question: ",
    "ok, ", "so ", "for my report: ", "could you please ", "i need ", "let's see ", "now ", "do you know ",
)  # fmt: skip
_BEHIND = (" please", " pls", " thanks", ", thanks!", " for me", " asap", " if possible")
_KEYS = {
    "a": "s", "b": "v", "c": "v", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "k": "l", "l": "k",
    "m": "n", "n": "m", "o": "p", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b", "w": "e", "y": "u",
}  # fmt: skip


_BEFORE_ZH = ("请问", "帮我看看", "我想知道", "麻烦查一下", "帮忙统计", "看一下", "请", "想看")


def typed(text: str, r: random.Random, openings: bool = True) -> str:
    """The request as somebody types it; `openings` puts words of courtesy before some."""
    if has_cjk(text):
        text = (r.choice(_BEFORE_ZH) if openings and r.random() < 0.12 else "") + text.replace("的的", "的")
        return text + r.choices(["", "？", "?", "。"], [55, 30, 8, 7])[0] if text[-1] not in "？?。" else text
    text = " ".join(text.split()).strip()
    if openings and r.random() < 0.16 and not text.startswith(("what", "which", "how", "who")):
        text = r.choice(_BEFORE) + text
    if r.random() < 0.08:
        text = text.rstrip("?") + r.choice(_BEHIND)
    question = text.split(" ", 1)[0] in {
        "what",
        "which",
        "how",
        "who",
        "where",
        "when",
        "on",
        "what's",
        "whats",
    }
    if question and r.random() < 0.55 and not text.endswith("?"):
        text += "?"
    elif r.random() < 0.08 and not text.endswith(("?", ".", "!")):
        text += "."
    draw = r.random()
    if draw < 0.4:
        text = text[:1].upper() + text[1:]
    elif draw < 0.43:
        text = text.lower()
    if r.random() < 0.07:
        text = _typo(text, r)
    return text


def _typo(text: str, r: random.Random) -> str:
    """One typing error in a longer word of letters."""
    words = text.split(" ")
    places = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha() and w.islower()]
    if not places:
        return text
    i = r.choice(places)
    word = words[i]
    at = r.randrange(1, len(word) - 1)
    kind = r.random()
    if kind < 0.35:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind < 0.65:
        word = word[:at] + word[at + 1 :]
    elif kind < 0.85:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + _KEYS.get(word[at], word[at]) + word[at + 1 :]
    words[i] = word
    return " ".join(words)
