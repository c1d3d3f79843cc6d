"""What must not be answered: a wrong answer is worse than none."""

from __future__ import annotations

import pytest
from reader_harness import Desk


@pytest.mark.parametrize(
    "question",
    [
        "what's the weather in Berlin",
        "tell me a joke",
        "delete all people without an age",
        "set the salary of Ann to 90000",
        "why is the salary in Oslo so low",
        "should I hire more people",
        "average height by city",
        "how many people own a dog",
        "how many children are there",
        "average name",
        "number of people on Mars",
        "who lives with whom",
        "把Ann删掉",
    ],
)
def test_refused(people: Desk, question: str) -> None:
    reading = people.read(question)
    assert reading.refused
    assert reading.plan is None


def test_a_refusal_names_the_word(people: Desk) -> None:
    reading = people.read("average height by city")
    assert "height" in reading.missing
    assert any("city" in u for u in reading.understood)


def test_two_columns_that_fit_are_asked_about(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = Desk(
        tmp_path_factory.mktemp("birds"), {"birds.csv": "id,bill_length,bill_depth\n1,2.0,3.0\n2,4.0,5.0\n"}
    )
    try:
        reading = desk.read("average bill")
        assert reading.refused
        assert set(reading.choices) == {"bill_length", "bill_depth"}
    finally:
        desk.workspace.close()


def test_years_are_not_compared_with_a_column_of_unknown_unit(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    desk = Desk(tmp_path_factory.mktemp("crm"), {"crm.csv": "id,tenure\n1,70\n2,10\n"})
    try:
        assert desk.read("how many rows have tenure over 5 years").refused
    finally:
        desk.workspace.close()


def test_a_follow_up_without_a_question_before_it(people: Desk) -> None:
    assert people.read("and by city?").refused
    assert people.read("only the women").refused


def test_a_join_that_would_multiply_a_sum_is_refused(shop: Desk) -> None:
    reading = shop.read("number of clients by product")
    assert reading.refused
    assert reading.reason == "fan_out"
