"""WikiSQL: questions about single Wikipedia tables. Cells are lower-case, questions are not."""

from __future__ import annotations

from pathlib import Path

from llmauto_agent.planner.training.benchmark_parts import data as loaders
from llmauto_agent.planner.training.convert_check import Database, Example
from llmauto_agent.planner.training.records import read_lines


def wikisql(folder: Path, part: str) -> list[Database]:
    """The databases of a part ("train" or "dev"), one per table, named by the table's id."""
    questions: dict[str, list[Example]] = {}
    for row in read_lines(folder / f"{part}.jsonl.gz"):
        rows = row["answer"]
        example = Example(row["id"], (row["question"],), row["sql"], rows, len(rows))
        questions.setdefault(row["table_id"], []).append(example)
    return [
        Database(table["table_id"], questions[table["table_id"]], loaders._table_loader(table))
        for table in read_lines(folder / f"{part}_tables.jsonl.gz")
        if table["table_id"] in questions
    ]
