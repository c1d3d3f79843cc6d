"""A session exported as a script replays alone, and says so when something differs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmauto_agent.export import export_session
from llmauto_tools.errors import InvalidArguments, QueryInvalid, WorkspaceError

if TYPE_CHECKING:
    from tests.agent.export.conftest import Author

Run = Callable[..., subprocess.CompletedProcess[str]]

PER_REGION = "SELECT region, count(*) AS n, sum(amount) AS total FROM orders GROUP BY region ORDER BY n DESC"


def test_script_replays_every_statement_with_duckdb_alone(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("How many orders per region?", PER_REGION, "SELECT count(*) AS n FROM orders")
    author.turn("And the largest?", "SELECT * FROM orders ORDER BY amount DESC LIMIT 2")
    printed = author.replay()
    assert "e1: same result (3 rows)" in printed
    assert "e2: same result (1 row)" in printed
    assert "e3: same result (2 rows)" in printed
    assert "North   2  30.5" in printed


def test_script_that_is_run_here_would_find_llmauto_blocked(tmp_path: Path, run: Run) -> None:
    probe = tmp_path / "probe.py"
    probe.write_text("import llmauto_tools")
    assert "blocked: llmauto_tools" in run(probe, only_duckdb=False).stderr


def test_script_shows_question_answer_and_exact_sql(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("How many orders per region?", PER_REGION, answer="North has 2 orders.")
    text = author.export("session.py").read_text()
    assert "# How many orders per region?" in text
    assert "# North has 2 orders." in text
    assert PER_REGION in text
    assert 'pip install "duckdb==' in text
    assert f"{str(orders_csv)!r}" in text


def test_changed_source_fails_with_what_differs_and_what_changed(
    author: Author, orders_csv: Path, run: Run
) -> None:
    author.attach(orders_csv)
    author.turn("Total?", "SELECT sum(amount) AS total FROM orders")
    script = author.export("session.py")
    orders_csv.write_text(orders_csv.read_text() + "6,West,1.0,2024-04-01,0\n")
    result = run(script)
    assert result.returncode == 1
    assert "AssertionError: e1: the result differs from the recorded one" in result.stderr
    assert "166.74" in result.stderr
    assert "165.74" in result.stderr
    assert "orders.csv" in result.stderr
    assert "bytes" in result.stderr


def test_touched_source_with_the_same_result_passes_with_a_note(
    author: Author, orders_csv: Path, run: Run
) -> None:
    author.attach(orders_csv)
    author.turn("Total?", "SELECT sum(amount) AS total FROM orders")
    script = author.export("session.py")
    os.utime(orders_csv, (1_000_000_000, 1_000_000_000))
    result = run(script)
    assert result.returncode == 0, result.stderr
    assert (
        "same result (1 row); though changed since the export: orders.csv (modified 2001-09-" in result.stdout
    )


def test_source_that_changed_before_the_export_is_named(author: Author, orders_csv: Path, run: Run) -> None:
    author.attach(orders_csv)
    author.turn("Total?", "SELECT sum(amount) AS total FROM orders")
    orders_csv.write_text(orders_csv.read_text().replace("99.99", "0.0"))
    author.attach(orders_csv)
    result = run(author.export("session.py"))
    assert result.returncode == 1
    assert "Changed between the recording and the export: orders." in result.stderr


def test_moved_source_is_read_from_where_sources_says(author: Author, orders_csv: Path, run: Run) -> None:
    author.attach(orders_csv)
    author.turn("Total?", "SELECT sum(amount) AS total FROM orders")
    script = author.export("session.py")
    moved = orders_csv.with_name("o'ld [1].csv")
    orders_csv.rename(moved)
    gone = run(script)
    assert "Correct its path in SOURCES at the top" in gone.stderr
    text = script.read_text()
    script.write_text(
        text.replace(f"'orders.csv': {str(orders_csv)!r},", f"'orders.csv': {str(moved)!r},", 1)
    )
    assert script.read_text() != text
    result = run(script)
    assert result.returncode == 0, result.stderr
    assert result.stdout.rstrip().endswith("e1: same result (1 row)")


def test_failed_step_is_shown_and_not_replayed(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    number = author.store.ask(author.session.id, "Sum of amout?")
    with pytest.raises(QueryInvalid):
        author.tool("query", {"sql": "SELECT sum(amout) FROM orders"}, turn=number)
    author.tool("query", {"sql": "SELECT sum(amount) FROM orders"}, turn=number)
    printed = author.replay()
    text = (author.folder / "session.py").read_text()
    assert "e2: same result" in printed
    assert "e1: same" not in printed
    assert "# SQL: SELECT sum(amout) FROM orders" in text
    assert "This question was not answered" in text


def test_evidence_of_a_table_that_is_not_attached_is_told_and_the_rest_replays(
    author: Author, orders_csv: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    author.attach(orders_csv)
    author.attach(other)
    author.turn("Both?", "SELECT a FROM other", "SELECT count(*) FROM orders")
    author.workspace._relations.pop("other")
    author.workspace.engine.invalidate()
    assert "e2: same result" in author.replay()
    text = (author.folder / "session.py").read_text()
    assert "# Not replayed: the table other was not attached at the time of the export." in text


def test_steps_by_hand_stand_apart_from_questions(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.tool("query", {"sql": "SELECT 1 AS before"})
    author.turn("Total?", "SELECT sum(amount) FROM orders")
    author.tool("query", {"sql": "SELECT 2 AS after"})
    author.turn("Rows?", "SELECT count(*) FROM orders")
    text = author.export("session.py").read_text()
    titles = ("# Run by", "# Question", "# e1", "# e2", "# e3", "# e4")
    assert [line for line in text.splitlines() if line.startswith(titles)] == [
        "# Run by hand", "# e1: query", f"# Question 1, {_asked(text, 1)}", "# e2: query",
        "# Run by hand", "# e3: query", f"# Question 2, {_asked(text, 2)}", "# e4: query",
    ]  # fmt: skip


def _asked(text: str, number: int) -> str:
    return text.split(f"# Question {number}, ")[1].splitlines()[0]


def test_evidence_of_an_earlier_turn_is_cited_and_replayed_once(author: Author, orders_csv: Path) -> None:
    author.attach(orders_csv)
    author.turn("Total?", "SELECT sum(amount) FROM orders")
    author.turn("Again?", answer="As before.", evidence=["e1"])
    text = author.export("session.py").read_text()
    assert text.count("replay.run('e1'") == 1
    assert "# It also rests on e1 above." in text


@pytest.mark.parametrize(("name", "kind"), [("x.txt", None), ("x", None), ("x.py", "pdf")])
def test_unknown_kinds_are_refused(author: Author, name: str, kind: str | None) -> None:
    with pytest.raises(InvalidArguments):
        export_session(author.workspace, author.session.id, author.folder / name, kind=kind)  # type: ignore[arg-type]
    assert not (author.folder / name).exists()


def test_kind_wins_over_suffix(author: Author) -> None:
    path = export_session(author.workspace, author.session.id, author.folder / "x.txt", kind="transcript")
    assert path.read_text().startswith("# Session")


def test_unwritable_target_is_a_clear_error_and_leaves_nothing(author: Author) -> None:
    with pytest.raises(WorkspaceError, match="cannot be written"):
        export_session(author.workspace, author.session.id, author.folder / "missing" / "x.py")
    (author.folder / "x.py").mkdir()
    with pytest.raises(WorkspaceError, match="cannot be written"):
        export_session(author.workspace, author.session.id, author.folder / "x.py")
    assert [p.name for p in author.folder.iterdir() if p.name.endswith(".part")] == []


def test_unknown_session(author: Author) -> None:
    with pytest.raises(WorkspaceError, match="no session"):
        export_session(author.workspace, "nothing", author.folder / "x.py")
