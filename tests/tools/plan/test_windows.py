"""Windows over groups: share, running total, change, moving average, rank."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

import pytest

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import (
    Aggregate,
    And,
    ColumnRef,
    Compare,
    DateBucket,
    DatePart,
    Item,
    Literal_,
    Measure,
    Order,
    Plan,
    TopPerGroup,
)

TOTAL = Aggregate(function="sum", argument=ColumnRef(name="amount"))
COUNT = Aggregate(function="count")
MONTH = Item(expr=DateBucket(unit="month", argument=ColumnRef(name="day")))
PRODUCT = Item(expr=ColumnRef(name="product"))
DATED = And(
    items=(
        Compare(op="!=", left=ColumnRef(name="day"), right=Literal_(value=None)),
        Compare(op="!=", left=ColumnRef(name="amount"), right=Literal_(value=None)),
    )
)


def dated(shop: Any) -> list[dict[str, Any]]:
    """The rows that DATED keeps: no month of them has a total that is missing."""
    return [r for r in shop.sales if r["day"] is not None and r["amount"] is not None]


def window(name: str, expr: Aggregate = TOTAL, **more: Any) -> Measure:
    return Measure(expr=expr, window=name, **more)  # type: ignore[arg-type]


def monthly(shop: Any) -> list[tuple[dt.date, float]]:
    totals: dict[dt.date, float] = defaultdict(float)
    for row in dated(shop):
        totals[row["day"].replace(day=1)] += row["amount"]
    return sorted(totals.items())


def over_months(*measures: Measure) -> Plan:
    return Plan(table="sales", where=DATED, group_by=(MONTH,), measures=measures)


def test_share_of_total(shop: Any, same: Any) -> None:
    plan = Plan(table="sales", group_by=(PRODUCT,), measures=(window("share", COUNT), Measure(expr=COUNT)))
    counts: dict[str, int] = defaultdict(int)
    for row in shop.sales:
        counts[row["product"]] += 1
    expected = [(p, n / len(shop.sales), n) for p, n in sorted(counts.items())]
    rows = shop.run(plan)
    same(rows, expected)
    assert sum(r[1] for r in rows) == pytest.approx(1)


def test_share_within_a_group(shop: Any, same: Any) -> None:
    year = Item(expr=ColumnRef(name="year"))
    plan = Plan(table="sales", group_by=(year, PRODUCT), measures=(window("share", COUNT, over=(0,)),))
    counts: dict[Any, int] = defaultdict(int)
    years: dict[Any, int] = defaultdict(int)
    for row in shop.sales:
        counts[row["year"], row["product"]] += 1
        years[row["year"]] += 1
    ordered = sorted(counts, key=lambda k: (k[0] is None, k[0] or 0, k[1]))
    same(shop.run(plan), [(y, p, counts[y, p] / years[y]) for y, p in ordered])


def test_share_of_nothing_is_missing(shop: Any) -> None:
    nobody = Aggregate(
        function="count", where=Compare(op="<", left=ColumnRef(name="id"), right=Literal_(value=0))
    )
    rows = shop.run(Plan(table="sales", group_by=(PRODUCT,), measures=(window("share", nobody),)))
    assert {row[1] for row in rows} == {None}


def test_along_time(shop: Any, same: Any) -> None:
    plan = over_months(
        Measure(expr=TOTAL, alias="total"),
        window("running_total"),
        window("change"),
        window("percent_change"),
        window("moving_average", periods=3),
        window("change", alias="yearly", periods=12),
    )
    expected, series = [], monthly(shop)
    for place, (month, value) in enumerate(series):
        before = series[place - 1][1] if place else None
        window_values = [v for _, v in series[max(0, place - 2) : place + 1]]
        expected.append(
            (
                month,
                value,
                sum(v for _, v in series[: place + 1]),
                None if before is None else value - before,
                None if not before else (value - before) / before,
                sum(window_values) / len(window_values),
                value - series[place - 12][1] if place >= 12 else None,
            )
        )
    same(shop.run(plan), expected)


def test_change_keeps_other_groups_apart(shop: Any, same: Any) -> None:
    plan = Plan(table="sales", where=DATED, group_by=(PRODUCT, MONTH), measures=(window("change", COUNT),))
    counts: dict[tuple[str, dt.date], int] = defaultdict(int)
    for row in dated(shop):
        counts[row["product"], row["day"].replace(day=1)] += 1
    expected, previous = [], {}
    for product, month in sorted(counts):
        n = counts[product, month]
        expected.append((product, month, n - previous[product] if product in previous else None))
        previous[product] = n
    same(shop.run(plan), expected)
    named = plan.model_copy(update={"measures": (window("change", COUNT, over=(0,)),)})
    same(shop.run(named), expected)


def test_change_over_month_names_follows_the_calendar(shop: Any, same: Any) -> None:
    name = Item(expr=DatePart(part="month_name", argument=ColumnRef(name="day")))
    plan = Plan(table="sales", where=DATED, group_by=(name,), measures=(window("change", COUNT),))
    counts: dict[int, int] = defaultdict(int)
    for row in dated(shop):
        counts[row["day"].month] += 1
    months = sorted(counts)
    expected = [
        (dt.date(2024, m, 1).strftime("%B"), counts[m] - counts[months[i - 1]] if i else None)
        for i, m in enumerate(months)
    ]
    same(shop.run(plan), expected)


def test_rank(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        group_by=(Item(expr=ColumnRef(name="city")),),
        measures=(Measure(expr=COUNT), window("rank", COUNT)),
        order_by=(Order(by="rank"),),
    )
    counts: dict[Any, int] = defaultdict(int)
    for row in shop.sales:
        counts[row["city"]] += 1
    ranked = sorted(counts.items(), key=lambda kv: (-kv[1], kv[0] is None, (kv[0] or "").encode()))
    same(shop.run(plan), [(c, n, 1 + sum(m > n for m in counts.values())) for c, n in ranked])


def test_order_by_what_is_only_inside_a_window(shop: Any, same: Any) -> None:
    plan = over_months(window("change")).model_copy(update={"order_by": (Order(by=TOTAL, descending=True),)})
    series = monthly(shop)
    changes = {m: (v - series[i - 1][1] if i else None) for i, (m, v) in enumerate(series)}
    ranked = sorted(series, key=lambda mv: (-round(mv[1], 9), mv[0]))
    same(shop.run(plan), [(m, changes[m]) for m, _ in ranked])


def test_top_group_by_a_window(shop: Any, same: Any) -> None:
    plan = Plan(
        table="sales",
        where=DATED,
        group_by=(PRODUCT, MONTH),
        measures=(Measure(expr=COUNT, alias="n"), window("running_total", COUNT, alias="so_far")),
        top_per_group=TopPerGroup(by=(ColumnRef(name="product"),)),
        order_by=(Order(by="so_far", descending=True),),
    )
    counts: dict[tuple[str, dt.date], int] = defaultdict(int)
    for row in dated(shop):
        counts[row["product"], row["day"].replace(day=1)] += 1
    expected = []
    for product in sorted({p for p, _ in counts}):
        months = sorted(m for p, m in counts if p == product)
        expected.append(
            (product, months[-1], counts[product, months[-1]], sum(counts[product, m] for m in months))
        )
    same(shop.run(plan), expected)


def test_limit_applies_after_the_windows(shop: Any, same: Any) -> None:
    plan = over_months(window("running_total")).model_copy(update={"limit": 2, "offset": 1})
    series = monthly(shop)
    same(shop.run(plan), [(series[i][0], sum(v for _, v in series[: i + 1])) for i in (1, 2)])


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(table="sales", measures=(window("change"),)), "needs groups that have an order"),
        (
            Plan(
                table="sales",
                group_by=(PRODUCT, Item(expr=ColumnRef(name="city"))),
                measures=(window("running_total"),),
            ),
            "needs groups that have an order",
        ),
        (Plan(table="sales", group_by=(PRODUCT,), measures=(window("share", over=(1,)),)), "names group 1"),
        (over_months(window("change", periods=0)), "at least one group"),
        (
            over_months(window("change", Aggregate(function="max", argument=ColumnRef(name="day")))),
            "a number is needed",
        ),
    ],
)
def test_windows_that_make_no_sense_are_refused(plan: Plan, message: str, shop: Any) -> None:
    with pytest.raises(PlanError, match=message):
        shop.sql(plan)
