"""The text of a chat model as it streams: wrapped at words, held back while it may be a tool call."""

from __future__ import annotations

import os
import re
import time

from llmauto.render.screen import Screen
from llmauto.render.text import clean_lines, width

_PIECE = re.compile(
    r"\n|[^\S\n]+|[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]+"
)
"""A newline, a run of spaces, one wide character (a line may break after each), or a word."""
PAUSE = 0.2
"""Seconds without more text after which the beginning of a word is shown."""
_CALL_STARTS = ("{", "[", "<tool_call", "<function_call", "```")


class StreamedText:
    """Writes pieces of text to a screen, and can take them back to write them anew.

    Weak models write a tool call as text; what begins like one is held back until it is clear
    (`discard` when it was a call, `release` when it was not).
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._column = 0
        self._rows = 0
        self._word = ""
        self._held = ""
        self._began = False
        self._last = 0.0
        self.text = ""
        """What is on the screen since the last `end`."""

    def add(self, piece: str) -> None:
        """Take a piece of text and write what is sure of it."""
        self._last = time.monotonic()
        if not self._began:
            self._held += piece
            start = self._held.lstrip()
            if not start or any(c.startswith(start[: len(c)]) for c in _CALL_STARTS):
                return
            piece, self._held, self._began = start, "", True
        self.text += piece
        self._write(piece)

    def flush(self) -> None:
        """Show what was written; after a while the beginning of a word, too."""
        if time.monotonic() - self._last > PAUSE:
            self._flush_word()
        self._screen.stream.flush()

    def discard(self) -> None:
        """What was held back was a tool call."""
        self._held = ""
        self.end()

    def release(self) -> None:
        """What was held back was text after all."""
        held, self._held = self._held.strip(), ""
        if held:
            self._began = True
            self.text += held
            self._write(held)

    def end(self) -> None:
        """End the line that was begun; the next piece begins a new text."""
        self._flush_word()
        if self._column:
            self._newline()
        self._screen.stream.flush()
        self._began, self.text, self._rows = False, "", 0

    def take_back(self) -> bool:
        """Remove the text from the screen, so that it can be written again with marks.

        False where that cannot be done: no terminal, no escape sequences, or more lines than it shows.
        """
        self._flush_word()
        screen = self._screen
        try:
            lines = os.get_terminal_size(screen.stream.fileno()).lines if screen.terminal else 0
        except (OSError, ValueError):
            lines = 0
        if not screen.color or self._rows > lines - 3:
            return False
        up = f"\x1b[{self._rows}A" if self._rows else ""
        screen.stream.write(f"\r{up}\x1b[J")
        self._column = self._rows = 0
        self._began, self.text = False, ""
        return True

    def _write(self, text: str) -> None:
        for piece in _PIECE.findall(clean_lines(text, self._screen.unicode)):
            if piece == "\n":
                self._flush_word()
                self._newline()
            elif piece.isspace():
                self._flush_word()
                if self._column:
                    self._put(piece if self._column + len(piece) < self._screen.width else "")
            elif width(piece) > len(piece):
                self._flush_word()
                self._word = piece
            else:
                self._word += piece

    def _flush_word(self) -> None:
        """Write the word that is complete now, on a new line where it does not fit on this one."""
        word, self._word = self._word, ""
        room = self._screen.width - 1
        if self._column and self._column + width(word) > room:
            self._newline()
        while width(word) > room:
            self._put(word[:room])
            self._newline()
            word = word[room:]
        self._put(word)

    def _put(self, text: str) -> None:
        self._screen.stream.write(text)
        self._column += width(text)

    def _newline(self) -> None:
        self._screen.stream.write("\n")
        self._column = 0
        self._rows += 1
