"""How values are printed."""

from __future__ import annotations

import pytest

from llmauto_agent.numbers import Language
from llmauto_agent.report.formats import format_value
from llmauto_tools.errors import ReportError


@pytest.mark.parametrize(
    ("value", "form", "language", "text"),
    [
        (1234.5, "auto", "en", "1,234.5"),
        (1234.5, "integer", "en", "1,234"),
        (0.3838, "percent", "en", "38.4%"),
        (-0.3838, "abs percent", "en", "38.4%"),
        (0.05, "signed percent", "en", "+5%"),
        (0.05, "points", "zh", "5 个百分点"),
        (0.0004, "p", "en", "< 0.001"),
        (0.0312, "p", "en", "0.031"),
        ("2024-03-01", "month", "zh", "2024年3月"),
        ("2024-03-01", "quarter", "en", "Q1 2024"),
        ("2024-03-01T00:00:00", "auto", "en", "2024-03-01"),
        ("2024-10", "date", "en", "2024-10"),
        (None, "number", "en", "no value"),
        (True, "auto", "zh", "是"),
        (2024, "plain", "en", "2024"),
        (3.14159, "number 3", "en", "3.142"),
        ("North", "text", "en", "North"),
    ],
)  # fmt: skip
def test_a_value_is_printed_as_its_format_says(
    value: object, form: str, language: Language, text: str
) -> None:
    assert format_value(value, form, language) == text


def test_an_unknown_format_and_one_that_does_not_fit_are_refused() -> None:
    with pytest.raises(ReportError, match="'percnt' is no format"):
        format_value(0.1, "percnt", "en")
    with pytest.raises(ReportError, match="cannot be printed as 'percent'"):
        format_value("North", "percent", "en")
