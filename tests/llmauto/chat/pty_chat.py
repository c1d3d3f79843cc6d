"""Drives `llmauto` in a pseudo-terminal; pyte keeps the screen that a person would see."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from typing import Any

import pexpect
import pyte

PROMPT = "› "
WAIT = 60.0
"""Seconds after which something that does not come is a failure."""
ENDLESS = (
    "SELECT count(*) FROM "
    + ", ".join(f"orders o{i}" for i in range(20))
    + " WHERE o1.amount + o2.amount <> o3.amount + o19.amount"
)
"""A cross join that would not end within a lifetime."""
ENTER, TAB, UP, ALT_ENTER, CTRL_C, CTRL_D = "\r", "\t", "\x1b[A", "\x1b\r", "\x03", "\x04"


class _Screen(pyte.HistoryScreen):
    """pyte knows no dim text; here it is grey."""

    def select_graphic_rendition(self, *attrs: int, **options: Any) -> None:
        super().select_graphic_rendition(*(90 if a == 2 else a for a in attrs), **options)


class Terminal:
    """A program in a pseudo-terminal. `spare` columns of the emulator show lines that are too long."""

    def __init__(
        self,
        *arguments: str,
        columns: int = 80,
        rows: int = 40,
        spare: int = 0,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.columns = columns
        self._screen = _Screen(columns + spare, rows, history=20_000, ratio=0.1)
        self._stream = pyte.ByteStream(self._screen)
        self.child: Any = pexpect.spawn(
            sys.executable,
            ["-m", "llmauto", *arguments],
            dimensions=(rows, columns),
            env={**os.environ, **(environment or {})},
            timeout=WAIT,
        )
        self._screen.write_process_input = lambda data: self.child.send(data.encode())
        self.raw = b""

    # ---- what a person sees

    def lines(self) -> list[str]:
        """All lines, those that were scrolled away first, without the spaces at their ends."""
        above = [_text(line, self._screen.columns) for line in self._screen.history.top]
        return [line.rstrip() for line in [*above, *self._screen.display]]

    def text(self) -> str:
        return "\n".join(self.lines()).rstrip()

    def now(self) -> str:
        """What is in the window now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def line(self) -> str:
        """The line that the cursor is in."""
        return str(self._screen.display[self._screen.cursor.y]).rstrip()

    # ---- what a person does

    def type(self, text: str) -> None:
        self.child.send(text.encode())

    def send(self, line: str) -> None:
        """Type a line and Enter."""
        self.type(line)
        self.wait(lambda: line[-10:] in self.line or len(line) > 60)
        self.type(ENTER)

    def ask(self, line: str) -> str:
        """Type a line, wait until the prompt is back, and return what it showed."""
        before = len(self.lines())
        count = self._prompts()
        self.send(line)
        self.wait(lambda: self.ready() and self._prompts() > count)
        shown = self.lines()
        return "\n".join(shown[max(0, before - self._screen.lines) :])

    def paste(self, text: str) -> None:
        """Paste as a terminal does, in brackets."""
        data = f"\x1b[200~{text}\x1b[201~".encode()
        for start in range(0, len(data), 4096):
            self.child.send(data[start : start + 4096])
            self._read(0)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self.columns = columns
        self.child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        self.child.close(force=False)

    def kill(self) -> None:
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        with contextlib.suppress(pexpect.ExceptionPexpect):
            self.child.close(force=True)

    # ---- waiting

    def ready(self) -> bool:
        """Whether the prompt waits for a line."""
        return self.line.strip() == PROMPT.strip() and self._screen.cursor.x == len(PROMPT)

    def wait_ready(self) -> None:
        self.wait(self.ready)

    def expect(self, pattern: str) -> None:
        """Wait until the lines show a pattern."""
        self.wait(lambda: re.search(pattern, self.text()) is not None, pattern)

    def wait(self, condition: Any, what: str = "") -> None:
        end = time.monotonic() + WAIT
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {what or 'the screen'}:\n{self.now()}")
            if not self._read(0.05) and not self.child.isalive():
                self._read(0.1)
                if condition():
                    return
                raise AssertionError(f"the program ended before {what or 'that'}:\n{self.text()}")

    def exit(self) -> int:
        """Wait for the end, and return the exit code."""
        end = time.monotonic() + WAIT
        while self._read(0.05) or self.child.isalive():
            assert time.monotonic() < end, self.now()
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def _prompts(self) -> int:
        return sum(line.startswith(PROMPT.strip()) for line in self.lines())

    def _read(self, seconds: float) -> bool:
        try:
            data = self.child.read_nonblocking(65_536, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        self._stream.feed(data)
        return True


def _text(line: Any, columns: int) -> str:
    return "".join(line[x].data for x in range(columns))
