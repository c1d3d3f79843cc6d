"""CHASE: conversations in Chinese over databases of Spider whose names were translated.

Its databases are those of Spider, so the ones that Spider holds out are held out here too
(`benchmarks/nl2sql/chase_held_databases.txt`). Questions about databases without a file are left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.convert_spider import foreign_keys, names_in, sources
from llmauto_agent.planner.training.records import read_lines


def chase(folder: Path, cache: Path, *, held: bool) -> list[Database]:
    """The databases with the turns of their conversations: the held-out ones, or all the others."""
    out = names_in("chase_held_databases.txt")
    questions: dict[str, list[Example]] = {}
    for row in read_lines(folder / "train.jsonl.gz"):
        if (row["db_id"] in out) == held:
            questions.setdefault(row["db_id"], []).extend(_turns(row))
    return [
        Database(name, examples, load, foreign_keys(schema))
        for name, (load, schema) in sources(folder, cache).items()
        if (examples := questions.get(name))
    ]


def _turns(row: dict[str, Any]) -> list[Example]:
    """The turns whose gold answer is sound, each with the questions before it."""
    asked = [turn["question"] for turn in row["turns"]]
    return [
        Example(
            id=f"{row['id']}-{n}",
            questions=(turn["question"],),
            sql=turn["sql_duckdb"],
            rows=turn["answer"],
            row_count=turn["n_rows"],
            ordered="order by" in turn["sql"].lower(),
            context=tuple(asked[:n]),
            after=f"{row['id']}-{n - 1}" if n else None,
        )
        for n, turn in enumerate(row["turns"])
        if turn["status"] == "ok"
    ]
