"""Split a question into tokens, English and Chinese mixed.

Every span in the planner (tokens, links, numbers, dates) is a pair of character offsets into the
question as it was typed: `question[span.start:span.end]` is the text that was read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

TokenKind = Literal["word", "number", "punct", "quoted", "cjk"]
Language = Literal["en", "zh"]

CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007"
"""Chinese characters, as the inside of a regular expression's character class."""

_QUOTED = (
    r'"[^"\n]+"|“[^”\n]+”|「[^」\n]+」|『[^』\n]+』|《[^》\n]+》|`[^`\n]+`|‘[^’\n]+’'
    r"|(?<![^\W_])'[^'\n]+'(?![^\W_])"
)
_NUMBER = (
    r"(?<![^\W])\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th|s|k|m|mm|bn|b|tn|t|mn|mio|x)?(?![^\W])"
    rf"|\d+(?:,\d{{3}})*(?:\.\d+)?(?=[{CJK}])|(?<=[{CJK}])\d+(?:,\d{{3}})*(?:\.\d+)?(?:k|m|bn)?"
)
_TOKEN = re.compile(
    rf"(?P<quoted>{_QUOTED})"
    rf"|(?P<number>{_NUMBER})"
    rf"|(?P<cjk>[{CJK}]+)"
    rf"|(?P<word>(?:(?![{CJK}])\w)+(?:'(?:(?![{CJK}])\w)+)*)"
    r"|(?P<punct>[^\w\s])",
)
_CJK_RUN = re.compile(f"[{CJK}]")


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a question, or of a name.

    `text` is the token as typed (a quoted token: without its quotes), `lower` its folded form (full
    width to ASCII, lower case), `start` and `end` the character offsets in the question (a quoted
    token: with its quotes).
    """

    text: str
    lower: str
    start: int
    end: int
    kind: TokenKind


def _fold_char(char: str) -> str:
    if char in "’‘ʼ＇":
        return "'"
    if char in "‐‑‒–—−－":
        return "-"
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Lower case and full-width forms as ASCII, character by character, so that offsets stay the same."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_char, text))


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[Token, ...]:
    found = []
    # Quotes are matched before folding: ‘…’ is a quotation, a folded apostrophe is not.
    folded = fold(text)
    quoted = {m.start(): m.end() for m in re.finditer(_QUOTED, text)}
    position = 0
    while position < len(text):
        if position in quoted:
            end = quoted[position]
            inner = slice(position + 1, end - 1)
            found.append(Token(text[inner], folded[inner], position, end, "quoted"))
            position = end
            continue
        match = _TOKEN.match(folded, position)
        if match is None:
            position += 1
            continue
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]
        end = match.end()
        if kind == "quoted":  # an apostrophe that only looks like a quotation after folding
            kind, end = "punct", position + 1
        found.append(Token(text[position:end], folded[position:end], position, end, kind))
        position = end
    return tuple(found)


def tokenize(text: str) -> list[Token]:
    """The tokens of a text in order.

    "word": letters, digits, underscores and inner apostrophes (`total_bill`, `what's`, `Q2`).
    "number": digits with separators and at most a size or ordinal suffix (`1,234.5`, `2.5k`, `1st`).
    "quoted": one token per quotation, of any usual kind of quotes. "cjk": a run of Chinese characters,
    not segmented. "punct": one character.
    """
    return list(_tokens(text))


def detect_language(text: str) -> Language:
    """ "zh" when Chinese characters carry the sentence: at least as many as its English words.

    Quoted text does not count, so that an English question about '北京' stays English.
    """
    chinese = words = 0
    for token in _tokens(text):
        if token.kind == "cjk":
            chinese += len(token.text)
        elif token.kind == "word":
            words += 1
    return "zh" if chinese and chinese >= words else "en"


def has_cjk(text: str) -> bool:
    return _CJK_RUN.search(text) is not None
