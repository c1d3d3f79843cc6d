"""Which pairs can be learned, and why others cannot."""

from __future__ import annotations

from typing import Any

import pytest

from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.tuning.accept import Sorted, accept, require_enough
from llmauto_agent.planner.tuning.data import Data, attached
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.tuning.periods import with_periods
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Aggregate, ColumnRef, Measure, Plan, RelativePeriod


def sorted_(data: Data, *pairs: Pair) -> Sorted:
    return accept(pairs, data, lambda text, fraction: None)


def plan_of(data: Data, question: str, sql: str) -> dict[str, object]:
    found = sorted_(data, Pair(question, sql))
    assert not found.refused, found.refused
    plan: dict[str, object] = found.accepted[0].record["plan"]
    return plan


def test_pairs_become_plans(shop: Data, pairs: list[Pair]) -> None:
    found = sorted_(shop, *pairs)
    assert len(found.accepted) == len(pairs)
    assert {a.record["plan"]["table"] for a in found.accepted} == {"sales"}


@pytest.mark.parametrize(
    ("question", "sql", "reason"),
    [
        ("x", "SELECT nothing FROM sales", "the SQL does not run"),
        ("x", "DROP TABLE sales", "not allowed"),
        ("x", "SELECT a.kind FROM sales a JOIN sales b ON a.price = b.price", "joins a table with itself"),
        ("x", "WITH w AS (SELECT 1 AS one) SELECT one FROM w", "WITH"),
        ("how many desk", "SELECT count(*) FROM sales WHERE kind = 'sofa'", "named by no word"),
    ],
)
def test_a_pair_that_cannot_be_learned_says_why(shop: Data, question: str, sql: str, reason: str) -> None:
    found = sorted_(shop, Pair(question, sql, line=7))
    assert not found.accepted
    assert reason in found.refused[0].reason
    assert found.refused[0].line == 7


def test_a_follow_up_knows_the_turn_before(shop: Data) -> None:
    before = (
        "boomerangs by region",
        "SELECT region, count(*) FROM sales WHERE state = 'returned' GROUP BY 1",
    )
    pair = Pair(
        "and by kind?", "SELECT kind, count(*) FROM sales WHERE state = 'returned' GROUP BY kind", *before
    )
    [one] = sorted_(shop, pair).accepted
    assert one.record["context"] == ["boomerangs by region"]
    assert one.record["previous"]["group_by"][0]["expr"]["name"] == "region"
    context = one.context()
    assert context is not None
    assert context.plan is not None
    assert context.plan.table == "sales"


def test_too_few_pairs_say_what_to_do(shop: Data) -> None:
    found = sorted_(shop, Pair("how many", "SELECT count(*) FROM sales"), Pair("x", "SELECT y FROM sales"))
    with pytest.raises(
        InvalidArguments, match=r"1 of the pairs can be used, and 10 are needed\. 1 were left out"
    ):
        require_enough(found.accepted, found.refused, 10)


def test_no_source_is_an_error() -> None:
    with pytest.raises(InvalidArguments, match="No source"), attached([]):
        pass


PERIOD = {"kind": "period", "start": "2024-01-01", "end": "2025-01-01"}


@pytest.mark.parametrize(
    "condition",
    [
        "placed >= DATE '2024-01-01' AND placed < '2025-01-01'",
        "placed BETWEEN '2024-01-01' AND '2024-12-31'",
        "year(placed) = 2024",
        "EXTRACT(year FROM placed) = 2024",
        "placed > '2023-12-31' AND region = 'North' AND placed <= CAST('2024-12-31' AS DATE)",
    ],
)
def test_bounds_become_the_period_that_the_question_names(shop: Data, condition: str) -> None:
    plan = plan_of(shop, "sales in 2024 in the North", f"SELECT count(*) FROM sales WHERE {condition}")
    assert PERIOD.items() <= parts(plan["where"])[0].items()


def parts(where: Any) -> list[dict[str, Any]]:
    """The conditions of a plan, the period first."""
    items = where["items"] if where["kind"] == "and" else [where]
    return sorted(items, key=lambda i: "period" not in i["kind"])


def test_a_relative_period_is_found_in_what_llmauto_compiles(shop: Data) -> None:
    question = "sales last month"
    [date] = [d for d in read_dates(question) if d.kind == "relative"]
    period = RelativePeriod(
        argument=ColumnRef(name="placed", table="sales"), unit="month", offset=date.offset, count=date.count,
        rolling=date.rolling, anchor="data",
    )  # fmt: skip
    count = Measure(expr=Aggregate(function="count"))
    sql = compile_plan(Plan(table="sales", where=period, measures=(count,)), shop.index.tables)
    plan = plan_of(shop, question, sql)
    assert parts(plan["where"])[0]["kind"] == "relative_period"


def test_other_bounds_stay_as_they_are(shop: Data) -> None:
    sql = "SELECT count(*) FROM sales WHERE placed >= '2024-01-01' AND placed < '2024-02-01'"
    assert with_periods(sql, ["sales in 2024"], shop.index.tables) == sql
    assert with_periods("SELECT", ["sales in 2024"], shop.index.tables) == "SELECT"
