"""The one engine that runs SQL, from a model or a person.

A statement goes through the guard (`guard.py`), then runs on a cursor of a locked in-memory DuckDB
(`instance.py`) under a time limit, a memory limit and a row limit, watched from a thread (`watch.py`).
Errors come back in our terms (`failures.py`), each with the statement in its attribute `sql`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import Interrupted, LlmautoError, UnreadableSource
from llmauto_tools.results import QueryResult
from llmauto_tools.schema import Column, Relation

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from llmauto_tools.sql.guard import Checked
    from llmauto_tools.sql.instance import Instance
    from llmauto_tools.sql.watch import Progress, RunningQuery
    from llmauto_tools.workspace import Limits

COUNT_SECONDS = 5.0
"""The most that counting the rows beyond the row limit may take."""

BATCH_ROWS = 100_000


@dataclass
class _Opened:
    """A checked statement, and the cursor on which its tables are ready."""

    checked: Checked
    cursor: duckdb.DuckDBPyConnection
    running: RunningQuery


class Engine:
    """Runs guarded SQL over the relations that `relations()` gives. Thread-safe.

    DuckDB is imported and started by the first query; `invalidate` rebuilds it at the next one.
    """

    def __init__(self, spill: Path, limits: Limits, relations: Callable[[], list[Relation]]) -> None:
        self._spill = spill
        self._limits = limits
        self._relations = relations
        self._lock = threading.RLock()
        self._instance: Instance | None = None
        self._load_lock = threading.Lock()
        self._loaded: dict[tuple[str, ...], Path] = {}
        self._signatures: dict[tuple[object, ...], Signature] = {}
        self._running: set[RunningQuery] = set()
        self._cleaned = False

    # ---- queries

    def query(
        self,
        sql: str,
        *,
        max_rows: int | None = None,
        timeout: float | None = None,
        progress: Progress | None = None,
    ) -> QueryResult:
        """Run one SELECT and return at most `max_rows` rows and the true number of rows.

        `timeout` is in seconds; `progress` is called from another thread while it takes time. Raises
        QueryRejected, QueryInvalid, UnreadableSource, Interrupted, and the LimitErrors.
        """
        began = time.perf_counter()
        limit = self._limits.max_rows if max_rows is None else max_rows
        with self._open(sql, timeout, progress) as opened:
            columns, rows, count = opened.running.run(lambda: self._bounded(opened, limit))
        return QueryResult(
            sql=opened.checked.sql,
            columns=columns,
            rows=tuple(rows[:limit]),
            row_count=count,
            truncated=len(rows) > limit,
            seconds=time.perf_counter() - began,
            tables=opened.checked.tables,
        )

    def scalar(self, sql: str, *, timeout: float | None = None) -> Any:
        """The first column of the first row, or None when there is no row."""
        rows = self.query(sql, max_rows=1, timeout=timeout).rows
        return rows[0][0] if rows else None

    def arrow(self, sql: str, *, timeout: float | None = None) -> pa.Table:
        """All rows of one SELECT as an Arrow table, in memory."""
        with self._open(sql, timeout, None) as opened:
            return opened.running.run(lambda: _bind(opened).to_arrow_table())

    def batches(
        self, sql: str, rows_per_batch: int = BATCH_ROWS, *, timeout: float | None = None
    ) -> Iterator[pa.RecordBatch]:
        """All rows of one SELECT as Arrow record batches, streamed; the time limit covers it all."""
        with self._open(sql, timeout, None) as opened:
            relation = _bind(opened)
            reader = opened.running.run(lambda: relation.to_arrow_reader(rows_per_batch))
            while (batch := opened.running.run(lambda: next(reader, None))) is not None:
                yield batch

    def copy_to_parquet(
        self, sql: str, path: Path, *, timeout: float | None = None, progress: Progress | None = None
    ) -> int:
        """Write all rows of one SELECT to a new parquet file, streamed; returns their number.

        The connection itself cannot write files, so the rows go through Arrow. Columns of types that
        parquet lacks (intervals, unions, ...) are written as text. Raises DiskFull, and leaves no file
        behind when it fails.
        """
        from llmauto_tools.sql.parquet import write_parquet

        with self._open(sql, timeout, progress) as opened:
            return opened.running.run(lambda: write_parquet(opened.cursor, opened.checked.sql, path))

    def columns(self, sql: str) -> tuple[Column, ...]:
        """The columns that a SELECT gives, without running it."""
        with self._open(sql, None, None) as opened:
            rows = opened.cursor.execute(f"DESCRIBE (\n{opened.checked.sql}\n)").fetchall()
        return tuple(Column(r[0], r[1]) for r in rows)

    def check(self, sql: str) -> Checked:
        """Put a statement through the guard only. Raises QueryRejected or QueryInvalid."""
        with self._lease() as (instance, cursor):
            return _guard(sql, cursor, instance)

    # ---- life

    def invalidate(self) -> None:
        """The relations have changed: the next query sees them; running ones end on the old state."""
        with self._lock:
            self._retire()
            self._signatures = {_identity(r): signature(r) for r in self._relations()}

    def interrupt(self) -> None:
        """Stop every running query, from any thread; each raises Interrupted where it was called."""
        with self._lock:
            running = list(self._running)
        for query in running:
            query.stop("person")

    def close(self) -> None:
        """Stop what runs and let go of DuckDB."""
        self.interrupt()
        self._retire()

    # ---- inside

    def _retire(self) -> None:
        with self._lock:
            if self._instance is not None:
                self._instance.retire()
                self._instance = None

    def _current(self) -> Instance:
        """The instance for the relations as they are now. Call it with the lock held."""
        from llmauto_tools.sql.instance import Instance, remove_stale_spills

        if not self._cleaned:
            remove_stale_spills(self._spill)
            self._cleaned = True
        relations = self._relations()
        if self._instance is not None and self._instance.relations != relations:
            self._retire()  # another process has saved or undone a table
        if self._instance is None:
            loaded = {r.name: self._loaded[_key(r)] for r in relations if self._is_loaded(r)}
            self._instance = Instance(self._spill, self._limits, relations, loaded)
        return self._instance

    @contextlib.contextmanager
    def _lease(self) -> Iterator[tuple[Instance, duckdb.DuckDBPyConnection]]:
        """The current instance, kept open for the block, and a cursor on it."""
        with contextlib.ExitStack() as stack:
            with self._lock:
                instance = self._current()
                cursor = stack.enter_context(instance.cursor())
            yield instance, cursor

    @contextlib.contextmanager
    def _open(self, sql: str, timeout: float | None, progress: Progress | None) -> Iterator[_Opened]:
        """Check, load, make views; then run the block under the limits, its errors translated."""
        from llmauto_tools.sql.watch import RunningQuery

        running = RunningQuery(
            seconds=self._limits.timeout if timeout is None else timeout, progress=progress
        )
        named: list[Relation] = []
        with self._lock:
            self._running.add(running)
        try:
            while True:
                with self._lease() as (instance, cursor):
                    checked = _guard(sql, cursor, instance)
                    named[:] = instance.named(checked.tables)
                    self._refuse_changed(named)
                    missing = [r for r in named if r.load is not None and r.name not in instance.loaded]
                    if not missing:
                        with running.watch(cursor, instance.memory):
                            instance.make_views(named)
                            yield _Opened(checked, cursor, running)
                        running.check()
                        return
                # Loading is outside the lease: the paths of an instance are fixed, so it is rebuilt.
                for relation in missing:
                    self._load(relation, running, progress)
        except GeneratorExit:
            raise
        except BaseException as e:
            failure = self._failure(e, sql, running, named)
            if failure is e:
                raise
            raise failure from e
        finally:
            with self._lock:
                self._running.discard(running)

    def _load(self, relation: Relation, running: RunningQuery, progress: Progress | None) -> None:
        """Copy a table into the cache, once."""
        assert relation.load is not None
        running.check()
        with self._load_lock:
            if not self._is_loaded(relation):
                if progress is not None:
                    progress(f"reading {relation.name}", None)
                path = relation.load()
                with self._lock:
                    self._loaded[_key(relation)] = path
            with self._lock:
                self._retire()
        running.check()

    def _is_loaded(self, relation: Relation) -> bool:
        """It was copied into the cache, and the cache was not cleared since."""
        path = self._loaded.get(_key(relation))
        return path is not None and path.exists()

    def _refuse_changed(self, relations: Sequence[Relation]) -> None:
        """Raise UnreadableSource if a file is not what it was when the source was attached."""
        for relation in relations:
            seen = self._signatures.setdefault(_identity(relation), signature(relation))
            now = signature(relation)
            if now != seen:
                gone = [path for path, stat in now.items() if stat is None]
                what = f"is no longer there ({gone[0]})" if gone else "has changed since it was attached"
                raise UnreadableSource(
                    f"The source of '{relation.name}' {what}.", "Attach it again to look at it afresh."
                )

    def _bounded(
        self, opened: _Opened, limit: int
    ) -> tuple[tuple[Column, ...], list[tuple[Any, ...]], int | None]:
        """Columns, at most `limit` + 1 rows, and the number of all rows."""
        relation = _bind(opened)
        columns = tuple(Column(n, str(t)) for n, t in zip(relation.columns, relation.types, strict=True))
        if any("WITH TIME ZONE" in c.dtype for c in columns):
            rows = _arrow_rows(relation, limit + 1)
        else:
            rows = opened.cursor.execute(opened.checked.sql).fetchmany(limit + 1)
        return columns, rows, self._count(opened) if len(rows) > limit else len(rows)

    def _count(self, opened: _Opened) -> int | None:
        """The number of rows of a result that was cut off, or None if that takes too long."""
        opened.running.shorten(COUNT_SECONDS)
        try:
            rows = opened.cursor.execute(f"SELECT count(*) FROM (\n{opened.checked.sql}\n)").fetchall()
        except Exception:
            if opened.running.forgive_time():
                return None
            raise
        return int(rows[0][0])

    def _failure(
        self, error: BaseException, sql: str, running: RunningQuery, relations: Sequence[Relation]
    ) -> BaseException:
        """The error to raise for one that came up: ours, with the statement in `.sql`."""
        from llmauto_tools.sql.failures import translate

        failure: BaseException = error
        if isinstance(error, KeyboardInterrupt):
            failure = Interrupted("The query was stopped.")
        elif not isinstance(error, LlmautoError):
            failure = running.failure() or translate(error, sql, relations) or error
        if isinstance(failure, LlmautoError) and not hasattr(failure, "sql"):
            failure.sql = sql  # type: ignore[attr-defined]
        return failure


def _guard(sql: str, cursor: duckdb.DuckDBPyConnection, instance: Instance) -> Checked:
    from llmauto_tools.sql.guard import check

    return check(sql, cursor, [r.name for r in instance.relations])


def _key(relation: Relation) -> tuple[str, ...]:
    return relation.name, relation.origin, relation.fingerprint


Signature = dict[str, tuple[int, int] | None]


def _identity(relation: Relation) -> tuple[object, ...]:
    return relation.name, relation.paths, relation.attach


def signature(relation: Relation) -> Signature:
    """Size and modification time of each path of a relation; None for one that is not there."""
    found: Signature = {}
    for path in (*relation.paths, *((relation.attach[1],) if relation.attach else ())):
        try:
            stat = Path(path).stat()
        except OSError:
            found[path] = None
        else:
            found[path] = (stat.st_size, stat.st_mtime_ns)
    return found


def _bind(opened: _Opened) -> duckdb.DuckDBPyRelation:
    """The statement with its names and types looked up, not run."""
    try:
        return opened.cursor.sql(opened.checked.sql)
    except Exception:
        opened.cursor.execute(opened.checked.sql)  # fails too, and says where in the statement
        raise


def _arrow_rows(relation: duckdb.DuckDBPyRelation, count: int) -> list[tuple[Any, ...]]:
    """At most `count` rows through Arrow: DuckDB's own way needs pytz for time zones."""
    rows: list[tuple[Any, ...]] = []
    for batch in relation.to_arrow_reader(min(count, 2048)):
        rows.extend(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        if len(rows) >= count:
            break
    return rows[:count]
