"""Plans and results in words, over results of real queries; every sentence passes the grounding check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmauto_agent.grounding.check import check
from llmauto_agent.planner.verbalise import verbalise
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, Table

Ask = Callable[[Plan], Evidence]
FARE = {"kind": "column", "name": "fare"}
AGE = {"kind": "column", "name": "age"}
NAME = {"kind": "column", "name": "name"}
REGION = {"expr": {"kind": "column", "name": "region"}}
COUNT = {"kind": "aggregate", "function": "count"}
MONTH = {"expr": {"kind": "date_bucket", "unit": "month", "argument": {"kind": "column", "name": "day"}}}


def aggregate(function: str, argument: dict[str, Any] = FARE, **more: Any) -> dict[str, Any]:
    return {"kind": "aggregate", "function": function, "argument": argument, **more}


def compare(column: dict[str, Any], op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "op": op, "left": column, "right": {"kind": "literal", "value": value}}


RETURNED = {"kind": "is_true", "argument": {"kind": "column", "name": "returned"}}
NORTH = compare(REGION["expr"], "=", "north")
CASES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("count", {"where": compare(AGE, ">", 70), "measures": [{"expr": COUNT}]}, "How many travellers are over 70?",
     "There are 21 travellers with age over 70.", "age超过70的共有21行。"),
    ("none", {"where": compare(AGE, ">", 100), "measures": [{"expr": COUNT}]}, "",
     "There are no rows with age over 100.", "没有age超过100的行。"),
    ("yes", {"where": compare(AGE, ">", 70), "measures": [{"expr": COUNT}]}, "Are there travellers over 70?",
     "Yes: there are 21 rows with age over 70.", "age超过70的共有21行。"),
    ("no", {"where": compare(AGE, ">", 100), "measures": [{"expr": COUNT}]}, "Are there any over 100?",
     "No: there are no rows with age over 100.", "没有age超过100的行。"),
    ("scalar", {"measures": [{"expr": aggregate("avg")}]}, "", "The average fare is 50.30.", "fare平均值是50.30。"),
    ("null", {"where": compare(AGE, ">", 100), "measures": [{"expr": aggregate("avg")}]}, "",
     "There is no value: no matching row has one (average fare of rows with age over 100).",
     "没有值：age超过100的行中没有fare平均值。"),
    ("share", {"measures": [{"expr": {**COUNT, "where": RETURNED}}, {"expr": COUNT}]},
     "How many travellers returned?", "Of 200 travellers, 80 returned (40%).", "200行中，80行returned为真（占40%）。"),
    ("groups", {"group_by": [REGION], "measures": [{"expr": aggregate("avg")}]}, "",
     "Average fare by region: highest for south (50.68), lowest for north (49.86); 3 groups.",
     "各region的fare平均值：最高的是south（50.68），最低的是north（49.86）；共3组。"),
    ("pair", {"group_by": [{"expr": {"kind": "column", "name": "returned"}}], "measures": [{"expr": COUNT}]}, "",
     "Number of rows by returned: 120 for returned false, 80 for returned true; returned false is higher by 40 "
     "(1.50 times).", "各returned的行数：returned false（120），returned true（80）；returned false高出40（1.50倍）。"),
    ("superlative", {"select": [{"expr": NAME}, {"expr": FARE}], "order_by": [{"by": FARE, "descending": True}],
                     "limit": 1}, "", "The highest fare is 100.25: 'Traveller 1030'.",
     "最高的fare是100.25：“Traveller 1030”。"),
    ("top", {"group_by": [REGION], "measures": [{"expr": aggregate("sum"), "alias": "total"}], "limit": 2,
             "order_by": [{"by": "total", "descending": True}]}, "",
     "The 2 regions with the highest total fare: south (3,395.75), north (3,340.75).",
     "fare总和最高的2个region：south（3,395.75），north（3,340.75）。"),
    ("ties", {"group_by": [REGION], "measures": [{"expr": COUNT}]}, "",
     "Number of rows by region: highest for north and south (67, tied), lowest for west (66); 3 groups.",
     "各region的行数：最高的是north和south（67，并列），最低的是west（66）；共3组。"),
    ("series", {"group_by": [MONTH], "measures": [{"expr": aggregate("sum")}]}, "",
     "Total fare per month from Jan 2023 to Aug 2024: highest in Jul 2023 (598.75), lowest in Aug 2024 (401.00); "
     "20 groups.", "每月fare总和，从2023年1月到2024年8月：最高在2023年7月（598.75），最低在2024年8月（401.00）；共20组。"),
    ("running", {"group_by": [MONTH], "measures": [{"expr": COUNT, "window": "running_total"}]}, "",
     "Running total of number of rows per month from Jan 2023 to Aug 2024: reaches 200 in Aug 2024; 20 groups.",
     "每月行数累计，从2023年1月到2024年8月：到2024年8月累计为200；共20组。"),
    ("distinct", {"select": [{"expr": {"kind": "column", "name": "class"}}], "distinct": True}, "",
     "class: 4 different values: 1, 2, 3 and 4.", "class有4个不同的值：1、2、3和4。"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "question", "english", "chinese"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_plan_and_its_result_in_words(
    ask: Ask, table: Table, parts: dict[str, Any], question: str, english: str, chinese: str
) -> None:
    plan = Plan.model_validate({"table": "trips", **parts})
    evidence = ask(plan)
    assert verbalise(plan, evidence, "en", [table], question=question) == english
    assert verbalise(plan, evidence, "zh", [table], question="") == chinese
    for text in (english, chinese):
        assert check(text, [evidence], question).unverified == []


def test_no_extremes_of_a_result_that_was_cut_off(table: Table) -> None:
    plan = Plan.model_validate({"table": "trips", "group_by": [REGION], "measures": [{"expr": COUNT}]})
    cut = Evidence(
        "e1", "analyze", {"plan": plan.model_dump(mode="json")}, "finished",
        columns=(("region", "VARCHAR"), ("count", "BIGINT")), rows=(("a", 5), ("b", 7)), row_count=5000, truncated=True,
    )  # fmt: skip
    text = verbalise(plan, cut, "en", [table])
    assert text == "Number of rows by region: 5,000 groups, the first: a (5), b (7), …."
    assert "highest" not in text


def test_no_lowest_of_a_top_list(ask: Ask, table: Table) -> None:
    plan = Plan.model_validate(
        {
            "table": "trips",
            "group_by": [REGION],
            "measures": [{"expr": COUNT}],
            "order_by": [{"by": COUNT}],
            "limit": 2,
        }
    )
    assert "highest" not in verbalise(plan, ask(plan), "en", [table])


def test_a_noun_that_names_a_column_does_not_stand_for_rows(ask: Ask, table: Table) -> None:
    plan = Plan.model_validate({"table": "trips", "measures": [{"expr": COUNT}]})
    text = verbalise(plan, ask(plan), "en", [table], question="How many regions are there?")
    assert text == "There are 200 rows."


def test_typed_sql_is_worded_without_a_plan(table: Table) -> None:
    query = Evidence(
        "e1", "query", {"sql": "SELECT max(x) AS top FROM t"}, "finished", sql="SELECT max(x) AS top FROM t",
        columns=(("top", "DOUBLE"),), rows=((12.5,),), row_count=1,
    )  # fmt: skip
    assert verbalise(None, query, "en", [table]) == "1 row: top 12.5."
    assert verbalise(None, query, "zh", [table]) == "1行：top 12.5。"


def test_assumptions_are_said(ask: Ask, table: Table) -> None:
    plan = Plan.model_validate({"table": "trips", "measures": [{"expr": COUNT}]})
    text = verbalise(plan, ask(plan), "en", [table], assumptions=["'trips' read as the table trips."])
    assert text == "There are 200 rows. 'trips' read as the table trips."


def test_currency_comes_from_the_column_note() -> None:
    table = Table("sales", (Column("price", "DOUBLE", "text '$1,234' read as a number"),))
    plan = Plan.model_validate(
        {"table": "sales", "measures": [{"expr": aggregate("max", {"kind": "column", "name": "price"})}]}
    )
    evidence = Evidence(
        "e1", "analyze", {"plan": plan.model_dump(mode="json")}, "finished", columns=(("max_price", "DOUBLE"),),
        rows=((1234.5,),), row_count=1,
    )  # fmt: skip
    text = verbalise(plan, evidence, "en", [table])
    assert text == "The highest price is $1,234.5."
    assert check(text, [evidence]).unverified == []


def test_periods_are_said_as_people_say_them(ask: Ask, table: Table) -> None:
    for start, end, said in (
        ("2023-01-01", "2024-01-01", "day in 2023"),
        ("2023-04-01", "2023-07-01", "day in Q2 2023"),
        ("2023-03-01", "2023-04-01", "day in Mar 2023"),
        ("2023-03-05", "2023-03-08", "day from 2023-03-05 to 2023-03-07"),
    ):
        period = {"kind": "period", "argument": {"kind": "column", "name": "day"}, "start": start, "end": end}
        plan = Plan.model_validate({"table": "trips", "where": period, "measures": [{"expr": COUNT}]})
        evidence = ask(plan)
        text = verbalise(plan, evidence, "en", [table])
        assert said in text
        assert check(text, [evidence]).unverified == []
