"""Questions in English: each family, from the words to the rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from reader_harness import Desk, rounded


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many people are there?", 6),
        ("how many women", 4),
        ("number of people in Paris or Rome", 4),
        ("how many people are older than 40", 3),
        ("how many people have no age", 1),
        ("average salary of women", 62250.0),
        ("median age", 45.0),
        ("total salary", 358000),
        ("highest salary", 83000),
        ("how many different cities", 3),
        ("how many people joined in 2022", 2),
        ("how many people with salary between 50000 and 80000", 3),
        ("how many people earn at least 61k", 3),
        ("number of people not in Oslo", 4),
    ],
)
def test_single_numbers(people: Desk, question: str, expected: Any) -> None:
    assert people.rows(question)[0][-1] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("average salary by city", [("Oslo", 61000.0), ("Paris", 56500.0), ("Rome", 61500.0)]),
        ("what share of people are active by city", [("Oslo", 0.5), ("Paris", 0.5), ("Rome", 1.0)]),
        ("number of people per year", [(2021, 2), (2022, 2), (2023, 2)]),
        ("cities with more than 1 person older than 30", [("Paris", 2)]),
        ("number of people by age in steps of 20", [(20, 2), (40, 2), (60, 1), (None, 1)]),
        ("max salary per city, highest first", [("Oslo", 83000), ("Rome", 75000), ("Paris", 61000)]),
        ("running total of salary by year", [(2021, 113000), (2022, 236000), (2023, 358000)]),
        ("year over year change of total salary", [(2021, None), (2022, 10000), (2023, -1000)]),
        ("share of total salary by sex", [("female", 0.6955), ("male", 0.3045)]),
        ("do men or women have a higher average salary", [("female", 62250.0), ("male", 54500.0)]),
    ],
)  # fmt: skip
def test_groups(people: Desk, question: str, expected: list[tuple[Any, ...]]) -> None:
    assert rounded([(r[0], r[-1]) for r in people.rows(question)]) == expected


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("who has the highest salary", ["Fay"]),
        ("oldest woman", ["Fay"]),
        ("the 2 oldest people", ["Fay", "Bob"]),
        ("names of people older than 50", ["Bob", "Fay"]),
        ("people whose name starts with 'D'", ["Dee"]),
        ("who earns above the average salary", ["Bob", "Dee", "Fay"]),
        ("list name and age of people in Rome", ["Cid", "Dee"]),
    ],
)
def test_rows(people: Desk, question: str, names: list[str]) -> None:
    assert people.column(question) == names


def test_top_per_group(people: Desk) -> None:
    assert [r[:2] for r in people.rows("oldest person in each city")] == [
        ("Oslo", "Fay"), ("Paris", "Bob"), ("Rome", "Dee"),
    ]  # fmt: skip


def test_which_group(people: Desk) -> None:
    assert people.column("which city has the highest average salary") == ["Rome"]


def test_difference_of_groups(people: Desk) -> None:
    assert people.rows("difference in average salary between Rome and Paris") == [(5000.0,)]


def test_correlation(people: Desk) -> None:
    assert people.rows("correlation between age and salary")[0][0] == pytest.approx(0.8773, abs=1e-3)


def test_joins(shop: Desk) -> None:
    assert [(r[-2], r[-1]) for r in shop.rows("number of sales by country")] == [("France", 2), ("Italy", 3)]
    assert [r[-2:] for r in shop.rows("top 1 client by quantity")] == [("Bolt", 10)]


def test_rows_without_partner(shop: Desk) -> None:
    assert "Core" in shop.rows("clients without sales")[0]


def test_derived_revenue_is_said(shop: Desk) -> None:
    reading = shop.read("revenue by product")
    assert shop.rows("revenue by product") == [("Chair", 120.0), ("Desk", 300.0), ("Lamp", 70.0)]
    assert any("quantity × unit_price" in a for a in reading.assumptions)


def test_arithmetic_that_is_spelled_out(shop: Desk) -> None:
    assert shop.rows("total quantity times unit price")[0][0] == 490.0
    assert shop.rows("revenue per product (quantity × unit price)")[1] == ("Desk", 300.0)


def test_latest(shop: Desk) -> None:
    assert shop.rows("when was the latest sale")[0][0] == dt.date(2024, 3, 3)


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("what columns are there?", "describe"),
        ("describe the data", "describe"),
        ("show me some rows", "sample"),
        ("which tables are there", "tables"),
        ("有哪些列", "describe"),
    ],
)
def test_questions_about_the_data(people: Desk, question: str, tool: str) -> None:
    assert people.read(question).tool == tool


def test_chart_is_kept_apart(people: Desk) -> None:
    reading = people.read("average salary by city as a pie chart")
    assert reading.chart == "pie"
    assert reading.plan is not None


def test_a_single_table_plan_names_no_table(people: Desk) -> None:
    plan = people.read("average salary by city").plan
    assert plan is not None
    assert '"table":"people"' in plan.model_dump_json()
    assert plan.model_dump_json().count('"table":"people"') == 1
