"""Cell values: read through the real engine, found by what a question calls them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmauto_agent.planner.linker import Link, SchemaIndex, best_links
from llmauto_agent.planner.tokens import tokenize
from llmauto_agent.planner.values import EngineValues, distinct
from llmauto_tools.errors import Interrupted, TimeLimitReached
from llmauto_tools.results import QueryResult
from llmauto_tools.workspace import Workspace

PEOPLE = """\
id,name,gender,country,status,plan,smoker,active,survived,age,city,joined,grade,payment
1,Alice Smith,Female,United States,cancelled,First,Yes,true,1,31,New York,2020-01-03,A,Credit card (automatic)
2,Bob O'Brien,Male,Germany,paid,Second,No,false,0,44,San Francisco,2021-05-09,B,Mailed check
3,Carla Diaz,Female,Spain,paid,Third,Yes,true,1,19,北京市,2022-11-30,A,Electronic check
4,Dieter Kuhn,Male,Germany,pending,First,No,true,0,63,São Paulo,2023-02-11,C,Bank transfer
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "workspace") as ws:
        (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
        ws.attach(str(tmp_path / "people.csv"))
        yield ws


@pytest.fixture
def index(workspace: Workspace) -> SchemaIndex:
    tables = workspace.tables()
    return SchemaIndex(tables, (), EngineValues(workspace.engine, tables, workspace.fingerprint))


def values(index: SchemaIndex, question: str, least: float = 0.5) -> list[tuple[str | None, object, bool]]:
    """The values that the best reading picks: (column, value, negated)."""
    links = index.link(tokenize(question))
    flags = [x for x in links if x.kind == "value" and x.how == "flag"]
    picked = [p.link for p in best_links(links) if p.link.kind == "value"]
    both: list[Link] = picked + [
        f for f in flags if all((f.start, f.end) != (p.start, p.end) for p in picked)
    ]
    return [(x.column, x.value, x.negated) for x in both if x.score >= least]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("people in germany", [("country", "Germany", False)]),
        ("people in New York", [("city", "New York", False)]),
        ("GERMANY", [("country", "Germany", False)]),
        ("cancelled plans", [("status", "cancelled", False)]),
        ("canceled", [("status", "cancelled", False)]),
        ("first class", [("plan", "First", False)]),
        ("how many males", [("gender", "Male", False)]),
        ("how many women", [("gender", "Female", False)]),
        ("men and women", [("gender", "Male", False), ("gender", "Female", False)]),
        ("男性有多少", [("gender", "Male", False)]),
        ("German people", [("country", "Germany", False)]),
        ("from the US", [("country", "United States", False)]),
        ("americans", [("country", "United States", False)]),
        ("Germny", [("country", "Germany", False)]),
        ("San Fransisco", [("city", "San Francisco", False)]),
        ("北京的客户", [("city", "北京市", False)]),
        ("named 'Bob O’Brien'", [("name", "Bob O'Brien", False)]),
        ("Alice Smith", [("name", "Alice Smith", False)]),
        ("mailed checks", [("payment", "Mailed check", False)]),
        ("by credit card", [("payment", "Credit card (automatic)", False)]),
        ("são paulo", [("city", "São Paulo", False)]),
        ("sao paulo", [("city", "São Paulo", False)]),
    ],
)
def test_found_values(index: SchemaIndex, question: str, expected: list[tuple[str, str, bool]]) -> None:
    assert values(index, question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many smokers", ("smoker", True, False)),
        ("active people", ("active", True, False)),
        ("inactive people", ("active", False, True)),
        ("non-smokers", ("smoker", False, True)),
        ("who survived", ("survived", 1, False)),
        ("who died", ("survived", 0, True)),
    ],
)
def test_yes_no_columns(index: SchemaIndex, question: str, expected: tuple[str, object, bool]) -> None:
    assert expected in values(index, question)


@pytest.mark.parametrize(("question", "value"), [("where smoker is no", False), ("with smoker = yes", True)])
def test_yes_and_no_behind_a_name_belong_to_it(index: SchemaIndex, question: str, value: bool) -> None:
    (pick,) = best_links(index.link(tokenize(question)))
    assert (pick.link.kind, pick.link.column, pick.link.value) == ("value", "smoker", value)
    assert question.endswith(pick.link.text)


def test_a_denied_value_is_the_value_negated(index: SchemaIndex) -> None:
    assert ("status", "paid", True) in values(index, "unpaid ones")


@pytest.mark.parametrize(
    "question", ["what is no data", "yes or no", "a new idea", "is it us", "give me a number"]
)
def test_no_value_by_accident(index: SchemaIndex, question: str) -> None:
    assert values(index, question) == []


@pytest.mark.parametrize(
    ("question", "column"),
    [
        ("UTC as the runner-up and Bears as the winners", "runner_up"),
        ("which year was the winner UTC", "winner"),
        ("year with UTC as winner", "winner"),
    ],
)
def test_the_column_named_next_to_a_value_is_meant(tmp_path: Path, question: str, column: str) -> None:
    (tmp_path / "finals.csv").write_text("year,winner,runner_up\n1,UTC,Bears\n2,Bears,UTC\n3,Lions,UTC\n")
    with Workspace(tmp_path / "workspace") as ws:
        ws.attach(str(tmp_path / "finals.csv"))
        index = SchemaIndex(ws.tables(), (), EngineValues(ws.engine, ws.tables()))
        (pick,) = [p for p in best_links(index.link(tokenize(question))) if p.link.value == "UTC"]
        assert pick.link.column == column
        assert not pick.ambiguous


def test_facts(workspace: Workspace) -> None:
    source = EngineValues(workspace.engine, workspace.tables())
    gender = source.facts("people", "gender")
    survived = source.facts("people", "survived")
    age = source.facts("people", "age")
    joined = source.facts("people", "joined")
    assert gender is not None
    assert (gender.values, gender.complete, gender.binary) == (("Female", "Male"), True, None)
    assert survived is not None
    assert survived.binary == (0, 1)
    assert age is not None
    assert (age.low, age.high) == (19, 63)
    assert joined is not None
    assert (joined.low, joined.high) == ("2020-01-03", "2023-02-11")
    assert source.facts("people", "nothing") is None
    assert source.facts("nobody", "age") is None
    assert distinct(source, "people", "plan", 2) == ["First", "Second"]


class CountingEngine:
    """The workspace's engine, with a list of the statements that went through it."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.statements: list[str] = []

    def query(self, sql: str, *, max_rows: int | None = None, timeout: float | None = None) -> QueryResult:
        self.statements.append(sql)
        return self.workspace.engine.query(sql, max_rows=max_rows, timeout=timeout)


def test_one_query_per_table_and_none_again(workspace: Workspace) -> None:
    engine = CountingEngine(workspace)
    tables = workspace.tables()
    for _ in range(2):
        source = EngineValues(engine, tables, workspace.fingerprint)
        index = SchemaIndex(tables, (), source)
        for question in ("people in Germany", "who survived", "smokers"):
            index.link(tokenize(question))
    assert len(engine.statements) == 1


def test_changed_data_is_read_again(workspace: Workspace, tmp_path: Path) -> None:
    engine = CountingEngine(workspace)
    EngineValues(engine, workspace.tables(), workspace.fingerprint).facts("people", "country")
    (tmp_path / "people.csv").write_text(PEOPLE.replace("Spain", "Portugal"), encoding="utf-8")
    workspace.attach(str(tmp_path / "people.csv"))
    facts = EngineValues(engine, workspace.tables(), workspace.fingerprint).facts("people", "country")
    assert facts is not None
    assert "Portugal" in (facts.values or ())


def test_values_of_large_columns_are_asked_for(tmp_path: Path) -> None:
    rows = "\n".join(f"Person Number{i},{i % 7}" for i in range(6_000))
    (tmp_path / "many.csv").write_text(f"name,n\n{rows}\n")
    with Workspace(tmp_path / "workspace") as ws:
        ws.attach(str(tmp_path / "many.csv"))
        engine = CountingEngine(ws)
        index = SchemaIndex(ws.tables(), (), EngineValues(engine, ws.tables()))
        assert values(index, "who is person number4711") == [("name", "Person Number4711", False)]
        asked = len(engine.statements)
        assert values(index, "average n by name") == []
        assert len(engine.statements) == asked  # names and question words are not looked up


class FailingEngine:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def query(self, sql: str, *, max_rows: int | None = None, timeout: float | None = None) -> QueryResult:
        raise self.error


def test_a_time_limit_means_fewer_values_and_an_interrupt_is_passed_on(workspace: Workspace) -> None:
    tables = workspace.tables()
    slow = SchemaIndex(tables, (), EngineValues(FailingEngine(TimeLimitReached("too slow")), tables))
    assert [x.kind for x in slow.link(tokenize("average age"))] == ["column"]
    stopped = SchemaIndex(tables, (), EngineValues(FailingEngine(Interrupted("stopped")), tables))
    with pytest.raises(Interrupted):
        stopped.link(tokenize("average age in Germany"))


def test_hostile_names_and_values_are_only_data(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text('"a""b",x\n"Robert\'); DROP TABLE students;--",1\nplain,2\n')
    with Workspace(tmp_path / "workspace") as ws:
        ws.attach(str(tmp_path / "odd.csv"))
        index = SchemaIndex(ws.tables(), (), EngineValues(ws.engine, ws.tables()))
        found = [
            x.value for x in index.link(tokenize('"Robert\'); DROP TABLE students;--"')) if x.kind == "value"
        ]
        assert "Robert'); DROP TABLE students;--" in found
