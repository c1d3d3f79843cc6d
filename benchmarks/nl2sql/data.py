"""Loaders for the public text-to-SQL sets: questions by database, and databases as DuckDB tables."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from llmauto_tools.schema import ForeignKey

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Item:
    """A question with the rows that the gold SQL gives (at most 200 of `row_count`)."""

    id: str
    question: str
    sql: str
    rows: list[list[Any]]
    row_count: int
    ordered: bool


@dataclass(frozen=True)
class Database:
    """A database with its questions; `load` fills a connection with its tables."""

    name: str
    items: list[Item]
    load: Callable[[duckdb.DuckDBPyConnection], None]
    foreign_keys: list[ForeignKey] = field(default_factory=list)


def default_data() -> Path | None:
    """The public data folder: $LLMAUTO_DATA, else ../shared/data beside the repository, if it is there."""
    folder = Path(os.environ.get("LLMAUTO_DATA") or ROOT.parent / "shared" / "data")
    return folder if folder.is_dir() else None


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


# ---- WikiSQL


def wikisql(data: Path) -> list[Database]:
    """The development part of WikiSQL (as the data folder splits it), one database per table."""
    folder = data / "nl2sql" / "wikisql"
    questions: dict[str, list[Item]] = {}
    for q in _lines(folder / "dev.jsonl.gz"):
        item = Item(q["id"], q["question"], q["sql"], q["answer"], len(q["answer"]), False)
        questions.setdefault(q["table_id"], []).append(item)
    tables = {t["table_id"]: t for t in _lines(folder / "dev_tables.jsonl.gz")}
    return [Database(i, items, _table_loader(tables[i])) for i, items in questions.items()]


_TYPES = {"int": "BIGINT", "real": "DOUBLE", "text": "VARCHAR"}


def _table_loader(table: dict[str, Any]) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def load(con: duckdb.DuckDBPyConnection) -> None:
        import pyarrow as pa

        columns = [
            f"CAST({quote(name)} AS {_TYPES.get(kind, 'VARCHAR')}) AS {quote(name)}"
            for name, kind in zip(table["header"], table["types"], strict=True)
        ]
        cells = [
            [None if v is None else str(v) for v in column] for column in zip(*table["rows"], strict=True)
        ]
        rows = pa.table([pa.array(c, pa.string()) for c in cells], names=table["header"])
        con.register("rows_of_table", rows)
        con.execute(f"CREATE TABLE {quote(table['name'])} AS SELECT {', '.join(columns)} FROM rows_of_table")
        con.unregister("rows_of_table")

    return load


# ---- Spider


def held_out() -> list[str]:
    """The databases of `spider_dev_databases.txt`."""
    lines = (HERE / "spider_dev_databases.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def is_held_out(db_id: str) -> bool:
    """The rule that the file was made by."""
    return int(hashlib.sha256(f"llmauto spider dev {db_id}".encode()).hexdigest(), 16) % 10 == 0


def spider(data: Path, cache: Path, *, training: bool = False, synonyms: bool = False) -> list[Database]:
    """The held-out databases of Spider's train part (with `training`: all the others).

    `synonyms` asks the questions in the words of Spider-Syn. Only questions whose gold answer is the same
    in SQLite and DuckDB. The SQLite files are unpacked to `cache` once.
    """
    folder = data / "nl2sql" / "spider"
    questions: dict[str, list[Item]] = {}
    chosen = set(held_out())
    for q in _lines(folder / "train.jsonl.gz"):
        if q["status"] == "ok" and (q["db_id"] in chosen) != training:
            text = q.get("question_syn") or q["question"] if synonyms else q["question"]
            item = Item(q["id"], text, q["sql_duckdb"], q["answer"], q["n_rows"], q["ordered"])
            questions.setdefault(q["db_id"], []).append(item)
    files = _unpack(folder / "databases.tar.xz", cache / "spider", set(questions))
    with gzip.open(folder / "tables.json.gz", "rt", encoding="utf-8") as file:
        schemas = {s["db_id"]: s for s in json.load(file)}
    loader = _load_script(folder / "load_sqlite_duckdb.py")
    return [
        Database(name, items, _sqlite_loader(loader, files[name]), _foreign_keys(schemas[name]))
        for name, items in questions.items()
    ]


def _unpack(archive: Path, folder: Path, wanted: set[str]) -> dict[str, Path]:
    """The SQLite file of each wanted database, unpacked when it is not there yet."""
    found = {p.stem: p for p in folder.rglob("*.sqlite")} if folder.is_dir() else {}
    if not wanted <= set(found):
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        found = {p.stem: p for p in folder.rglob("*.sqlite")}
    return found


def _load_script(path: Path) -> Callable[[str, duckdb.DuckDBPyConnection], Any]:
    """The data folder's own loader, which types the columns as for the gold answers."""
    spec = importlib.util.spec_from_file_location("load_sqlite_duckdb", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load_sqlite  # type: ignore[no-any-return]


def _sqlite_loader(
    script: Callable[[str, duckdb.DuckDBPyConnection], Any], path: Path
) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def load(con: duckdb.DuckDBPyConnection) -> None:
        script(str(path), con)

    return load


def _foreign_keys(schema: dict[str, Any]) -> list[ForeignKey]:
    tables, columns = schema["table_names_original"], schema["column_names_original"]
    return [
        ForeignKey(tables[columns[a][0]], columns[a][1], tables[columns[b][0]], columns[b][1], True)
        for a, b in schema["foreign_keys"]
    ]
