"""The coded question: linked names, values, numbers and dates as one character each.

"average fare of women over 30" becomes "average C of V over N", where C, V and N are private-use
characters that stand for what was linked. The grammar is then a list of regular expressions that
rewrite the coded text bottom-up: "average C" to a measure M, "over N" to a filter, and so on. What is
left at the end was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

KINDS = {
    "cn": 0xE000,  # a number column
    "ct": 0xE200,  # a text column (and other types)
    "cd": 0xE400,  # a date column
    "cb": 0xE500,  # a boolean column
    "t": 0xE600,  # a table
    "v": 0xE700,  # a value found in the data
    "n": 0xE900,  # a number
    "d": 0xEA00,  # a period or a date
    "q": 0xEB00,  # a quoted text
    "x": 0xEC00,  # an expression of numbers, per row
    "m": 0xED00,  # a measure: an aggregate of the groups
    "f": 0xEE00,  # a filter, already recorded
}
_SIZE = 0x100
_SIZES = {"cn": 0x200, "ct": 0x200, "v": 0x200}
GAP = "|"
"""What a consumed phrase leaves behind."""


def _class(*kinds: str) -> str:
    spans = [(KINDS[k], KINDS[k] + _SIZES.get(k, _SIZE) - 1) for k in kinds]
    return "[" + "".join(f"{chr(a)}-{chr(b)}" for a, b in spans) + "]"


_MACROS = {
    "c": _class("cn", "ct", "cd", "cb"),
    "cn": _class("cn"),
    "ct": _class("ct", "cb"),
    "cd": _class("cd"),
    "cb": _class("cb"),
    "t": _class("t"),
    "v": _class("v"),
    "n": _class("n"),
    "d": _class("d"),
    "q": _class("q"),
    "x": _class("cn", "x"),
    "m": _class("m"),
    "f": _class("f"),
    "any": f"{chr(0xE000)}-{chr(0xEEFF)}",
    "the": r"(?:(?:the|its|their|his|her|our|this|that|these|those|all|an?|each|every|of) )*",
    "and": r"(?: ?, ?and | ?, ?| and | & | or | vs\.? | versus | plus |和|与|及|以及|、|或|还是|跟)",
}
_MACRO = re.compile(r"\{(" + "|".join(_MACROS) + r")\}")


@lru_cache(maxsize=4096)
def pattern(source: str) -> re.Pattern[str]:
    """Compile a pattern of the grammar: `{x}`, `{c}`, `{n}`... stand for classes of coded characters."""
    return re.compile(_MACRO.sub(lambda m: _MACROS[m[1]], source))


@dataclass(frozen=True)
class Slot:
    """What one coded character stands for."""

    kind: str
    value: Any
    text: str
    """The words of the question that it was read from."""


class Code:
    """The coded text and its slots; `source` maps each character to its span in the question."""

    def __init__(self, question: str) -> None:
        self.question = question
        self.text = ""
        self.source: list[tuple[int, int]] = []
        self._slots: dict[str, Slot] = {}
        self._counts: dict[str, int] = {}

    def append(self, piece: str, start: int, end: int) -> None:
        self.text += piece
        self.source += [(start, end)] * len(piece)

    def new(self, kind: str, value: Any, text: str) -> str:
        """A new character for a value."""
        number = self._counts.get(kind, 0)
        self._counts[kind] = number + 1
        # From 1: the rules tell coded characters from text by "greater than U+E000".
        char = chr(KINDS[kind] + 1 + number % (_SIZES.get(kind, _SIZE) - 1))
        self._slots[char] = Slot(kind, value, text)
        return char

    def slot(self, char: str) -> Slot:
        return self._slots[char]

    def words(self, start: int, end: int) -> str:
        """The question's own words behind a stretch of the coded text."""
        spans = self.source[start:end]
        if not spans:
            return ""
        return self.question[min(s for s, _ in spans) : max(e for _, e in spans)].strip()

    def replace(self, start: int, end: int, piece: str) -> None:
        spans = self.source[start:end]
        span = (min(s for s, _ in spans), max(e for _, e in spans)) if spans else (0, 0)
        self.text = self.text[:start] + piece + self.text[end:]
        self.source[start:end] = [span] * len(piece)

    def rewrite(self, source: str, action: Callable[[re.Match[str]], str | None]) -> bool:
        """Apply a rule wherever it matches; `action` gives the replacement, or None to leave it."""
        position, changed = 0, False
        compiled = pattern(source)
        while match := compiled.search(self.text, position):
            piece = action(match)
            if piece is None:
                position = match.start() + 1
                continue
            self.replace(match.start(), match.end(), piece)
            position, changed = match.start() + len(piece), True
        return changed

    def slots_in(self, piece: str) -> list[Slot]:
        return [self._slots[c] for c in piece if c in self._slots]
