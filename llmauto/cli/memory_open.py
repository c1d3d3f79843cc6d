"""Opening the memory, for every command that has one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llmauto.folders import person_memory, workspace_folder

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.report.produce import Produced

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


def remember_report(settings: Settings, folder: Path, produced: Produced) -> None:
    """Keep that a report was made, with what its steps found, when it has been shown."""
    if settings.memory != "on":
        return
    from llmauto_agent.memory.entry import MAX_TEXT, Entry
    from llmauto_agent.memory.keep import without_sensitive

    document, evidence = produced.report.document, produced.report.evidence.values()
    found = [e.text for e in evidence if e.text]
    text = "\n".join([f"Report {produced.kept.ref}: {document.title} ({document.meta.goal})", *found])
    data = {
        "report": produced.kept.ref,
        "question": document.meta.goal,
        "evidence": [e.id for e in evidence],
        "files": [str(f) for f in produced.files],
    }
    versions = {t: f for e in evidence for t, f in e.fingerprints.items()}
    made = Entry(
        "report", text[: MAX_TEXT // 2], data=data, source=f"report {produced.kept.ref}",
        session=produced.report.session, fingerprints=versions, key=f"report:{produced.kept.ref}",
    )  # fmt: skip
    with memory_of(settings, folder) as memory:
        memory.keep(without_sensitive([made]))
