"""A plan is plain data: JSON and back, strict, and cheap to import."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from llmauto_tools.plan.model import (
    Aggregate,
    And,
    ColumnRef,
    Compare,
    InQuery,
    Item,
    Literal_,
    Measure,
    Not,
    OneOf,
    Order,
    Plan,
    ScalarQuery,
    SetOperation,
    TopPerGroup,
)
from llmauto_tools.plan.walk import columns_of, walk

INNER = Plan(table="b", select=(Item(expr=ColumnRef(name="x")),))
PLAN = Plan(
    table="a",
    where=And(
        items=(
            Compare(op=">", left=ColumnRef(name="n"), right=ScalarQuery(plan=INNER)),
            Not(item=OneOf(argument=ColumnRef(name="c"), values=(True, 1, 1.5, "x", None))),
            InQuery(argument=ColumnRef(name="c"), plan=INNER),
        )
    ),
    group_by=(Item(expr=ColumnRef(name="g")),),
    measures=(Measure(expr=Aggregate(function="count"), window="share"),),
    order_by=(Order(by="share", descending=True), Order(by=ColumnRef(name="g"))),
    top_per_group=TopPerGroup(by=(ColumnRef(name="g"),), count=3),
    combine=SetOperation(op="union", plan=INNER),
)


def test_a_plan_goes_to_json_and_back_without_loss() -> None:
    again = Plan.model_validate_json(PLAN.model_dump_json())
    assert again == PLAN
    assert again.model_dump() == PLAN.model_dump()
    assert Plan.model_validate_json(PLAN.model_dump_json(exclude_defaults=True)).table == "a"


@pytest.mark.parametrize("value", [True, 1, 1.5, "1", None])
def test_constants_keep_their_type(value: object) -> None:
    again = Literal_.model_validate_json(Literal_(value=value).model_dump_json())  # type: ignore[arg-type]
    assert again.value == value
    assert type(again.value) is type(value)


def test_unknown_fields_are_refused_and_plans_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate({"table": "a", "tabel": "b"})
    with pytest.raises(ValidationError):
        PLAN.table = "b"


def test_walking_stays_out_of_inner_plans() -> None:
    assert [c.name for c in columns_of(PLAN)] == ["n", "c", "c", "g", "g", "g"]
    assert sum(isinstance(n, ScalarQuery) for n in walk(PLAN)) == 1


@pytest.mark.parametrize(
    "module",
    [
        "llmauto_tools.plan.model",
        "llmauto_tools.charts.choose",
        "llmauto_tools.charts.spec",
        "llmauto_tools.plan.keys",
    ],
)
def test_importing_loads_no_sql_or_chart_library(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('sqlglot', 'duckdb', 'pyarrow', 'altair', 'vl_convert') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
