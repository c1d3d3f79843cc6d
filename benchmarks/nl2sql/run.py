#!/usr/bin/env python3
"""How well the built-in planner reads the public text-to-SQL questions: its rules, or its trained network.

    python benchmarks/nl2sql/run.py --set wikisql|spider [--planner rules|network] [--data DIR] [--limit N] [--show N] [--json FILE]

Each question is read over real DuckDB tables, its plan compiled and run, and the rows compared with those
of the gold SQL (see compare.py). The data folder is --data, else $LLMAUTO_DATA, else ../shared/data beside
the repository.

    right     the same rows and columns
    covers    the right rows with further columns besides (the group or the measure that was asked about)
    wrong     other rows
    refused   not read
    failed    read, but the plan did not compile or run
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compare import compare
from data import Database, Item, default_data, quote, spider, wikisql

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.errors import LlmautoError, QueryInvalid, TimeLimitReached
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.keys import find_joins
from llmauto_tools.results import QueryResult
from llmauto_tools.schema import Column, Table

SECONDS = 5.0
STATES = ("right", "covers", "wrong", "refused", "failed")


@dataclass(frozen=True)
class Outcome:
    """What came of one question."""

    id: str
    question: str
    state: str
    gold: str
    detail: str
    milliseconds: float
    kind: str


class Tables:
    """The tables of one database in DuckDB, behind the part of the engine that the planner needs."""

    def __init__(self, database: Database) -> None:
        self.con = duckdb.connect(config={"threads": 1})
        database.load(self.con)
        names = [r[0] for r in self.con.execute("SHOW TABLES").fetchall()]
        self.tables = [self._table(n) for n in names]

    def _table(self, name: str) -> Table:
        columns = self.con.execute(f"DESCRIBE {quote(name)}").fetchall()
        return Table(name, tuple(Column(c[0], c[1]) for c in columns))

    def query(self, sql: str, *, max_rows: int | None = None, timeout: float | None = None) -> QueryResult:
        timer = threading.Timer(timeout or SECONDS, self.con.interrupt)
        timer.start()
        began = time.perf_counter()
        try:
            cursor = self.con.execute(sql)
            rows = cursor.fetchall()
        except duckdb.InterruptException as e:
            raise TimeLimitReached("The time limit was reached.") from e
        except duckdb.Error as e:
            raise QueryInvalid(str(e)) from e
        finally:
            timer.cancel()
        columns = tuple(Column(d[0], str(d[1])) for d in cursor.description or ())
        return QueryResult(sql, columns, tuple(rows), len(rows), False, time.perf_counter() - began)


def read_by(planner: str, question: str, index: SchemaIndex, tables: Tables) -> Reading:
    """The reading of the rules, or the network's best one whatever its confidence."""
    if planner == "rules":
        return read(question, index, None)
    from llmauto_agent.planner.neural.reader import neural_reading
    from llmauto_agent.planner.neural.runtime import loaded

    return neural_reading(question, index, loaded(), None, lambda sql: tables.query(sql).rows)


def judge(item: Item, tables: Tables, index: SchemaIndex, planner: str = "rules") -> Outcome:
    began = time.perf_counter()
    reading = read_by(planner, item.question, index, tables)
    took = 1000 * (time.perf_counter() - began)
    kind = kind_of(item.sql)
    if reading.refused:
        why = "; ".join([*reading.missing, *reading.choices, reading.reason or ""])
        return Outcome(item.id, item.question, "refused", item.sql, why, took, kind)
    if reading.plan is None:
        return Outcome(item.id, item.question, "wrong", item.sql, f"tool {reading.tool}", took, kind)
    try:
        sql = compile_plan(reading.plan, tables.tables)
        rows = tables.query(sql).rows
    except LlmautoError as e:
        return Outcome(item.id, item.question, "failed", item.sql, str(e), took, kind)
    verdict = compare(item.rows, item.row_count, rows, ordered=item.ordered)
    state = "right" if verdict == "equal" else verdict
    return Outcome(item.id, item.question, state, item.sql, re.sub(r"\s+", " ", sql), took, kind)


def kind_of(sql: str) -> str:
    """What a gold statement asks for, by the first that fits."""
    for kind, pattern in (
        ("set operation", r"\b(INTERSECT|UNION|EXCEPT)\b"),
        ("nested", r"\(\s*SELECT\b"),
        ("group", r"\bGROUP BY\b"),
        ("join", r"\bJOIN\b"),
        ("superlative", r"\bORDER BY\b.*\bLIMIT\b"),
        ("order", r"\bORDER BY\b"),
        ("aggregate", r"\b(COUNT|SUM|AVG|MIN|MAX)\s*\("),
    ):
        if re.search(pattern, sql, re.IGNORECASE | re.DOTALL):
            return kind
    return "lookup"


def run_database(
    name: str, which: str, data: Path, cache: Path, ids: frozenset[str], planner: str = "rules"
) -> list[Outcome]:
    """The outcomes of one database's questions; made for a process of its own."""
    database = next(d for d in databases(which, str(data), str(cache)) if d.name == name)
    tables = Tables(database)
    keys = find_joins(tables.tables, database.foreign_keys)
    index = SchemaIndex(tables.tables, keys, EngineValues(tables, tables.tables))
    outcomes = [judge(i, tables, index, planner) for i in database.items if i.id in ids]
    tables.con.close()
    return outcomes


_loaded: dict[tuple[str, str], list[Database]] = {}


def databases(which: str, data: str, cache: str) -> list[Database]:
    """The databases of a set, read once per process."""
    key = (which, data)
    if key not in _loaded:
        if which == "wikisql":
            _loaded[key] = wikisql(Path(data))
        else:
            _loaded[key] = spider(
                Path(data), Path(cache), training="train" in which, synonyms="synonyms" in which
            )
    return _loaded[key]


def score(
    which: str, data: Path, cache: Path, limit: int | None, jobs: int, planner: str = "rules"
) -> list[Outcome]:
    """Judge the questions of a set; with a limit, evenly spread ones."""
    found = databases(which, str(data), str(cache))
    ids = [i.id for d in found for i in d.items]
    if limit and limit < len(ids):
        ids = [ids[k * len(ids) // limit] for k in range(limit)]
    chosen = frozenset(ids)
    names = [d.name for d in found if any(i.id in chosen for i in d.items)]
    work = partial(run_database, which=which, data=data, cache=cache, ids=chosen, planner=planner)
    if jobs == 1:
        return [o for n in names for o in work(n)]
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        chunk = 8 if which == "wikisql" else 1
        return [o for outcomes in pool.map(work, names, chunksize=chunk) for o in outcomes]


def print_table(outcomes: Sequence[Outcome]) -> None:
    print(f"{'':16}{'questions':>10}{'accuracy':>10}{'+ covers':>10}{'wrong':>8}{'refused':>9}{'failed':>8}")
    kinds = Counter(o.kind for o in outcomes)
    for kind in ("all", *[k for k, _ in kinds.most_common()]):
        group = [o for o in outcomes if kind in ("all", o.kind)]
        share = {s: 100 * sum(o.state == s for o in group) / len(group) for s in STATES}
        print(
            f"{kind:16}{len(group):>10}{share['right']:>9.1f}%{share['right'] + share['covers']:>9.1f}%"
            f"{share['wrong']:>7.1f}%{share['refused']:>8.1f}%{share['failed']:>7.1f}%"
        )
    times = sorted(o.milliseconds for o in outcomes)
    print(f"reading a question: median {times[len(times) // 2]:.0f} ms, slowest {times[-1]:.0f} ms")


def print_examples(outcomes: Iterable[Outcome], count: int, state: str) -> None:
    for o in [o for o in outcomes if o.state == state][:count]:
        print(f"\n[{o.state}] {o.id}: {o.question}\n  gold {o.gold}\n  got  {o.detail}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    parser.add_argument(
        "--set", required=True, choices=("wikisql", "spider", "spider-synonyms", "spider-train")
    )
    parser.add_argument("--planner", choices=("rules", "network"), default="rules")
    parser.add_argument("--data", type=Path, default=default_data())
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / f"llmauto-nl2sql-{os.getuid()}"
    )
    parser.add_argument("--limit", type=int, help="judge so many questions, evenly spread")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--show", type=int, default=0, help="print so many questions of the state --state")
    parser.add_argument("--state", choices=STATES, default="wrong")
    parser.add_argument("--json", type=Path, help="write every outcome as a JSON line")
    options = parser.parse_args()
    if options.data is None:
        parser.error("the data folder is not found: give it with --data DIR or LLMAUTO_DATA")
    began = time.perf_counter()
    outcomes = score(options.set, options.data, options.cache, options.limit, options.jobs, options.planner)
    print_table(outcomes)
    print(f"{len(outcomes)} questions in {time.perf_counter() - began:.0f} s")
    print_examples(outcomes, options.show, options.state)
    if options.json:
        options.json.write_text("".join(json.dumps(asdict(o), ensure_ascii=False) + "\n" for o in outcomes))
    return 0


if __name__ == "__main__":
    sys.exit(main())
