"""Derived tables: saved results with their lineage, immutable files, and undo.

Each save writes a new parquet file under `tables/` (to a temporary name, synced, then renamed) and one
row in `state.sqlite`; undo appends a row that hides the newest save. Nothing is overwritten, so a kill
loses at most the save that was running, and a table of the same name comes back as it was.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmauto_tools.errors import DiskFull, InvalidArguments, WorkspaceError
from llmauto_tools.processes import is_running
from llmauto_tools.schema import Column, Relation, Table
from llmauto_tools.state import open_state, state_errors, writing

_SCHEMA = """
CREATE TABLE IF NOT EXISTS derived (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, file TEXT NOT NULL, sql TEXT NOT NULL, columns TEXT NOT NULL,
    rows INTEGER NOT NULL, evidence TEXT NOT NULL, parents TEXT NOT NULL, saved REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS derived_undone (
    number INTEGER PRIMARY KEY REFERENCES derived (number), undone REAL NOT NULL
) STRICT;
"""

MAX_NAME = 200
ORPHAN_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Version:
    """One save of a derived table, with where it came from."""

    number: int
    name: str
    sql: str
    columns: tuple[Column, ...]
    row_count: int
    evidence_id: str
    parents: tuple[str, ...]
    """The tables that the SQL reads."""
    saved: float
    """Unix time in seconds."""
    file: str
    """Below the workspace folder."""
    undone: bool

    def table(self) -> Table:
        return Table(self.name, self.columns, "derived", self.evidence_id, self.row_count)


class DerivedTables:
    """The derived tables of one workspace folder. Safe for several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "state.sqlite"
        self._lock = threading.RLock()
        self._db = open_state(self._state, _SCHEMA)
        self._remove_leftovers()
        self._seen: tuple[int, int] | None = None
        self._versions: list[Version] = []
        self._relations: list[Relation] = []

    def _remove_leftovers(self) -> None:
        """Delete what a save left that was killed: temporary files, and files without a row.

        A save in another process may be between its file and its row, hence the age.
        """
        files = self._folder / "tables"
        with state_errors(self._state):
            kept = {row[0] for row in self._db.execute("SELECT file FROM derived")}
        for path in files.iterdir():
            owner = path.name.split(".")[-2] if path.suffix == ".tmp" else ""
            dead = owner.isdecimal() and not is_running(int(owner))
            orphan = path.suffix == ".parquet" and f"tables/{path.name}" not in kept
            with contextlib.suppress(FileNotFoundError):
                if dead or (orphan and time.time() - path.stat().st_mtime > ORPHAN_SECONDS):
                    path.unlink()

    # ---- reading

    def history(self) -> list[Version]:
        """Every save, oldest first, with those that were undone."""
        with self._lock:
            self._refresh()
            return list(self._versions)

    def current(self) -> list[Version]:
        """The newest version of each table that is not undone, in the order of their first save."""
        with self._lock:
            self._refresh()
            return self._newest()

    def _newest(self) -> list[Version]:
        newest: dict[str, Version] = {}
        for version in self._versions:
            if not version.undone:
                newest[version.name.casefold()] = version
        return list(newest.values())

    def names(self) -> list[str]:
        return [v.name for v in self.current()]

    def tables(self) -> list[Table]:
        return [v.table() for v in self.current()]

    def relations(self) -> list[Relation]:
        """What the engine makes views of."""
        with self._lock:
            self._refresh()
            return list(self._relations)

    def _relation(self, version: Version) -> Relation:
        path = str(self._folder / version.file)
        quoted = path.replace("'", "''")
        return Relation(
            name=version.name,
            columns=version.columns,
            origin=version.evidence_id,
            view_sql=f"SELECT * FROM read_parquet('{quoted}')",
            paths=(path,),
            row_count=version.row_count,
            fingerprint=version.file,
        )

    def _refresh(self) -> None:
        """Read the rows again if another connection, or this one, has written."""
        with state_errors(self._state):
            seen = (self._db.execute("PRAGMA data_version").fetchone()[0], self._db.total_changes)
            if seen == self._seen:
                return
            rows = self._db.execute(
                "SELECT d.number, name, file, sql, columns, rows, evidence, parents, saved, u.undone IS NOT NULL"
                " FROM derived d LEFT JOIN derived_undone u USING (number) ORDER BY d.number"
            ).fetchall()
        self._versions = [
            Version(
                number=r[0],
                name=r[1],
                file=r[2],
                sql=r[3],
                columns=tuple(Column(*c) for c in json.loads(r[4])),
                row_count=r[5],
                evidence_id=r[6],
                parents=tuple(json.loads(r[7])),
                saved=r[8],
                undone=bool(r[9]),
            )
            for r in rows
        ]
        self._relations = [self._relation(v) for v in self._newest()]
        self._seen = seen

    # ---- writing

    def save(
        self,
        name: str,
        sql: str,
        write: Callable[[Path], int],
        columns: Callable[[Path], Sequence[Column]],
        evidence_id: str,
        parents: Sequence[str],
    ) -> Table:
        """Save a new version of the table `name`.

        `write` puts the rows into the parquet file at the path that it is given and returns their
        number; `columns` reads the finished file's columns. Raises InvalidArguments for a name that
        cannot be one, DiskFull, WorkspaceError.
        """
        check_name(name)
        folder = self._folder / "tables"
        stem = re.sub(r"[^\w-]+", "_", name)[:40]
        file = folder / f"{stem}-{uuid.uuid4().hex[:12]}.parquet"
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        try:
            rows = write(temporary)
            made = list(columns(temporary))
            _sync(temporary)
            temporary.rename(file)
            _sync(folder)
            with self._lock, writing(self._db, self._state) as db:
                db.execute(
                    "INSERT INTO derived (name, file, sql, columns, rows, evidence, parents, saved)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        name,
                        f"tables/{file.name}",
                        sql,
                        json.dumps([[c.name, c.dtype] for c in made], ensure_ascii=False),
                        rows,
                        evidence_id,
                        json.dumps(list(parents), ensure_ascii=False),
                        time.time(),
                    ),
                )
        except BaseException as e:
            temporary.unlink(missing_ok=True)
            file.unlink(missing_ok=True)
            if isinstance(e, OSError):
                raise DiskFull(
                    f"The table cannot be saved in {folder}: {e.strerror}.", "Free some space."
                ) from e
            raise
        return next(v.table() for v in self.current() if v.name == name)

    def undo(self) -> Version | None:
        """Take the newest save back; returns it, or None when there is none left."""
        with self._lock:
            with writing(self._db, self._state) as db:
                row = db.execute(
                    "SELECT max(number) FROM derived WHERE number NOT IN (SELECT number FROM derived_undone)"
                ).fetchone()
                if row[0] is None:
                    return None
                db.execute("INSERT INTO derived_undone (number, undone) VALUES (?, ?)", (row[0], time.time()))
            return next(v for v in self.history() if v.number == row[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()


def check_name(name: str) -> None:
    """Raise InvalidArguments for a name that a table cannot have."""
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidArguments(
            f"'{name[:40]}' cannot be a table's name.",
            f"Use 1 to {MAX_NAME} printable characters, such as top_customers.",
        )


def _sync(path: Path) -> None:
    """Have a file's (or a folder's) content on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as e:
        raise WorkspaceError(f"{path} cannot be written to the disk: {e.strerror}.") from e
    finally:
        os.close(descriptor)
