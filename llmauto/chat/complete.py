"""What Tab completes in a chat: commands, their arguments, tables and columns, files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from llmauto.chat.commands import COMMANDS
from llmauto.chat.state import Chat
from llmauto.cli import complete
from llmauto.render.text import clean

_WORD = re.compile(r"[^\s,()\"'/=<>+*]+$", re.UNICODE)
_PLAIN = re.compile(r"[^\W\d]\w*", re.UNICODE)
_PATH = re.compile(r"(?:\\.|[^\s\\])*$")
_ESCAPED = re.compile(r"\\(.)")
_SPECIAL = re.compile(r"[\s'\"\\#]")
"""What shlex would not take for a part of a word."""
_FILES = frozenset({"/add", "/save", "/export", "/chart"})
_MOST = 60


class Name(NamedTuple):
    """Something that can be typed, and what the menu says beside it."""

    text: str
    about: str = ""


class ChatCompleter(Completer):
    """Commands after a slash, files after /add, tables after /schema, else tables and columns."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        text = document.text_before_cursor
        command, space, rest = text.partition(" ")
        if command.startswith("/") and not space:
            names = [Name(f"/{name}", c.summary) for name, c in COMMANDS.items()]
            yield from _matching(text, names, within=False)
        elif command in _FILES:
            typed = _PATH.search(rest)[0]  # type: ignore[index]  # it matches nothing, too
            for path in complete.sources(_ESCAPED.sub(r"\1", typed)):
                yield Completion(_SPECIAL.sub(r"\\\g<0>", path), -len(typed), display=clean(path))
        elif command in {"/help", "/model", "/share", "/resume", "/schema"}:
            yield from _matching(rest, self._arguments(command))
        elif (word := _WORD.search(text)) is not None:
            names = list(self._columns(quoted=command == "/sql"))
            yield from _matching(_typed_part(word.group(), names), names)

    def _arguments(self, command: str) -> list[Name]:
        if command == "/help":
            return [Name(name, c.summary) for name, c in COMMANDS.items()]
        if command == "/share":
            from llmauto.chat.commands import SENT

            return [Name(level, sent) for level, sent in SENT.items()]
        if command == "/resume":
            return [Name(r.id, r.title) for r in self._chat.session.store.list()]
        if command == "/schema":
            return [Name(t.name, t.origin) for t in self._chat.workspace.tables()]
        return [
            Name("builtin", "offline, part of llmauto"),
            Name("openai:"),
            Name("anthropic:"),
            Name("ollama:"),
        ]

    def _columns(self, *, quoted: bool) -> Iterable[Name]:
        """Tables and columns; in SQL, unusual names stand in quotation marks."""
        tables = self._chat.workspace.tables()
        names = [Name(t.name, "table") for t in tables]
        names += [Name(c.name, f"{c.dtype.lower()} in {t.name}") for t in tables for c in t.columns]
        unique = {n.text: n for n in reversed(names)}.values()
        for name in reversed(list(unique)):
            yield name._replace(text=_in_sql(name.text)) if quoted else name


def _in_sql(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _typed_part(word: str, names: Iterable[Name]) -> str:
    """The part of what was typed that may begin a name: all of it, but Chinese is written without spaces."""
    if word.isascii():
        return word
    starts = [n.text.casefold() for n in names]
    suffixes = (word[i:] for i in range(len(word)))
    return next((s for s in suffixes if any(n.startswith(s.casefold()) for n in starts)), word)


def _matching(start: str, names: Iterable[Name], *, within: bool = True) -> Iterator[Completion]:
    """Names that begin with, then names that contain, what was typed."""
    folded = start.casefold()
    known = [(n, n.text.casefold().lstrip('"')) for n in names]
    found = [n for n, f in known if f.startswith(folded)]
    if within and len(folded) > 1:
        found += [n for n, f in known if folded in f and not f.startswith(folded)]
    for name in found[:_MOST]:
        yield Completion(name.text, -len(start), display=clean(name.text), display_meta=clean(name.about))
