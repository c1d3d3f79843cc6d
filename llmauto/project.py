"""The project that a command runs in: its llmauto.yml, found upwards from the working directory.

Nothing but the standard library is imported where there is none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto.exits import UsageError

if TYPE_CHECKING:
    from llmauto_agent.semantics.apply import Semantics
    from llmauto_tools.workspace import Workspace

NAMES = ("llmauto.yml", "llmauto.yaml")


def project_file(named: str | os.PathLike[str] | None = None) -> Path | None:
    """The llmauto.yml of a project folder (or the file itself), or the nearest one above the working directory.

    The search ends at the home directory and at the root of a git repository. Raises UsageError where the named
    project has none.
    """
    if named is not None and os.fspath(named):
        given = Path(named).expanduser()
        if given.is_file():
            return given
        found = _in(given)
        if found is None:
            raise UsageError(
                f"There is no llmauto.yml in '{named}'.",
                "Draft one: llmauto learn SOURCE… (docs/semantics.md)",
            )
        return found
    try:
        here, home = Path.cwd(), Path.home()
    except (OSError, RuntimeError):  # the working directory is gone, or nobody's home
        return None
    for folder in (here, *here.parents):
        if (found := _in(folder)) is not None:
            return found
        if folder == home or (folder / ".git").exists():
            return None
    return None


def _in(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def project_semantics(workspace: Workspace, named: str | os.PathLike[str] | None = None) -> Semantics | None:
    """The semantic layer of the project, for the tables of a workspace; None where there is none."""
    path = project_file(named)
    if path is None:
        return None
    from llmauto_agent.semantics.apply import Semantics

    return Semantics(path, workspace.tables)
