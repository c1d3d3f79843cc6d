"""Things that were fitted and are kept: recipes and models, by name and version.

Each version is a folder of its own (`models/churn/3`), written under a temporary name and renamed, so
that it is there whole or not at all; nothing is overwritten. "churn@3" names version 3, "churn" the
newest.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmauto_tools.errors import DiskFull, InvalidArguments, did_you_mean
from llmauto_tools.processes import is_running

_NAME = re.compile(r"[^\W_][\w.-]{0,79}")
_TRIES = 100


@dataclass(frozen=True)
class Saved:
    """One version: `ref` is how it is named, `path` its folder."""

    name: str
    version: int
    path: Path

    @property
    def ref(self) -> str:
        return f"{self.name}@{self.version}"


class Versions:
    """The versions of one kind of thing in a workspace; safe for several processes."""

    def __init__(self, folder: Path, noun: str) -> None:
        self._folder = folder
        self._noun = noun

    def save(self, name: str, write: Callable[[Path], None]) -> Saved:
        """Save a new version; `write` puts its files into the folder that it is given.

        Raises InvalidArguments for a name that cannot be one, DiskFull where it cannot be written.
        """
        check_name(name, self._noun)
        parent = self._folder / name
        temporary = self._folder / f".{name}.{uuid.uuid4().hex[:8]}.{os.getpid()}.tmp"
        try:
            self._remove_leftovers()
            parent.mkdir(parents=True, exist_ok=True)
            temporary.mkdir()
            write(temporary)
            for file in temporary.rglob("*"):
                _sync(file)
            _sync(temporary)
            return self._place(name, temporary)
        except OSError as e:
            raise DiskFull(
                f"The {self._noun} cannot be saved in {self._folder}: {e.strerror}.", "Free some space."
            ) from e
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _place(self, name: str, temporary: Path) -> Saved:
        """Rename to the next free number; another process may take it first."""
        for _ in range(_TRIES):
            version = max((s.version for s in self.all(name)), default=0) + 1
            path = self._folder / name / str(version)
            try:
                temporary.rename(path)
            except OSError:
                if not path.exists():
                    raise
                continue
            _sync(path.parent)
            return Saved(name, version, path)
        raise DiskFull(f"The {self._noun} '{name}' cannot be numbered.", "Try again.")

    def all(self, name: str | None = None) -> list[Saved]:
        """Every version, of one name or of all, oldest first."""
        found = []
        folders = [self._folder / name] if name is not None else sorted(self._folder.glob("[!.]*"))
        for folder in folders:
            numbers = [int(p.name) for p in folder.iterdir() if p.name.isdecimal()] if folder.is_dir() else []
            found += [Saved(folder.name, n, folder / str(n)) for n in sorted(numbers)]
        return found

    def find(self, ref: str) -> Saved:
        """The version that "name" (the newest) or "name@3" means. Raises InvalidArguments."""
        name, at, number = ref.partition("@")
        versions = self.all(name) if _NAME.fullmatch(name) else []
        if not versions:
            names = list(dict.fromkeys(s.name for s in self.all()))
            known = f"There are: {', '.join(names[:20])}." if names else f"No {self._noun} is saved yet."
            raise InvalidArguments(f"There is no {self._noun} '{name}'.", did_you_mean(name, names) or known)
        if not at:
            return versions[-1]
        for saved in versions:
            if str(saved.version) == number:
                return saved
        raise InvalidArguments(
            f"The {self._noun} '{name}' has no version '{number}'.",
            f"Its versions are {', '.join(str(s.version) for s in versions)}.",
        )

    def _remove_leftovers(self) -> None:
        """Delete what a save left whose process was killed."""
        for path in self._folder.glob(".*.tmp") if self._folder.is_dir() else ():
            owner = path.name.split(".")[-2]
            if owner.isdecimal() and int(owner) != os.getpid() and not is_running(int(owner)):
                shutil.rmtree(path, ignore_errors=True)


def check_name(name: str, noun: str) -> None:
    """Raise InvalidArguments for a name that cannot be a folder's everywhere."""
    if not _NAME.fullmatch(name):
        raise InvalidArguments(
            f"'{name[:40]}' cannot be the name of a {noun}.",
            "Use letters, digits, '_', '-' and '.', at most 80, such as churn_2024.",
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
