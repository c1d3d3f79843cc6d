"""Every kind of condition gives the rows that plain Python gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    Between,
    ColumnRef,
    Compare,
    InQuery,
    IsNull,
    IsTrue,
    Item,
    Literal_,
    Measure,
    Not,
    OneOf,
    Or,
    Order,
    Period,
    Plan,
    Predicate,
    RelativePeriod,
    ScalarQuery,
    TextFunction,
    TextMatch,
    Today,
)

Row = dict[str, Any]
TODAY = dt.date(2024, 3, 15)


def col(name: str, table: str | None = None) -> ColumnRef:
    return ColumnRef(name=name, table=table)


def lit(value: Any, **more: Any) -> Literal_:
    return Literal_(value=value, **more)


def number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def moment(text: str | None) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text) if text is not None else None
    except ValueError:
        return None


def known(row: Row, name: str, test: Callable[[Any], bool]) -> bool:
    return row[name] is not None and test(row[name])


def match(how: str, text: str, **more: Any) -> TextMatch:
    return TextMatch(argument=col("note"), how=how, text=text, **more)  # type: ignore[arg-type]


ids_of_buyers = Plan(table="customers", select=(Item(expr=col("id")),))
cities_of_customers = Plan(table="customers", select=(Item(expr=col("city")),))
average = Plan(table="sales", measures=(Measure(expr=Aggregate(function="avg", argument=col("amount"))),))

CASES: dict[str, tuple[Predicate, Callable[[Row], bool]]] = {
    "equal text": (
        Compare(op="=", left=col("city"), right=lit("Paris")), lambda r: r["city"] == "Paris"),
    "unequal leaves out missing": (
        Compare(op="!=", left=col("city"), right=lit("Paris")), lambda r: known(r, "city", lambda v: v != "Paris")),
    "number": (
        Compare(op=">", left=col("amount"), right=lit(10)), lambda r: known(r, "amount", lambda v: v > 10)),
    "number given as text": (
        Compare(op="<=", left=col("amount"), right=lit(" 10.0 ")), lambda r: known(r, "amount", lambda v: v <= 10)),
    "negative number": (
        Compare(op="<", left=col("amount"), right=lit(-1.5)), lambda r: known(r, "amount", lambda v: v < -1.5)),
    "constant on the left": (
        Compare(op="<", left=lit(10), right=col("amount")), lambda r: known(r, "amount", lambda v: v > 10)),
    "text column with a number": (
        Compare(op="=", left=col("zip"), right=lit(1234)), lambda r: number(r["zip"]) == 1234),
    "text column above a number": (
        Compare(op=">", left=col("zip"), right=lit(7999.5)), lambda r: (number(r["zip"]) or 0) > 7999.5),
    "text column with text": (
        Compare(op="=", left=col("zip"), right=lit("01234")), lambda r: r["zip"] == "01234"),
    "two columns": (
        Compare(op=">=", left=col("amount"), right=col("quantity")),
        lambda r: r["amount"] is not None and r["quantity"] is not None and r["amount"] >= r["quantity"]),
    "number with boolean": (
        Compare(op="=", left=col("year"), right=lit(True)), lambda r: r["year"] == 1),
    "boolean with word": (
        Compare(op="=", left=col("paid"), right=lit("yes")), lambda r: r["paid"] is True),
    "boolean with 0": (
        Compare(op="=", left=col("paid"), right=lit(0)), lambda r: r["paid"] is False),
    "date": (
        Compare(op=">", left=col("day"), right=lit("2023-06-30")),
        lambda r: known(r, "day", lambda v: v > dt.date(2023, 6, 30))),
    "timestamp on a day": (
        Compare(op="<=", left=col("at"), right=lit("2023-06-30")),
        lambda r: known(r, "at", lambda v: v.date() <= dt.date(2023, 6, 30))),
    "timestamp by the minute": (
        Compare(op="<", left=col("at"), right=lit("2023-06-30 12:30")),
        lambda r: known(r, "at", lambda v: v < dt.datetime(2023, 6, 30, 12, 30))),
    "date stored as text": (
        Compare(op=">=", left=col("day_text"), right=lit("2024-01-01", type="date")),
        lambda r: (moment(r["day_text"]) or dt.datetime.min) >= dt.datetime(2024, 1, 1)),
    "is null by comparison": (
        Compare(op="=", left=col("city"), right=lit(None)), lambda r: r["city"] is None),
    "is not null by comparison": (
        Compare(op="!=", left=col("city"), right=lit(None)), lambda r: r["city"] is not None),
    "between": (
        Between(argument=col("amount"), low=lit(0), high=lit(100)),
        lambda r: known(r, "amount", lambda v: 0 <= v <= 100)),
    "between days of a timestamp": (
        Between(argument=col("at"), low=lit("2023-03-01"), high=lit("2023-03-31")),
        lambda r: known(r, "at", lambda v: dt.date(2023, 3, 1) <= v.date() <= dt.date(2023, 3, 31))),
    "between a day and a minute": (
        Between(argument=col("at"), low=lit("2023-03-01"), high=lit("2023-03-31 06:00")),
        lambda r: known(r, "at", lambda v: dt.datetime(2023, 3, 1) <= v <= dt.datetime(2023, 3, 31, 6))),
    "period": (
        Period(argument=col("at"), start="2023-01-01", end="2023-02-01"),
        lambda r: known(r, "at", lambda v: v.year == 2023 and v.month == 1)),
    "open period": (
        Period(argument=col("day"), start="2024-01-01"), lambda r: known(r, "day", lambda v: v.year >= 2024)),
    "period of text": (
        Period(argument=col("day_text"), end="2023-07-01"),
        lambda r: (m := moment(r["day_text"])) is not None and m < dt.datetime(2023, 7, 1)),
    "period of year numbers": (
        Period(argument=col("year"), start="2020-01-01", end="2022-01-01"), lambda r: r["year"] in (2020, 2021)),
    "one of": (
        OneOf(argument=col("city"), values=("Paris", "北京")), lambda r: r["city"] in ("Paris", "北京")),
    "one of with missing": (
        OneOf(argument=col("city"), values=("Paris", "Lyon", None)), lambda r: r["city"] in ("Paris", "Lyon", None)),
    "only missing": (
        OneOf(argument=col("city"), values=(None,)), lambda r: r["city"] is None),
    "one of numbers": (
        OneOf(argument=col("year"), values=(2020, "2022")), lambda r: r["year"] in (2020, 2022)),
    "one of nothing": (
        OneOf(argument=col("year"), values=()), lambda r: False),
    "none of": (
        Not(item=OneOf(argument=col("city"), values=("Paris", "Lyon"))),
        lambda r: known(r, "city", lambda v: v not in ("Paris", "Lyon"))),
    "one of text and number": (
        OneOf(argument=col("zip"), values=("n/a", 8000)), lambda r: r["zip"] == "n/a" or number(r["zip"]) == 8000),
    "contains": (
        match("contains", "b"), lambda r: known(r, "note", lambda v: "b" in v.lower())),
    "contains percent": (
        match("contains", "%"), lambda r: known(r, "note", lambda v: "%" in v)),
    "contains underscore": (
        match("contains", "_"), lambda r: known(r, "note", lambda v: "_" in v)),
    "contains the escape": (
        match("contains", "!Y"), lambda r: known(r, "note", lambda v: "!y" in v.lower())),
    "contains a quote": (
        match("contains", "o'b"), lambda r: known(r, "note", lambda v: "o'b" in v.lower())),
    "starts": (
        match("starts", "a_"), lambda r: known(r, "note", lambda v: v.lower().startswith("a_"))),
    "starts, case kept": (
        match("starts", "a", case_sensitive=True), lambda r: known(r, "note", lambda v: v.startswith("a"))),
    "ends": (
        match("ends", "VE"), lambda r: known(r, "note", lambda v: v.lower().endswith("ve"))),
    "equals whatever the case": (
        match("equals", "NaÏve"), lambda r: known(r, "note", lambda v: v.lower() == "naïve")),
    "equals, case kept": (
        match("equals", "NAÏVE", case_sensitive=True), lambda r: r["note"] == "NAÏVE"),
    "equals Chinese": (
        TextMatch(argument=col("city"), how="equals", text="北京"), lambda r: r["city"] == "北京"),
    "text of a number": (
        TextMatch(argument=col("year"), how="starts", text="202"), lambda r: r["year"] is not None),
    "null": (IsNull(argument=col("amount")), lambda r: r["amount"] is None),
    "not null": (Not(item=IsNull(argument=col("amount"))), lambda r: r["amount"] is not None),
    "true": (IsTrue(argument=col("paid")), lambda r: r["paid"] is True),
    "not true": (Not(item=IsTrue(argument=col("paid"))), lambda r: r["paid"] is False),
    "true number": (IsTrue(argument=col("quantity")), lambda r: bool(r["quantity"])),
    "and or not": (
        And(items=(
            Or(items=(Compare(op="=", left=col("product"), right=lit("tea")), IsNull(argument=col("city")))),
            Not(item=And(items=(IsTrue(argument=col("paid")), Compare(op="=", left=col("year"), right=lit(2020))))),
        )),
        lambda r: (r["product"] == "tea" or r["city"] is None)
        and ((r["paid"] is False) or (r["year"] is not None and r["year"] != 2020))),
    "and of nothing": (And(items=()), lambda r: True),
    "or of nothing": (Or(items=()), lambda r: False),
    "in a query": (
        InQuery(argument=col("customer_id"), plan=ids_of_buyers), lambda r: r["customer_id"] in (1, 2, 3, 4, 5)),
    "not in a query with missing values": (
        Not(item=InQuery(argument=col("city"), plan=cities_of_customers)),
        lambda r: known(r, "city", lambda v: v not in ("Paris", "Lyon", "北京"))),
    "function in a condition": (
        Compare(op="=", left=TextFunction(function="lower", argument=col("product")), right=lit("tea")),
        lambda r: r["product"].lower() == "tea"),
}  # fmt: skip


def rows_where(where: Predicate) -> Plan:
    return Plan(table="sales", select=(Item(expr=col("id")),), where=where, order_by=(Order(by="id"),))


@pytest.mark.parametrize("name", CASES)
def test_condition_keeps_the_rows_that_python_keeps(name: str, shop: Any) -> None:
    condition, keeps = CASES[name]
    got = [row[0] for row in shop.run(rows_where(condition))]
    assert got == [r["id"] for r in shop.sales if keeps(r)]


@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
def test_a_day_means_the_whole_day_of_a_timestamp(op: str, shop: Any) -> None:
    """The day is one that is in the data, at a time other than midnight."""
    day = next(r["at"] for r in shop.sales if r["at"] is not None and r["at"].time() != dt.time()).date()
    compare = {
        "=": day.__eq__, "!=": day.__ne__, "<": day.__gt__, "<=": day.__ge__, ">": day.__lt__, ">=": day.__le__,
    }[op]  # fmt: skip
    condition = Compare(op=op, left=col("at"), right=lit(day.isoformat()))  # type: ignore[arg-type]
    got = [row[0] for row in shop.run(rows_where(condition))]
    assert got == [r["id"] for r in shop.sales if r["at"] is not None and compare(r["at"].date())]


def test_above_the_overall_average(shop: Any) -> None:
    plan = rows_where(Compare(op=">", left=col("amount"), right=ScalarQuery(plan=average)))
    amounts = [r["amount"] for r in shop.sales if r["amount"] is not None]
    mean = sum(amounts) / len(amounts)
    assert [r[0] for r in shop.run(plan)] == [
        r["id"] for r in shop.sales if r["amount"] is not None and r["amount"] > mean
    ]


def relative(unit: str, anchor: str = "today", **more: Any) -> RelativePeriod:
    return RelativePeriod(argument=col("at"), unit=unit, anchor=anchor, **more)  # type: ignore[arg-type]


RELATIVE: dict[str, tuple[RelativePeriod, dt.date, dt.date]] = {
    "this month": (relative("month"), dt.date(2024, 3, 1), dt.date(2024, 4, 1)),
    "last month": (relative("month", offset=-1), dt.date(2024, 2, 1), dt.date(2024, 3, 1)),
    "last 3 months": (relative("month", offset=-1, count=3), dt.date(2023, 12, 1), dt.date(2024, 3, 1)),
    "next 2 months": (relative("month", offset=1, count=2), dt.date(2024, 4, 1), dt.date(2024, 6, 1)),
    "this year": (relative("year"), dt.date(2024, 1, 1), dt.date(2025, 1, 1)),
    "last year": (relative("year", offset=-1), dt.date(2023, 1, 1), dt.date(2024, 1, 1)),
    "last quarter": (relative("quarter", offset=-1), dt.date(2023, 10, 1), dt.date(2024, 1, 1)),
    "this week": (relative("week"), dt.date(2024, 3, 11), dt.date(2024, 3, 18)),
    "yesterday": (relative("day", offset=-1), dt.date(2024, 3, 14), dt.date(2024, 3, 15)),
    "last 30 days": (relative("day", count=30, rolling=True), dt.date(2024, 2, 15), dt.date(2024, 3, 16)),
    "last 6 rolling months": (relative("month", count=6, rolling=True), dt.date(2023, 9, 16), dt.date(2024, 3, 16)),
    "rolling quarter": (relative("quarter", count=1, rolling=True), dt.date(2023, 12, 16), dt.date(2024, 3, 16)),
}  # fmt: skip


@pytest.mark.parametrize("name", RELATIVE)
def test_relative_period(name: str, shop: Any) -> None:
    period, start, end = RELATIVE[name]
    got = [row[0] for row in shop.run(rows_where(period), today=TODAY)]
    assert got == [r["id"] for r in shop.sales if r["at"] is not None and start <= r["at"].date() < end]


def test_relative_period_from_the_newest_date_in_the_data(shop: Any) -> None:
    newest = max(r["at"] for r in shop.sales if r["at"] is not None).date()
    got = [row[0] for row in shop.run(rows_where(relative("month", anchor="data")))]
    in_month = (newest.year, newest.month)
    assert got == [r["id"] for r in shop.sales if r["at"] and (r["at"].year, r["at"].month) == in_month]


@pytest.mark.parametrize(
    ("offset", "count", "years"), [(0, 1, {2022}), (-1, 1, {2021}), (-1, 2, {2020, 2021})]
)
def test_relative_years_of_a_number_column(offset: int, count: int, years: set[int], shop: Any) -> None:
    period = RelativePeriod(argument=col("year"), unit="year", offset=offset, count=count, anchor="data")
    got = [row[0] for row in shop.run(rows_where(period))]
    assert got == [r["id"] for r in shop.sales if r["year"] in years]
    fixed = period.model_copy(update={"anchor": "today"})
    assert [r[0] for r in shop.run(rows_where(fixed), today=dt.date(2022, 5, 1))] == got


def test_today_is_the_current_date_unless_it_is_fixed(shop: Any) -> None:
    plan = rows_where(Compare(op="<", left=col("day"), right=Today()))
    assert "CURRENT_DATE" in shop.sql(plan)
    fixed = shop.sql(plan, today=TODAY)
    assert "CURRENT_DATE" not in fixed
    assert "2024-03-15" in fixed


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (Compare(op="=", left=col("amount"), right=lit("a lot")), "'amount' is a number, 'a lot' is not"),
        (Compare(op="=", left=col("paid"), right=lit("maybe")), "'paid' is true or false"),
        (Compare(op="=", left=col("day"), right=lit("soon")), "'soon' is not a date"),
        (Compare(op="=", left=col("day"), right=lit(3)), "cannot be compared with 3"),
        (Compare(op="<", left=col("day"), right=col("amount")), "they cannot be compared"),
        (Period(argument=col("day")), "needs a start or an end"),
        (Period(argument=col("day"), start="2024-13-01"), "'2024-13-01' is not a date"),
        (Period(argument=col("year"), start="2024-03-01"), "only whole years"),
        (RelativePeriod(argument=col("year"), unit="month"), "whole years"),
        (Period(argument=col("paid"), start="2024-01-01"), "'paid' is true or false"),
        (Compare(op=">", left=Aggregate(function="count"), right=lit(3)), "cannot stand in 'where'"),
        (
            Compare(op=">", left=col("amount"), right=ScalarQuery(plan=ids_of_buyers)),
            "may give several rows",
        ),
    ],
)
def test_conditions_that_make_no_sense_are_refused(condition: Predicate, message: str, shop: Any) -> None:
    with pytest.raises(PlanError, match=message):
        shop.sql(rows_where(condition))
