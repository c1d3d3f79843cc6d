"""Numbers, dates and names that hold digits are found in English and Chinese text."""

from __future__ import annotations

import pytest

from llmauto_agent.grounding.mentions import DateParts
from llmauto_agent.grounding.numbers import find_mentions, numeral


@pytest.mark.parametrize(
    ("text", "kind", "value", "step"),
    [
        ("a total of 1,234.5 here", "number", 1234.5, 0.1),
        ("1.2 million people", "number", 1_200_000, 100_000),
        ("2.5k rows", "number", 2500, 100),
        ("共3.2万人", "number", 32000, 1000),
        ("38.4% of all", "percent", 38.4, 0.1),
        ("百分之三十", "percent", 30, 1),
        ("百分之三点五", "percent", 3.5, 0.1),
        ("cost $5 each", "number", 5, 1),
        ("3 times as many", "times", 3, 1),
        ("是1.5倍", "times", 1.5, 0.1),
        ("88.5 percentage points", "points", 88.5, 0.1),
        ("the 2nd row", "ordinal", 2, 1),
        ("第3名", "ordinal", 3, 1),
        ("fell to (-3.2)", "number", -3.2, 0.1),
        ("there are three groups", "number", 3, 1),
        ("有两百零五个", "number", 205, 1),
    ],
)
def test_a_number_with_its_unit(text: str, kind: str, value: float, step: float) -> None:
    (mention,) = find_mentions(text, [])
    assert (mention.kind, mention.value) == (kind, pytest.approx(value))
    assert mention.step == pytest.approx(step)
    assert mention.text == text[mention.start : mention.end]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("on 2023-03-05", DateParts(2023, month=3, day=5)),
        ("in 2023-03", DateParts(2023, month=3)),
        ("in March 2023", DateParts(2023, month=3)),
        ("on 5 Mar 2023", DateParts(2023, month=3, day=5)),
        ("in Q2 2023", DateParts(2023, quarter=2)),
        ("2023年3月", DateParts(2023, month=3)),
        ("2023年第2季度", DateParts(2023, quarter=2)),
        ("at 2023-03-05 12:30", DateParts(2023, month=3, day=5, hour=12, minute=30)),
    ],
)
def test_a_date(text: str, parts: DateParts) -> None:
    (mention,) = find_mentions(text, [])
    assert mention.date == parts


def test_names_code_and_list_numbers_are_no_quantities() -> None:
    kinds = [m.kind for m in find_mentions("1. an A320\n2. column q1_2023 in `SELECT 5` or COVID-19", [])]
    assert kinds == ["name", "name", "name"]


def test_a_dash_in_a_range_is_no_sign() -> None:
    assert [m.value for m in find_mentions("ages 20-29 and 30–39, at -5", [])] == [20, 29, 30, 39, -5]


def test_chinese_numerals() -> None:
    assert [numeral(t) for t in ("三十", "两百零五", "一万二千", "十二")] == [30, 205, 12000, 12]
