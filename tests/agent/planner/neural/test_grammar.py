from __future__ import annotations

import contextlib
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.neural.grammar import (
    POINTERS,
    START,
    TOKEN_ID,
    TOOLS,
    VOCABULARY,
    Pointer,
    Token,
    allowed,
    check,
    step,
)
from llmauto_agent.planner.neural.inputs import Encoded
from llmauto_agent.planner.neural.items import Items, find_items
from llmauto_agent.planner.neural.read import read_actions
from llmauto_agent.planner.neural.search import action_of, search
from llmauto_agent.planner.neural.symbols import SYMBOLS
from llmauto_agent.planner.neural.write import NotSayableError, write_call, write_plan, write_refusal
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.errors import PlanError
from llmauto_tools.plan import model as m
from llmauto_tools.schema import ForeignKey
from llmauto_tools.workspace import Workspace


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SchemaIndex:
    folder = tmp_path_factory.mktemp("neural")
    (folder / "visits.csv").write_text(
        "visit_id,club,day,minutes,guest\n1,Riverside,2023-01-04,60,Yes\n2,Docklands,2023-02-11,45,No\n"
        "3,Riverside,2024-03-09,30,No\n"
    )
    (folder / "clubs.csv").write_text("club,city,members\nRiverside,Oslo,120\nDocklands,Rome,80\n")
    workspace = Workspace(folder / "ws")
    for name in ("visits", "clubs"):
        workspace.attach(str(folder / f"{name}.csv"))
    tables = workspace.tables()
    keys = [ForeignKey("visits", "club", "clubs", "club")]
    return SchemaIndex(tables, keys, EngineValues(workspace.engine, tables))


def col(name: str) -> m.ColumnRef:
    return m.ColumnRef(name=name)


COUNT = m.Measure(expr=m.Aggregate(function="count"))
PLANS: list[tuple[str, m.Plan]] = [
    ("how many visits in Riverside", m.Plan(table="visits", measures=(COUNT,), where=m.Compare(op="=", left=col("club"), right=m.Literal_(value="Riverside")))),
    ("average minutes by club, top 3", m.Plan(table="visits", group_by=(m.Item(expr=col("club")),), measures=(m.Measure(expr=m.Aggregate(function="avg", argument=col("minutes"))),), order_by=(m.Order(by=m.Aggregate(function="avg", argument=col("minutes")), descending=True),), limit=3)),
    ("monthly minutes in 2023", m.Plan(table="visits", where=m.Period(argument=col("day"), start="2023-01-01", end="2024-01-01"), group_by=(m.Item(expr=m.DateBucket(unit="month", argument=col("day"))),), measures=(m.Measure(expr=m.Aggregate(function="sum", argument=col("minutes")), window="running_total"),))),
    ("visits between 30 and 60 minutes, not in Docklands", m.Plan(table="visits", where=m.And(items=(m.Compare(op="!=", left=col("club"), right=m.Literal_(value="Docklands")), m.Between(argument=col("minutes"), low=m.Literal_(value=30), high=m.Literal_(value=60)))))),
    ("share of guest visits", m.Plan(table="visits", measures=(m.Measure(expr=m.Arithmetic(op="/", left=m.Aggregate(function="count", where=m.IsTrue(argument=col("guest"))), right=m.Aggregate(function="count"))),))),
    ("visits longer than average", m.Plan(table="visits", where=m.Compare(op=">", left=col("minutes"), right=m.ScalarQuery(plan=m.Plan(table="visits", measures=(m.Measure(expr=m.Aggregate(function="avg", argument=col("minutes"))),)))))),
    ("the 90th percentile of minutes", m.Plan(table="visits", measures=(m.Measure(expr=m.Aggregate(function="quantile", fraction=0.9, argument=col("minutes"))),))),
    ("visits whose club contains river", m.Plan(table="visits", where=m.TextMatch(how="contains", argument=col("club"), text="river"))),
    ("longest visit in each club", m.Plan(table="visits", select=(m.Item(expr=col("club")), m.Item(expr=col("minutes"))), order_by=(m.Order(by=col("minutes"), descending=True),), top_per_group=m.TopPerGroup(by=(col("club"),), count=1))),
    ("Riverside and Docklands visits", m.Plan(table="visits", where=m.OneOf(argument=col("club"), values=("Riverside", "Docklands")), measures=(COUNT,))),
    ("clubs without visits", m.Plan(table="clubs", where=m.Not(item=m.InQuery(argument=col("club"), plan=m.Plan(table="visits", select=(m.Item(expr=col("club")),)))))),
]  # fmt: skip


@pytest.mark.parametrize(("question", "plan"), PLANS)
def test_a_plan_that_is_written_reads_back(question: str, plan: m.Plan, index: SchemaIndex) -> None:
    items = find_items(question, index)
    actions = write_plan(plan, items, "bar")
    check(actions)
    said = read_actions(actions, items, index.foreign_keys)
    assert said.plan == plan
    assert (said.tool, said.chart) == ("analyze", "bar")


def test_joins_follow_from_the_tables_of_the_columns(index: SchemaIndex) -> None:
    items = find_items("minutes by city", index)
    city, minutes = items.column("clubs", "city"), items.column("visits", "minutes")
    assert city is not None
    assert minutes is not None
    actions = [
        Token("ANALYZE"), Pointer("table", items.tables.index("visits")), Token("GROUP"), Pointer("column", city),
        Token("MEASURE"), Token("AGG_sum"), Pointer("column", minutes), Token("END"), Token("END"),
    ]  # fmt: skip
    plan = read_actions(actions, items, index.foreign_keys).plan
    assert plan is not None
    assert [j.table for j in plan.joins] == ["clubs"]
    with pytest.raises(PlanError, match="No key connects"):
        read_actions(actions, items, ())


CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("train a model for guest with club and minutes", "train_model", {"table": "visits", "target": "guest", "features": ["club", "minutes"]}),
    ("forecast minutes 12 months ahead", "forecast", {"table": "visits", "value": "minutes", "horizon": 12, "every": "month"}),
    ("look for duplicates and outliers", "check_quality", {"table": "visits", "checks": ["duplicates", "outliers"]}),
    ("apply model guests to visits", "predict", {"table": "visits", "model": "guests"}),
    ("one-hot encode the club and scale minutes", "preprocess", {"table": "visits", "steps": [{"kind": "encode", "columns": ["club"]}, {"kind": "scale", "columns": ["minutes"]}]}),
    ("drop the duplicates, fill the gaps", "preprocess", {"table": "visits", "steps": [{"kind": "deduplicate"}, {"kind": "impute"}]}),
    ("paired test of minutes and visit ids", "test_hypothesis", {"table": "visits", "value": "minutes", "other": "visit_id", "paired": True}),
    ("paired minutes by guest", "test_hypothesis", {"table": "visits", "value": "minutes", "by": "guest", "paired": True}),
    ("model minutes, at most 2 minutes", "train_model", {"table": "visits", "target": "minutes", "time_budget": 120}),
    ("predict minutes for the next 2 years, monthly", "forecast", {"table": "visits", "value": "minutes", "horizon": 24, "every": "month"}),
    ("forecast minutes for the next 2 years", "forecast", {"table": "visits", "value": "minutes", "horizon": 2, "every": "year"}),
    ("未来3周每天的minutes", "forecast", {"table": "visits", "value": "minutes", "horizon": 21, "every": "day"}),
    ("profile, then cluster into 3", "compose", {"steps": [{"tool": "profile", "arguments": {"table": "visits"}}, {"tool": "segment", "arguments": {"table": "visits", "clusters": 3}}]}),
]  # fmt: skip


@pytest.mark.parametrize(("question", "tool", "arguments"), CALLS)
def test_a_call_that_is_written_reads_back(
    question: str, tool: str, arguments: dict[str, Any], index: SchemaIndex
) -> None:
    items = find_items(question, index)
    actions = write_call(tool, arguments, items)
    check(actions)
    said = read_actions(actions, items)
    assert (said.tool, said.arguments) == (tool, arguments)


def test_a_refusal_reads_back(index: SchemaIndex) -> None:
    said = read_actions(write_refusal("scope"), find_items("tell me a joke", index))
    assert (said.refusal, said.tool, said.plan) == ("scope", None, None)


def test_what_was_not_found_cannot_be_said(index: SchemaIndex) -> None:
    items = find_items("visits over an hour", index)
    for value, part in ((12345, "number"), ("Atlantis", "text")):
        where = m.Compare(op=">", left=col("minutes"), right=m.Literal_(value=value))  # type: ignore[arg-type]
        with pytest.raises(NotSayableError, match=part):
            write_plan(m.Plan(table="visits", where=where), items)


@pytest.mark.parametrize(
    "actions",
    [
        [Token("ANALYZE"), Token("END")],
        [Token("TOOL_profile"), Pointer("column", 0)],
        [Token("ANALYZE"), Pointer("table", 0), Token("LIMIT"), Token("TRUE")],
        [Token("ANALYZE"), Pointer("table", 0), Token("LIMIT"), Token("C3"), Token("WHERE")],
        [Token("ANALYZE"), Pointer("table", 0)],
        [Token("REFUSE_scope"), Token("END")],
    ],
)
def test_what_is_no_sentence_is_refused(actions: list[Any]) -> None:
    with pytest.raises(ValueError):
        check(actions)


class Chance:
    """A scorer that likes anything: whatever a search over it finds has to be a sentence."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def prepare(self, encoded: Encoded) -> list[int]:
        return [len(VOCABULARY) + len(encoded.places), 0]

    def advance(
        self, prepared: list[int], parents: np.ndarray, before: np.ndarray, symbols: np.ndarray
    ) -> np.ndarray:
        prepared[1] += 1
        rows = self.random.normal(size=(before.shape[0], prepared[0]))
        rows[:, TOKEN_ID["END"]] += 4 + prepared[1] / 4  # or it writes on and on
        rows[:, TOKEN_ID["CLOSE"]] += 4 + prepared[1] / 4
        return rows


def encoded_of(items: Items) -> Encoded:
    counts = [
        len(items.tables),
        len(items.columns),
        len(items.values),
        len(items.numbers),
        len(items.dates),
        len(items.words),
    ]
    kinds = [k for k, n in enumerate(counts) for _ in range(n)]
    offsets = {kind: sum(counts[:k]) for k, kind in enumerate(POINTERS)}
    return Encoded([0], [0], [0], [0], [0] * len(kinds), kinds, offsets)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_search_finds_can_be_read(seed: int, index: SchemaIndex) -> None:
    items = find_items("how many visits in Riverside over 30 minutes in 2023", index)
    encoded = encoded_of(items)
    found = search(Chance(seed), encoded, width=3)
    assert found
    for one in found:
        check(one.actions)
        assert math.isfinite(one.score)
        with contextlib.suppress(PlanError):  # a sentence whose tables no key joins
            read_actions(one.actions, items, index.foreign_keys)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)


def test_numbers_and_actions_are_each_other_s_inverse(index: SchemaIndex) -> None:
    encoded = encoded_of(find_items("visits in Riverside", index))
    for number in range(len(VOCABULARY) + len(encoded.kinds)):
        assert encoded.position(action_of(number, encoded)) == number


def test_every_symbol_leads_on() -> None:
    for symbol in SYMBOLS:
        may = allowed(symbol)
        assert may.tokens or may.pointers
    r = random.Random(0)
    for tool in TOOLS:
        stack = step(START, Token(f"TOOL_{tool}"))
        stack = step(stack, Pointer("table", 0))
        while stack:
            may = allowed(stack[-1])
            choices: list[Any] = [Token(t) for t in may.tokens if r.random() < 0.5 or t in {"END", "CLOSE"}]
            choices += [Pointer(k, 0) for k in may.pointers] or (
                [Token(may.tokens[0])] if not choices else []
            )
            stack = step(stack, r.choice(choices))


def test_wide_and_many_tables_are_cut_to_what_the_request_names(tmp_path: Path) -> None:
    names = [f"measure_{i}" for i in range(400)] + ["tyre_pressure"]
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n")
    workspace = Workspace(tmp_path / "ws")
    workspace.attach(str(tmp_path / "wide.csv"))
    wide = SchemaIndex(workspace.tables(), (), EngineValues(workspace.engine, workspace.tables()))
    items = find_items("average tyre pressure", wide)
    assert len(items.columns) <= 60
    assert items.column("wide", "tyre_pressure") is not None
