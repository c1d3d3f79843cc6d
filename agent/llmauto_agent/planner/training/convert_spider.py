"""Spider: questions over databases of several tables, split by database into train, dev and held."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from llmauto_agent.planner.training.benchmark_parts import FOLDER
from llmauto_agent.planner.training.benchmark_parts import data as loaders
from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.records import read_lines

Part = Literal["train", "dev", "held"]


def names_in(file: str) -> frozenset[str]:
    """The databases of a list in benchmarks/nl2sql."""
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def part_of(db_id: str) -> Part:
    """The part that a database of Spider belongs to, by the two lists."""
    if db_id in names_in("spider_dev_databases.txt"):
        return "dev"
    return "held" if db_id in names_in("spider_held_databases.txt") else "train"


def is_held(prefix: str, db_id: str) -> bool:
    """The rule that the lists of held-out databases were made by."""
    return int(hashlib.sha256(f"{prefix} {db_id}".encode()).hexdigest(), 16) % 10 == 0


def spider(folder: Path, cache: Path, part: Part) -> list[Database]:
    """The databases of a part with their questions; for training also the questions of Spider-Syn."""
    questions: dict[str, list[Example]] = {}
    for row in read_lines(folder / "train.jsonl.gz"):
        if row["status"] == "ok" and part_of(row["db_id"]) == part:
            questions.setdefault(row["db_id"], []).append(_example(row, part))
    return [
        Database(name, examples, load, foreign_keys(schema))
        for name, (load, schema) in sources(folder, cache).items()
        if (examples := questions.get(name))
    ]


def _example(row: dict[str, Any], part: Part) -> Example:
    wordings = [row["question"], row.get("question_syn") if part == "train" else None]
    asked = tuple(dict.fromkeys(w.strip() for w in wordings if w))
    return Example(row["id"], asked, row["sql_duckdb"], row["answer"], row["n_rows"], row["ordered"])


def sources(folder: Path, cache: Path) -> dict[str, tuple[Any, dict[str, Any]]]:
    """The loader and the schema of every database of a set in Spider's form, sorted by name.

    The SQLite files are unpacked to `cache` once.
    """
    with gzip.open(folder / "tables.json.gz", "rt", encoding="utf-8") as file:
        schemas = {s["db_id"]: s for s in json.load(file)}
    files = loaders._unpack(folder / "databases.tar.xz", cache / folder.name, set())
    if not files:
        files = loaders._unpack(folder / "databases.tar.xz", cache / folder.name, {""})
    script = loaders._load_script(folder.parent / "spider" / "load_sqlite_duckdb.py")
    return {
        name: (loaders._sqlite_loader(script, files[name]), schemas[name])
        for name in sorted(files)
        if name in schemas
    }


def foreign_keys(schema: dict[str, Any]) -> list[Any]:
    """The declared foreign keys of a schema in Spider's form."""
    keys: list[Any] = loaders._foreign_keys(schema)
    return keys
