"""The chart follows from the plan, the shape of the result, and the request."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from llmauto_tools.charts.asked import asked_kind, asks_for_chart
from llmauto_tools.charts.choose import MAX_BARS, choose_chart
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    Item,
    Literal_,
    Measure,
    NumberBucket,
    Order,
    Plan,
)

COUNT = Aggregate(function="count")
CITY = Item(expr=ColumnRef(name="city"))
MONTH = Item(expr=DateBucket(unit="month", argument=ColumnRef(name="day")))


def grouped(*groups: Item, measures: tuple[Measure, ...] = (Measure(expr=COUNT),), **more: Any) -> Plan:
    return Plan(table="t", group_by=groups, measures=measures, **more)


def months(count: int) -> list[dt.date]:
    return [dt.date(2023 + m // 12, m % 12 + 1, 1) for m in range(count)]


def test_a_time_series_is_a_line(result: Any) -> None:
    chart = choose_chart(
        grouped(MONTH), result("month:DATE,count:BIGINT", [(m, i) for i, m in enumerate(months(12))])
    )
    assert chart is not None
    assert (chart.kind, chart.x, chart.y, chart.x_type, chart.time_unit) == (
        "line",
        "month",
        ("count",),
        "time",
        "month",
    )


def test_two_months_are_bars(result: Any) -> None:
    chart = choose_chart(grouped(MONTH), result("month:DATE,count:BIGINT", [(m, 1) for m in months(2)]))
    assert chart is not None
    assert (chart.kind, chart.horizontal) == ("bar", False)


def test_a_few_categories_are_bars_sorted_by_value(result: Any) -> None:
    chart = choose_chart(grouped(CITY), result("city:VARCHAR,count:BIGINT", [("a", 1), ("b", 3), (None, 2)]))
    assert chart is not None
    assert (chart.kind, chart.horizontal, chart.sort, chart.notes) == ("bar", True, "value", ())


def test_an_order_that_was_asked_for_is_kept(result: Any) -> None:
    plan = grouped(CITY, order_by=(Order(by="count"),))
    chart = choose_chart(plan, result("city:VARCHAR,count:BIGINT", [("a", 1), ("b", 2), ("c", 3)]))
    assert chart is not None
    assert chart.sort == "given"


def test_too_many_categories_show_the_largest_and_say_so(result: Any) -> None:
    rows = [(f"city {i}", i) for i in range(57)]
    random.Random(1).shuffle(rows)
    chart = choose_chart(grouped(CITY), result("city:VARCHAR,count:BIGINT", rows))
    assert chart is not None
    assert chart.max_x == MAX_BARS
    assert chart.notes == (f"Only the largest {MAX_BARS} of 57 are drawn.",)


@pytest.mark.parametrize(
    ("expr", "values"),
    [
        (NumberBucket(width=10, argument=ColumnRef(name="age")), [0, 10, 20, 30]),
        (DatePart(part="month", argument=ColumnRef(name="day")), [1, 2, 3, 4]),
        (ColumnRef(name="pclass"), [1, 2, 3, 4]),
    ],
)
def test_ordered_groups_are_standing_bars_in_their_order(expr: Expr, values: list[int], result: Any) -> None:
    chart = choose_chart(
        grouped(Item(expr=expr)), result("g:BIGINT,count:BIGINT", [(v, 9 - v) for v in values])
    )
    assert chart is not None
    assert (chart.kind, chart.x_type, chart.horizontal, chart.sort) == ("bar", "ordinal", False, "given")


def test_years_are_a_line(result: Any) -> None:
    year = Item(expr=DatePart(part="year", argument=ColumnRef(name="day")))
    chart = choose_chart(
        grouped(year), result("year:BIGINT,count:BIGINT", [(y, y) for y in range(2015, 2024)])
    )
    assert chart is not None
    assert (chart.kind, chart.x_type) == ("line", "ordinal")


def test_a_time_and_a_category_are_lines_per_category(result: Any) -> None:
    rows = [(c, m, 1) for c in "ab" for m in months(6)]
    chart = choose_chart(grouped(CITY, MONTH), result("city:VARCHAR,month:DATE,count:BIGINT", rows))
    assert chart is not None
    assert (chart.kind, chart.x, chart.series) == ("line", "month", "city")


def test_two_categories_are_grouped_bars_or_a_heat_map(result: Any) -> None:
    plan = grouped(CITY, Item(expr=ColumnRef(name="sex")))
    few = [(f"c{i}", s, i) for i in range(5) for s in "mf"]
    chart = choose_chart(plan, result("city:VARCHAR,sex:VARCHAR,count:BIGINT", few))
    assert chart is not None
    assert (chart.kind, chart.x, chart.series) == ("bar", "city", "sex")
    many = [(f"c{i}", f"s{j}", i * j) for i in range(15) for j in range(12)]
    chart = choose_chart(plan, result("city:VARCHAR,sex:VARCHAR,count:BIGINT", many))
    assert chart is not None
    assert chart.kind == "heatmap"


def test_shares_within_groups_are_stacked_and_read_as_percent(result: Any) -> None:
    plan = grouped(
        CITY, Item(expr=ColumnRef(name="sex")), measures=(Measure(expr=COUNT, window="share", over=(0,)),)
    )
    rows = [(c, s, 0.5) for c in "ab" for s in "mf"]
    chart = choose_chart(plan, result("city:VARCHAR,sex:VARCHAR,share:DOUBLE", rows))
    assert chart is not None
    assert (chart.stacked, chart.percent) == (True, True)


def test_a_part_of_the_rows_is_a_percentage(result: Any) -> None:
    some = Aggregate(
        function="count", where=Compare(op="=", left=ColumnRef(name="s"), right=Literal_(value=1))
    )
    plan = grouped(CITY, measures=(Measure(expr=Arithmetic(op="/", left=some, right=COUNT)),))
    chart = choose_chart(plan, result("city:VARCHAR,share:DOUBLE", [("a", 0.2), ("b", 0.3)]))
    assert chart is not None
    assert chart.percent


def test_the_measure_that_is_sorted_by_is_drawn(result: Any) -> None:
    average = Aggregate(function="avg", argument=ColumnRef(name="n"))
    measures = (Measure(expr=COUNT), Measure(expr=average))
    rows = result("city:VARCHAR,count:BIGINT,avg_n:DOUBLE", [("a", 3, 0.9), ("b", 9, 0.1)])
    by_expression = choose_chart(grouped(CITY, measures=measures, order_by=(Order(by=average),)), rows)
    by_heading = choose_chart(grouped(CITY, measures=measures, order_by=(Order(by="AVG_N"),)), rows)
    assert by_expression is not None
    assert by_heading is not None
    assert by_expression.y == by_heading.y == ("avg_n",)


def test_measures_of_one_kind_share_the_axis_if_they_are_of_one_size(result: Any) -> None:
    measures = tuple(Measure(expr=Aggregate(function="avg", argument=ColumnRef(name=n))) for n in "abc")
    rows = [(m, 1.0, 2.0, 5000.0) for m in months(4)]
    chart = choose_chart(
        grouped(MONTH, measures=measures), result("month:DATE,a:DOUBLE,b:DOUBLE,c:DOUBLE", rows)
    )
    assert chart is not None
    assert chart.y == ("a", "b")


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        ("count:BIGINT", [(891,)]),
        ("city:VARCHAR,count:BIGINT", [("Paris", 3)]),
        ("city:VARCHAR,count:BIGINT", []),
        ("name:VARCHAR,city:VARCHAR", [("a", "b"), ("c", "d")]),
        ("city:VARCHAR,avg:DOUBLE", [("a", None), ("b", None)]),
        (
            "a:BIGINT,b:BIGINT,c:BIGINT,d:VARCHAR,e:VARCHAR",
            [(i % 3, i % 2, i % 5, "x", "y") for i in range(50)],
        ),
    ],
)
def test_nothing_is_drawn_where_a_picture_would_not_help(headings: str, rows: list[Any], result: Any) -> None:
    assert choose_chart(None, result(headings, rows)) is None


def test_two_numbers_per_row_are_a_scatter_plot(result: Any) -> None:
    rows = [(i * 7 % 50 / 3, i * 3 % 20 / 7, "mf"[i % 2]) for i in range(80)]
    chart = choose_chart(None, result("age:DOUBLE,fare:DOUBLE,sex:VARCHAR", rows))
    assert chart is not None
    assert (chart.kind, chart.x, chart.y, chart.series) == ("scatter", "age", ("fare",), "sex")


def test_one_number_per_row_is_a_histogram(result: Any) -> None:
    chart = choose_chart(None, result("age:DOUBLE", [(i % 37,) for i in range(100)]))
    assert chart is not None
    assert (chart.kind, chart.x, chart.y) == ("histogram", "age", ())


def test_ids_are_not_measures(result: Any) -> None:
    assert choose_chart(None, result("customer_id:BIGINT", [(i,) for i in range(100)])) is None


def test_statements_without_a_plan_are_read_from_their_shape(result: Any) -> None:
    bars = choose_chart(None, result("city:VARCHAR,total:DOUBLE", [("a", 1), ("b", 3), ("c", 2)]))
    line = choose_chart(None, result("year:BIGINT,total:DOUBLE", [(y, y % 3) for y in range(2000, 2010)]))
    classes = choose_chart(None, result("pclass:INTEGER,total:DOUBLE", [(1, 9), (2, 3), (3, 5)]))
    assert bars is not None
    assert line is not None
    assert classes is not None
    assert [(c.kind, c.x) for c in (bars, line, classes)] == [
        ("bar", "city"),
        ("line", "year"),
        ("bar", "pclass"),
    ]


@pytest.mark.parametrize(
    ("request_text", "kind"),
    [
        ("sales by city as a pie chart", "pie"),
        ("show a histogram of age", "histogram"),
        ("scatter plot of age against fare", "scatter"),
        ("give me a heat map", "heatmap"),
        ("Box-plot of fare by class", "box"),
        ("area chart of sales", "area"),
        ("line graph of sales per month", "line"),
        ("bar chart of cities", "bar"),
        ("column chart of cities", "bar"),
        ("各城市销售额的饼图", "pie"),
        ("画一个折线图", "line"),
        ("柱状图", "bar"),
        ("how many lines of code per bar", None),
        ("which bars sell most pies?", None),
        (None, None),
    ],
)
def test_kinds_that_a_request_names(request_text: str | None, kind: str | None) -> None:
    assert asked_kind(request_text) == kind
    assert asks_for_chart(request_text) is (kind is not None)


def test_plot_and_draw_ask_for_a_chart_of_any_kind() -> None:
    assert asks_for_chart("Plot sales by month")
    assert asks_for_chart("把销售额画图")
    assert not asks_for_chart("how many passengers survived?")


def test_a_pie_is_drawn_on_request_and_refused_where_it_would_lie(result: Any) -> None:
    rows = [("a", 1), ("b", 3)]
    chart = choose_chart(grouped(CITY), result("city:VARCHAR,count:BIGINT", rows), "as a pie chart")
    assert chart is not None
    assert chart.kind == "pie"
    for bad in ([("a", -1), ("b", 3)], [(f"c{i}", i) for i in range(30)]):
        chart = choose_chart(grouped(CITY), result("city:VARCHAR,count:BIGINT", bad), "as a pie chart")
        assert chart is not None
        assert chart.kind == "bar"
        assert "A pie chart does not fit this result." in chart.notes


def test_a_cut_off_result_says_so(result: Any) -> None:
    rows = [(float(i % 7), float(i % 11)) for i in range(100)]
    chart = choose_chart(None, result("a:DOUBLE,b:DOUBLE", rows, row_count=5_000_000))
    assert chart is not None
    assert chart.notes == ("Drawn from the first 100 of 5,000,000 rows.",)


def test_evidence_is_drawn_like_a_result(result: Any) -> None:
    rows = ((dt.date(2024, 1, 1).isoformat(), 1), (dt.date(2024, 2, 1).isoformat(), 2), ("2024-03-01", 3))
    evidence = Evidence(
        "e1", "query", {}, "finished", columns=(("month", "DATE"), ("n", "BIGINT")), rows=rows
    )
    chart = choose_chart(grouped(MONTH), evidence)
    assert chart is not None
    assert (chart.kind, chart.time_unit) == ("line", "month")
