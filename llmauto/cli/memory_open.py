"""Opening the memory, for every command that has one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmauto.folders import person_memory, workspace_folder

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.memory.memory import Memory

FOLDER = "memory"
"""In the workspace's folder."""


def open_memory(workspace: str | None) -> Memory:
    """The memory of a workspace and of the person, whatever the setting: to look at it is always possible."""
    from llmauto.config import load_settings

    settings = load_settings(workspace=workspace)
    return memory_of(settings, workspace_folder(settings.workspace))


def memory_of(settings: Settings, folder: Path) -> Memory:
    """The memory as the settings have it."""
    from llmauto_agent.memory.memory import Memory

    return Memory(
        folder / FOLDER,
        person_memory(),
        mode=settings.memory,
        embedder=settings.embedder,
        share=settings.share,
    )


def memory_in_use(settings: Settings, folder: Path) -> Memory | None:
    """The memory that a question is asked with, or None where it is off."""
    return memory_of(settings, folder) if settings.memory != "off" else None


def forget_session(folder: Path, session: str) -> None:
    """Forget what belongs to one session only, when the session is removed."""
    from llmauto_agent.memory.memory import Memory

    with Memory(folder / FOLDER, None) as memory:
        own = [e.id for e in memory.entries() if e.scope == "session" and e.session == session]
        if own:
            memory.forget(own)
