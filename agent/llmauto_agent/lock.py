"""One turn of a session at a time, also across processes.

Two turns of one session that run at once would write their checkpoints through each other. A lock on a
file, held while a turn runs, keeps them apart; the system lets go of it when the process dies, however it
dies. Different sessions of a workspace do not wait for each other.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from llmauto_tools.errors import WorkspaceError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Hold a lock file where nobody else does; whether it is held. Raises WorkspaceError where it cannot be opened."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as e:
        raise WorkspaceError(f"The lock {path} cannot be opened: {e.strerror}.") from e
    try:
        try:
            _lock(file)
        except OSError:
            yield False
            return
        yield True
    finally:
        os.close(file)


@contextlib.contextmanager
def turn_lock(workspace: Path, session: str) -> Iterator[None]:
    """Hold the session for one turn. Raises WorkspaceError at once when another turn holds it."""
    path = workspace / "tmp" / f"session-{session}.lock"
    message = f"The session {session} is answering a question already, here or in another process."
    with file_lock(path, message, "Wait until it has answered, interrupt it, or start a new session."):
        yield


@contextlib.contextmanager
def file_lock(path: Path, message: str, hint: str) -> Iterator[None]:
    """Hold a lock on a file. Raises WorkspaceError with the message at once when another process holds it."""
    with try_lock(path) as held:
        if not held:
            raise WorkspaceError(message, hint)
        yield
