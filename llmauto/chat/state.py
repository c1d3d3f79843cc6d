"""What a chat holds while it runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto.cli.drive import Emit, drive
from llmauto.exits import UsageError
from llmauto.render.screen import Screen, screen_for
from llmauto.render.status import StatusLine
from llmauto.render.text import clean, clean_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmauto.config import Settings
    from llmauto_agent.answer import Answer
    from llmauto_agent.session import Session
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.workspace import Workspace


LONG_PLAN = 4
"""So many steps that a model proposes at once are shown, and asked for one by one."""


@dataclass
class Chat:
    """One running chat: its workspace, its session, the last answer and the last result."""

    workspace: Workspace
    session: Session
    settings: Settings
    approved: bool = False
    last: Answer | None = None
    result: Evidence | None = None
    """The table that /save, /keep and /chart are about: of the last answer, or of /sql."""
    choices: list[str] = field(default_factory=list)
    """The questions that a number picks from, after an ambiguous one."""
    tokens: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    told: set[str] = field(default_factory=set)
    """Notices that were shown already: a source's notes come with every answer."""
    report: str | None = None
    """The version of the report that the chat made last."""
    report_files: list[str] = field(default_factory=list)
    background: list[Callable[[], str | None]] = field(default_factory=list)
    """Jobs that outlive a question: each says in a few words how far it is ("train 40%"), or None when it is done.
    The status line asks them once a second."""
    leaving: bool = False
    failed: int = 0
    """The exit code of the last line that failed, for a chat that reads a pipe."""

    @property
    def screen(self) -> Screen:
        """Looked at anew each time: the window may have been resized."""
        return screen_for(sys.stdout)

    def say(self, text: str, style: str = "dim") -> None:
        """Lines of our own, wrapped at words, dim where there is colour."""
        from rich.text import Text

        screen = self.screen
        screen.console().print(Text(clean_lines(text, screen.unicode), style=style))

    def tell(self, notices: Iterable[str]) -> None:
        """Show notices, each once in a chat."""
        for notice in notices:
            if notice not in self.told:
                self.told.add(notice)
                self.say(f"note: {notice}")

    def last_result(self, purpose: str) -> Evidence:
        """The last result. Raises UsageError where there is none to save, keep or draw."""
        if self.result is None or not self.result.sql:
            raise UsageError(f"There is no result to {purpose} yet.", "Ask a question first, or use /sql.")
        return self.result

    def work(self, what: str, body: Callable[[Emit], Any]) -> Any:
        """Run `body` in a thread with the status line; Ctrl-C stops it. Raises what it raises."""
        status = StatusLine()
        status.say(what)

        def on_event(event: Any) -> None:
            if isinstance(event, tuple):
                status.say(*event)

        return drive(body, status, on_event=on_event, stop=self.workspace.interrupt)

    def attach(self, source: str) -> None:
        """Attach a source with the status line, and say what it brought."""
        for table in self.work(f"reading {source}", lambda emit: self.session.attach(source)):
            rows = f"{table.row_count:,} rows, " if table.row_count is not None else ""
            self.say(f"{clean(table.name)}: {rows}{len(table.columns)} columns ({clean(table.origin)})")
            self.tell(f"{table.name}: {note}" for note in table.notes)

    def reattach(self) -> None:
        """Attach the session's sources again; one that is gone is named and left out."""
        from llmauto.render.message import print_error
        from llmauto_tools.errors import SourceError

        for source in self.session.store.get(self.session.id).sources:
            try:
                self.attach(source)
            except SourceError as e:
                print_error(e.message, e.hint)
