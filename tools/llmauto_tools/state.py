"""Opens the workspace's `state.sqlite`, for all that keep something in it.

Write-ahead log with synchronous=FULL: what was committed is on disk, readers do not block the writer,
and several processes may write in turn.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from llmauto_tools.errors import DiskFull, LlmautoError, WorkspaceError

BUSY_SECONDS = 30
"""How long to wait for another process that is writing."""

_RESTORE = "Choose another folder with --workspace, or restore the file from a copy."


def open_state(path: Path, schema: str) -> sqlite3.Connection:
    """A connection in autocommit mode, with `schema` (CREATE … IF NOT EXISTS) applied.

    Raises WorkspaceError when the file is damaged, locked or not writable, DiskFull when the disk is.
    """
    with state_errors(path):
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            # One write transaction, so that two processes that open a new workspace do not collide.
            db.executescript(f"BEGIN IMMEDIATE; {schema}; COMMIT;")
        except BaseException:
            db.close()
            raise
    return db


@contextlib.contextmanager
def writing(db: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """One write transaction: all of the block, or nothing. Errors as from `open_state`."""
    with state_errors(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def state_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as e:
        raise _failure(e, path) from e


def _failure(error: sqlite3.Error, path: Path) -> LlmautoError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"The disk is full: {path} cannot be written.", "Free some space and try again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return WorkspaceError(
            f"The workspace is being written by another process ({path}).", "Try again when it has finished."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return WorkspaceError(f"The workspace's file {path} is damaged: {error}.", _RESTORE)
    if code == sqlite3.SQLITE_READONLY:
        return WorkspaceError(f"The workspace's file {path} is read-only.", _RESTORE)
    if code == sqlite3.SQLITE_IOERR:
        return DiskFull(
            f"The workspace's file {path} cannot be written: {error}.",
            "Free some space on the disk, check its health, and try again.",
        )
    return WorkspaceError(f"The workspace's file {path} cannot be used: {error}.", _RESTORE)
