#!/usr/bin/env python3
"""Load the benchmark's data, run every gold SQL and print counts.

    python benchmarks/requests/validate.py --data DIR

DIR is the folder "tabular" of the public data folder. The exit code is not zero if a line is malformed,
a gold SQL fails or a gold result is empty. `load_sources` is also what the scorer uses, so that table
names and types are the same everywhere. Needs duckdb; everything else is standard library.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEYS = {
    "id",
    "written",
    "lang",
    "sources",
    "question",
    "gold_sql",
    "kind",
    "ordered",
    "context",
    "note",
    "expect",
    "why",
}

Item = dict[str, Any]


def table_name(source: str) -> str:
    """titanic.csv.gz -> titanic, examples/data/orders.csv -> orders."""
    return Path(source).name.split(".")[0]


def resolve(source: str, data_dir: str) -> str:
    """Where a source lies: examples in the repository, the others in the public data folder."""
    return str(ROOT / source if source.startswith("examples/") else Path(data_dir) / source)


def _sqlite_type(declared: str | None) -> str:
    d = (declared or "").upper()
    if "INT" in d:
        return "BIGINT"
    if any(x in d for x in ("NUMERIC", "DECIMAL", "REAL", "FLOA", "DOUB")):
        return "DOUBLE"
    if "DATETIME" in d or "TIMESTAMP" in d:
        return "TIMESTAMP"
    return d if d in ("DATE", "BLOB") else "VARCHAR"


def load_sqlite(con: duckdb.DuckDBPyConnection, path: str) -> None:
    """Copy the tables (not the views) of a gzipped SQLite file into `con`."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.sqlite"
        with gzip.open(path, "rb") as packed:
            plain.write_bytes(packed.read())
        lite = sqlite3.connect(plain)
        lite.text_factory = lambda b: b.decode("utf-8", "replace")
        names = lite.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall()
        for (name,) in names:
            columns = [(r[1], _sqlite_type(r[2])) for r in lite.execute(f'PRAGMA table_info("{name}")')]
            con.execute(
                f'CREATE TABLE "{name}" ({", ".join(f"{chr(34)}{c}{chr(34)} {t}" for c, t in columns)})'
            )
            rows = lite.execute(f'SELECT * FROM "{name}"').fetchall()
            if rows:
                con.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(columns))})', rows)
        lite.close()


def load_sources(con: duckdb.DuckDBPyConnection, sources: Sequence[str], data_dir: str) -> None:
    """Load the sources as tables of `con`."""
    for source in sources:
        path = resolve(source, data_dir)
        if ".sqlite" in source:
            load_sqlite(con, path)
        else:
            con.execute(f'CREATE TABLE "{table_name(source)}" AS SELECT * FROM read_csv(?)', [path])


_cache: dict[tuple[str, ...], duckdb.DuckDBPyConnection] = {}


def connection(sources: Sequence[str], data_dir: str) -> duckdb.DuckDBPyConnection:
    """One in-memory database for each list of sources."""
    key = tuple(sources)
    if key not in _cache:
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'")
        load_sources(con, sources, data_dir)
        _cache[key] = con
    return _cache[key]


def check_line(item: Item, name: str) -> list[str]:
    """What is wrong with the form of a line."""
    bad = [f"unknown key {k}" for k in sorted(set(item) - KEYS)]
    bad += [f"no {k}" for k in ("id", "written", "lang", "sources", "question") if not item.get(k)]
    if item.get("written") != ("after" if "_after" in name else "before"):
        bad.append("written does not fit the name of the file")
    if item.get("lang") not in ("en", "zh"):
        bad.append("lang")
    if "refuse" in name:
        if item.get("expect") != "refuse" or not item.get("why") or "gold_sql" in item:
            bad.append("a refusal needs expect and why and no gold_sql")
    elif not item.get("gold_sql") or not item.get("kind") or not isinstance(item.get("ordered"), bool):
        bad.append("gold_sql, kind or ordered missing")
    elif item["ordered"] and "order by" not in item["gold_sql"].lower():
        bad.append("ordered without ORDER BY")
    return bad


@dataclass
class Checker:
    """Reads the files and counts."""

    data: str
    show: str | None
    rows: int
    errors: list[str] = field(default_factory=list)
    questions: dict[Any, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    by_file: collections.Counter[str] = field(default_factory=collections.Counter)
    follow: collections.Counter[str] = field(default_factory=collections.Counter)
    by_kind: collections.Counter[str] = field(default_factory=collections.Counter)
    by_data: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)

    def read(self, path: Path) -> None:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                where = f"{path.name}:{number}"
                try:
                    item = json.loads(line)
                except ValueError as e:
                    self.errors.append(f"{where}: {e}")
                    continue
                problems = [*check_line(item, path.name), *self._twice(item, where)]
                problems += [
                    f"no source {s}" for s in item["sources"] if not Path(resolve(s, self.data)).exists()
                ]
                self._count(item, path.name)
                if not problems and "gold_sql" in item:
                    problems += self._run(item)
                self.errors += [f"{where} {item.get('id')}: {p}" for p in problems]

    def _twice(self, item: Item, where: str) -> Iterator[str]:
        if item.get("id") in self.ids:
            yield f"duplicate id {item['id']}"
        self.ids.add(str(item.get("id")))
        key = (tuple(item["sources"]), item["question"].lower(), tuple(item.get("context", [])))
        if key in self.questions:
            yield f"same question as {self.questions[key]}"
        self.questions[key] = where

    def _count(self, item: Item, name: str) -> None:
        self.by_file[name] += 1
        self.follow[name] += bool(item.get("context"))
        self.by_kind.update(item.get("kind", []))
        self.by_data.update((s, name.split("_")[0]) for s in item["sources"])

    def _run(self, item: Item) -> list[str]:
        try:
            cursor = connection(item["sources"], self.data).execute(item["gold_sql"])
            head = [d[0] for d in cursor.description or []]
            rows = cursor.fetchall()
        except duckdb.Error as e:
            return [str(e).split("\n")[0]]
        if self.show and re.search(self.show, item["id"]):
            context = "   <- " + " | ".join(item["context"]) if item.get("context") else ""
            print(f"\n{item['id']}  {item['question']}{context}\n    {item['gold_sql']}")
            print("   ", head, len(rows), "rows", "ordered" if item["ordered"] else "")
            for row in rows[: self.rows]:
                print("       ", row)
        return ["empty result"] if all(v is None for row in rows for v in row) else []

    def report(self) -> None:
        print("\n== files")
        for name, n in sorted(self.by_file.items()):
            print(f"{name:<26} {n:4d}   follow-ups {self.follow[name]}")
        print("== kinds")
        for kind, n in self.by_kind.most_common():
            print(f"{kind:<26} {n:4d}")
        print("== data sets (dev / held)")
        for source in sorted({s for s, _ in self.by_data}):
            print(f"{source:<46} {self.by_data[source, 'dev']:4d} /{self.by_data[source, 'held']:4d}")
        for error in self.errors:
            print("ERROR", error)
        print(f"{sum(self.by_file.values())} lines, {len(self.errors)} errors")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder 'tabular' of the public data folder")
    parser.add_argument("--show", metavar="REGEX", help="print question, SQL and first rows of matching ids")
    parser.add_argument("--rows", type=int, default=6)
    args = parser.parse_args()
    checker = Checker(args.data, args.show, args.rows)
    for path in sorted(HERE.glob("*.jsonl")):
        if not path.name.startswith("tools_"):  # they have no SQL: check_tools.py reads them
            checker.read(path)
    checker.report()
    return 1 if checker.errors else 0


if __name__ == "__main__":
    sys.exit(main())
