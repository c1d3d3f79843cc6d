"""RETQA: questions in Chinese about real estate, over thousands of small tables (one per district and month).

A question's database is made of the tables that it needs and of others, so that the table has to be chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb

from llmauto_agent.planner.training.benchmark_parts import data as loaders
from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.records import read_lines

OTHERS = 3
"""Tables besides those that the question needs."""


def retqa(folder: Path, part: str) -> list[Database]:
    """The databases of a part ("train" or "dev"), one for each set of tables that questions share."""
    tables = {t["table_id"]: t for t in read_lines(folder / "tables.jsonl.gz")}
    questions: dict[tuple[str, ...], list[Example]] = {}
    for row in read_lines(folder / f"{part}.jsonl.gz"):
        ordered = False  # every ORDER BY of this set is there for its LIMIT
        example = Example(row["id"], (row["question"],), row["sql"], row["answer"], row["n_rows"], ordered)
        questions.setdefault(tuple(sorted(row["table_ids"])), []).append(example)
    names = sorted(tables)
    return [
        _database(needed, examples, [tables[n] for n in _with_others(needed, names)])
        for needed, examples in questions.items()
    ]


def _with_others(needed: tuple[str, ...], names: list[str]) -> list[str]:
    """The tables with neighbours in the sorted list (other months of the district), and one from afar."""
    digest = int(hashlib.sha256("|".join(needed).encode()).hexdigest(), 16)
    near = names.index(needed[0]) if needed[0] in names else 0
    candidates = [(near + 1 + digest % 5) % len(names), (near - 1 - digest % 7) % len(names)]
    candidates.append(digest // 35 % len(names))
    chosen = dict.fromkeys([*needed, *(names[i] for i in candidates[:OTHERS])])
    return sorted(chosen, key=lambda name: hashlib.sha256(f"{digest} {name}".encode()).digest())


def _database(needed: tuple[str, ...], examples: list[Example], tables: list[dict[str, Any]]) -> Database:
    name = "retqa_" + hashlib.sha256("|".join(needed).encode()).hexdigest()[:12]
    return Database(name, examples, _loader([loaders._table_loader(t) for t in tables]))


Load = Callable[[duckdb.DuckDBPyConnection], None]


def _loader(loads: Iterable[Load]) -> Load:
    def load(con: duckdb.DuckDBPyConnection) -> None:
        for part in loads:
            part(con)

    return load
