"""The line editor: history across chats, several lines, completion, and a status line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.styles import Style

from llmauto.chat.complete import ChatCompleter
from llmauto.chat.paste import Pastes
from llmauto.chat.state import Chat
from llmauto.chat.toolbar import toolbar
from llmauto.folders import data_folder

if TYPE_CHECKING:
    from pathlib import Path

STYLE = Style.from_dict(
    {
        "prompt": "ansicyan bold",
        "": "bold",
        "auto-suggestion": "nobold ansibrightblack",
        "bottom-toolbar": "noreverse nobold ansibrightblack",
        "completion-menu": "noreverse nobold bg:default",
        "completion-menu.completion": "bg:default fg:default",
        "completion-menu.completion.current": "reverse",
        "completion-menu.meta.completion": "bg:default fg:ansibrightblack",
        "completion-menu.meta.completion.current": "bg:default fg:ansibrightblack",
    }
)
MENU_ROWS = 8


class Editor:
    """The prompt of a chat in a terminal."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._pastes = Pastes()
        unicode = chat.screen.unicode
        self._prompt = FormattedText([("class:prompt", "› " if unicode else "> ")])
        is_command = Condition(_types_command)
        self._session: PromptSession[str] = PromptSession(
            history=_history(),
            completer=ChatCompleter(chat),
            complete_while_typing=is_command,
            enable_history_search=~is_command,
            auto_suggest=AutoSuggestFromHistory(),
            key_bindings=_keys(self._pastes),
            multiline=True,
            prompt_continuation=lambda width, line, soft: " " * width,
            bottom_toolbar=lambda: toolbar(chat, get_app().output.get_size().columns - 1),
            reserve_space_for_menu=MENU_ROWS,
            enable_suspend=True,
            style=STYLE if chat.screen.color else Style([]),
        )

    def read(self) -> str:
        """One entry. Raises EOFError on Ctrl-D and KeyboardInterrupt on Ctrl-C."""
        every = (
            1.0 if self._chat.background else 0.0
        )  # else the line is only drawn anew when a key is pressed
        return self._pastes.whole(self._session.prompt(self._prompt, refresh_interval=every))


def _types_command() -> bool:
    text = get_app().current_buffer.text
    return text.startswith("/") and " " not in text


def _history() -> History:
    """Kept between chats; where the folder cannot be written, in memory."""
    path: Path = data_folder() / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def _keys(pastes: Pastes) -> KeyBindings:
    keys = KeyBindings()
    typing = ~is_searching  # while Ctrl-R searches, Enter takes what was found and Ctrl-C goes back

    @keys.add("enter", filter=typing)
    def _enter(event: KeyPressEvent) -> None:
        """Send, unless the line goes on, or a completion is being chosen."""
        buffer = event.current_buffer
        menu = buffer.complete_state
        if menu is not None and menu.current_completion is not None and len(menu.completions) > 1:
            buffer.complete_state = None
        elif buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("c-c", filter=typing)
    def _stop(event: KeyPressEvent) -> None:
        """Drop what was typed; on an empty line, ask to leave."""
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt(), style="class:aborting")

    @keys.add("escape", "enter", filter=typing)
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(pastes.shown(event.data))

    return keys
