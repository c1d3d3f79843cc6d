"""Long pastes: the line shows a short mark in their place, and what is sent has the whole text."""

from __future__ import annotations

import re

LONG_LINES = 12
LONG_CHARACTERS = 2_000
"""A paste longer than either is shown as a mark: it would fill the window."""
_MARK = re.compile(r"\[paste (\d+): [\d,]+ lines\]")


class Pastes:
    """The long pastes of one chat, by number."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def shown(self, text: str) -> str:
        """What to put into the line for a pasted text: itself, or a mark."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.count("\n") + 1
        if lines <= LONG_LINES and len(text) <= LONG_CHARACTERS:
            return text
        self._texts.append(text)
        return f"[paste {len(self._texts)}: {lines:,} lines]"

    def whole(self, line: str) -> str:
        """The line with the texts in place of their marks."""

        def text(found: re.Match[str]) -> str:
            number = int(found[1])
            return self._texts[number - 1] if 1 <= number <= len(self._texts) else found[0]

        return _MARK.sub(text, line)
