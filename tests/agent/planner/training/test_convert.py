"""Records are written only for plans whose rows are the gold rows, the same way each time."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from llmauto_agent.planner.training.convert import main
from llmauto_agent.planner.training.convert_check import Database, Example, convert_database
from llmauto_agent.planner.training.convert_nvbench import vql_to_sql
from llmauto_agent.planner.training.convert_spider import names_in, part_of
from llmauto_agent.planner.training.records import describe_database, read_lines, read_tables
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import ForeignKey


def load(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TABLE film (id BIGINT, title VARCHAR, year BIGINT, stars DOUBLE)")
    con.execute(
        "INSERT INTO film VALUES (1, 'Up', 2009, 4.5), (2, 'Her', 2013, 4), (3, 'Heat', 1995, 4), (4, 'It', 2017, NULL)"
    )


def example(sql: str, rows: list[list[Any]], **options: Any) -> Example:
    return Example(options.pop("id", "q1"), ("Which?",), sql, rows, len(rows), **options)


def outcome_of(*examples: Example) -> Any:
    return convert_database(Database("films", examples, load), "test", "en")


def test_a_plan_with_the_gold_rows_is_kept() -> None:
    outcome = outcome_of(example("SELECT title FROM film WHERE year > 2010", [["Her"], ["It"]]))
    assert (outcome.read, outcome.converted, outcome.kept) == (1, 1, 1)
    record = outcome.records[0].as_json()
    assert record["db"] == "films"
    assert record["tool"] == "analyze"
    assert Plan.model_validate(record["plan"]).table == "film"


def test_a_plan_with_other_rows_is_dropped_with_its_reason() -> None:
    # Two films have 4 stars; the plan groups by the title that it shows, the statement by the stars.
    sql = "SELECT ANY_VALUE(title), COUNT(*) FROM film GROUP BY stars HAVING COUNT(*) > 1"
    outcome = outcome_of(example(sql, [["Her", 2]]))
    assert outcome.records == []
    assert dict(outcome.losses) == {"rows_wrong": 1}


def test_a_tie_that_a_limit_decides_is_no_difference() -> None:
    sql = "SELECT title FROM film WHERE stars = 4 ORDER BY stars LIMIT 1"
    found = [outcome_of(example(sql, [[title]])) for title in ("Her", "Heat")]
    assert [o.kept for o in found] == [1, 1]
    assert sum(o.unordered for o in found) == 1
    assert outcome_of(example("SELECT title FROM film LIMIT 1", [["Her"]])).kept == 0


def test_rows_of_other_data_are_made_again_only_where_that_is_asked_for() -> None:
    sql, rows = "SELECT year, COUNT(*) FROM film GROUP BY year", [[1995, 7]]
    assert outcome_of(example(sql, rows)).kept == 0
    assert outcome_of(example(sql, rows, rerun=True)).kept == 1


def test_a_refusal_is_counted_by_reason() -> None:
    outcome = outcome_of(example("SELECT a.title FROM film a JOIN film b ON a.stars = b.stars", [["Her"]]))
    assert dict(outcome.losses) == {"self_join": 1}


def test_a_later_turn_knows_the_plan_and_the_questions_before() -> None:
    first = example("SELECT COUNT(*) FROM film", [[4]], id="t-0")
    second = example("SELECT MAX(stars) FROM film", [[4.5]], id="t-1", after="t-0", context=("How many?",))
    third = example("SELECT title % 2 FROM film", [[1]], id="t-2", after="t-1")
    fourth = example("SELECT MIN(year) FROM film", [[1995]], id="t-3", after="t-2")
    records = outcome_of(first, second, third, fourth).records
    assert [r.previous is None for r in records] == [True, False, True]
    assert records[1].previous == records[0].plan
    assert records[1].as_json()["context"] == ["How many?"]


def test_a_schema_names_values_ranges_missing_cells_and_keys() -> None:
    with duckdb.connect() as con:
        load(con)
        con.execute("INSERT INTO film VALUES (5, repeat('x', 61), 2020, 1), (6, 'Up', 2021, 2)")
        key = ForeignKey("film", "id", "cut", "film_id", True)
        schema = describe_database(con, "films", read_tables(con), [key])
    columns = {c["name"]: c for c in schema["tables"][0]["columns"]}
    assert columns["title"]["values"] == ["Up", "Heat", "Her", "It"]
    assert columns["year"] == {"name": "year", "type": "BIGINT", "low": 1995, "high": 2021}
    assert columns["stars"]["missing"] == 1
    assert schema["foreign_keys"] == [["film", "id", "cut", "film_id"]]


VQL = [
    (
        'Visualize BAR SELECT city , COUNT(city) FROM shop WHERE kind = "old" GROUP BY city ORDER BY city DESC',
        False,
        "SELECT city, COUNT(city) FROM shop WHERE kind = 'old' GROUP BY city ORDER BY city DESC",
    ),
    (
        "Visualize BAR SELECT kind , SUM(price) FROM shop GROUP BY city , kind ORDER BY SUM(price) ASC",
        True,
        "SELECT kind, SUM(price), city FROM shop GROUP BY kind, city ORDER BY SUM(price) ASC",
    ),
    (
        "Visualize LINE SELECT day , COUNT(day) FROM shop ORDER BY day ASC BIN day BY YEAR",
        False,
        "SELECT YEAR(CAST(day AS TIMESTAMP)), COUNT(day) FROM shop GROUP BY YEAR(CAST(day AS TIMESTAMP))"
        " ORDER BY YEAR(CAST(day AS TIMESTAMP)) ASC",
    ),
    (
        "Visualize SCATTER SELECT a , b FROM shop WHERE id NOT IN (SELECT id FROM old ORDER BY id) ORDER BY a",
        False,
        "SELECT a, b FROM shop WHERE id NOT IN (SELECT id FROM old ORDER BY id) ORDER BY a",
    ),
]


@pytest.mark.parametrize(("vql", "colour", "sql"), VQL)
def test_the_query_behind_a_chart_becomes_sql(vql: str, colour: bool, sql: str) -> None:
    assert " ".join(vql_to_sql(vql, colour=colour).split()) == sql


def test_the_held_out_lists_do_not_overlap() -> None:
    dev, held = names_in("spider_dev_databases.txt"), names_in("spider_held_databases.txt")
    assert len(dev) == 15
    assert len(held) == 14
    assert not dev & held
    assert names_in("chase_held_databases.txt") <= dev | held
    assert {part_of(name) for name in dev} == {"dev"}
    assert {part_of(name) for name in held} == {"held"}


def _wikisql(folder: Path) -> Path:
    """A data folder with one table and two questions in the form of WikiSQL."""
    here = folder / "nl2sql" / "wikisql"
    here.mkdir(parents=True)
    table = {"table_id": "1-1", "name": "cups", "header": ["team", "wins"], "types": ["text", "int"]}
    rows = [["reds", 3], ["blues", 5]]
    asked = [
        {
            "id": "a",
            "question": "Wins of Reds?",
            "sql": 'SELECT "wins" FROM "cups" WHERE "team" = \'reds\'',
            "answer": [[3]],
        },
        {"id": "b", "question": "Most wins?", "sql": 'SELECT MAX("wins") FROM "cups"', "answer": [[9]]},
    ]
    for name, lines in (
        ("train_tables", [{**table, "rows": rows}]),
        ("train", [{**q, "table_id": "1-1"} for q in asked]),
    ):
        with gzip.open(here / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_the_command_writes_records_schemas_and_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = _wikisql(tmp_path / "data")
    first, second = tmp_path / "one", tmp_path / "two"
    for out in (first, second):
        main(["--data", str(data), "--out", str(out), "--only", "wikisql_train", "--jobs", "1"])
    (record,) = read_lines(first / "wikisql_train.jsonl.gz")
    (schema,) = read_lines(first / "wikisql_train_schemas.jsonl.gz")
    assert record["question"] == "Wins of Reds?"
    assert record["plan"]["where"]["right"]["value"] == "reds"
    assert schema["db"] == record["db"] == "1-1"
    report = json.loads((first / "report.json").read_text(encoding="utf-8"))["wikisql_train"]
    assert (report["read"], report["converted"], report["kept"]) == (2, 2, 1)
    assert report["losses"] == {"rows_wrong": 1}
    assert "rows_wrong 1" in capsys.readouterr().out
    for file in first.glob("*.gz"):
        assert file.read_bytes() == (second / file.name).read_bytes()
