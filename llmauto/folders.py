"""Where llmauto keeps things on this machine.

A workspace is, in this order: the one that was named (--workspace, LLMAUTO_WORKSPACE, the configuration);
a folder `.llmauto/` in the current directory or one above it; else a folder of this directory's own
under the user's data directory, so that a plain `ask` leaves nothing between a person's files.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

LOCAL_FOLDER = ".llmauto"
CONFIG_VARIABLE = "LLMAUTO_CONFIG"


def workspace_folder(named: str | os.PathLike[str] | None = None, start: Path | None = None) -> Path:
    """The workspace for a question that is asked in `start` (default: the current directory)."""
    if named:
        return Path(named).expanduser().absolute()
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        local = folder / LOCAL_FOLDER
        if local.is_dir():
            return local
    return data_folder() / "workspaces" / _folder_name(here)


def _folder_name(directory: Path) -> str:
    """A readable and unique name: the directory's own, and eight digits of its path's hash."""
    digest = hashlib.sha256(os.fsencode(str(directory.resolve()))).hexdigest()[:8]
    readable = re.sub(r"[^\w-]+", "-", directory.name).strip("-")[:40] or "root"
    return f"{readable}-{digest}"


def data_folder() -> Path:
    """The user's data directory for llmauto."""
    from platformdirs import user_data_path

    return user_data_path("llmauto", appauthor=False)


def person_memory() -> Path:
    """The folder of what is remembered of a person across workspaces; LLMAUTO_PERSON_MEMORY names another one."""
    named = os.environ.get("LLMAUTO_PERSON_MEMORY")
    return Path(named).expanduser().absolute() if named else data_folder() / "memory"


def config_file() -> Path:
    """The configuration file (it need not exist); LLMAUTO_CONFIG names another one."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path("llmauto", appauthor=False) / "config.toml"
