"""What the commands share: opening the workspace, choosing sources, rendering events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.exits import UsageError
from llmauto.folders import workspace_folder
from llmauto.render.message import print_note
from llmauto_agent.events import TextDelta, ToolFinished, ToolProgress, ToolStarted

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.store import SessionStore
    from llmauto_tools.workspace import Limits


def limits(settings: Settings, returned_rows: int | None = None) -> Limits:
    """The engine's limits from the settings."""
    from llmauto_tools.workspace import Limits

    standard = Limits()
    return Limits(
        memory=settings.memory_limit,
        timeout=settings.timeout,
        max_rows=max(standard.max_rows, returned_rows or 0),
        threads=settings.threads,
    )


def choose_sources(given: Sequence[str], folder: Path, *, optional: bool = False) -> list[str]:
    """The sources that were named, else those of the workspace's last session (saying so).

    Raises UsageError when there are none, unless they are optional.
    """
    from llmauto.cli.stdin import read_sources

    if given:
        check_order(given)
        return read_sources(list(given), folder / "cache")
    last = last_sources(folder)
    if not last and optional:
        return []
    if not last:
        raise UsageError(
            "No source was named, and this workspace has no earlier session to take one from.",
            'Name a file: llmauto ask "How many rows?" data.csv (or - for standard input).',
        )
    print_note(f"using the sources of the last session: {', '.join(last)}")
    return last


def check_order(sources: Sequence[str]) -> None:
    """Refuse `ask data.csv "a question"`, where the question would be looked for as a file."""
    for source in sources:
        if source.endswith(("?", "？")) and not Path(source).exists():
            raise UsageError(f"'{source}' reads like a question, not a source.", "The question comes first.")


def last_sources(folder: Path) -> list[str]:
    """The sources of the newest session that has any."""
    with_store = open_store(folder)
    if with_store is None:
        return []
    try:
        return next((list(s.sources) for s in with_store.list() if s.sources), [])
    finally:
        with_store.close()


def open_store(folder: Path) -> SessionStore | None:
    """The sessions of a workspace, or None where there is no workspace yet (none is made)."""
    if not (folder / "state.sqlite").exists():
        return None
    from llmauto_agent.store import SessionStore

    return SessionStore(folder)


def folder_of(workspace: str | None) -> Path:
    """The workspace folder from the option, the settings, or the directory."""
    from llmauto.config import load_settings

    return workspace_folder(load_settings(workspace=workspace).workspace)


def describe_event(event: Any) -> tuple[str, float | None] | None:
    """What the status line says about an event, or None where it changes nothing."""
    if isinstance(event, ToolStarted):
        return event.tool, None
    if isinstance(event, ToolProgress):
        return event.text, event.fraction
    if isinstance(event, ToolFinished):
        return "thinking", None
    if isinstance(event, TextDelta):
        return "writing the answer", None
    return None
