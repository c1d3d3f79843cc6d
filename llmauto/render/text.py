"""Text that is safe and exact to print: no control characters, known width, honest about the encoding."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

# Control characters (C0, DEL, C1), the Unicode ones that reorder or hide text, line separators, and
# lone surrogates. A cell value that holds an escape sequence must not reach the terminal as one.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_NEWLINES = re.compile(r"\r\n|[\r\n\u2028\u2029\x85]")


def clean(text: str, unicode: bool = True) -> str:
    """One line without anything that a terminal would act on.

    Control characters become their pictures (␛), newlines ↵ (or "?" and a space where the terminal
    cannot show these); marks that change the direction of the text go away.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _NEWLINES.sub("↵" if unicode else " ", text)
    return _UNSAFE.sub(lambda m: _picture(m[0], unicode), text)


def clean_lines(text: str, unicode: bool = True) -> str:
    """Like `clean`, but newlines stay newlines and tabs become spaces: for sentences and SQL."""
    lines = _NEWLINES.sub("\n", text).expandtabs(4).split("\n")
    return "\n".join(clean(line, unicode) for line in lines)


def _picture(character: str, unicode: bool) -> str:
    code = ord(character)
    if code == 9:
        return " "
    if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000:
        return "\N{REPLACEMENT CHARACTER}" if unicode else "?"
    if code > 0x9F:
        return ""
    if not unicode:
        return "?"
    return "␡" if code == 127 else chr(0x2400 + code)


def width(text: str) -> int:
    """The number of terminal columns that the text takes (2 for a Chinese character)."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, columns: int, ellipsis: str = "…") -> str:
    """The text in at most `columns` terminal columns, with an ellipsis where it was cut."""
    if width(text) <= columns:
        return text
    if columns <= len(ellipsis):
        return ellipsis[:columns]
    return set_cell_size(text, columns - len(ellipsis)).rstrip() + ellipsis


def pad(text: str, columns: int, right: bool = False) -> str:
    """The text filled with spaces to `columns` terminal columns."""
    fill = " " * max(0, columns - width(text))
    return fill + text if right else text + fill
