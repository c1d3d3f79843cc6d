"""The line editor: history across chats, several lines, completion, and a status line below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from llmauto.chat.commands import COMMANDS
from llmauto.chat.state import Chat
from llmauto.cli import complete
from llmauto.folders import data_folder
from llmauto.render.text import clean, cut

if TYPE_CHECKING:
    from pathlib import Path

_WORD = re.compile(r"[^\s,()\"'/]+$", re.UNICODE)
_MAX_COMPLETIONS = 60


class ChatCompleter(Completer):
    """Commands after a slash, files after /add, else the names of tables and columns."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        text = document.text_before_cursor
        if text.startswith("/") and " " not in text:
            yield from _matching(text[1:], COMMANDS, len(text) - 1)
            return
        command, _, rest = text.partition(" ")
        if command in {"/add", "/save", "/export"}:
            last = rest.split(" ")[-1]
            yield from (Completion(p, start_position=-len(last)) for p in complete.sources(last))
            return
        word = _WORD.search(text)
        if word is not None:
            yield from _matching(word.group(), self._names(command), len(word.group()))

    def _names(self, command: str) -> Iterable[str]:
        tables = self._chat.workspace.tables()
        names = [t.name for t in tables]
        if command != "/schema":
            names += [c.name for t in tables for c in t.columns]
        return dict.fromkeys(names)


def _matching(start: str, names: Iterable[str], back: int) -> Iterator[Completion]:
    """Names that begin with, then names that contain, what was typed."""
    folded = start.casefold()
    known = [(n, n.casefold()) for n in names]
    found = [n for n, f in known if f.startswith(folded)]
    found += [n for n, f in known if folded in f and not f.startswith(folded)] if len(folded) > 1 else []
    for name in found[:_MAX_COMPLETIONS]:
        yield Completion(name, start_position=-back)


def make_editor(chat: Chat) -> PromptSession[str]:
    """The prompt of a chat in a terminal."""
    return PromptSession(
        history=_history(),
        completer=ChatCompleter(chat),
        complete_while_typing=False,
        auto_suggest=AutoSuggestFromHistory(),
        enable_history_search=True,
        key_bindings=_keys(),
        multiline=True,
        prompt_continuation=lambda width, line, soft: " " * width,
        bottom_toolbar=lambda: _toolbar(chat),
        enable_suspend=True,
    )


def _history() -> History:
    """Kept between chats; where the folder cannot be written, in memory."""
    path: Path = data_folder() / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Send, unless the line goes on: Alt-Enter, or a backslash at its end."""
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        elif buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _toolbar(chat: Chat) -> str:
    """Model, share level, sources, tokens: what a person would otherwise have to ask."""
    names = ", ".join(t.name for t in chat.workspace.tables()[:4]) or "no source: /add FILE"
    parts = [chat.session.model]
    if chat.session.model != "builtin":
        parts.append(f"share {chat.session.share}")
        parts.append(f"{sum(chat.tokens.values()):,} tokens")
    parts += [clean(names), "/help"]
    return cut(" · ".join(parts), get_app().output.get_size().columns - 1)


def read_line(editor: PromptSession[str], **options: Any) -> str:
    """One entry. Raises EOFError on Ctrl-D and KeyboardInterrupt on Ctrl-C."""
    return editor.prompt("› ", **options)
