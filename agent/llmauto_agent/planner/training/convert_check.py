"""One database at a time: its questions as plans that were run, and kept where the rows are the gold rows."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import duckdb
import sqlglot

from llmauto_agent.planner.training.benchmark_parts import compare
from llmauto_agent.planner.training.records import (
    Record,
    complete_columns,
    describe_database,
    quote,
    read_tables,
)
from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan
from llmauto_tools.errors import PlanError
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import ForeignKey, Table

SECONDS = 10.0
"""The time that one plan may run."""
LARGE = 2_000
"""Rows from which on a database's plans are timed; a timer costs more than a plan over less."""


@dataclass(frozen=True)
class Example:
    """A gold statement with the questions that ask for it, and its rows (the first 200 of `row_count`).

    `after` is the id of the turn before, in a conversation. `rerun`: the stored rows may come from other
    data, so that the statement is run too where they differ.
    """

    id: str
    questions: tuple[str, ...]
    sql: str
    rows: Sequence[Sequence[Any]]
    row_count: int
    ordered: bool = False
    context: tuple[str, ...] = ()
    after: str | None = None
    chart: str | None = None
    dialect: str = "duckdb"
    rerun: bool = False


@dataclass(frozen=True)
class Database:
    """A database with the questions about it; `load` fills a connection with its tables."""

    name: str
    examples: Sequence[Example]
    load: Callable[[duckdb.DuckDBPyConnection], None]
    foreign_keys: Sequence[ForeignKey] = ()


@dataclass
class Outcome:
    """What came of one database. `losses` are by reason; `lost` are (reason, id, detail) of each."""

    schema: dict[str, Any]
    records: list[Record] = field(default_factory=list)
    read: int = 0
    converted: int = 0
    kept: int = 0
    unordered: int = 0
    """Of the kept ones, those that were compared without their order and limit (`_same_rows`)."""
    lost: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def losses(self) -> Counter[str]:
        return Counter(reason for reason, _, _ in self.lost)


def convert_all(
    databases: Sequence[Database], source: str, lang: str, jobs: int
) -> Iterator[tuple[Database, Outcome]]:
    """Each database with its outcome, in order, worked on by `jobs` processes."""
    if jobs <= 1 or len(databases) <= 1:
        for database in databases:
            yield database, convert_database(database, source, lang)
        return
    # Loaders are closures, so the processes inherit the work instead of being sent it.
    _WORK[:] = [(d, source, lang) for d in databases]
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=fork) as pool:
        chunk = max(1, min(64, len(databases) // (8 * jobs)))
        yield from zip(databases, pool.map(_convert_nth, range(len(databases)), chunksize=chunk), strict=True)
    _WORK.clear()


_WORK: list[tuple[Database, str, str]] = []


def _convert_nth(n: int) -> Outcome:
    return convert_database(*_WORK[n])


def convert_database(database: Database, source: str, lang: str) -> Outcome:
    """Convert, compile and run every example of a database in DuckDB."""
    con = _connection()
    database.load(con)
    tables = read_tables(con)
    outcome = Outcome(describe_database(con, database.name, tables, database.foreign_keys))
    checker = _Checker(con, tables, database, complete_columns(outcome.schema), _is_large(outcome.schema))
    plans: dict[str, Plan] = {}
    for example in database.examples:
        outcome.read += 1
        plan = checker.plan(example, outcome)
        if plan is not None:
            plans[example.id] = plan
            outcome.kept += 1
            previous = plans.get(example.after) if example.after is not None else None
            outcome.records += _records(example, plan, previous, database.name, source, lang)
    for table in tables:
        con.execute(f"DROP TABLE {quote(table.name)}")
    return outcome


@lru_cache(maxsize=1)
def _connection() -> duckdb.DuckDBPyConnection:
    """The connection of this process: opening one for each of 18,000 small databases takes minutes."""
    return duckdb.connect(config={"threads": 1, "memory_limit": "2GB"})


def _is_large(schema: dict[str, Any]) -> bool:
    return sum(int(table["rows"]) for table in schema["tables"]) > LARGE


def _records(
    example: Example, plan: Plan, previous: Plan | None, db: str, source: str, lang: str
) -> Iterator[Record]:
    for n, question in enumerate(example.questions):
        yield Record(
            id=f"{example.id}-{n}" if n else example.id,
            source=source,
            lang=lang,
            question=question,
            db=db,
            plan=plan,
            context=example.context,
            previous=previous,
            chart=example.chart,
        )


@dataclass(frozen=True)
class _Checker:
    con: duckdb.DuckDBPyConnection
    tables: list[Table]
    database: Database
    complete: frozenset[tuple[str, str]]
    timed: bool

    def plan(self, example: Example, outcome: Outcome) -> Plan | None:
        """The plan of an example whose rows are the gold rows; else None, with the reason noted."""
        try:
            plan = to_plan(
                example.sql,
                self.tables,
                dialect=example.dialect,
                foreign_keys=self.database.foreign_keys,
                complete=self.complete,
            )
            outcome.converted += 1
            rows = self._run(compile_plan(plan, self.tables))
        except CannotSay as e:
            outcome.lost.append((e.reason, example.id, str(e)))
        except PlanError as e:
            outcome.lost.append(("not_compiled", example.id, str(e)))
        except duckdb.InterruptException as e:
            outcome.lost.append(("too_slow", example.id, str(e)))
        except duckdb.Error as e:
            outcome.lost.append(("not_run", example.id, str(e)))
        else:
            verdict = compare(example.rows, example.row_count, rows, ordered=example.ordered)
            if verdict == "equal":
                return plan
            if (plan.order_by or example.rerun) and self._same_rows(example, plan):
                outcome.unordered += 1
                return plan
            outcome.lost.append((f"rows_{verdict}", example.id, example.sql))
        return None

    def _same_rows(self, example: Example, plan: Plan) -> bool:
        """Whether the plan gives the rows of the gold SQL itself where neither orders nor cuts them.

        Gold rows that a tie decides, and the values of charts that were drawn from other data, differ
        from those of a plan that says the same.
        """
        bare = plan.model_copy(update={"order_by": (), "limit": None, "offset": None})
        tree = sqlglot.parse_one(example.sql, read=example.dialect)
        for part in ("order", "limit", "offset"):
            tree.set(part, None)
        try:
            gold = self._run(tree.sql(dialect="duckdb"))
            rows = self._run(compile_plan(bare, self.tables))
        except (duckdb.Error, PlanError):
            return False
        return bool(gold) and compare(gold, len(gold), rows, ordered=False) == "equal"

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        if not self.timed:
            return self.con.execute(sql).fetchall()
        timer = threading.Timer(SECONDS, self.con.interrupt)
        timer.start()
        try:
            return self.con.execute(sql).fetchall()
        finally:
            timer.cancel()
