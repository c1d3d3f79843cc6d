from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from llmauto_agent.semantics.compare import rows_difference, value_difference
from llmauto_agent.semantics.questions import Tolerance, parse_tolerance, read_questions
from llmauto_tools.errors import InvalidArguments


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "same"),
    [
        (20, 20, None, True),
        (20, 20.4, None, False),
        (57584.78, 57584.7823, None, True),
        (57584.78, 57584.79, None, False),
        (100, 101, "1%", True),
        (100, 101.1, "1%", False),
        (100, 101, 1, True),
        (0.1 + 0.2, 0.3, None, True),
        ("North", "North", None, True),
        ("North", "north", None, False),
        (dt.date(2024, 1, 2), "2024-01-02T00:00:00", None, True),
        (True, "true", None, True),
        (None, None, None, True),
        (None, 0, None, False),
        (1, True, None, False),
        (float("nan"), float("nan"), None, True),
    ],
)
def test_values(expected: Any, got: Any, tolerance: object, same: bool) -> None:
    allowed = parse_tolerance(tolerance) if tolerance is not None else None
    assert (value_difference(expected, got, allowed) is None) is same


def test_the_difference_is_said() -> None:
    assert value_difference(200, 150, None) == "expected 200, got 150 (off by -50, -25.00%)"
    assert value_difference("a", None, None) == "expected 'a', got nothing"


def test_rows_in_any_order_and_in_order() -> None:
    rows, turned = [["a", 1], ["b", 2], ["b", 2]], [["b", 2], ["a", 1], ["b", 2]]
    assert rows_difference(rows, turned, None, ordered=False) is None
    assert rows_difference(rows, turned, None, ordered=True) == "row 1: expected ['a', 1], got ['b', 2]"
    assert rows_difference(rows, rows[:2], None, ordered=True) == "3 rows expected, 2 came"
    assert (
        rows_difference(rows, [["a", 1], ["b", 2], ["c", 2]], None, ordered=False)
        == "3 rows expected, 3 came: missing ['b', 2]; not expected ['c', 2]"
    )
    assert rows_difference([["a"]], rows, None, ordered=False) == "expected 1 columns, got 2: ['a', 1]"


def test_tolerances() -> None:
    assert parse_tolerance("2%") == Tolerance(relative=0.02)
    assert parse_tolerance(0.5) == Tolerance(absolute=0.5)
    with pytest.raises(ValueError, match="percentage"):
        parse_tolerance("about")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests:\n  - question: a\n", "q.yml:2"),
        ("tests:\n  - question: a\n    value: 1\n    refused: true\n", "give exactly one of value, rows, sql, refused"),
        ("tests:\n  - question: a\n    valeu: 1\n    value: 2\n", "q.yml:3: there is no setting 'valeu' here."),
        ("tests:\n  - question: a\n    refused: false\n", "refused takes true"),
        ("tests: []\n", "q.yml:1"),
        ("tests:\n  - question: a\n    value: 1\n    tolerance: some\n", "q.yml:4"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "q.yml").write_text(text)
    with pytest.raises(InvalidArguments) as failed:
        read_questions(tmp_path / "q.yml")
    assert said in failed.value.message


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "q.yml").write_text(
        "sources: a.csv\nproject: p\ntests:\n  - question: x\n    value: null\n  - question: y\n    rows: [1, 2]\n"
    )
    found = read_questions(tmp_path / "q.yml")
    assert found.file.sources == (str(tmp_path / "a.csv"),)
    assert found.file.project == str(tmp_path / "p")
    assert found.lines == (4, 6)
    assert found.file.tests[1].rows == ((1,), (2,))
