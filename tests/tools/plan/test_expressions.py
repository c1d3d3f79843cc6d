"""Every kind of expression gives the value that plain Python gives, row by row."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import (
    AbsoluteValue,
    Age,
    Aggregate,
    Arithmetic,
    ColumnRef,
    Conversion,
    DateBucket,
    DatePart,
    Expr,
    Item,
    Literal_,
    NumberBucket,
    Order,
    Plan,
    TextFunction,
    Today,
)

Row = dict[str, Any]
TODAY = dt.date(2024, 3, 15)


def col(name: str) -> ColumnRef:
    return ColumnRef(name=name)


def lit(value: Any, **more: Any) -> Literal_:
    return Literal_(value=value, **more)


def calc(op: str, left: Expr, right: Expr) -> Arithmetic:
    return Arithmetic(op=op, left=left, right=right)  # type: ignore[arg-type]


def both(row: Row, left: str, right: str, combine: Callable[[Any, Any], Any]) -> Any:
    if row[left] is None or row[right] is None:
        return None
    return combine(row[left], row[right])


def of(name: str, compute: Callable[[Any], Any]) -> Callable[[Row], Any]:
    return lambda row: None if row[name] is None else compute(row[name])


def to_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def to_moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def years_between(start: dt.date, end: dt.date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


CASES: dict[str, tuple[Expr, Callable[[Row], Any]]] = {
    "sum": (calc("+", col("amount"), col("quantity")), lambda r: both(r, "amount", "quantity", lambda a, b: a + b)),
    "difference of unsigned": (
        calc("-", lit(100), col("small")), of("small", lambda v: 100 - v)),
    "unsigned minus unsigned": (
        calc("-", col("small"), calc("+", col("small"), lit(1))), of("small", lambda v: -1)),
    "product of integers beyond INTEGER": (
        calc("*", col("quantity"), col("quantity")), of("quantity", lambda v: v * v)),
    "product of decimals": (calc("*", col("price"), lit(2)), of("price", lambda v: 2 * v)),
    "quotient": (calc("/", col("amount"), lit(4)), of("amount", lambda v: v / 4)),
    "quotient of integers": (calc("/", col("id"), lit(7)), lambda r: r["id"] / 7),
    "division by 0 is missing": (
        calc("/", col("amount"), col("quantity")), lambda r: both(r, "amount", "quantity", lambda a, b: a / b if b else None)),
    "nested": (
        calc("*", calc("+", col("id"), lit(1)), calc("-", lit(3), calc("-", col("id"), lit(2)))),
        lambda r: (r["id"] + 1) * (3 - (r["id"] - 2))),
    "nested division": (
        calc("/", lit(12), calc("/", lit(3), calc("+", col("id"), lit(1)))), lambda r: 12 / (3 / (r["id"] + 1))),
    "negative constant": (calc("-", col("id"), lit(-3)), lambda r: r["id"] + 3),
    "boolean counts as 0 or 1": (calc("+", col("paid"), lit(1)), of("paid", lambda v: v + 1)),
    "text as number": (calc("+", col("zip"), lit(0)), of("zip", to_number)),
    "days between": (
        calc("-", lit("2024-12-31", type="date"), col("day")), of("day", lambda v: (dt.date(2024, 12, 31) - v).days)),
    "date plus days": (calc("+", col("day"), lit(30)), of("day", lambda v: v + dt.timedelta(days=30))),
    "absolute": (AbsoluteValue(argument=col("amount")), of("amount", abs)),
    "year": (DatePart(part="year", argument=col("at")), of("at", lambda v: v.year)),
    "year of a year": (DatePart(part="year", argument=col("year")), lambda r: r["year"]),
    "quarter": (DatePart(part="quarter", argument=col("day")), of("day", lambda v: (v.month + 2) // 3)),
    "month": (DatePart(part="month", argument=col("day")), of("day", lambda v: v.month)),
    "ISO week": (DatePart(part="week", argument=col("day")), of("day", lambda v: v.isocalendar().week)),
    "day": (DatePart(part="day", argument=col("day")), of("day", lambda v: v.day)),
    "ISO weekday": (DatePart(part="weekday", argument=col("day")), of("day", lambda v: v.isoweekday())),
    "hour": (DatePart(part="hour", argument=col("at")), of("at", lambda v: v.hour)),
    "minute": (DatePart(part="minute", argument=col("at")), of("at", lambda v: v.minute)),
    "day of year": (DatePart(part="dayofyear", argument=col("day")), of("day", lambda v: v.timetuple().tm_yday)),
    "month name": (DatePart(part="month_name", argument=col("day")), of("day", lambda v: v.strftime("%B"))),
    "weekday name": (DatePart(part="weekday_name", argument=col("at")), of("at", lambda v: v.strftime("%A"))),
    "month of text": (
        DatePart(part="month", argument=col("day_text")), of("day_text", lambda v: (m := to_moment(v)) and m.month)),
    "year bucket": (DateBucket(unit="year", argument=col("at")), of("at", lambda v: dt.date(v.year, 1, 1))),
    "quarter bucket": (
        DateBucket(unit="quarter", argument=col("day")), of("day", lambda v: dt.date(v.year, (v.month + 2) // 3 * 3 - 2, 1))),
    "month bucket": (DateBucket(unit="month", argument=col("at")), of("at", lambda v: dt.date(v.year, v.month, 1))),
    "week bucket": (
        DateBucket(unit="week", argument=col("day")), of("day", lambda v: v - dt.timedelta(days=v.weekday()))),
    "hour bucket": (DateBucket(unit="hour", argument=col("at")), of("at", lambda v: v.replace(minute=0))),
    "whole bucket": (NumberBucket(width=10, argument=col("amount")), of("amount", lambda v: math.floor(v / 10) * 10)),
    "fractional bucket": (
        NumberBucket(width=0.1, argument=calc("/", col("id"), lit(10))), lambda r: r["id"] / 10),
    "lower": (TextFunction(function="lower", argument=col("note")), of("note", str.lower)),
    "upper": (TextFunction(function="upper", argument=col("product")), of("product", str.upper)),
    "length": (TextFunction(function="length", argument=col("city")), of("city", len)),
    "initial": (TextFunction(function="initial", argument=col("city")), of("city", lambda v: v[:1])),
    "length of a number": (TextFunction(function="length", argument=col("id")), lambda r: len(str(r["id"]))),
    "to number": (Conversion(to="number", argument=col("zip")), of("zip", to_number)),
    "to text": (Conversion(to="text", argument=col("id")), lambda r: str(r["id"])),
    "to date": (Conversion(to="date", argument=col("day_text")), of("day_text", to_moment)),
    "to boolean": (Conversion(to="boolean", argument=col("quantity")), of("quantity", bool)),
    "whole years": (
        Age(unit="year", start=col("day"), end=Today()), of("day", lambda v: years_between(v, TODAY) if v <= TODAY else 0)),
    "days": (Age(unit="day", start=col("at"), end=Today()), of("at", lambda v: (TODAY - v.date()).days)),
    "today": (Today(), lambda r: TODAY),
    "constant": (lit("it's"), lambda r: "it's"),
    "missing constant": (lit(None), lambda r: None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_expression_is_what_python_computes(name: str, shop: Any, same: Any) -> None:
    expr, expected = CASES[name]
    plan = Plan(
        table="sales",
        select=(Item(expr=col("id"), alias="row"), Item(expr=expr, alias="value")),
        order_by=(Order(by="row"),),
    )
    same(shop.run(plan, today=TODAY), [(r["id"], expected(r)) for r in shop.sales])


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (calc("+", col("day"), col("at")), "does not work between"),
        (calc("*", col("day"), lit(2)), "does not work between"),
        (AbsoluteValue(argument=col("day")), "a number is needed"),
        (DatePart(part="month", argument=col("amount")), "a date is needed"),
        (NumberBucket(width=0, argument=col("amount")), "more than 0"),
        (lit("31.12.2024", type="date"), "is not a date"),
        (Aggregate(function="sum", argument=col("amount")), "cannot stand in 'select'"),
        (Conversion(to="boolean", argument=col("day")), "true or false is needed"),
    ],
)
def test_expressions_that_make_no_sense_are_refused(expr: Expr, message: str, shop: Any) -> None:
    with pytest.raises(PlanError, match=message):
        shop.sql(Plan(table="sales", select=(Item(expr=expr),)))
