"""A workspace: one folder that holds a line of work.

    state.sqlite     the ledger, the derived tables with their lineage, the sessions
    checkpoints.sqlite   the agent's checkpoints (llmauto_agent)
    tables/          derived tables, one immutable parquet file per version
    cache/           copies of sources that DuckDB cannot read in place (safe to delete)
    artifacts/       charts, documents, exports
    recipes/ models/ what was fitted, one folder per version (versions.py)
    tmp/             spilled intermediate results (safe to delete)

DuckDB itself runs in memory, with a view per table. A DuckDB database file would let only one process
in at a time (its lock is exclusive), so that a chat in one terminal would shut out a question in
another; immutable parquet files and SQLite's log can be shared and survive a kill at any moment.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from llmauto_tools.derived import DerivedTables
from llmauto_tools.errors import QueryInvalid, WorkspaceError, did_you_mean
from llmauto_tools.ledger import Ledger
from llmauto_tools.schema import ForeignKey, Relation, Table
from llmauto_tools.sql.engine import Engine

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Limits:
    """What one tool run may take.

    memory: DuckDB's memory limit such as "4GB" (None: 60% of the machine's memory); timeout: seconds
    per query; max_rows: rows that come back into Python from a query.
    """

    memory: str | None = None
    timeout: float = 120.0
    max_rows: int = 1_000
    threads: int | None = None


class Workspace:
    """Sources, derived tables, ledger and engine of one folder. A context manager; thread-safe.

    >>> with Workspace("~/projects/churn") as ws:
    ...     ws.attach("orders.csv")
    ...     run_tool(ws, "query", {"sql": "SELECT count(*) FROM orders"}).rows
    """

    def __init__(self, path: str | os.PathLike[str], limits: Limits | None = None) -> None:
        self.path = Path(path).expanduser().resolve()
        self.limits = limits or Limits()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for folder in ("tables", "cache", "artifacts", "tmp"):
                (self.path / folder).mkdir(exist_ok=True)
        except OSError as e:
            raise WorkspaceError(
                f"The workspace folder {self.path} cannot be made: {e.strerror}.",
                "Choose a folder that you may write to, with --workspace DIR.",
            ) from e
        self._lock = threading.RLock()
        self.interrupts = 0
        """How often `interrupt` was called; a tool that sees it grow ends (registry.ToolContext.step)."""
        self._relations: dict[str, Relation] = {}
        self.ledger = Ledger(self.path / "state.sqlite")
        self.derived = DerivedTables(self.path)
        self.engine = Engine(self.path / "tmp", self.limits, self._all_relations)

    # ---- sources and tables

    def attach(self, source: str, *, progress: Progress | None = None) -> list[Table]:
        """Attach a file, folder, glob, database or URL; returns the tables that it brings.

        Raises SourceNotFound, UnsupportedSource or UnreadableSource. Attaching the same source again
        looks at it afresh.
        """
        from llmauto_tools.sources import open_source

        with self._lock:
            taken = {r.name: r.origin for r in self._all_relations()}
            opened = open_source(source, cache=self.path / "cache", taken=taken, progress=progress)
            origins = {r.origin for r in opened}
            self._relations = {n: r for n, r in self._relations.items() if r.origin not in origins}
            self._relations.update({r.name: r for r in opened})
            self.engine.invalidate()
            return [r.table() for r in opened]

    def _all_relations(self) -> list[Relation]:
        with self._lock:
            return [*self._relations.values(), *self.derived.relations()]

    def relations(self) -> list[Relation]:
        """What the tables are made of: sources first, then derived tables."""
        return self._all_relations()

    def tables(self) -> list[Table]:
        """Sources first, in the order they were attached, then derived tables."""
        return [r.table() for r in self._relations.values()] + self.derived.tables()

    def table(self, name: str) -> Table:
        """The table of that name (exact, else ignoring case). Raises QueryInvalid with the nearest."""
        tables = {t.name: t for t in self.tables()}
        if name in tables:
            return tables[name]
        for known, table in tables.items():
            if known.casefold() == name.casefold():
                return table
        hint = did_you_mean(name, tables) or (
            "The tables are: " + ", ".join(list(tables)[:20]) if tables else "Attach a source first."
        )
        raise QueryInvalid(f"There is no table '{name}'.", hint)

    def foreign_keys(self) -> list[ForeignKey]:
        """The joins that the sources declare (detected ones: llmauto_tools.plan.keys)."""
        return [k for r in self._all_relations() for k in r.foreign_keys]

    def fingerprint(self, table: str) -> str:
        return next((r.fingerprint for r in self._all_relations() if r.name == table), "")

    # ---- life

    def interrupt(self) -> None:
        """Stop the queries, and the tools, that are running in other threads."""
        self.interrupts += 1
        self.engine.interrupt()

    def close(self) -> None:
        self.engine.close()
        self.derived.close()
        self.ledger.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
