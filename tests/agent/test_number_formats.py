"""How numbers and dates are written for a person."""

from __future__ import annotations

import pytest

from llmauto_agent.numbers import common_decimals, format_date, format_number, format_percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (891, "891"),
        (1234567, "1,234,567"),
        (32.204207968574636, "32.20"),
        (0.0968, "0.0968"),
        (0.000012345678, "0.00001235"),
        (-3.25, "-3.25"),
        (2.5, "2.5"),
        (1e20, "1e+20"),
        (0, "0"),
    ],
)
def test_numbers_keep_the_precision_that_an_answer_needs(value: float, text: str) -> None:
    assert format_number(value) == text


def test_a_year_is_written_without_separators() -> None:
    assert format_number(2023, grouped=False) == "2023"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.3838, "38.4%"), (0.00004, "0.004%"), (0.99999, "99.999%"), (1.0, "100%"), (0, "0%")],
)
def test_a_share_never_rounds_to_nothing_or_to_all(fraction: float, text: str) -> None:
    assert format_percent(fraction) == text


def test_values_side_by_side_get_enough_decimals_to_differ() -> None:
    assert common_decimals([84.154, 84.156, 84.1541]) == 4


@pytest.mark.parametrize(
    ("unit", "language", "text"),
    [
        ("year", "en", "2023"),
        ("quarter", "en", "Q1 2023"),
        ("month", "en", "Mar 2023"),
        ("week", "en", "the week of 2023-03-06"),
        (None, "en", "2023-03-06"),
        ("month", "zh", "2023年3月"),
        ("quarter", "zh", "2023年第1季度"),
    ],
)
def test_dates_are_called_by_their_bucket(unit: str | None, language: str, text: str) -> None:
    assert format_date("2023-03-06", unit, language) == text  # type: ignore[arg-type]
