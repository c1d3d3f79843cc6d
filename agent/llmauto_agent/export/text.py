"""Text that other people wrote, made safe to stand in Python code, in comments and in Markdown."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_CREDENTIALS = re.compile(r"(?<=://)[^/\s@'\"]+@")
_SECRET_PARAMETERS = re.compile(
    r"(?i)\b(password|passwd|pwd|secret|token|api_?key|access_?key|key_?id|sig|signature|credential"
    r"|x-amz-(?:signature|credential|security-token))=[^\s&'\";]+"
)
_MARKUP = re.compile(r"[`*_\[\]|~^]|^[#+=-](?=[#+=-]*(?:\s|$))")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#92;", "$": "&#36;"}
"""A backslash before a backslash or a dollar would begin a formula in Jupyter."""
_LINES = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def without_credentials(text: str) -> str:
    """The text with user and password of URLs and secret parameters put out of sight."""
    return _SECRET_PARAMETERS.sub(r"\1=***", _CREDENTIALS.sub("***@", text))


def comment(text: str) -> str:
    """The text as Python comment lines, whatever it holds."""
    lines = _LINES.split(visible(text))
    return "\n".join(f"# {line}".rstrip() for line in lines)


def literal(value: Any) -> str:
    """A string, number, None, or lists, tuples and dicts of these as Python source on one line."""
    return visible(repr(value))


def text_literal(text: str) -> str:
    """A string as Python source: in triple quotes where that shows it as it is, else line by line."""
    if _is_plain(text):
        return f'"""\n{text}\n"""'
    if "\n" not in text:
        return literal(text)
    return "(\n" + "".join(f"    {literal(line)}\n" for line in text.splitlines(keepends=True)) + ")"


def _is_plain(text: str) -> bool:
    return (
        '"""' not in text
        and "\\" not in text
        and not text.endswith('"')
        and text == text.strip()
        and all(c.isprintable() or c == "\n" for c in text)
    )


def visible(text: str) -> str:
    """The text without what is not seen or cannot be written: control, format and lone surrogate
    characters become their escapes. Line ends and tabs stay."""
    return "".join(c if c in "\n\r\t" or _is_shown(c) else _escape(c) for c in text)


def _is_shown(character: str) -> bool:
    joiner = character in "\u200c\u200d"  # emoji and several scripts need them
    return joiner or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _escape(character: str) -> str:
    if character in "\v\f\x1c\x1d\x1e\x85":
        return "\n"
    return character.encode("unicode_escape").decode("ascii")


def markdown(text: str) -> str:
    """The text as Markdown that shows it as it is: no markup, no HTML, no formula, its lines kept."""
    lines = [line.strip() for line in _LINES.split(visible(text).strip())]
    return "  \n".join(_markdown_line(line) for line in lines)


def _markdown_line(line: str) -> str:
    escaped = _MARKUP.sub(lambda found: "\0" + found.group(), line)
    escaped = _NUMBERED.sub("\\1\0\\2", escaped)
    return "".join(_ENTITIES.get(c, c) for c in escaped).replace("\0", "\\")


def markdown_cell(value: Any) -> str:
    """A value as a cell of a Markdown table."""
    return "" if value is None else _markdown_line(" ".join(_LINES.split(visible(str(value)))))


def fenced(text: str, language: str = "") -> str:
    """The text as a fenced code block that it cannot end by itself."""
    shown = visible(text)
    ticks = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, ticks + 1)
    return f"{fence}{language}\n{shown}\n{fence}"
