"""Requests written by hand are read, converted and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmauto_agent.planner.training.written.check import check_file
from llmauto_agent.planner.training.written.convert import convert_chain
from llmauto_agent.planner.training.written.parse import parse_file

SHOP = """
# a shop
@schema shop
@table orders (order, orders) | order_id id | customer_id id | placed_on=order date date 2021 2024 \
| "Net Total"=takings money 5 900 | state cat open,paid,cancelled
@table customers (customer, customers) | customer_id id | fname name | town cat Leeds,York,Bath
@key orders.customer_id = customers.customer_id
how much did we take last year => SELECT sum("Net Total") FROM orders WHERE during(placed_on, 'last year')
> and per month? => SELECT date_trunc('month', placed_on), sum("Net Total") FROM orders \
WHERE during(placed_on, 'last year') GROUP BY 1 ORDER BY 1
takings by town as bars => chart:bar SELECT town, sum("Net Total") FROM orders \
JOIN customers USING (customer_id) GROUP BY town
orders of Ann Poe => SELECT orders.* FROM orders JOIN customers USING (customer_id) WHERE fname = 'Ann Poe'
what's our churn rate => !missing
clean it up and predict takings => =preprocess {"target": "Net Total"} ; train_model {"target": "Net Total"}
"""


def _file(folder: Path, text: str, name: str = "en_shop.txt") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_read_as_chains_over_its_tables(tmp_path: Path) -> None:
    blocks, problems = parse_file(_file(tmp_path, SHOP))
    assert not problems
    (block,) = blocks
    assert [c.name for c in block.tables[0].columns] == [
        "order_id",
        "customer_id",
        "placed_on",
        "Net Total",
        "state",
    ]
    assert block.tables[0].columns[2].say == ("order date",)
    assert (block.keys[0].table, block.keys[0].other_table) == ("orders", "customers")
    assert [len(c) for c in block.chains] == [2, 1, 1, 1, 1]


def test_records_hold_the_conversation_and_the_plan_before(tmp_path: Path) -> None:
    (block,), _ = parse_file(_file(tmp_path, SHOP))
    turns, problems = convert_chain(block.chains[0], block)
    assert not problems
    first, second = (t.record for t in turns)
    assert (first["context"], first["previous"]) == ([], None)
    assert second["context"] == ["how much did we take last year"]
    assert second["previous"] == first["plan"]
    assert second["plan"]["where"] == first["plan"]["where"]
    assert first["plan"]["where"]["kind"] == "relative_period"


def test_refusals_charts_and_tools(tmp_path: Path) -> None:
    (block,), _ = parse_file(_file(tmp_path, SHOP))
    records = [convert_chain(chain, block)[0][0].record for chain in block.chains]
    assert records[1]["chart"] == "bar"
    assert records[3]["refuse"] == "missing"
    steps = records[4]["arguments"]["steps"]
    assert [s["tool"] for s in steps] == ["preprocess", "train_model"]
    assert steps[1]["arguments"] == {"table": "orders", "target": "Net Total"}


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    good, problems, _ = check_file(_file(tmp_path, SHOP))
    assert problems == []
    assert good == 6


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("how much => SELECT sum(price) FROM orders", "unknown_column"),
        ("how much SELECT 1", "expected: request => answer"),
        ("in Hull => SELECT count(*) FROM customers WHERE town = 'Hull'", "'Hull' is no value of town"),
        (
            "last year => SELECT count(*) FROM orders WHERE during(placed_on, 'in May')",
            "period_not_in_request",
        ),
        ("what is churn => !why", "!why is none of"),
        ('predict it => =train_model {"target": "price"}', "there is no column price"),
        (
            'scale it => =preprocess {"steps": [{"kind": "scale", "columns": ["price"]}]}',
            "there is no column price",
        ),
        ('scale it => =preprocess {"steps": [{"kind": "shrink"}]}', "steps of preprocess is 'shrink'"),
        ('test it => =test_hypothesis {"value": "Net Total", "other": "order_id"}', "takes no other"),
        ("profile => =profiling {}", "is none of the tools"),
        ("a pie => chart:cake SELECT count(*) FROM orders", "cake is none of the charts"),
        ("nothing => SELECT sum( FROM orders", "not_parsed"),
    ],
)
def test_a_bad_line_is_named_with_its_reason(tmp_path: Path, line: str, reason: str) -> None:
    _, problems, _ = check_file(_file(tmp_path, SHOP + line + "\n"))
    (problem,) = problems
    assert problem.line == len(SHOP.splitlines()) + 1
    assert reason in problem.reason


def test_steps_with_columns_and_a_second_column(tmp_path: Path) -> None:
    lines = (
        'dummies for the state => =preprocess {"steps": [{"kind": "encode", "columns": ["state"]}]}\n'
        'paired => =test_hypothesis {"value": "Net Total", "other": "order_id", "paired": true}\n'
    )
    good, problems, unsaid = check_file(_file(tmp_path, SHOP + lines))
    assert (good, problems) == (8, [])
    assert unsaid == check_file(_file(tmp_path, SHOP, "en_plain.txt"))[2]


def test_a_column_of_an_unknown_type_is_a_problem(tmp_path: Path) -> None:
    _, problems = parse_file(_file(tmp_path, "@schema a\n@table t (x, xs) | a number 1 2\n"))
    assert "no type" in problems[0].reason
