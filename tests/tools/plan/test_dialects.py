"""The same plans as SQL for Spark, parsed again by sqlglot's Spark dialect."""

from __future__ import annotations

import sqlite3
from typing import Any, get_args

import pytest
import sqlglot
from sqlglot import exp

from llmauto_tools.plan.model import (
    Age,
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Item,
    Join,
    Literal_,
    Measure,
    NumberBucket,
    OneOf,
    Order,
    Plan,
    RelativePeriod,
    SetOperation,
    TextMatch,
    Today,
    TopPerGroup,
)


def col(name: str) -> ColumnRef:
    return ColumnRef(name=name)


COUNT = Measure(expr=Aggregate(function="count"))
CITY = Item(expr=col("city"))
MONTH = Item(expr=DateBucket(unit="month", argument=col("at")))
TOTAL = Aggregate(function="sum", argument=col("amount"))

PARTS = get_args(DatePart.model_fields["part"].annotation)

PLANS: dict[str, Plan] = {
    "rows": Plan(
        table="sales",
        select=(CITY, Item(expr=Arithmetic(op="/", left=col("amount"), right=col("quantity")))),
        where=TextMatch(argument=col("note"), how="contains", text="50%_!'"),
        order_by=(Order(by=col("amount"), descending=True),),
        limit=3,
    ),
    "groups": Plan(table="sales", group_by=(CITY,), measures=(COUNT, Measure(expr=TOTAL))),
    "restricted": Plan(
        table="sales",
        measures=(
            Measure(expr=Aggregate(function="count", where=OneOf(argument=col("city"), values=("Lyon", None)))),
        ),
    ),
    "statistics": Plan(
        table="sales",
        measures=tuple(
            Measure(expr=Aggregate(function=f, argument=col("amount"), second=col("price"), fraction=0.9))
            for f in ("median", "quantile", "mode", "stddev", "corr", "first")  # type: ignore[arg-type]
        ),
    ),
    "windows": Plan(
        table="sales",
        group_by=(MONTH,),
        measures=(Measure(expr=TOTAL, window="percent_change"), Measure(expr=TOTAL, window="moving_average", periods=3)),
    ),
    "top per group": Plan(
        table="sales", group_by=(CITY, Item(expr=col("product"))), measures=(COUNT,), top_per_group=TopPerGroup(by=(col("city"),))
    ),
    "dates": Plan(
        table="sales",
        select=(
            *(Item(expr=DatePart(part=part, argument=col("at"))) for part in PARTS),
            Item(expr=Age(unit="year", start=col("day"), end=Today())),
            Item(expr=NumberBucket(width=10, argument=col("amount"))),
        ),
        where=RelativePeriod(argument=col("at"), unit="quarter", offset=-1, anchor="data"),
    ),
    "join": Plan(
        table="sales",
        joins=(Join(table="customers", on=((col("customer_id"), col("id")),)),),
        group_by=(Item(expr=col("name")),),
        measures=(COUNT,),
        having=Compare(op=">", left=COUNT.expr, right=Literal_(value=1)),
    ),
    "set": Plan(
        table="sales", select=(CITY,), combine=SetOperation(op="except", plan=Plan(table="customers", select=(CITY,)))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_spark_sql_parses_and_means_the_same_columns(name: str, shop: Any) -> None:
    sql = shop.sql(PLANS[name], dialect="spark")
    parsed = sqlglot.parse_one(sql, read="spark")
    duckdb = sqlglot.parse_one(shop.sql(PLANS[name]), read="duckdb")
    assert parsed.named_selects == duckdb.named_selects  # type: ignore[attr-defined]
    assert not list(parsed.find_all(exp.Command))
    assert "QUALIFY" not in sql
    assert "DATESUB" not in sql


def test_order_is_outside_of_the_subquery_that_replaces_qualify(shop: Any) -> None:
    parsed = sqlglot.parse_one(shop.sql(PLANS["top per group"], dialect="spark"), read="spark")
    assert parsed.args.get("order") is not None


def test_simple_plans_run_in_sqlite_too(shop: Any, same: Any) -> None:
    """A third engine as a witness: what is standard SQL stays standard."""
    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE sales (id INTEGER, city TEXT, product TEXT, amount REAL)")
    rows = [(r["id"], r["city"], r["product"], r["amount"]) for r in shop.sales]
    other.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", rows)
    plan = PLANS["groups"]
    same(other.execute(shop.sql(plan, dialect="sqlite")).fetchall(), shop.run(plan))
    other.close()
