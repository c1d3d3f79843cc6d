"""WikiTableQuestions with SQL (SQUALL): questions about single Wikipedia tables in their original case."""

from __future__ import annotations

import re
from pathlib import Path

from llmauto_agent.planner.training.benchmark_parts import data as loaders
from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.records import read_lines

_FIRST_ROW = re.compile(r" WHERE rowid = 0$", re.IGNORECASE)


def wtq(folder: Path) -> list[Database]:
    """The tables with the questions whose SQL gives the official answer."""
    questions: dict[str, list[Example]] = {}
    for row in read_lines(folder / "train.jsonl.gz"):
        if row.get("sql_matches_answer"):
            sql = _FIRST_ROW.sub(" LIMIT 1", row["sql_duckdb"])
            rows = row["sql_result"]
            example = Example(row["id"], (row["question"],), sql, rows, len(rows))
            questions.setdefault(row["table_id"], []).append(example)
    return [
        Database(table["table_id"], questions[table["table_id"]], loaders._table_loader(table))
        for table in read_lines(folder / "train_tables.jsonl.gz")
        if table["table_id"] in questions
    ]
