"""Everyday wording over invented tables: what must be read, and what must still be refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from reader_harness import Desk

_CAFES = "\n".join(
    ["cafe,cuisine,district,avg_rating,num_reviews,seats,has_terrace,opened"]
    + [
        f"Cafe {chr(65 + i)},{('Thai', 'Greek', 'Indian')[i % 3]},{('Hill', 'Port')[i % 2]},"
        f"{1 + i % 5},{100 * (i + 1)},{10 + i},{i % 2},{1990 + i}"
        for i in range(12)
    ]
)
_TRIPS = "\n".join(
    ["trip_id,started_on,from_stop,to_stop,duration_min,rider_type,red_flags,cancelled"]
    + [
        f"{i},2023-0{1 + i % 3}-1{i % 9},{('Zoo', 'Park')[i % 2]},{('Park', 'Zoo')[i % 2]},"
        f"{20 + 10 * i},{('member', 'casual')[i // 6]},{i % 4},{('no', 'yes')[i % 4 == 0]}"
        for i in range(12)
    ]
)
_SCORES = "\n".join(
    ["学号,姓名,性别,班级,科目,分数,考试日期,等级"]
    + [
        f"S{i},学生{chr(0x4E00 + i)},{'男女'[i % 2]},{('一班', '二班')[i // 6]},{('数学', '英语')[i % 2]},{50 + 4 * i},"
        f"2022-0{1 + i % 9}-03,{'AB'[i % 2]}"
        for i in range(12)
    ]
)


@pytest.fixture(scope="module")
def cafes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("cafes"), {"cafes.csv": _CAFES})
    yield desk
    desk.workspace.close()


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("trips"), {"trips.csv": _TRIPS})
    yield desk
    desk.workspace.close()


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("scores"), {"成绩.csv": _SCORES})
    yield desk
    desk.workspace.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many Thai cafes are there", 4),
        ("could you please tell me how many cafes opened after 1999?", 2),
        ("average rating of cafes with at least 1000 reviews", 8 / 3),
        ("How many seats are there in total in Port?", 6 * 10 + 1 + 3 + 5 + 7 + 9 + 11),
        ("how many cafes don't have a terrace", 6),
    ],
)
def test_the_column_that_names_the_rows_stands_for_them(cafes: Desk, question: str, answer: float) -> None:
    assert cafes.rows(question)[0][0] == pytest.approx(answer)


def test_a_verb_before_a_value_only_links_it(cafes: Desk) -> None:
    assert cafes.column("which cafes lie in Hill and serve Thai") == ["Cafe A", "Cafe G"]


def test_most_common_is_a_ranking_not_a_count(cafes: Desk) -> None:
    assert cafes.rows("most common cuisine among cafes in Hill")[0][1] == 2


def test_top_by_a_counted_column(cafes: Desk) -> None:
    assert cafes.column("top 2 cafes by number of reviews") == ["Cafe L", "Cafe K"]


def test_groups_by_the_first_number_column_of_a_question(cafes: Desk) -> None:
    assert len(cafes.rows("number of cafes per opened year")) == 12


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many trips lasted longer than an hour", 7),
        ("how many trips took between 30 and 50 minutes", 3),
        ("trips from Zoo to Park, how many?", 6),
        ("how many trips never had red flags", 3),
        ("what is the cancellation rate", 0.25),
        ("how many trips were made by casual riders", 6),
    ],
)
def test_units_ways_nothing_and_derived_words(trips: Desk, question: str, answer: float) -> None:
    assert trips.rows(question)[0][0] == pytest.approx(answer)


def test_two_groups_behind_per(trips: Desk) -> None:
    assert len(trips.rows("how many trips per month and rider type")) == 6


@pytest.mark.parametrize(
    ("question", "answer"),
    [("数学的平均分是多少", 70.0), ("女生的平均分", 74.0), ("英语最低分是多少", 54)],
)
def test_one_character_for_a_chinese_column(scores: Desk, question: str, answer: float) -> None:
    assert scores.rows(question)[0][0] == pytest.approx(answer)


def test_each_class_in_chinese(scores: Desk) -> None:
    assert dict(scores.rows("每个班有多少人")) == {"一班": 6, "二班": 6}


@pytest.mark.parametrize(
    "question",
    [
        "how many vegan cafes are there",
        "how many unicorns are there",
        "what is the total revenue of Thai cafes",
        "how many cafes own a dog",
        "who designed Cafe A",
        "sort descending",
        "only Thai",
        "cafes with live music",
    ],
)
def test_what_the_data_do_not_have_is_refused(cafes: Desk, question: str) -> None:
    assert cafes.read(question).refused


def test_a_unit_that_no_column_has_is_refused(trips: Desk) -> None:
    assert trips.read("how many trips weighed more than 5 kg").refused


def test_a_capital_letter_that_names_no_value_is_refused(scores: Desk) -> None:
    assert scores.read("等级为C的有多少人").refused
