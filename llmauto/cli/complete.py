"""Shell completion: tool names, source files, session ids, settings. A failure completes nothing."""

from __future__ import annotations

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def in_checkout() -> bool:
    """Whether this package runs from a checkout of the repository, where the benchmarks are."""
    return (CHECKOUT / "benchmarks" / "requests").is_dir()


def benchmarks(incomplete: str = "") -> list[str]:
    """The benchmarks of the checkout: the folders of `benchmarks` that have a run.py."""
    found = (CHECKOUT / "benchmarks").glob("*/run.py")
    return sorted(path.parent.name for path in found if path.parent.name.startswith(incomplete))


def tools(incomplete: str) -> list[str]:
    from llmauto_tools.registry import tool_names

    return [name for name in tool_names() if name.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    from llmauto.config import Settings

    return [name for name in Settings.model_fields if name.startswith(incomplete)]


def sources(incomplete: str) -> list[str]:
    """Files and folders; a folder ends in "/" so that the next TAB goes into it."""
    folder, _, start = incomplete.rpartition("/")
    base = Path(folder + "/").expanduser() if "/" in incomplete else Path()
    found = []
    try:
        entries = sorted(base.iterdir())
    except OSError:
        return []
    for entry in entries:
        if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith(".")):
            shown = f"{folder}/{entry.name}" if "/" in incomplete else entry.name
            found.append(shown + "/" if entry.is_dir() else shown)
    return found


def sessions(incomplete: str) -> list[tuple[str, str]]:
    """Ids of the default workspace's sessions, with their titles as help."""
    from llmauto.config import load_settings
    from llmauto.folders import workspace_folder
    from llmauto_agent.store import SessionStore
    from llmauto_tools.errors import LlmautoError

    try:
        folder = workspace_folder(load_settings().workspace)
        if not (folder / "state.sqlite").exists():
            return []
        store = SessionStore(folder)
        found = store.list()
        store.close()
    except LlmautoError:
        return []
    return [(s.id, s.title) for s in found if s.id.startswith(incomplete)]
