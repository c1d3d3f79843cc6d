"""A private, locked, in-memory DuckDB: the second line after the guard.

Database files are attached (read-only) and settings made first; then external access, extensions and
configuration are closed for good, except for exactly the paths of the sources. Views are made after
that, so that not even a view inside an attached database file reaches any other path.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.errors import LlmautoError, UnreadableSource, WorkspaceError
from llmauto_tools.processes import is_running
from llmauto_tools.schema import Relation
from llmauto_tools.sql.failures import translate

if TYPE_CHECKING:
    import duckdb

    from llmauto_tools.workspace import Limits

_numbers = itertools.count(1)

MEMORY_SHARE = 0.6
"""Of the machine's memory, where no limit is given."""

PREPARED_CURSORS = 4

SPILL_SHARE = 0.8
"""Of the free disk space, for intermediate results."""


class Instance:
    """One locked DuckDB with views of the relations. Lives until it is retired and idle."""

    def __init__(
        self, spill: Path, limits: Limits, relations: Sequence[Relation], loaded: Mapping[str, Path]
    ) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._retired = False
        self._views: set[str] = set()
        self.relations = list(relations)
        self.loaded = dict(loaded)
        self._broken: dict[str, LlmautoError] = {}
        self._root = _connect(spill, limits)
        try:
            self._attach_databases()
            self._idle = [self._progressing_cursor() for _ in range(PREPARED_CURSORS)]
            self._close_doors()
            self.memory = _bytes(self._setting("memory_limit"))
        except BaseException:
            self._root.close()
            raise

    def _setting(self, name: str) -> str:
        return str(self._root.execute(f"SELECT current_setting('{name}')").fetchall()[0][0])

    def _attach_databases(self) -> None:
        """Attach each database file once; one that fails is told about when it is named."""
        for relation in self.relations:
            if relation.attach is None or relation.attach[0] in self._broken:
                continue
            alias, path = relation.attach
            try:
                self._root.execute(f"ATTACH IF NOT EXISTS {text(path)} AS {name(alias)} (READ_ONLY)")
            except Exception as e:
                failure = translate(e, "", [relation])
                if failure is None:
                    raise
                self._broken[alias] = failure

    def _close_doors(self) -> None:
        files: dict[str, None] = {}
        folders: dict[str, None] = {}
        for relation in self.relations:
            for path in relation.paths:
                (folders if path.endswith("/") else files)[path] = None
        files.update({str(p): None for p in self.loaded.values()})
        for setting, paths in (("allowed_paths", files), ("allowed_directories", folders)):
            self._root.execute(f"SET {setting} = [{', '.join(text(p) for p in paths)}]")
        self._root.execute("SET enable_external_access = false")
        self._root.execute("SET lock_configuration = true")

    def _progressing_cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that knows its progress (and prints nothing); only before the doors are closed."""
        cursor = self._root.cursor()
        cursor.execute("SET enable_progress_bar = true")
        cursor.execute("SET enable_progress_bar_print = false")
        return cursor

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one query; a retired instance is closed when its last one ends.

        When more than PREPARED_CURSORS queries run at once, the others' progress is not known.
        """
        with self._lock:
            if self._retired and self._users == 0:
                raise WorkspaceError("The SQL engine was closed.")
            self._users += 1
            cursor = self._idle.pop() if self._idle else self._root.cursor()
        try:
            yield cursor
        finally:
            with self._lock:
                self._users -= 1
                self._give_back(cursor)
                self._close_if_idle()

    def _give_back(self, cursor: duckdb.DuckDBPyConnection) -> None:
        try:
            cursor.execute("SELECT NULL").fetchall()  # lets go of a result that was not read to its end
        except Exception:
            cursor.close()  # what went wrong was raised where the query ran
        else:
            self._idle.append(cursor)

    def retire(self) -> None:
        """No new queries; close once the running ones have ended."""
        with self._lock:
            self._retired = True
            self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self._retired and self._users == 0:
            for cursor in self._idle:
                cursor.close()
            self._root.close()

    def named(self, tables: Sequence[str]) -> list[Relation]:
        """The relations of those names, in that order."""
        by_name = {r.name: r for r in self.relations}
        return [by_name[t] for t in tables]

    def make_views(self, relations: Sequence[Relation]) -> None:
        """Make the views of the relations that a statement names, where they are not made yet.

        Raises UnreadableSource where a source cannot be read (any more).
        """
        for relation in relations:
            with self._lock:
                if relation.name in self._views:
                    continue
                if relation.attach is not None and relation.attach[0] in self._broken:
                    raise self._broken[relation.attach[0]]
                self._make_view(relation)
                self._views.add(relation.name)

    def _make_view(self, relation: Relation) -> None:
        select = relation.view_sql
        if select is None:
            select = f"SELECT * FROM read_parquet({text(str(self.loaded[relation.name]))})"
        try:
            self._root.execute(f"CREATE OR REPLACE VIEW main.{name(relation.name)} AS {select}")
        except Exception as e:
            failure = translate(e, select, [relation])
            if failure is None:
                raise
            if not isinstance(failure, UnreadableSource):
                failure = UnreadableSource(
                    f"The table '{relation.name}' cannot be read: {failure.message}",
                    "Attach its source again.",
                )
            raise failure from e


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A quoted string."""
    return "'" + value.replace("'", "''") + "'"


def _connect(spill: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    import duckdb

    folder = spill / f"{os.getpid()}-{next(_numbers)}"
    try:
        free = shutil.disk_usage(spill).free
    except OSError as e:
        raise WorkspaceError(f"The folder for intermediate results is gone: {spill}.", str(e)) from e
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory or f"{int(machine_memory() * MEMORY_SHARE)}B",
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_unsigned_extensions": False,
        "allow_persistent_secrets": False,
        "lambda_syntax": "ENABLE_SINGLE_ARROW",  # x -> x + 1 as well as lambda x: x + 1
    }
    if limits.threads is not None:
        config["threads"] = limits.threads
    try:
        connection = duckdb.connect(":memory:", config=config)
    except duckdb.Error as e:
        raise WorkspaceError(
            f"The SQL engine does not start: {e}", "Check --memory and the number of threads."
        ) from e
    # Set afterwards: given in the configuration, the bound is shown but not kept (DuckDB 1.5.6).
    connection.execute(f"SET temp_directory = {text(str(folder))}")
    connection.execute(f"SET max_temp_directory_size = '{int(free * SPILL_SHARE)}B'")
    return connection


def machine_memory() -> int:
    """Bytes of memory that this process may take: the machine's, or its control group's if less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _group_limits():
        with contextlib.suppress(OSError, ValueError):
            total = min(total, int(limit.read_text()))
    return total


def _group_limits() -> list[Path]:
    """The files that may hold the memory limit of this process's control group (version 2, then 1)."""
    found = [Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")]
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers == "":
                found.append(Path("/sys/fs/cgroup", group.lstrip("/"), "memory.max"))
            elif "memory" in controllers.split(","):
                found.append(Path("/sys/fs/cgroup/memory", group.lstrip("/"), "memory.limit_in_bytes"))
    return found


def _bytes(setting: str) -> int:
    """Bytes of a DuckDB setting such as "3.7 GiB"."""
    match = re.fullmatch(r"([\d.]+) ?(?:bytes?|([KMGT])iB|B)", setting)
    if match is None:
        raise WorkspaceError(f"DuckDB's memory limit reads '{setting}', which is not understood.")
    return int(float(match[1]) * 1024 ** (" KMGT".index(match[2]) if match[2] else 0))


def remove_stale_spills(spill: Path) -> None:
    """Delete the intermediate results that processes left when they were killed."""
    for folder in spill.iterdir():
        pid = folder.name.split("-")[0]
        if pid.isdecimal() and not is_running(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
