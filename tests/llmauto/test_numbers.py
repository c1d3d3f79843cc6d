from __future__ import annotations

from typing import Any

import pytest

from llmauto.render.numbers import format_column, format_number, format_seconds


@pytest.mark.parametrize(
    ("name", "values", "cells"),
    [
        ("amount", [1, 20, 300], ["1", "20", "300"]),
        ("amount", [1234, 1234567], ["1234", "1,234,567"]),
        ("year", [2023, 20240], ["2023", "20240"]),
        ("customer_id", [500123], ["500123"]),
        ("customerId", [500123], ["500123"]),
        ("paid", [29.0, 31.0], ["29", "31"]),
        ("mean", [1.5, 2.0], ["1.5", "2.0"]),
        ("mean", [12345.678, 3.1], ["12,345.68", "3.10"]),
        ("rate", [0.3838383, 0.5], ["0.38384", "0.50000"]),
        ("p", [0.00012345, 0.5], ["0.000123", "0.500000"]),
        ("tiny", [1.2345e-9], ["1.2345e-09"]),
        ("x", [float(10**18)], ["1e+18"]),
        ("x", [10**18], ["1,000,000,000,000,000,000"]),
        ("x", ["NaN", 1.5, "Infinity"], ["NaN", "1.5", "Infinity"]),
        ("x", [-0.25, None], ["-0.25", "NULL"]),
        ("flag", [True, False, None], ["true", "false", "NULL"]),
        ("day", ["2024-01-01T00:00:00", "2024-02-01T00:00:00"], ["2024-01-01", "2024-02-01"]),
        (
            "at",
            ["2024-01-01T10:30:00", "2024-02-01T00:00:00"],
            ["2024-01-01 10:30:00", "2024-02-01 00:00:00"],
        ),
        ("tags", [["a", "b"], {"k": 1}], ['["a", "b"]', '{"k": 1}']),
        ("text", ["", "NULL", "x"], ['""', '"NULL"', "x"]),
    ],
)
def test_cells(name: str, values: list[Any], cells: list[str]) -> None:
    assert format_column(name, values).cells == cells


def test_numbers_are_right_aligned_and_texts_are_not() -> None:
    assert format_column("n", [1, None]).right
    assert not format_column("t", ["1", None]).right
    assert not format_column("empty", [None, None]).right
    assert not format_column("flag", [True]).right


def test_null_is_told_from_the_text_null() -> None:
    column = format_column("t", [None, "NULL"])
    assert column.nulls == [True, False]
    assert column.cells[0] != column.cells[1]


def test_close_values_stay_apart() -> None:
    cells = format_column("v", [0.12345, 0.12346]).cells
    assert cells[0] != cells[1]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0001, "1 ms"), (0.042, "42 ms"), (0.84, "0.84 s"), (12.34, "12.3 s"), (125, "2 min 5 s")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert format_seconds(seconds) == shown


def test_a_number_on_its_own() -> None:
    assert format_number(1234567) == "1,234,567"
    assert format_number(3.14159265) == "3.1416"
