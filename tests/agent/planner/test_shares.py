from __future__ import annotations

from llmauto_agent.planner.shares import with_counts, without_counts
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Compare,
    Item,
    Literal_,
    Measure,
    Plan,
)

SURVIVED = Compare(op="=", left=ColumnRef(name="Survived"), right=Literal_(value=1))
SHARE = Arithmetic(
    op="/", left=Aggregate(function="count", where=SURVIVED), right=Aggregate(function="count")
)
PLAN = Plan(table="titanic", measures=(Measure(expr=SHARE),))


def test_a_share_gets_its_part_and_its_whole_and_loses_them_again() -> None:
    shown = with_counts(PLAN)
    assert [m.expr for m in shown.measures] == [SHARE, SHARE.left, SHARE.right]
    assert without_counts(shown) == PLAN


def test_other_plans_stay_as_they_are() -> None:
    grouped = PLAN.model_copy(update={"group_by": (Item(expr=ColumnRef(name="Sex")),)})
    mean = Plan(
        table="titanic", measures=(Measure(expr=Aggregate(function="avg", argument=ColumnRef(name="Age"))),)
    )
    for plan in (grouped, mean):
        assert with_counts(plan) == plan
        assert without_counts(plan) == plan


def test_three_measures_that_a_person_asked_for_are_kept() -> None:
    asked = Plan(table="t", measures=(Measure(expr=Aggregate(function="count")),) * 3)
    assert without_counts(asked) == asked
