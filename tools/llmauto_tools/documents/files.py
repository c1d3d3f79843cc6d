"""Files of a document, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from llmauto_tools import files
from llmauto_tools.errors import DiskFull


def write_whole(target: Path, content: bytes) -> None:
    """Write a file of a document, replacing one that is there. Raises DiskFull where that fails."""
    try:
        files.write_whole(target, content)
    except OSError as e:
        raise DiskFull(
            f"The report cannot be written to {target}: {e.strerror}.",
            "Choose another place, or free some space.",
        ) from e
