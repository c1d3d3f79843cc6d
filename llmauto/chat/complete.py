"""What Tab completes in a chat: commands, their arguments, tables and columns, files."""

from __future__ import annotations

import re
import shlex
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
            last = rest.split(" ")[-1].lstrip("'\"")
            for path in complete.sources(last):
                yield Completion(shlex.quote(path), -len(rest.split(" ")[-1]), display=clean(path))
        elif command in {"/help", "/model", "/share", "/resume", "/schema"}:
            yield from _matching(rest, self._arguments(command))
        elif (word := _WORD.search(text)) is not None:
            yield from _matching(word.group(), self._columns(quoted=command == "/sql"))

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


def _matching(start: str, names: Iterable[Name], *, within: bool = True) -> Iterator[Completion]:
    """Names that begin with, then names that contain, what was typed."""
    folded = start.casefold()
    known = [(n, n.text.casefold().lstrip('"')) for n in names]
    found = [n for n, f in known if f.startswith(folded)]
    if within and len(folded) > 1:
        found += [n for n, f in known if folded in f and not f.startswith(folded)]
    for name in found[:_MOST]:
        yield Completion(name.text, -len(start), display=clean(name.text), display_meta=clean(name.about))
