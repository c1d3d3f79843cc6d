"""Every example of docs/plan.md becomes the SQL that stands below it, runs, and all kinds are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from llmauto_tools.plan import model
from llmauto_tools.plan.compile import compile_plan, output_columns
from llmauto_tools.plan.model import Node, Plan
from llmauto_tools.schema import Column, Table
from llmauto_tools.workspace import Workspace

PAGE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text(encoding="utf-8")
TABLES = [
    Table(name, tuple(Column(*column.split(" ", 1)) for column in columns.split(", ")))
    for name, columns in re.findall(r"^CREATE TABLE (\w+) \((.*)\);$", PAGE, re.MULTILINE)
]
EXAMPLES = re.findall(
    r"^### (.+?)\n\n```json\n(.+?)\n```\n\n```sql\n(.+?)\n```", PAGE, re.MULTILINE | re.DOTALL
)


def test_the_page_has_examples() -> None:
    assert [t.name for t in TABLES] == ["orders", "customers"]
    assert len(EXAMPLES) == PAGE.count("\n### ") > 25


@pytest.mark.parametrize(("title", "plan", "sql"), EXAMPLES, ids=[title for title, _, _ in EXAMPLES])
def test_example_compiles_to_the_sql_below_it_and_runs(title: str, plan: str, sql: str) -> None:
    assert compile_plan(Plan.model_validate_json(plan), TABLES) == sql
    with duckdb.connect() as connection:
        for statement in re.findall(r"^CREATE TABLE .*;$", PAGE, re.MULTILINE):
            connection.execute(statement)
        connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with the two tables of the page, with one row each."""
    folder = tmp_path_factory.mktemp("plan")
    values = {"BIGINT": "1", "INTEGER": "2", "DOUBLE": "1.5", "VARCHAR": "'x'", "BOOLEAN": "true"}
    with duckdb.connect() as connection:
        for table in TABLES:
            row = ", ".join(
                f"CAST({values.get(c.dtype, repr('2024-02-03'))} AS {c.dtype}) AS {c.name}"
                for c in table.columns
            )
            connection.execute(f"COPY (SELECT {row}) TO '{folder / table.name}.parquet'")
    with Workspace(folder / "ws") as opened:
        for table in TABLES:
            opened.attach(str(folder / f"{table.name}.parquet"))
        yield opened


@pytest.mark.parametrize(("title", "plan", "sql"), EXAMPLES, ids=[title for title, _, _ in EXAMPLES])
def test_the_locked_engine_runs_every_example(title: str, plan: str, sql: str, workspace: Workspace) -> None:
    result = workspace.engine.query(sql)
    expected = output_columns(Plan.model_validate_json(plan), workspace.tables())
    assert [(c.name, c.family) for c in result.columns] == [(c.name, c.family) for c in expected]


def test_every_kind_of_expression_and_condition_is_shown() -> None:
    nodes = [
        m
        for m in vars(model).values()
        if isinstance(m, type) and issubclass(m, Node) and "kind" in m.model_fields
    ]
    missing = {n.model_fields["kind"].default for n in nodes} - set(re.findall(r'"kind": "(\w+)"', PAGE))
    assert missing == set()


def test_every_window_and_set_operation_of_the_model_is_named() -> None:
    windows = set(model.Measure.model_fields["window"].annotation.__args__) - {"none"}  # type: ignore[union-attr]
    assert {w for w in windows if f'"window": "{w}"' not in PAGE} <= {"change"}  # shown as percent_change
