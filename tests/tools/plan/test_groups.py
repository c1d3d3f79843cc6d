"""Groups, aggregates, orders, limits, joins and set operations give what plain Python gives."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Expr,
    IsTrue,
    Item,
    Join,
    Literal_,
    Measure,
    NumberBucket,
    Order,
    Plan,
    SetOperation,
    TopPerGroup,
)

Row = dict[str, Any]


def col(name: str, table: str | None = None) -> ColumnRef:
    return ColumnRef(name=name, table=table)


def agg(function: str, argument: Expr | str | None = None, **more: Any) -> Aggregate:
    node = col(argument) if isinstance(argument, str) else argument
    return Aggregate(function=function, argument=node, **more)  # type: ignore[arg-type]


def measure(expr: Expr, alias: str | None = None) -> Measure:
    return Measure(expr=expr, alias=alias)


def by(*names: str) -> tuple[Item, ...]:
    return tuple(Item(expr=col(n)) for n in names)


def last(value: Any) -> tuple[bool, Any]:
    """A sort key under which missing values come last."""
    return (value is None, value if value is not None else 0)


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[n] for n in names)].append(row)
    return dict(sorted(groups.items(), key=lambda kv: [last(v) for v in kv[0]]))


def present(rows: list[Row], name: str) -> list[Any]:
    return [float(r[name]) for r in rows if r[name] is not None]


def quantile(values: list[float], fraction: float) -> float | None:
    if not values:
        return None
    values = sorted(values)
    position = (len(values) - 1) * fraction
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (position - low)


def mode(values: list[Any]) -> Any:
    counts = Counter(values)
    return min((v for v in counts if counts[v] == max(counts.values())), default=None)


def correlation(rows: list[Row]) -> float | None:
    pairs = [
        (r["amount"], float(r["price"])) for r in rows if r["amount"] is not None and r["price"] is not None
    ]
    return statistics.correlation(*zip(*pairs, strict=True)) if len(pairs) > 1 else None


unpaid = Compare(op="=", left=col("paid"), right=Literal_(value=False))

AGGREGATES: dict[str, tuple[Expr, Callable[[list[Row]], Any]]] = {
    "rows": (agg("count"), len),
    "values": (agg("count", "amount"), lambda g: len(present(g, "amount"))),
    "distinct": (agg("count_distinct", "product"), lambda g: len({r["product"] for r in g})),
    "sum": (agg("sum", "amount"), lambda g: sum(v) if (v := present(g, "amount")) else None),
    "sum of decimals": (agg("sum", "price"), lambda g: sum(v) if (v := present(g, "price")) else None),
    "sum of booleans": (agg("sum", "paid"), lambda g: sum(v) if (v := present(g, "paid")) else None),
    "share of booleans": (agg("avg", "paid"), lambda g: statistics.mean(v) if (v := present(g, "paid")) else None),
    "average": (agg("avg", "amount"), lambda g: statistics.mean(v) if (v := present(g, "amount")) else None),
    "average of text": (
        agg("avg", "zip"),
        lambda g: statistics.mean(v) if (v := [float(r["zip"]) for r in g if r["zip"] not in (None, "n/a")]) else None),
    "median": (agg("median", "amount"), lambda g: quantile(present(g, "amount"), 0.5)),
    "quantile": (agg("quantile", "amount", fraction=0.9), lambda g: quantile(present(g, "amount"), 0.9)),
    "smallest": (agg("min", "day"), lambda g: min((r["day"] for r in g if r["day"]), default=None)),
    "largest text": (agg("max", "product"), lambda g: max(r["product"] for r in g)),
    "deviation": (
        agg("stddev", "amount"), lambda g: statistics.stdev(v) if len(v := present(g, "amount")) > 1 else None),
    "variance": (
        agg("variance", "amount"), lambda g: statistics.variance(v) if len(v := present(g, "amount")) > 1 else None),
    "mode": (agg("mode", "product"), lambda g: mode([r["product"] for r in g])),
    "first by": (agg("first", "product", second=col("id")), lambda g: min(g, key=lambda r: r["id"])["product"]),
    "last by": (agg("last", "id", second=col("id")), lambda g: max(r["id"] for r in g)),
    "restricted": (agg("count", where=unpaid), lambda g: sum(r["paid"] is False for r in g)),
    "restricted sum": (
        agg("sum", "amount", where=unpaid),
        lambda g: sum(v) if (v := present([r for r in g if r["paid"] is False], "amount")) else None),
    "share of rows": (
        Arithmetic(op="/", left=agg("count", where=IsTrue(argument=col("paid"))), right=agg("count")),
        lambda g: sum(r["paid"] is True for r in g) / len(g)),
    "ratio with nothing below": (
        Arithmetic(op="/", left=agg("count"), right=agg("count", where=Compare(
            op="=", left=col("product"), right=Literal_(value="milk")))),
        lambda g: len(g) / n if (n := sum(r["product"] == "milk" for r in g)) else None),
    "aggregate of a calculation": (
        agg("sum", Arithmetic(op="*", left=col("amount"), right=Literal_(value=2))),
        lambda g: 2 * sum(v) if (v := present(g, "amount")) else None),
}  # fmt: skip


@pytest.mark.parametrize("name", AGGREGATES)
def test_aggregate_per_group_and_in_total(name: str, shop: Any, same: Any) -> None:
    expr, expected = AGGREGATES[name]
    per_city = Plan(table="sales", group_by=by("city"), measures=(measure(expr, "value"),))
    same(shop.run(per_city), [(*key, expected(rows)) for key, rows in grouped(shop.sales, "city").items()])
    total = Plan(table="sales", measures=(measure(expr, "value"),))
    same(shop.run(total), [(expected(shop.sales),)])


def test_correlation(shop: Any, same: Any) -> None:
    plan = Plan(table="sales", measures=(measure(agg("corr", "amount", second=col("price"))),))
    same(shop.run(plan), [(correlation(shop.sales),)])


def test_groups_come_in_the_order_of_their_keys(shop: Any, same: Any) -> None:
    plan = Plan(table="sales", group_by=by("year", "product"), measures=(measure(agg("count")),))
    expected = [(*key, len(rows)) for key, rows in grouped(shop.sales, "year", "product").items()]
    same(shop.run(plan), expected)


def test_months_by_name_come_in_calendar_order(shop: Any) -> None:
    month = DatePart(part="month_name", argument=col("day"))
    plan = Plan(table="sales", group_by=(Item(expr=month),), measures=(measure(agg("count")),))
    names = [row[0] for row in shop.run(plan)]
    calendar = [dt.date(2024, m, 1).strftime("%B") for m in range(1, 13)]
    assert names == [m for m in calendar if m in names] + [None]


def test_order_by_a_measure_with_ties_broken_by_the_groups(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        group_by=by("city", "year"),
        measures=(measure(agg("count"), "n"),),
        order_by=(Order(by="n", descending=True),),
        limit=7,
        offset=2,
    )
    counts = [(*key, len(rows)) for key, rows in grouped(shop.sales, "city", "year").items()]
    same(shop.run(plan), sorted(counts, key=lambda r: -r[2])[2:9])


def test_order_by_an_aggregate_that_is_not_shown(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        group_by=by("product"),
        measures=(measure(agg("count")),),
        order_by=(Order(by=agg("sum", "amount"), descending=True),),
    )
    groups = grouped(shop.sales, "product").items()
    ranked = sorted(groups, key=lambda kv: -sum(present(kv[1], "amount")))
    same(shop.run(plan), [(*key, len(rows)) for key, rows in ranked])


def test_missing_values_come_last_in_both_directions(shop: Any) -> None:
    for descending in (False, True):
        plan = Plan(
            table="sales",
            select=(Item(expr=col("amount")),),
            order_by=(Order(by=col("amount"), descending=descending),),
        )
        values = [row[0] for row in shop.run(plan)]
        known = [v for v in values if v is not None]
        assert values == [*sorted(known, reverse=descending), *[None] * (len(values) - len(known))]


def test_having_restricts_groups(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        group_by=by("city"),
        measures=(measure(agg("avg", "amount"), "mean"),),
        having=Compare(op=">=", left=agg("count"), right=Literal_(value=17)),
    )
    groups = grouped(shop.sales, "city").items()
    same(shop.run(plan), [(*k, statistics.mean(present(g, "amount"))) for k, g in groups if len(g) >= 17])


def test_groups_alone_are_the_distinct_values(shop: Any, same: Any) -> None:
    same(shop.run(Plan(table="sales", group_by=by("city"))), list(grouped(shop.sales, "city")))


def test_number_buckets(shop: Any, same: Any) -> None:
    bucket = NumberBucket(width=50, argument=col("amount"))
    plan = Plan(table="sales", group_by=(Item(expr=bucket),), measures=(measure(agg("count")),))
    counts = Counter(None if r["amount"] is None else r["amount"] // 50 * 50 for r in shop.sales)
    same(shop.run(plan), sorted(counts.items(), key=lambda kv: last(kv[0])))


def test_months_with_two_measures(shop: Any, same: Any) -> None:
    month = DateBucket(unit="month", argument=col("at"))
    plan = Plan(
        table="sales",
        group_by=(Item(expr=month),),
        measures=(measure(agg("count")), measure(agg("min", "id"))),
    )
    rows = [{**r, "m": r["at"] and r["at"].date().replace(day=1)} for r in shop.sales]
    same(shop.run(plan), [(*k, len(g), min(r["id"] for r in g)) for k, g in grouped(rows, "m").items()])


def test_top_groups_within_groups(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        group_by=by("city", "product"),
        measures=(measure(agg("count"), "n"),),
        top_per_group=TopPerGroup(by=(col("city"),), count=2),
        order_by=(Order(by="n", descending=True),),
    )
    expected = []
    for (city,), rows in grouped(shop.sales, "city").items():
        counts = sorted(Counter(r["product"] for r in rows).items(), key=lambda kv: (-kv[1], kv[0]))
        expected += [(city, product, n) for product, n in counts[:2]]
    same(shop.run(plan), expected)
    unordered = plan.model_copy(update={"order_by": ()})
    same(shop.run(unordered), expected)


def test_latest_row_within_groups(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        select=(Item(expr=col("city")), Item(expr=col("id"))),
        top_per_group=TopPerGroup(by=(col("city"),)),
        order_by=(Order(by=col("at"), descending=True),),
    )
    expected = []
    for (city,), rows in grouped(shop.sales, "city").items():
        newest = min(
            rows,
            key=lambda r: (
                r["at"] is None,
                -(r["at"] or dt.datetime.min).timestamp() if r["at"] else 0,
                r["id"],
            ),
        )
        expected.append((city, newest["id"]))
    same(shop.run(plan), expected)


def test_distinct_rows_are_sorted(shop: Any, same: Any) -> None:
    plan = Plan(table="sales", select=(Item(expr=col("product")), Item(expr=col("year"))), distinct=True)
    pairs = {(r["product"], r["year"]) for r in shop.sales}
    same(shop.run(plan), sorted(pairs, key=lambda p: (p[0], last(p[1]))))


def test_without_a_selection_all_columns_are_listed(shop: Any) -> None:
    rows = shop.run(Plan(table="sales", order_by=(Order(by="id", descending=True),), limit=3))
    assert [r[0] for r in rows] == [149, 148, 147]
    assert len(rows[0]) == 15


@pytest.mark.parametrize("how", ["inner", "left"])
def test_join(how: str, shop: Any, same: Any) -> None:
    join = Join(table="customers", on=((col("customer_id"), col("id")),), how=how)  # type: ignore[arg-type]
    plan = Plan(
        table="sales",
        joins=(join,),
        group_by=(Item(expr=col("name")),),
        measures=(measure(agg("count")), measure(agg("min", ColumnRef(name="id", table="sales")))),
    )
    names = {c["id"]: c["name"] for c in shop.customers}
    rows = [{**r, "name": names.get(r["customer_id"])} for r in shop.sales]
    if how == "inner":
        rows = [r for r in rows if r["customer_id"] in names]
    same(shop.run(plan), [(*k, len(g), min(r["id"] for r in g)) for k, g in grouped(rows, "name").items()])


def test_join_with_itself_under_an_alias(shop: Any, same: Any) -> None:
    join = Join(table="customers", alias="other", on=((col("city"), col("city")),))
    plan = Plan(
        table="customers",
        joins=(join,),
        select=(Item(expr=col("id", "customers")), Item(expr=col("id", "other"))),
        where=Compare(op="<", left=col("id", "customers"), right=col("id", "other")),
        order_by=(Order(by=col("id", "customers")),),
    )
    pairs = [
        (a["id"], b["id"])
        for a in shop.customers
        for b in shop.customers
        if a["city"] is not None and a["city"] == b["city"] and a["id"] < b["id"]
    ]
    same(shop.run(plan), pairs)


@pytest.mark.parametrize("op", ["union", "intersect", "except"])
def test_set_operations(op: str, shop: Any, same: Any) -> None:
    other = Plan(table="customers", select=(Item(expr=col("city")),), limit=4, order_by=(Order(by="city"),))
    plan = Plan(
        table="sales",
        select=(Item(expr=col("city")),),
        combine=SetOperation(op=op, plan=other),  # type: ignore[arg-type]
        order_by=(Order(by="city", descending=True),),
        limit=5,
    )
    left = {r["city"] for r in shop.sales}
    right = {"Lyon", "Paris", "北京"}  # the first four of Lyon, Paris, Paris, 北京, missing
    combined = {"union": left | right, "intersect": left & right, "except": left - right}[op]
    expected = sorted((c for c in combined if c is not None), reverse=True)
    same(shop.run(plan), [(c,) for c in [*expected, *([None] if None in combined else [])]][:5])


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(table="sales", select=by("id"), measures=(measure(agg("count")),)), "not both"),
        (Plan(table="sales", select=by("id"), having=unpaid), "has none"),
        (Plan(table="sales", measures=(measure(agg("sum")),)), "needs something to aggregate"),
        (Plan(table="sales", measures=(measure(agg("count_distinct")),)), "needs something to count"),
        (Plan(table="sales", measures=(measure(agg("quantile", "amount")),)), "needs a fraction"),
        (Plan(table="sales", measures=(measure(agg("corr", "amount")),)), "needs a second column"),
        (Plan(table="sales", measures=(measure(agg("sum", agg("count"))),)), "cannot contain another"),
        (
            Plan(table="sales", group_by=by("city"), measures=(measure(col("year")),)),
            "'year' has many values",
        ),
        (
            Plan(table="sales", group_by=by("city"), measures=(measure(agg("count")),), having=unpaid),
            "'paid' has many",
        ),
        (
            Plan(
                table="sales",
                group_by=by("city"),
                measures=(measure(agg("count")),),
                order_by=(Order(by=col("amount")),),
            ),
            "'amount' has many values",
        ),
        (Plan(table="sales", group_by=(Item(expr=agg("count")),)), "cannot stand in 'group_by'"),
        (Plan(table="sales", select=by("id"), limit=-1), "cannot be negative"),
        (
            Plan(table="sales", select=by("id"), order_by=(Order(by="idd"),)),
            "no output 'idd'.*Did you mean 'id'",
        ),
        (
            Plan(table="sales", select=by("city"), distinct=True, order_by=(Order(by=col("id")),)),
            "only by what they show",
        ),
        (
            Plan(table="sales", select=by("id"), top_per_group=TopPerGroup(by=(col("city"),))),
            "needs an order",
        ),
        (
            Plan(
                table="sales", select=by("id"), combine=SetOperation(op="union", plan=Plan(table="customers"))
            ),
            "as many columns",
        ),
        (Plan(table="sales", joins=(Join(table="customers", on=()),)), "no columns to join on"),
        (
            Plan(
                table="sales", joins=(Join(table="sales", on=((col("id"), col("id")),)),), select=by("city")
            ),
            "Give the second one an alias",
        ),
    ],
)
def test_plans_that_make_no_sense_are_refused(plan: Plan, message: str, shop: Any) -> None:
    with pytest.raises(PlanError, match=message):
        shop.sql(plan)
