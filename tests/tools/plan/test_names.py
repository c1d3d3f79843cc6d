"""Names from data are quoted, found whatever their case, and missed with a hint."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.compile import compile_plan, output_columns
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DatePart,
    Expr,
    Item,
    Join,
    Literal_,
    Measure,
    NumberBucket,
    Order,
    Plan,
)
from llmauto_tools.schema import Column, Table

HOSTILE = 'order "items"; DROP TABLE x --'
COLUMNS = ["select", 'a"b', "城市", "🙂 smile", "group by", "it's", "count"]
COUNT = Measure(expr=Aggregate(function="count"))


def col(name: str, table: str | None = None) -> ColumnRef:
    return ColumnRef(name=name, table=table)


@pytest.mark.parametrize("name", COLUMNS)
def test_any_name_groups_filters_and_sorts(name: str, shop: Any) -> None:
    plan = Plan(
        table=HOSTILE,
        where=Compare(op="!=", left=col(name), right=Literal_(value=None)),
        group_by=(Item(expr=col(name)),),
        measures=(Measure(expr=Aggregate(function="count"), alias='n; "drop" 🙂'),),
        order_by=(Order(by='n; "drop" 🙂', descending=True),),
    )
    counts = Counter(r[name] for r in shop.hostile if r[name] is not None)
    assert dict(shop.run(plan)) == counts


def test_text_that_looks_like_sql_stays_text(shop: Any) -> None:
    evil = "'; DROP TABLE sales; --"
    plan = Plan(
        table=HOSTILE,
        measures=(COUNT,),
        where=Compare(op="=", left=col("select"), right=Literal_(value=evil)),
    )
    assert shop.run(plan) == [(sum(r["select"] == evil for r in shop.hostile),)]


def test_a_heading_that_hides_a_column_changes_no_meaning(shop: Any, same: Any) -> None:
    """The sum is called "amount" like the column that it sums, and the filter still means the column."""
    total = Aggregate(function="sum", argument=col("amount"))
    plan = Plan(
        table="sales",
        where=Compare(op=">", left=col("amount"), right=Literal_(value=0)),
        group_by=(Item(expr=DatePart(part="year", argument=col("day"))),),
        measures=(Measure(expr=total, alias="amount"),),
        having=Compare(op=">", left=total, right=Literal_(value=1)),
        order_by=(Order(by="amount", descending=True),),
    )
    totals: Counter[Any] = Counter()
    for row in shop.sales:
        if row["amount"] is not None and row["amount"] > 0:
            totals[row["day"] and row["day"].year] += row["amount"]
    same(shop.run(plan), sorted(((y, t) for y, t in totals.items() if t > 1), key=lambda p: -p[1]))


def test_sorting_by_a_column_that_a_heading_hides(shop: Any, same: Any) -> None:
    negative = Arithmetic(op="-", left=Literal_(value=0), right=col("id"))
    plan = Plan(
        table="sales", select=(Item(expr=negative, alias="id"),), order_by=(Order(by=col("id")),), limit=3
    )
    same(shop.run(plan), [(0,), (-1,), (-2,)])


def test_names_are_found_whatever_their_case(shop: Any) -> None:
    plan = Plan(table="SALES", group_by=(Item(expr=col("Product")),), measures=(COUNT,))
    assert '"product"' in shop.sql(plan)
    assert 'FROM "sales"' in shop.sql(plan)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(table="sale"), "There is no table 'sale'. Did you mean 'sales'"),
        (
            Plan(table="sales", select=(Item(expr=col("ammount")),)),
            "no column 'ammount' in 'sales'. Did you mean 'amount'",
        ),
        (Plan(table="sales", select=(Item(expr=col("zzz")),)), "The columns are: id, city"),
        (
            Plan(table="sales", select=(Item(expr=col("id", "customers")),)),
            "does not read a table 'customers'",
        ),
        (
            Plan(
                table="sales",
                joins=(Join(table="customers", on=((col("customer_id"), col("id")),)),),
                select=(Item(expr=col("city")),),
            ),
            "The column 'city' is in 'sales' and 'customers'",
        ),
        (
            Plan(table="sales", joins=(Join(table="customers", on=((col("customer"), col("id")),)),)),
            "no column 'customer'",
        ),
    ],
)
def test_unknown_names_come_back_with_the_nearest(plan: Plan, message: str, shop: Any) -> None:
    with pytest.raises(PlanError, match=message):
        shop.sql(plan)


@pytest.mark.parametrize(
    ("expr", "heading"),
    [
        (Aggregate(function="count"), "count"),
        (Aggregate(function="avg", argument=col("amount")), "avg_amount"),
        (Aggregate(function="count_distinct", argument=col("city")), "distinct_city"),
        (Aggregate(function="quantile", argument=col("amount"), fraction=0.95), "p95_amount"),
        (Aggregate(function="corr", argument=col("amount"), second=col("price")), "corr_amount_price"),
        (
            Arithmetic(
                op="/",
                left=Aggregate(function="sum", argument=col("amount")),
                right=Aggregate(function="count"),
            ),
            "sum_amount_per_count",
        ),
        (
            Arithmetic(
                op="/",
                left=Aggregate(
                    function="count", where=Compare(op="=", left=col("city"), right=Literal_(value="Lyon"))
                ),
                right=Aggregate(function="count"),
            ),
            "share",
        ),
    ],
)
def test_headings_can_be_read(expr: Expr, heading: str, shop: Any) -> None:
    assert output_columns(Plan(table="sales", measures=(Measure(expr=expr),)), shop.tables)[0].name == heading


def test_headings_are_unique_whatever_the_case(shop: Any) -> None:
    plan = Plan(
        table="sales",
        joins=(Join(table="customers", on=((col("customer_id"), col("id")),)),),
        select=(
            Item(expr=col("city", "sales")),
            Item(expr=col("city", "customers")),
            Item(expr=col("amount"), alias="City"),
            Item(expr=NumberBucket(width=5, argument=col("amount"))),
        ),
        limit=1,
    )
    shop.run(plan)
    names = [c.name for c in output_columns(plan, shop.tables)]
    assert names == ["city", "customers_city", "City_2", "amount_group"]


def test_tables_of_steps_do_not_hide_tables_of_the_workspace() -> None:
    grouped = Table("grouped", (Column("g", "VARCHAR"), Column("n", "BIGINT")))
    plan = Plan(
        table="grouped",
        group_by=(Item(expr=col("g")),),
        measures=(Measure(expr=Aggregate(function="sum", argument=col("n")), window="share"),),
    )
    assert 'WITH "grouped_2" AS' in compile_plan(plan, [grouped])
