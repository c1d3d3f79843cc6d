"""The tables that a session's evidence reads, as definitions that DuckDB can replay."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from llmauto_agent.export.runtime import file_state
from llmauto_agent.export.text import without_credentials
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import Relation
from llmauto_tools.workspace import Workspace


@dataclass(frozen=True)
class SourceFile:
    """A file or folder that the replay reads: its key in SOURCES, and its state at the export."""

    label: str
    path: str
    state: tuple[int, int, int]
    """Bytes, last modified in ns, number of files."""
    origin: str = ""
    """What a copy was made from."""


@dataclass(frozen=True)
class Definition:
    """A table to define, or a database file to attach, before evidence is replayed.

    `reads` are labels of files (attach, view) or names of tables (table).
    """

    kind: Literal["attach", "view", "table"]
    name: str
    sql: str = ""
    reads: tuple[str, ...] = ()
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
        self._defined: dict[str, str] = {}
        """Table name to the version that is defined, "" for a source."""
        self.time_zone = _time_zone()

    @property
    def zone(self) -> dt.tzinfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def find(self, evidence: Evidence) -> Found:
        """The definitions that are missing before `evidence` can be replayed."""
        added: list[Definition] = []
        try:
            for table in evidence.tables:
                added += self._define(table, evidence.fingerprints.get(table, ""))
        except NotReplayableError as e:
            return Found(tuple(added), str(e))
        return Found(tuple(added), stale=self._stale(evidence))

    def _define(self, table: str, fingerprint: str) -> list[Definition]:
        relation = self._relations.get(table.casefold())
        if relation is None:
            raise NotReplayableError(f"the table {table} was not attached at the time of the export")
        if relation.name not in self._defined:
            self._define_source(relation)
            self._defined[relation.name] = ""
        return []

    def _define_source(self, relation: Relation) -> None:
        if relation.view_sql is None:
            path = str(_load(relation))
            sql = f"SELECT * FROM read_parquet({_quoted(path)})"
            note = (
                f"A copy of {relation.origin}, made by llmauto in the workspace's cache. If it was deleted:"
                " ask a question about the table in llmauto, then export again."
            )
            label = self._label(path, Path(relation.origin).name, f"copy of {relation.origin}")
            self.setup.append(Definition("view", relation.name, sql, (label,), without_credentials(note)))
            return
        if without_credentials(relation.view_sql) != relation.view_sql:
            raise NotReplayableError(
                f"reading {relation.name} takes credentials, which an export does not hold"
            )
        if relation.attach is not None:
            self._attach(*relation.attach)
        labels = [self._label(path) for path in relation.paths]
        if relation.attach is not None:
            labels.append(self._label(relation.attach[1]))
        reads = tuple(dict.fromkeys(labels))
        self.setup.append(Definition("view", relation.name, relation.view_sql, reads, _origin_note(relation)))

    def _attach(self, alias: str, path: str) -> None:
        definition = Definition("attach", alias, reads=(self._label(path),))
        if definition not in self.setup:
            self.setup.append(definition)

    def _label(self, path: str, name: str = "", origin: str = "") -> str:
        """The key of a file in SOURCES: its name, with a number where another file has that name."""
        for file in self.files:
            if file.path == path:
                return file.label
        state = file_state(path)
        if state is None:
            raise NotReplayableError(f"{path} is gone")
        name = without_credentials(name) or Path(path).name + ("/" if path.endswith("/") else "")
        taken = {f.label for f in self.files}
        label, number = name, 2
        while label in taken:
            label, number = f"{name} ({number})", number + 1
        self.files.append(SourceFile(label, path, state, without_credentials(origin)))
        return label

    def _stale(self, evidence: Evidence) -> tuple[str, ...]:
        stale = []
        for table, before in evidence.fingerprints.items():
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
