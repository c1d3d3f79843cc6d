"""The tables that a session's evidence reads, as definitions that DuckDB can replay."""

from __future__ import annotations

import datetime as dt
import os
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from llmauto_agent.export.clock import draws_at_random, freeze
from llmauto_agent.export.runtime import file_state
from llmauto_agent.export.text import without_credentials
from llmauto_tools.derived import Version
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import Relation
from llmauto_tools.workspace import Workspace

MAX_SINGLE_FILES = 3
"""A view over more files than this is shown as reading their folder."""


@dataclass(frozen=True)
class SourceFile:
    """A file or folder that the replay reads: its key in SOURCES, and its state at the export."""

    label: str
    path: str
    state: tuple[int, int, int]
    """Bytes, last modified in ns, number of files."""
    names: tuple[str, ...] = ()
    """Of a folder, the files in it that are read; none for all."""
    origin: str = ""
    """What a copy was made from."""


@dataclass(frozen=True)
class Definition:
    """A table to define, or a database file to attach, before evidence is replayed.

    `reads` are labels of files (attach, view) or names of tables (table). `columns`, of a table, are
    names and types as they were saved.
    """

    kind: Literal["attach", "view", "table", "saved"]
    name: str
    sql: str = ""
    reads: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Found:
    """What one evidence needs beyond what is defined already."""

    definitions: tuple[Definition, ...] = ()
    problem: str = ""
    """Why it cannot be replayed."""
    stale: tuple[str, ...] = ()
    """Tables whose data changed between the run and the export."""


class NotReplayableError(Exception):
    """A table cannot be defined without llmauto; the message says why."""


@dataclass
class TableFinder:
    """Collects the files and definitions that the evidence of one session needs, each once."""

    workspace: Workspace
    files: list[SourceFile] = field(default_factory=list)
    setup: list[Definition] = field(default_factory=list)
    """Databases to attach and views to make at the start."""

    def __post_init__(self) -> None:
        self._relations = {r.name.casefold(): r for r in self.workspace.relations()}
        history = self.workspace.derived.history()
        self._versions = {v.file: v for v in history}
        self._current = {v.name.casefold(): v for v in self.workspace.derived.current()}
        self._saved = {v.evidence_id: v for v in history}
        self._defined: dict[str, str] = {}
        """Table name to the version that is defined at this point of the replay, "" for a source."""
        self.time_zone = _time_zone()

    @property
    def zone(self) -> dt.tzinfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def find(self, evidence: Evidence) -> Found:
        """The definitions that are missing before `evidence` can be replayed.

        Afterwards the tables that it reads are as they were when it ran: an earlier version of a derived
        table, or one that was undone since, is built again.
        """
        added: list[Definition] = []
        wanted = [(t, evidence.fingerprints.get(t, "")) for t in evidence.tables]
        try:
            # Building a table may need another version of a table that the evidence reads too, so a
            # second round puts that right.
            for table, fingerprint in wanted * 2:
                added += self._define(table, fingerprint)
        except NotReplayableError as e:
            return Found(tuple(added), str(e))
        return Found(tuple(added), stale=self._stale(evidence))

    def find_saved(self, evidence: Evidence) -> Found:
        """The definition of the table that `evidence` saved, with those that it was made from."""
        version = self._saved.get(evidence.id)
        if version is None:
            return Found(problem="no table of it is left")
        try:
            return Found(tuple(self._define(version.name, version.file)))
        except NotReplayableError as e:
            return Found(problem=str(e))

    def _define(self, table: str, fingerprint: str) -> list[Definition]:
        version = self._versions.get(fingerprint) or self._current.get(table.casefold())
        if version is not None:
            return self._define_version(version)
        relation = self._relations.get(table.casefold())
        if relation is None:
            raise NotReplayableError(f"the table {table} was not attached at the time of the export")
        if relation.name not in self._defined:
            self._define_source(relation)
            self._defined[relation.name] = ""
        return []

    def _define_version(self, version: Version) -> list[Definition]:
        """Build a derived table from its SQL, and first what that reads."""
        defined = self._defined.get(version.name)
        if defined == version.file:
            return []
        if defined == "":
            raise NotReplayableError(f"the saved table {version.name} has the name of a source")
        if draws_at_random(version.sql):
            return [
                self._stored(version, "Its SQL draws at random, so the rows come from where they were saved.")
            ]
        before = self._saved_fingerprints(version)
        try:
            added = [d for parent in version.parents for d in self._define(parent, before.get(parent, ""))]
        except NotReplayableError as e:
            return [self._stored(version, f"The rows come from where they were saved: {e}.")]
        frozen = freeze(version.sql, dt.datetime.fromtimestamp(version.saved, self.zone))
        note = f"Saved as {version.evidence_id}."
        if frozen.replaced:
            note += f" {', '.join(frozen.replaced)} read the clock: replaced by the time of the saving."
        columns = tuple((c.name, c.dtype) for c in version.columns)
        self._defined[version.name] = version.file
        return [*added, Definition("table", version.name, frozen.sql, version.parents, columns, note)]

    def _saved_fingerprints(self, version: Version) -> dict[str, str]:
        """Which versions of its parents a derived table was made from."""
        known = self.workspace.ledger.get(version.evidence_id).fingerprints
        earlier = {
            parent: v.file
            for parent in version.parents
            for v in self._versions.values()
            if v.name.casefold() == parent.casefold() and v.number < version.number and not v.undone
        }
        return {**earlier, **known}

    def _stored(self, version: Version, why: str) -> Definition:
        """A derived table as the file that the workspace keeps of it."""
        path = str(self.workspace.path / version.file)
        label = self._label(path, f"{version.name} (saved)")
        self._defined[version.name] = version.file
        columns = tuple((c.name, c.dtype) for c in version.columns)
        return Definition("saved", version.name, "", (label,), columns, why)

    def _define_source(self, relation: Relation) -> None:
        if relation.view_sql is None:
            path = str(_load(relation))
            sql = f"SELECT * FROM read_parquet({_quoted(path)})"
            note = (
                f"A copy of {relation.origin}, made by llmauto in the workspace's cache. If it was deleted:"
                " ask a question about the table in llmauto, then export again."
            )
            label = self._label(path, Path(relation.origin).name, origin=f"copy of {relation.origin}")
            self.setup.append(
                Definition("view", relation.name, sql, (label,), note=without_credentials(note))
            )
            return
        if without_credentials(relation.view_sql) != relation.view_sql:
            raise NotReplayableError(
                f"reading {relation.name} takes credentials, which an export does not hold"
            )
        if relation.attach is not None:
            self._attach(*relation.attach)
        labels = self._labels(relation)
        if relation.attach is not None:
            labels.append(self._label(relation.attach[1]))
        reads = tuple(dict.fromkeys(labels))
        self.setup.append(
            Definition("view", relation.name, relation.view_sql, reads, note=_origin_note(relation))
        )

    def _attach(self, alias: str, path: str) -> None:
        definition = Definition("attach", alias, reads=(self._label(path),))
        if definition not in self.setup:
            self.setup.append(definition)

    def _labels(self, relation: Relation) -> list[str]:
        """Keys in SOURCES for what a view reads; many files together are one folder."""
        if len(relation.paths) == 1 and relation.paths[0].startswith(f"{self.workspace.path}{os.sep}"):
            name = Path(relation.origin).name
            return [self._label(relation.paths[0], name, origin=f"copy of {relation.origin}")]
        if len(relation.paths) <= MAX_SINGLE_FILES or any(p.endswith("/") for p in relation.paths):
            return [self._label(path) for path in relation.paths]
        folder = os.path.commonpath([Path(p).parent for p in relation.paths])
        names = tuple(os.path.relpath(p, folder) for p in relation.paths)
        return [self._label(folder.rstrip("/") + "/", names=names)]

    def _label(self, path: str, name: str = "", *, names: tuple[str, ...] = (), origin: str = "") -> str:
        """The key of a file in SOURCES: its name, with a number where another file has that name."""
        for file in self.files:
            if file.path == path and file.names == names:
                return file.label
        state = file_state(path, names)
        if state is None:
            raise NotReplayableError(f"{path} is gone, or a file in it")
        name = without_credentials(name) or Path(path).name + ("/" if path.endswith("/") else "")
        taken = {f.label for f in self.files}
        label, number = name, 2
        while label in taken:
            label, number = f"{name} ({number})", number + 1
        self.files.append(SourceFile(label, path, state, names, without_credentials(origin)))
        return label

    def _stale(self, evidence: Evidence) -> tuple[str, ...]:
        stale = []
        for table, before in evidence.fingerprints.items():
            if before in self._versions:
                continue
            relation = self._relations.get(table.casefold())
            if relation is not None and before and relation.fingerprint != before:
                stale.append(table)
        return tuple(stale)


def _origin_note(relation: Relation) -> str:
    notes = (
        [relation.origin, *relation.notes] if relation.origin not in relation.paths else list(relation.notes)
    )
    return without_credentials("\n".join(n for n in notes if n))


def _load(relation: Relation) -> Path:
    if relation.load is None:
        raise NotReplayableError(f"the table {relation.name} has neither SQL nor a copy")
    return relation.load()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _time_zone() -> str:
    """The time zone in which DuckDB reads and shows moments on this machine."""
    import duckdb

    with duckdb.connect() as connection:
        row = connection.execute("SELECT current_setting('TimeZone')").fetchone()
    return str(row[0]) if row else "UTC"
