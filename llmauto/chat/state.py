"""What a chat holds while it runs."""

from __future__ import annotations

import queue
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto.cli.drive import Emit, drive
from llmauto.render.screen import Screen, screen_for
from llmauto.render.status import StatusLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmauto.config import Settings
    from llmauto_agent.answer import Answer
    from llmauto_agent.session import Session
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.workspace import Workspace


@dataclass
class Chat:
    """One running chat: its workspace, its session, and the last answer."""

    workspace: Workspace
    session: Session
    settings: Settings
    approved: bool = False
    last: Answer | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    leaving: bool = False

    @property
    def screen(self) -> Screen:
        """Looked at anew each time: the window may have been resized."""
        return screen_for(sys.stdout)

    def say(self, text: str) -> None:
        """A line of our own, dim where there is colour."""
        from rich.text import Text

        from llmauto.render.text import clean_lines

        screen = self.screen
        screen.console().print(Text(clean_lines(text, screen.unicode), style="dim"))

    def main_evidence(self) -> Evidence | None:
        """The evidence of the last answer's table, or None."""
        if self.last is None:
            return None
        return next((e for e in reversed(self.last.evidence) if e.state == "finished" and e.columns), None)

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
        from llmauto.render.text import clean

        tables = self.work(f"reading {source}", lambda emit: self.session.attach(source))
        for table in tables:
            rows = f"{table.row_count:,} rows, " if table.row_count is not None else ""
            self.say(f"{table.name}: {rows}{len(table.columns)} columns ({clean(table.origin)})")
            for note in table.notes:
                self.say(f"  {note}")


Decisions = queue.SimpleQueue[tuple[str, dict[str, Any] | None]]
