from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmauto_agent.meaning.apply import make_known, read_with
from llmauto_agent.meaning.body import NotRead, read_body
from llmauto_agent.meaning.say import meanings_of, statement, taught
from llmauto_agent.meaning.types import Definition, Meanings, combined
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read
from llmauto_agent.planner.values import EngineValues
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.schema import Column, Table
from llmauto_tools.workspace import Workspace

SUBS = Table(
    "subs",
    tuple(Column(n, t) for n, t in (
        ("id", "BIGINT"), ("customer", "VARCHAR"), ("plan", "VARCHAR"), ("mrr", "DOUBLE"), ("cost", "DOUBLE"),
        ("unit_price", "DOUBLE"), ("status", "VARCHAR"), ("started", "DATE"), ("is_test", "BOOLEAN"), ("金额", "DOUBLE"),
    )),
)  # fmt: skip
VALUES = {"status": ("Active", "cancelled", "on hold"), "plan": ("basic", "pro")}


def values(table: str, column: str) -> tuple[object, ...]:
    return VALUES.get(column, ())


@pytest.mark.parametrize(
    ("said", "expression", "condition"),
    [
        ("sum of mrr * 12 where status is active", 'SUM("mrr" * 12)', "\"status\" = 'Active'"),
        ("total mrr divided by number of customers", 'SUM("mrr") / COUNT(DISTINCT "customer")', None),
        ("(sum of mrr - sum of cost) / sum of mrr", '( SUM("mrr") - SUM("cost") ) / SUM("mrr")', None),
        ("mrr minus cost", '"mrr" - "cost"', None),
        ("SUM(mrr) / COUNT(DISTINCT customer)", 'SUM ( "mrr" ) / COUNT ( DISTINCT "customer" )', None),
        ("unit price above 1,000", None, '"unit_price" > 1000'),
        ("a subscription with mrr of at least 2.5k", None, '"mrr" >= 2500'),
        ("mrr at least 2.5k and plan is pro", None, "\"mrr\" >= 2500 AND \"plan\" = 'pro'"),
        ("status is one of active, on hold", None, "\"status\" IN ('Active', 'on hold')"),
        ("started before 2024-02-01", None, "\"started\" < DATE '2024-02-01'"),
        ("plan is not 'basic' or cost is missing", None, "\"plan\" <> 'basic' OR \"cost\" IS NULL"),
        ("is_test = true", None, '"is_test" = TRUE'),
        ("金额的总和除以12", 'SUM("金额") / 12', None),
        ("status 是 cancelled", None, "\"status\" = 'cancelled'"),
        ("number of customers where status is cancelled / number of customers",
         "(COUNT(DISTINCT \"customer\") FILTER (WHERE \"status\" = 'cancelled')) / (COUNT(DISTINCT \"customer\"))", None),
    ],
)  # fmt: skip
def test_the_words_of_a_definition_become_sql(
    said: str, expression: str | None, condition: str | None
) -> None:
    body = read_body(said, SUBS, values)
    assert (body.expression, body.condition) == (expression, condition)


@pytest.mark.parametrize(
    "said",
    [
        "the profit",
        "sum of profit",
        "mrr cost",
        "customers that we like",
        "",
        "mrr where cost",
        "status is unheard",
    ],
)
def test_what_cannot_be_placed_is_not_guessed(said: str) -> None:
    with pytest.raises(NotRead):
        read_body(said, SUBS, values)


@pytest.mark.parametrize(
    ("text", "data", "in_a_chat"),
    [
        ("ARR means sum of mrr * 12", {"definition": {"name": "ARR", "body": "sum of mrr * 12"}}, True),
        ("By revenue we mean net sales.", {"definition": {"name": "revenue", "body": "net sales"}}, True),
        ("margin = mrr - cost", {"definition": {"name": "margin", "body": "mrr - cost"}}, False),
        ("Remember: margin = mrr - cost", {"definition": {"name": "margin", "body": "mrr - cost"}}, True),
        ("turnover is another word for revenue", {"definition": {"name": "turnover", "body": "revenue"}}, True),
        ("客单价指销售额除以订单数", {"definition": {"name": "客单价", "body": "销售额除以订单数"}}, True),
        ("Our fiscal year starts in April", {"fiscal_start": 4}, True),
        ("财年从十月开始", {"fiscal_start": 10}, True),
        ("Always exclude test accounts: is_test is true",
         {"filter": {"body": "is_test is true", "exclude": True, "about": "test accounts"}}, True),
        ("exclude Canada", {"filter": {"body": "Canada", "exclude": True, "about": "Canada"}}, False),
        ("from now on only count orders where status is paid",
         {"filter": {"body": "status is paid", "exclude": False, "about": ""}}, True),
        ("What does ARR mean?", None, False),
        ("how many orders are there", None, False),
        ("count orders by region", None, False),
        ("the average means of transport by city", None, False),
    ],
)  # fmt: skip
def test_sentences_that_teach_and_sentences_that_do_not(
    text: str, data: dict[str, Any] | None, in_a_chat: bool
) -> None:
    if data is not None:
        assert statement(text) == data
    assert (taught(text) is not None) is in_a_chat


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("meaning")
    rows = "\n".join(
        f"{i},c{i % 7},{('basic', 'pro', 'team')[i % 3]},{('North', 'South')[i % 2]},{10 + i},{i},"
        f"{('Active', 'cancelled', 'trial')[i % 3 - 1]},2024-0{1 + i % 9}-03,{'true' if i % 5 == 0 else 'false'}"
        for i in range(60)
    )
    (folder / "subs.csv").write_text("id,customer,plan,region,mrr,cost,status,started,is_test\n" + rows)
    said = [
        "ARR means sum of mrr * 12 where status is active",
        "A big deal is a deal with mrr above 50",
        "margin = mrr - cost",
        "turnover is another word for mrr",
        "Our fiscal year starts in April",
        "毛利率是指 (mrr的总和 - cost的总和) / mrr的总和",
        "happiness means sum of smiles",
    ]
    with Workspace(folder / "w") as workspace:
        workspace.attach(str(folder / "subs.csv"))
        tables = workspace.tables()
        index = SchemaIndex(tables, [], EngineValues(workspace.engine, tables))
        meanings = combined(meanings_of(statement(s) or {}, f"m{i}") for i, s in enumerate(said, 1))
        yield workspace, make_known(meanings, index)


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("ARR by region", "SELECT region, sum(mrr) FILTER (status = 'Active') * 12 FROM subs GROUP BY 1 ORDER BY 1"),
        ("What is the ARR?", "SELECT sum(mrr) FILTER (status = 'Active') * 12 FROM subs"),
        ("ARR in 2024 by plan", "SELECT plan, sum(mrr) FILTER (status = 'Active') * 12 FROM subs WHERE year(started) = 2024 GROUP BY 1 ORDER BY 1"),
        ("which plan has the highest ARR?",
         "SELECT plan, sum(mrr) FILTER (status = 'Active') * 12 AS x FROM subs GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 1"),
        ("how many big deals are there?", "SELECT count(*) FROM subs WHERE mrr > 50"),
        ("average mrr of big deals by region", "SELECT region, avg(mrr) FROM subs WHERE mrr > 50 GROUP BY 1 ORDER BY 1"),
        ("average margin by plan", "SELECT plan, avg(mrr - cost) FROM subs GROUP BY 1 ORDER BY 1"),
        ("total turnover by region", "SELECT region, sum(mrr) FROM subs GROUP BY 1 ORDER BY 1"),
        ("total turnover in fiscal year 2023", "SELECT sum(mrr) FROM subs WHERE started BETWEEN '2023-04-01' AND '2024-03-31'"),
        ("各地区的毛利率", "SELECT region, (sum(mrr) - sum(cost)) / sum(mrr) FROM subs GROUP BY 1 ORDER BY 1"),
        ("how many rows are there?", "SELECT count(*) FROM subs"),
    ],
)  # fmt: skip
def test_questions_with_defined_names(known: Any, question: str, sql: str) -> None:
    workspace, ready = known
    reading, _ = read_with(question, ready, read)
    assert reading.plan is not None, reading
    got = workspace.engine.query(compile_plan(reading.plan, workspace.tables())).rows
    assert got == workspace.engine.query(sql).rows


def test_an_answer_says_which_definition_it_used(known: Any) -> None:
    reading, applied = read_with("ARR by region", known[1], read)
    assert applied.used == (("ARR", "sum of mrr * 12 where status is active", "m1"),)
    assert reading.assumptions == [
        "'ARR' read as you defined it: sum of mrr * 12 where status is active (m1)."
    ]
    assert read_with("how many rows are there?", known[1], read)[1].used == ()


def test_an_average_of_a_total_is_refused_and_not_guessed(known: Any) -> None:
    reading, _ = read_with("average ARR by region", known[1], read)
    assert reading.plan is None
    assert (reading.reason, reading.missing) == ("defined", ["ARR"])


def test_a_definition_that_the_tables_do_not_have_changes_nothing(known: Any) -> None:
    assert [d.name for d in known[1].unread] == ["happiness"]
    assert read_with("happiness by region", known[1], read)[0].plan is None


def test_a_filter_is_added_lifted_and_asked_for(known: Any) -> None:
    workspace, ready = known
    meanings = meanings_of(statement("Always exclude test accounts: is_test is true") or {}, "m9")
    filtered = make_known(meanings, ready.index)

    def value(question: str) -> object:
        reading, _ = read_with(question, filtered, read)
        assert reading.plan is not None
        return workspace.engine.query(compile_plan(reading.plan, workspace.tables())).rows[0][0]

    assert value("how many rows are there?") == 48
    assert value("how many rows are there including test accounts?") == 60
    assert value("how many test accounts are there?") == 12
    assert value("how many rows with is_test true?") == 12


def test_the_first_of_two_definitions_holds() -> None:
    mine = Meanings((Definition("ARR", "sum of mrr", "llmauto.yml"),))
    other = Meanings(
        (Definition("arr", "sum of cost", "m1"), Definition("MRR2", "sum of mrr", "m2")), fiscal_start=4
    )
    both = mine + other
    assert [(d.name, d.source) for d in both.definitions] == [("ARR", "llmauto.yml"), ("MRR2", "m2")]
    assert both.fiscal_start == 4


def test_importing_the_sentences_loads_no_sql_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import llmauto_agent.meaning.say, sys; print('sqlglot' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
