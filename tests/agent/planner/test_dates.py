"""Reading of dates: every row is a question and what has to be read in it."""

import datetime as dt

import pytest

from llmauto_agent.planner.dates import DateLiteral, read_dates

TODAY = dt.date(2024, 6, 15)


def said(literal: DateLiteral) -> str:
    """A literal in short, without span and score."""
    if literal.kind == "period":
        return f"{literal.low or ''}..{literal.high or ''}"
    if literal.kind == "relative":
        rolling = " rolling" if literal.rolling else ""
        return f"{literal.unit} {literal.offset:+d} x{literal.count}{rolling}"
    if literal.kind == "part":
        values = literal.values
        run = f"{values[0]}-{values[-1]}" if len(values) > 2 else ",".join(map(str, values))
        return f"{literal.part} {run}"
    return f"{literal.kind} {literal.unit or literal.part}"


def read(text: str, threshold: float = 0.4) -> list[str]:
    return [said(d) for d in read_dates(text, today=TODAY) if d.score >= threshold]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("revenue in 2023", "2023-01-01..2024-01-01"),
        ("in the year 1999", "1999-01-01..2000-01-01"),
        ("sales in March 2023", "2023-03-01..2023-04-01"),
        ("Mar 2023", "2023-03-01..2023-04-01"),
        ("Dec 2022 orders", "2022-12-01..2023-01-01"),
        ("May 2020", "2020-05-01..2020-06-01"),
        ("march of 2021", "2021-03-01..2021-04-01"),
        ("on 2023-03-05", "2023-03-05..2023-03-06"),
        ("2023/3/5", "2023-03-05..2023-03-06"),
        ("at 2023-03-05 14:30", "2023-03-05..2023-03-06"),
        ("in 2023-03", "2023-03-01..2023-04-01"),
        ("5 March 2023", "2023-03-05..2023-03-06"),
        ("the 5th of March, 2023", "2023-03-05..2023-03-06"),
        ("March 5th, 2023", "2023-03-05..2023-03-06"),
        ("on March 5 of this", "2024-03-05..2024-03-06"),
        ("3/5/2023", "2023-03-05..2023-03-06"),
        ("25/12/2023", "2023-12-25..2023-12-26"),
        ("05.03.2023", "2023-03-05..2023-03-06"),
        ("Q2 2023", "2023-04-01..2023-07-01"),
        ("2023Q4", "2023-10-01..2024-01-01"),
        ("second quarter of 2023", "2023-04-01..2023-07-01"),
        ("in the third quarter", "quarter 3"),
        ("H1 2023", "2023-01-01..2023-07-01"),
        ("second half of 2023", "2023-07-01..2024-01-01"),
        ("the 1990s", "1990-01-01..2000-01-01"),
        ("movies from the 90s", "1990-01-01..2000-01-01"),
        ("in the 19th century", "1801-01-01..1901-01-01"),
        ("Leap day 29 February 2024", "2024-02-29..2024-03-01"),
    ],
)
def test_absolute_periods(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("between 2010 and 2015", "2010-01-01..2016-01-01"),
        ("from 2010 to 2015", "2010-01-01..2016-01-01"),
        ("from 2010-2015", "2010-01-01..2016-01-01"),
        ("2010–2015", "2010-01-01..2016-01-01"),
        ("between 2010-01-01 and 2010-06-30", "2010-01-01..2010-07-01"),
        ("March to May 2023", "2023-03-01..2023-06-01"),
        ("Jan-Mar 2023", "2023-01-01..2023-04-01"),
        ("between January and March", "month 1-3"),
        ("from November to February", "month 11-2"),
        ("Monday to Friday", "weekday 1-5"),
        ("since 2019", "2019-01-01.."),
        ("since the beginning of 2019", "2019-01-01.."),
        ("2023 onwards", "2023-01-01.."),
        ("from 2019 to now", "2019-01-01.."),
        ("from March on", "month 3-12"),
        ("after 2019", "2020-01-01.."),
        ("after June 2020", "2020-07-01.."),
        ("on or after 5 March 2023", "2023-03-05.."),
        ("before 2015", "..2015-01-01"),
        ("built prior to 1950", "..1950-01-01"),
        ("older than 1990", "..1990-01-01"),
        ("until 2015", "..2016-01-01"),
        ("by end of 2020", "..2021-01-01"),
        ("through March 2021", "..2021-04-01"),
        ("since last year", "year +0 x2"),
    ],
)
def test_ranges_and_bounds(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("last month", "month -1 x1"),
        ("in the previous quarter", "quarter -1 x1"),
        ("last quarter", "quarter -1 x1"),
        ("this year", "year +0 x1"),
        ("the current week", "week +0 x1"),
        ("next month", "month +1 x1"),
        ("year to date", "year +0 x1"),
        ("ytd revenue", "year +0 x1"),
        ("so far this month", "month +0 x1"),
        ("past 30 days", "day +0 x30 rolling"),
        ("in the last 3 months", "month +0 x3 rolling"),
        ("over the last two weeks", "week +0 x2 rolling"),
        ("the last decade", "year +0 x10 rolling"),
        ("previous 3 months", "month -1 x3"),
        ("last 3 full months", "month -1 x3"),
        ("past year", "year +0 x1 rolling"),
        ("yesterday", "day -1 x1"),
        ("two years ago", "year -2 x1"),
        ("a week ago", "week -1 x1"),
        ("the year before last", "year -2 x1"),
        ("until today", "today day"),
    ],
)
def test_relative_periods(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in March", "month 3"),
        ("orders in May", "month 5"),
        ("on Mondays", "weekday 1"),
        ("on weekends", "weekday 6,7"),
        ("on weekdays", "weekday 1-5"),
        ("at 5pm", "hour 17"),
        ("sales by month", "grain month"),
        ("monthly revenue", "grain month"),
        ("weekly average", "grain week"),
        ("per quarter", "grain quarter"),
        ("for each year", "grain year"),
        ("month by month", "grain month"),
        ("by day of week", "grain weekday"),
        ("by weekday", "grain weekday"),
        ("by hour of day", "grain hour"),
    ],
)
def test_parts_and_granularity(text: str, expected: str) -> None:
    assert read(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023年的销售额", "2023-01-01..2024-01-01"),
        ("二〇二三年", "2023-01-01..2024-01-01"),
        ("2023年3月", "2023-03-01..2023-04-01"),
        ("2023年3月5日", "2023-03-05..2023-03-06"),
        ("2023年第二季度", "2023-04-01..2023-07-01"),
        ("2023年上半年", "2023-01-01..2023-07-01"),
        ("90年代", "1990-01-01..2000-01-01"),
        ("20世纪80年代", "1980-01-01..1990-01-01"),
        ("2020年到2022年", "2020-01-01..2023-01-01"),
        ("2020到2022年之间", "2020-01-01..2023-01-01"),
        ("2023年1月到3月", "2023-01-01..2023-04-01"),
        ("2019年以来", "2019-01-01.."),
        ("从2020年起", "2020-01-01.."),
        ("2020年之后", "2021-01-01.."),
        ("2021年以前", "..2021-01-01"),
        ("截至2022年", "..2023-01-01"),
        ("三月", "month 3"),
        ("十一月份", "month 11"),
        ("1月到3月", "month 1-3"),
        ("第二季度", "quarter 2"),
        ("上半年", "month 1-6"),
        ("周末", "weekday 6,7"),
        ("周一到周五", "weekday 1-5"),
        ("下午3点", "hour 15"),
        ("上个月", "month -1 x1"),
        ("去年", "year -1 x1"),
        ("今年", "year +0 x1"),
        ("前年", "year -2 x1"),
        ("本季度", "quarter +0 x1"),
        ("最近30天", "day +0 x30 rolling"),
        ("近三个月", "month +0 x3 rolling"),
        ("过去一年", "year +0 x1 rolling"),
        ("近半年", "month +0 x6 rolling"),
        ("三年前", "year -3 x1"),
        ("年初至今", "year +0 x1"),
        ("按月", "grain month"),
        ("每年", "grain year"),
        ("每个季度", "grain quarter"),
        ("逐年", "grain year"),
        ("按星期几", "grain weekday"),
    ],
)
def test_chinese(text: str, expected: str) -> None:
    assert read(text) == [expected]


def test_two_expressions_keep_apart() -> None:
    assert read("revenue by month in 2024") == ["grain month", "2024-01-01..2025-01-01"]
    assert read("2019 vs 2020") == ["2019-01-01..2020-01-01", "2020-01-01..2021-01-01"]
    assert read("去年3月") == ["year -1 x1", "month 3"]
    assert read("revenue last quarter vs this quarter") == ["quarter -1 x1", "quarter +0 x1"]


@pytest.mark.parametrize(
    "text",
    [
        "may I see the orders",
        "more than 2000 orders",
        "orders over 2000",
        "fare above 1999",
        "$2000 and 2000 usd",
        "last name of the first customer",
        "order by the second column",
        "top 3 cities",
        "class 3",
        "the last 10 orders",
        "year over year",
        "flight 1549",
        "前3名",
        "年龄大于30",
        "销售员",
        "日元",
    ],
)
def test_no_date_where_there_is_none(text: str) -> None:
    assert read(text) == []


def test_a_lone_year_is_less_sure_than_one_with_a_preposition() -> None:
    (lone,) = read_dates("passengers 1999")
    (led,) = read_dates("passengers in 1999")
    (number,) = read_dates("more than 1999 passengers")
    assert led.score > lone.score > 0.4 > number.score


def test_day_first_is_a_hint_that_an_impossible_month_overrules() -> None:
    assert said(read_dates("3/5/2023", day_first=True)[0]) == "2023-05-03..2023-05-04"
    assert said(read_dates("12/25/2023", day_first=True)[0]) == "2023-12-25..2023-12-26"


def test_impossible_dates_are_not_read_as_days() -> None:
    assert all(d.unit != "day" for d in read_dates("2023-02-30 and 31/31/2023"))


def test_spans_are_offsets_of_the_question_with_the_preposition() -> None:
    question = "What was the revenue in March 2023, by month?"
    period, grain = read_dates(question)
    assert question[period.start : period.end] == period.text == "in March 2023"
    assert question[grain.start : grain.end] == grain.text == "by month"


def test_full_width_digits_are_read() -> None:
    assert read("２０２３年") == ["2023-01-01..2024-01-01"]
