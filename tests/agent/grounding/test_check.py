"""The grounding check on results of real queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from llmauto_agent.grounding.check import Mark, check
from llmauto_tools.ledger import Evidence
from llmauto_tools.plan.model import Plan

FARE = {"kind": "column", "name": "fare"}
AVERAGE = {"expr": {"kind": "aggregate", "function": "avg", "argument": FARE}}
COUNT = {"expr": {"kind": "aggregate", "function": "count"}}
REGION = {"expr": {"kind": "column", "name": "region"}}
CLASS = {"expr": {"kind": "column", "name": "class"}}
Ask = Callable[[Plan], Evidence]


def plan(**parts: object) -> Plan:
    return Plan.model_validate({"table": "trips", **parts})


def single(**cells: float) -> Evidence:
    """One row of plain cells from typed SQL."""
    columns = tuple((name, "DOUBLE") for name in cells)
    return Evidence(
        "e7", "query", {"sql": "SELECT"}, "finished", sql="SELECT", columns=columns, rows=(tuple(cells.values()),),
        row_count=1,
    )  # fmt: skip


def mark_of(text: str, evidence: Evidence, number: str, question: str = "") -> Mark:
    return next(m for m in check(text, [evidence], question).marks if m.text == number)


def test_no_number_is_nothing_to_check() -> None:
    grounding = check("There are no rows.", [])
    assert grounding.nothing_to_check
    assert (grounding.checked, grounding.unverified) == (0, [])


@pytest.mark.parametrize(
    ("text", "grounded"),
    [
        ("The value is 0.3838.", True),
        ("The value is 38.4%.", True),
        ("The value is 38%.", True),
        ("The value is 38.3%.", False),
        ("The value is 38.4.", False),
        ("The value is 0.384%.", False),
        ("The value is 0.39.", False),
    ],
)
def test_rounding_is_judged_by_the_printed_digits(text: str, grounded: bool) -> None:
    assert (not check(text, [single(value=0.38383838)]).unverified) is grounded


@pytest.mark.parametrize(
    ("text", "grounded"),
    [
        ("It is 1.2 million.", True),
        ("It is 1,234,567.", True),
        ("约123万。", True),
        ("It is about 1,230,000.", True),
        ("It is 1,230,000.", False),
        ("It is 1.2 billion.", False),
        ("It is 1.3 million.", False),
    ],
)
def test_units_and_hedges(text: str, grounded: bool) -> None:
    assert (not check(text, [single(value=1_234_567)]).unverified) is grounded


def test_a_cell_belongs_to_the_row_that_is_named(ask: Ask) -> None:
    evidence = ask(plan(group_by=[REGION], measures=[COUNT]))
    counts = dict(evidence.rows)
    assert counts == {"north": 67, "south": 67, "west": 66}
    assert not check("west has 66 rows, north 67.", [evidence]).unverified
    assert check("west has 67.", [evidence]).unverified == ["67"]
    assert check("66 for north.", [evidence]).unverified == ["66"]


def test_a_wrong_numeric_label_is_found(ask: Ask) -> None:
    evidence = ask(plan(group_by=[CLASS], measures=[AVERAGE]))
    first, second = evidence.rows[0], evidence.rows[1]
    assert not check(f"class {first[0]} ({first[1]:.2f})", [evidence]).unverified
    assert check(f"class {second[0]} ({first[1]:.2f})", [evidence]).unverified


def test_the_claimed_highest_is_the_highest(ask: Ask) -> None:
    evidence = ask(plan(group_by=[REGION], measures=[AVERAGE]))
    low = min(evidence.rows, key=lambda row: row[1])
    assert check(f"highest for {low[0]} ({low[1]:.2f})", [evidence]).unverified
    assert not check(f"lowest for {low[0]} ({low[1]:.2f})", [evidence]).unverified


def test_a_literal_grounds_only_what_restates_it(ask: Ask) -> None:
    where = {"kind": "compare", "op": ">", "left": FARE, "right": {"kind": "literal", "value": 50}}
    evidence = ask(plan(where=where, measures=[COUNT]))
    assert evidence.rows == ((101,),)
    restated = mark_of("There are 101 rows with fare over 50.", evidence, "50")
    assert restated.how == "argument"
    assert check("There are 50 rows with fare over 50.", [evidence]).unverified == ["50"]
    assert check("There are 101 rows with fare over 60.", [evidence]).unverified == ["60"]


def test_a_number_of_the_question_may_be_repeated_but_is_no_result() -> None:
    evidence = single(value=12)
    question = "Which of the top 5 shops sold more than 300?"
    assert mark_of("Among those over 300 it is 12.", evidence, "300", question).how == "question"
    assert check("The value is 300.", [evidence], question).unverified == ["300"]


def test_derivations_show_their_step(ask: Ask) -> None:
    evidence = ask(plan(group_by=[REGION], measures=[COUNT]))
    text = "north has 67 and west 66: north is higher by 1 (1.02 times)."
    assert mark_of(text, evidence, "1").step == "67 - 66"
    assert mark_of(text, evidence, "1.02 times").step == "67 / 66"
    share = mark_of("west: 66 (33.0%)", evidence, "33.0%")
    assert (share.how, share.step) == ("share", "66 / 200")


def test_a_share_of_two_counts() -> None:
    evidence = single(count_all=891, count_survived=342)
    text = "Of 891 passengers, 342 survived (38.4%)."
    mark = mark_of(text, evidence, "38.4%")
    assert (mark.how, mark.step, mark.evidence) == ("share", "342 / 891", "e7")
    assert check(text.replace("38.4", "38.5"), [evidence]).unverified == ["38.5%"]


def test_names_and_values_that_hold_digits(ask: Ask) -> None:
    column = {"expr": {"kind": "column", "name": "name"}}
    order = [{"by": FARE, "descending": True}]
    evidence = ask(plan(select=[column, {"expr": FARE}], order_by=order, limit=1))
    name, fare = evidence.rows[0]
    assert not check(f"The highest fare is {fare}: '{name}'.", [evidence]).unverified
    assert check(f"The highest fare is {fare}: '{name}9'.", [evidence]).unverified


def test_dates_of_a_span(ask: Ask) -> None:
    month = {"kind": "date_bucket", "unit": "month", "argument": {"kind": "column", "name": "day"}}
    evidence = ask(plan(group_by=[{"expr": month}], measures=[COUNT]))
    assert not check("Per month from Jan 2023 to Aug 2024.", [evidence]).unverified
    assert check("Per month from Jan 2023 to Jul 2024.", [evidence]).unverified == ["Jul 2024"]
    assert not check("从2023年1月到2024年8月，共20组。", [evidence]).unverified


def test_row_counts_and_truncated_results() -> None:
    rows = tuple((i,) for i in range(1000))
    cut = Evidence(
        "e2", "query", {}, "finished", columns=(("n", "INTEGER"),), rows=rows, row_count=None, truncated=True
    )
    assert not check("More than 1,000 rows.", [cut]).unverified
    assert check("More than 9,000 rows.", [cut]).unverified == ["9,000"]
    whole = Evidence("e3", "query", {}, "finished", columns=(("n", "INTEGER"),), rows=rows[:40], row_count=40)
    assert mark_of("There are 40 rows.", whole, "40").how == "row_count"
    assert check("There are 41 rows.", [whole]).unverified == ["41"]


def test_a_random_number_is_not_found_in_a_big_table() -> None:
    rows = tuple((f"shop {i}", i * 7 % 1000) for i in range(900))
    big = Evidence(
        "e4",
        "query",
        {},
        "finished",
        columns=(("shop", "VARCHAR"), ("sales", "INTEGER")),
        rows=rows,
        row_count=900,
    )
    assert check("Sales were 431.", [big]).unverified == ["431"]
    assert not check("'shop 5' has 35 and 'shop 10' has 70.", [big]).unverified
    assert check("'shop 5' has 70.", [big]).unverified == ["70"]


def test_failed_evidence_grounds_nothing() -> None:
    failed = Evidence("e5", "query", {}, "failed", columns=(("n", "INTEGER"),), rows=((5,),), row_count=1)
    assert check("The value is 5.", [failed]).unverified == ["5"]


def test_markdown_tables_and_lists(ask: Ask) -> None:
    evidence = ask(plan(group_by=[CLASS], measures=[COUNT]))
    table = "| class | count |\n|---|---|\n| 1 | 50 |\n| 2 | 50 |"
    assert not check(table, [evidence]).unverified
    assert check(table.replace("| 2 | 50 |", "| 2 | 51 |"), [evidence]).unverified
    assert not check("- class 1: 50\n- class 2: 50", [evidence]).unverified


def test_figures_of_a_tool() -> None:
    figures = Evidence("e6", "train", {}, "finished", figures={"accuracy": 0.9312, "rows": 120})
    assert mark_of("It reached 93.1% accuracy.", figures, "93.1%").how == "figure"
    assert check("It reached 94.1% accuracy.", [figures]).unverified == ["94.1%"]


def test_values_that_the_filter_names_do_not_take_the_numbers_of_the_groups(ask: Ask) -> None:
    where = {"kind": "one_of", "argument": REGION["expr"], "values": ["west", "north"]}
    evidence = ask(plan(where=where, group_by=[REGION], measures=[COUNT]))
    text = "Rows by region, for rows with region 'west' or 'north': 67 for north, 66 for west."
    assert not check(text, [evidence]).unverified
    assert check(text.replace("67", "66"), [evidence]).unverified == ["66"]
