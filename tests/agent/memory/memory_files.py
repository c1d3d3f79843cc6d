"""What the files of a memory hold, byte by byte."""

from __future__ import annotations

from pathlib import Path


def holds(folder: Path, *needles: bytes) -> list[str]:
    """The files below a folder that hold any of the byte strings."""
    files = [f for f in folder.rglob("*") if f.is_file()]
    return [f.name for f in files if any(n in f.read_bytes() for n in needles)]
