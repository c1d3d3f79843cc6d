"""Copies of sources that DuckDB cannot read in place, keyed by what they were made from.

A copy is written under a temporary name and renamed when it is whole, so that a kill, an error or a
full disk never leaves half a file under a name that is used.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_tools.errors import DiskFull


@dataclass(frozen=True)
class Cache:
    """A folder of copies. Everything in it may be deleted while nothing is attached."""

    folder: Path

    def path(self, *key: object, suffix: str = "") -> Path:
        """The place of the copy that `key` stands for (whether it exists or not)."""
        digest = hashlib.sha256("\0".join(str(k) for k in key).encode("utf-8", "surrogatepass"))
        return self.folder / (digest.hexdigest()[:32] + suffix)

    @contextlib.contextmanager
    def writing(self, target: Path) -> Iterator[Path]:
        """A temporary file path that becomes `target` when the block ends well, and vanishes otherwise.

        Raises DiskFull where the disk is full.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
        try:
            with disk_full_named(self.folder):
                yield part
                part.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise

    def read_json(self, target: Path) -> dict[str, Any] | None:
        """The JSON object stored at `target`, or None when there is none that can be read."""
        try:
            found = json.loads(target.read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write_json(self, target: Path, value: dict[str, Any]) -> None:
        with self.writing(target) as part:
            part.write_text(json.dumps(value, ensure_ascii=False), "utf-8")

    def free_bytes(self) -> int:
        import shutil

        return shutil.disk_usage(self.folder).free

    def prune(self, prefix: str, keep: Path, older_than: float = 86_400.0) -> None:
        """Delete earlier snapshots whose file name begins with `prefix`, older than so many seconds."""
        limit = time.time() - older_than
        for old in self.folder.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                if old != keep and old.stat().st_mtime < limit:
                    old.unlink()


@contextlib.contextmanager
def disk_full_named(folder: Path) -> Iterator[None]:
    """Turn "no space left" in any of its forms into DiskFull."""
    try:
        yield
    except Exception as e:
        if not _is_disk_full(e):
            raise
        raise DiskFull(
            f"The disk that holds {folder} is full.",
            "Free some space, or choose another folder with --workspace.",
        ) from e


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return "No space left on device" in str(error)
