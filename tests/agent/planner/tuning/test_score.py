"""Execution accuracy and the paired test."""

from __future__ import annotations

import pytest

from llmauto_agent.planner.tuning.data import Data
from llmauto_agent.planner.tuning.pairs import Pair
from llmauto_agent.planner.tuning.score import Outcome, Paired, Score, State, cases, judge, mcnemar, paired

ASKED = [
    Pair("how many sales are there?", "SELECT count(*) FROM sales"),
    Pair("average price by region", "SELECT region, avg(price) FROM sales GROUP BY region"),
    Pair("average price by kind", "SELECT kind, max(price) FROM sales GROUP BY kind"),
    Pair("boomerangs", "SELECT count(*) FROM sales WHERE state = 'returned'"),
]


def test_rows_decide_and_not_the_sql(shop: Data) -> None:
    some, refused = cases([*ASKED, Pair("x", "SELECT y FROM sales", line=9)], shop)
    states = [o.state for o in judge(some, shop, None, lambda text, fraction: None, "")]
    assert states == ["right", "right", "wrong", "refused"]
    assert [r.line for r in refused] == [9]


def test_a_follow_up_is_read_after_its_turn(shop: Data) -> None:
    pair = Pair(
        "and by kind?", "SELECT kind, avg(price) FROM sales GROUP BY kind",
        "average price by region", "SELECT region, avg(price) FROM sales GROUP BY region",
    )  # fmt: skip
    some, _ = cases([pair], shop)
    [outcome] = judge(some, shop, None, lambda text, fraction: None, "")
    assert outcome.state == "right"
    alone, _ = cases([Pair("and by kind?", pair.sql)], shop)
    assert judge(alone, shop, None, lambda text, fraction: None, "")[0].state == "refused"


def test_what_is_learned_is_not_held_out(shop: Data) -> None:
    some, _ = cases(ASKED, shop, {ASKED[0].digest})
    assert [c.held for c in some] == [False, True, True, True]


def outcomes(*states: State) -> list[Outcome]:
    return [Outcome(str(n), str(n), s) for n, s in enumerate(states)]


def test_a_score_is_in_percent() -> None:
    score = Score.of(outcomes("right", "wrong", "failed", "refused"))
    assert (score.count, score.right, score.wrong, score.refused) == (4, 25.0, 50.0, 25.0)


def test_planners_are_compared_question_by_question() -> None:
    first = outcomes("right", "right", "wrong", "refused")
    second = outcomes("right", "wrong", "right", "refused")
    assert paired(first, second) == Paired(1, 1, 1, 1, 1.0)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 5), (3, 9), (12, 4), (7, 7), (1, 40)])
def test_mcnemar_is_the_sign_test_of_scipy(b: int, c: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    wanted = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(wanted)
