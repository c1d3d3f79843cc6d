"""Reading of numbers: every row is a question and the numbers in it."""

import pytest

from llmauto_agent.planner.literals import read_numbers
from llmauto_agent.planner.number_words import parse_chinese, parse_english


def read(text: str, threshold: float = 0.4) -> list[tuple[float | int, str]]:
    return [(n.value, n.kind) for n in read_numbers(text) if n.score >= threshold]


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("over 50", 50, "number"),
        ("1,234.5", 1234.5, "number"),
        ("2.5k", 2500, "number"),
        ("3m", 3_000_000, "number"),
        ("3 million", 3_000_000, "number"),
        ("1bn", 1_000_000_000, "number"),
        ("-5", -5, "number"),
        ("minus 3", -3, "number"),
        ("0.5", 0.5, "number"),
        (".75", 0.75, "number"),
        ("1e6", 1_000_000, "number"),
        ("class 3", 3, "number"),
        ("older than 30 years", 30, "number"),
        ("heavier than 4kg", 4, "number"),
        ("two hundred", 200, "number"),
        ("two hundred and fifty", 250, "number"),
        ("forty-two", 42, "number"),
        ("one hundred thousand", 100_000, "number"),
        ("two point five million", 2_500_000, "number"),
        ("a dozen", 12, "number"),
        ("half a million", 500_000, "number"),
        ("top ten", 10, "number"),
        ("20%", 20, "percent"),
        ("20 percent", 20, "percent"),
        ("twenty percent", 20, "percent"),
        ("$2.5k", 2500, "money"),
        ("-$5", -5, "money"),
        ("€1,200", 1200, "money"),
        ("50 euros", 50, "money"),
        ("£5", 5, "money"),
        ("100 usd", 100, "money"),
        ("1st class", 1, "ordinal"),
        ("the 22nd", 22, "ordinal"),
        ("third", 3, "ordinal"),
        ("twenty first", 21, "ordinal"),
        ("half of the orders", 0.5, "fraction"),
        ("three quarters of them", 0.75, "fraction"),
        ("1/4", 0.25, "fraction"),
        ("三千五百", 3500, "number"),
        ("2.5万", 25_000, "number"),
        ("超过1,000的", 1000, "number"),
        ("两万五", 25_000, "number"),
        ("1亿", 100_000_000, "number"),
        ("大于三十", 30, "number"),
        ("前三名", 3, "number"),
        ("5个城市", 5, "number"),
        ("第五", 5, "ordinal"),
        ("第3", 3, "ordinal"),
        ("百分之二十", 20, "percent"),
        ("两成", 20, "percent"),
        ("三成五", 35, "percent"),
        ("20%的", 20, "percent"),
        ("一半", 0.5, "fraction"),
        ("四分之三", 0.75, "fraction"),
        ("三千元", 3000, "money"),
        ("￥５００", 500, "money"),
    ],
)
def test_one_number(text: str, value: float, kind: str) -> None:
    assert read(text) == [(value, kind)]


def test_one_third() -> None:
    ((value, kind),) = read("one third of customers")
    assert kind == "fraction"
    assert value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("between 5 and 10", [5, 10]),
        ("10-20", [10, 20]),
        ("two, three or four", [2, 3, 4]),
        ("1, 2, 3", [1, 2, 3]),
        ("3百到5百", [300, 500]),
        ("20% of 3 million", [20, 3_000_000]),
    ],
)
def test_several_numbers(text: str, values: list[float]) -> None:
    assert [v for v, _ in read(text)] == values


@pytest.mark.parametrize(
    "text",
    [
        "column x1 and Q2", "at 10:30", "version 3.14.2", "3/5/2023", "per second", "which one is best",
        "hundreds of orders", "一共有多少", "三亚的订单", "万科", "成本", "十分满意吗"[2:], "total_2023_sales",
    ],
)  # fmt: skip
def test_no_number_where_there_is_none(text: str) -> None:
    assert read(text) == []


def test_fraction_of_a_percent() -> None:
    (number,) = read_numbers("20%")
    assert number.fraction == pytest.approx(0.2)


def test_spans_and_currency() -> None:
    question = "orders above €1,200 and ２０％ off"
    money, percent = read_numbers(question)
    assert question[money.start : money.end] == money.text == "€1,200"
    assert money.unit == "EUR"
    assert question[percent.start : percent.end] == percent.text == "２０％"


def test_ambiguous_words_score_low() -> None:
    (second,) = [n for n in read_numbers("requests per second") if n.kind == "ordinal"]
    assert second.score < 0.4
    (metres,) = read_numbers("3m")
    assert metres.score < 1


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("nineteen", 19), ("ninety nine", 99), ("a hundred", 100), ("three thousand two hundred", 3200),
        ("one million two hundred thousand", 1_200_000), ("zero", 0), ("two point five", 2.5),
    ],
)  # fmt: skip
def test_parse_english(words: str, value: float) -> None:
    assert parse_english(words.split()) == value


@pytest.mark.parametrize(
    "words", ["", "and", "a", "five five", "hundred and", "two three", "ten million ninety ninety"]
)
def test_parse_english_refuses(words: str) -> None:
    assert parse_english(words.split()) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("一百五", 150), ("三千零二十", 3020),
        ("一万二", 12_000), ("两亿三千万", 230_000_000), ("1.5亿", 150_000_000), ("一点五", 1.5), ("二〇二三", 2023),
        ("3千", 3000), ("一亿零五百", 100_000_500),
    ],
)  # fmt: skip
def test_parse_chinese(text: str, value: float) -> None:
    assert parse_chinese(text) == value


@pytest.mark.parametrize("text", ["", "万", "两三", "十百千", "点五", "一点"])
def test_parse_chinese_refuses(text: str) -> None:
    assert parse_chinese(text) is None
