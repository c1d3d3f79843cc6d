"""Follow-ups edit the plan before them, and only what they name."""

from __future__ import annotations

from typing import Any

import pytest
from reader_harness import Desk, rounded

FIRST = "average salary by city"


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (("and the median?",), [("Oslo", 61000.0), ("Paris", 56500.0), ("Rome", 61500.0)]),
        (("only women",), [("Oslo", 61000.0), ("Paris", 52000.0), ("Rome", 75000.0)]),
        (("only women", "what about men?"), [("Paris", 61000.0), ("Rome", 48000.0)]),
        (("only women", "remove the filter"), [("Oslo", 61000.0), ("Paris", 56500.0), ("Rome", 61500.0)]),
        (("top 2 only",), [("Rome", 61500.0), ("Oslo", 61000.0)]),
        (("by sex instead",), [("female", 62250.0), ("male", 54500.0)]),
        (("sort that by city descending",), [("Rome", 61500.0), ("Paris", 56500.0), ("Oslo", 61000.0)]),
        (("only those above 60000",), [("Oslo", 61000.0), ("Rome", 61500.0)]),
        (("same for 2021",), [("Paris", 56500.0)]),
        (("number of people instead",), [("Oslo", 2), ("Paris", 2), ("Rome", 2)]),
        (("number of people instead", "as a share"), [("Oslo", 0.3333), ("Paris", 0.3333), ("Rome", 0.3333)]),
    ],
)
def test_edits(people: Desk, turns: tuple[str, ...], expected: list[tuple[Any, ...]]) -> None:
    assert rounded(people.rows(FIRST, *turns)) == expected


def test_a_second_group_is_added(people: Desk) -> None:
    assert people.rows(FIRST, "split by sex as well")[0] == ("Oslo", "female", 61000.0)


def test_a_chart_changes_nothing_else(people: Desk) -> None:
    before, after = people.read(FIRST), people.read(FIRST, "as a bar chart")
    assert after.chart == "bar"
    assert after.plan == before.plan


def test_a_new_question_starts_anew(people: Desk) -> None:
    assert people.rows(FIRST, "how many women are there?") == [(4,)]


def test_an_edit_that_is_not_understood_is_refused(people: Desk) -> None:
    assert people.read(FIRST, "only the tall ones").refused


def test_chinese(shop_zh: Desk) -> None:
    first = "各城市的销售总额，从高到低"
    assert shop_zh.rows(first) == [("北京", 400), ("广州", 120), ("上海", 50)]
    assert shop_zh.rows(first, "只要2024年的") == [("北京", 300), ("广州", 120)]
    assert shop_zh.rows(first, "前两名呢") == [("北京", 400), ("广州", 120)]
    assert shop_zh.rows(first, "换成按产品分") == [("电脑", 420), ("手机", 150)]
