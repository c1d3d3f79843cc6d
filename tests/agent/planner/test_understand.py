"""The rules and the network together: who has the word, and what is asked back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, HumanMessage

from llmauto_agent.planner import understand as module
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.model import READING, picked, reading_summary
from llmauto_agent.planner.neural import reader as neural
from llmauto_agent.planner.neural.agree import agree
from llmauto_agent.planner.neural.calibrate import calibration_error, fit, said
from llmauto_agent.planner.neural.carried import carried
from llmauto_agent.planner.neural.items import find_items
from llmauto_agent.planner.neural.read import Proposal
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.reading import Offer, Reading
from llmauto_agent.planner.understand import understand
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.plan import model as m
from llmauto_tools.workspace import Workspace

PLAN = m.Plan(
    table="visits",
    where=m.And(
        items=(
            m.Compare(op="=", left=m.ColumnRef(name="club"), right=m.Literal_(value="Riverside")),
            m.Compare(op=">", left=m.ColumnRef(name="minutes"), right=m.Literal_(value=37)),
        )
    ),
    measures=(m.Measure(expr=m.Aggregate(function="count")),),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchemaIndex]:
    folder: Path = tmp_path_factory.mktemp("understand")
    (folder / "visits.csv").write_text(
        "visit_id,club,sex,minutes\n1,Riverside,F,60\n2,Docklands,M,45\n3,Riverside,F,30\n"
    )
    with Workspace(folder / "ws") as workspace:
        workspace.attach(str(folder / "visits.csv"))
        tables = workspace.tables()
        yield SchemaIndex(tables, [], EngineValues(workspace.engine, tables))


def network(**fields: Any) -> Any:
    """A stand-in for the network's reading, whatever it is asked."""

    def reading(question: str, *_: Any) -> Reading:
        return Reading(question, **fields)

    return reading


@pytest.fixture
def weights() -> Any:
    return lambda: object()


def test_the_rules_keep_the_word_and_no_weights_are_loaded(index: SchemaIndex) -> None:
    def never() -> Any:
        raise AssertionError("the weights were loaded")

    question = "average minutes by club"
    assert understand(question, index, runtime=never) == read(question, index)


@pytest.mark.parametrize(
    ("confidence", "answers", "asks", "caution"),
    [
        (0.95, True, False, False),
        (0.85, True, False, True),
        (0.5, False, True, False),
        (0.1, False, False, False),
    ],
)
def test_how_sure_the_network_is_decides(
    index: SchemaIndex,
    weights: Any,
    monkeypatch: pytest.MonkeyPatch,
    confidence: float,
    answers: bool,
    asks: bool,
    caution: bool,
) -> None:
    offers = [Offer("visits count", "analyze", {}, PLAN)]
    monkeypatch.setattr(
        neural, "neural_reading", network(plan=PLAN, tool="analyze", confidence=confidence, offers=offers)
    )
    question = "zorgle the frobnicated wibbles"
    assert read(question, index).refused
    found = understand(question, index, runtime=weights)
    assert (not found.refused, bool(found.choices), bool(found.assumptions)) == (answers, asks, caution)
    assert module.ASK < module.ANSWER < module.SURE


def test_what_is_asked_back_can_be_picked() -> None:
    refused = Reading("hm", choices=["visits count"], offers=[Offer("visits count", "analyze", {}, PLAN)])
    asked = AIMessage("which?", response_metadata={READING: reading_summary(refused)})
    earlier = [HumanMessage("hm"), asked]
    for said_words in ("1", "hm (visits count)", "visits count"):
        found = picked(said_words, earlier)
        assert found is not None
        assert found.plan == PLAN
    assert picked("2", earlier) is None
    assert picked("how many visits", earlier) is None
    assert picked("1", [HumanMessage("hm"), AIMessage("3 visits")]) is None


def test_a_follow_up_may_keep_what_the_plan_before_held(index: SchemaIndex) -> None:
    kept = carried(PLAN)
    assert kept.values == (("visits", "club", "Riverside"),)
    assert [n.value for n in kept.numbers] == [37]
    items = find_items("and for men?", index, ["visits in Riverside over 37 minutes"], PLAN)
    assert any(v.value == "Riverside" and v.kept for v in items.values)
    assert any(n.value == 37 and n.start < 0 for n in items.numbers)
    assert {v.value for v in items.values if not v.kept} >= {"F", "M"}  # few values are all offered


def test_readings_agree_whatever_the_order() -> None:
    assert isinstance(PLAN.where, m.And)
    turned = PLAN.model_copy(update={"where": m.And(items=PLAN.where.items[::-1])})
    rules = Reading("q", plan=PLAN, tool="analyze", confidence=1.0)
    assert agree(rules, Proposal(plan=turned, tool="analyze"))
    other = PLAN.model_copy(update={"where": PLAN.where.items[0]})
    assert not agree(rules, Proposal(plan=other, tool="analyze"))
    assert not agree(rules, Proposal(refusal="missing"))
    call = Reading("q", tool="forecast", arguments={"value": "x", "horizon": 3}, confidence=0.9)
    assert agree(call, Proposal(tool="forecast", arguments={"value": "x"}))
    assert not agree(call, Proposal(tool="forecast", arguments={"value": "y"}))


def test_the_confidence_is_fitted_to_what_was_right() -> None:
    r = np.random.default_rng(3)
    x = r.normal(size=(4000, 2))
    y = (r.random(4000) < 1 / (1 + np.exp(-(0.5 + 2 * x[:, 0] - x[:, 1])))).astype(float)
    weights = fit(x, y)
    assert weights == pytest.approx([0.5, 2, -1], abs=0.2)
    assert calibration_error(said(weights, x), y) < 0.03
    assert calibration_error(np.full(4000, 0.99), y) > 0.2
