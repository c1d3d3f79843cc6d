"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from llmauto_tools.errors import DiskFull


def write_whole(target: Path, content: bytes) -> None:
    """Write a file under a temporary name beside it and rename it. Raises DiskFull where that fails."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise DiskFull(
            f"The report cannot be written to {target}: {e.strerror}.",
            "Choose another place, or free some space.",
        ) from e
