from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from llmauto_agent.privacy import Boundary
from llmauto_agent.semantics.apply import Semantics
from llmauto_agent.semantics.read import read_semantics
from llmauto_agent.session import Session
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.workspace import Workspace

ORDERS = """order_id,buyer,region,quantity,unit_price,status,ordered
1,a,North,2,10,paid,2024-01-03
2,b,South,1,30,paid,2024-03-04
3,a,North,5,10,cancelled,2024-04-05
4,c,South,1,7,,2024-05-06
5,b,South,3,30,cancelled,2024-06-01
"""
BUYERS = "number,segment,country\na,Retail,Italy\nb,Wholesale,Spain\nc,Retail,Spain\n"
FILE = """
tables:
  orders:
    synonyms: [purchases]
    columns:
      unit_price: {unit: EUR, synonyms: [tariff], description: Before tax.}
      status:
        values:
          paid: [settled]
measures:
  - name: revenue
    table: orders
    expression: sum(quantity * unit_price)
    unit: EUR
    synonyms: [turnover, 营业额]
dimensions:
  - name: bulk order
    table: orders
    expression: quantity >= 3
joins:
  - orders.buyer = buyers.number
filters:
  - name: cancelled orders
    table: orders
    exclude: status = 'cancelled'
fiscal_year_start: April
examples:
  - question: Revenue in the North?
    sql: SELECT sum(quantity * unit_price) FROM orders WHERE region = 'North'
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "buyers.csv").write_text(BUYERS)
    with Workspace(tmp_path / "w") as opened:
        opened.attach(str(tmp_path / "orders.csv"))
        opened.attach(str(tmp_path / "buyers.csv"))
        yield opened


@pytest.fixture
def layer(workspace: Workspace, tmp_path: Path) -> Callable[[str], Semantics]:
    def made(text: str) -> Semantics:
        (tmp_path / "llmauto.yml").write_text(text, encoding="utf-8")
        return Semantics(tmp_path / "llmauto.yml", workspace.tables)

    return made


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the revenue?", [[57.0]]),
        ("turnover by region", [["North", 20.0], ["South", 37.0]]),
        ("revenue by segment", [["Retail", 27.0], ["Wholesale", 30.0]]),
        ("各region的营业额", [["North", 20.0], ["South", 37.0]]),
        ("average tariff by region", [["North", 10.0], ["South", 18.5]]),
        ("how many settled orders are there?", [[2]]),
        ("how many orders are there?", [[3]]),
        ("how many orders are there including cancelled orders?", [[5]]),
        ("how many cancelled orders are there?", [[2]]),
    ],
)
def test_the_planner_obeys_the_file(
    workspace: Workspace, layer: Callable[[str], Semantics], question: str, rows: list[list[object]]
) -> None:
    with Session(workspace, meanings=layer(FILE)) as session:
        answer = session.ask(question)
    assert answer.status == "answered", answer.answer
    assert answer.rows == rows
    assert answer.grounding.unverified == []


def test_what_was_applied_is_said_with_its_line(
    workspace: Workspace, layer: Callable[[str], Semantics]
) -> None:
    with Session(workspace, meanings=layer(FILE)) as session:
        said = session.ask("revenue by region").answer
        assert "Applied from llmauto.yml:11: 'revenue' is sum(quantity * unit_price)" in said
        assert "Applied from llmauto.yml:23: without cancelled orders: status = 'cancelled'" in said
        assert "Applied" not in session.ask("how many buyers are there?").answer


def test_follow_ups_say_the_filter_again_and_lift_it(
    workspace: Workspace, layer: Callable[[str], Semantics]
) -> None:
    with Session(workspace, meanings=layer(FILE)) as session:
        session.ask("revenue by region")
        by_buyer = session.ask("and by buyer?")
        assert by_buyer.rows == [["a", 20.0], ["b", 30.0], ["c", 7.0]]
        assert "Applied from llmauto.yml:23" in by_buyer.answer
        lifted = session.ask("including cancelled orders")
        assert lifted.rows == [["a", 70.0], ["b", 120.0], ["c", 7.0]]
        assert "Applied from llmauto.yml:23" not in lifted.answer
    with Session(workspace, meanings=layer(FILE)) as session:
        assert session.ask("how many orders are there?").value == 3
        assert session.ask("unfiltered").value == 5


def test_a_changed_file_applies_to_the_next_question(
    workspace: Workspace, layer: Callable[[str], Semantics]
) -> None:
    with Session(workspace, meanings=layer(FILE)) as session:
        assert session.ask("What is the revenue?").value == 57.0
        layer(
            FILE.replace("sum(quantity * unit_price)\n    unit", "sum(quantity * unit_price) * 2\n    unit")
        )
        assert session.ask("What is the revenue?").value == 114.0


def test_a_part_about_a_table_that_is_not_attached_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "buyers.csv").write_text(BUYERS)
    (tmp_path / "llmauto.yml").write_text(FILE, encoding="utf-8")
    with Workspace(tmp_path / "w") as workspace:
        workspace.attach(str(tmp_path / "buyers.csv"))
        meanings = Semantics(tmp_path / "llmauto.yml", workspace.tables)()
    assert meanings.filters == ()
    assert [d.name for d in meanings.definitions] == []


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("measures:\n  - name: x\n    table: orders\n    expression: sum(quantitty)\n",
         "llmauto.yml:4: the table 'orders' has no column 'quantitty'.", "quantity"),
        ("measures:\n  - name: x\n    table: orders\n    expression: quantity * 2\n",
         "llmauto.yml:4: the measure 'x' does not aggregate", "dimensions"),
        ("dimensions:\n  - {name: x, table: orders, expression: sum(quantity)}\n",
         "llmauto.yml:2: the dimension 'x' is an aggregate", "measures"),
        ("measures:\n  - name: x\n    expresion: sum(quantity)\n", "llmauto.yml:", "expression"),
        ("mesures: []\n", "llmauto.yml:1: there is no setting 'mesures' here.", "measures"),
        ("filters:\n  - table: orders\n    name: a\n", "give exactly one of only and exclude", "only"),
        ("filters:\n  - table: orders\n    only: statuss = 'paid'\n", "llmauto.yml:3: the table 'orders' has no column 'statuss'", "status"),
        ("filters:\n  - table: orders\n    only: status = (\n", "llmauto.yml:3: this is no SQL expression", "SELECT"),
        ("joins:\n  - orders.buyer = buyers.id\n", "llmauto.yml:2: the table 'buyers' has no column 'id'", ""),
        ("joins:\n  - orders and buyers\n", "llmauto.yml:1: joins: 'orders and buyers' is no join", "docs/semantics.md"),
        ("tables:\n  orders:\n    columns:\n      regin: where\n", "llmauto.yml:4: the table 'orders' has no column 'regin'", "region"),
        ("fiscal_year_start: Apple\n", "llmauto.yml:1: fiscal_year_start: a month", ""),
        ("measures:\n  - name: a\n    expression: count(*)\n  - name: A\n    expression: count(*)\n",
         "llmauto.yml:4: 'A' is defined in line 2 already", "another name"),
        ("tables:\n  a: [\n", "this is no YAML", "indentation"),
        ("tables: {}\ntables: {}\n", "llmauto.yml:2: 'tables' stands here twice", ""),
        ("- a\n", "llmauto.yml:1: this file holds no entries", "measures"),
    ],
)  # fmt: skip
def test_errors_name_the_line_and_what_to_do(
    layer: Callable[[str], Semantics], text: str, said: str, hint: str
) -> None:
    with pytest.raises(InvalidArguments) as failed:
        layer(text)()
    assert said in failed.value.message
    assert hint in (failed.value.hint or "")


def test_a_wrong_file_stops_the_question(workspace: Workspace, layer: Callable[[str], Semantics]) -> None:
    with Session(workspace, meanings=layer("filters:\n  - {table: orders, only: nothing = 1}\n")) as session:
        answer = session.ask("how many orders are there?")
    assert answer.status == "error"
    assert "llmauto.yml:2" in answer.answer


def test_parts_that_are_commented_out_are_empty(tmp_path: Path) -> None:
    (tmp_path / "llmauto.yml").write_text("measures:\n#  - name: x\ntables:\n")
    assert read_semantics(tmp_path / "llmauto.yml")[0].measures == ()


def test_chat_models_are_told_within_the_boundary(layer: Callable[[str], Semantics]) -> None:
    meanings = layer(FILE)()
    schema = "\n".join(Boundary("schema").meanings(meanings))
    assert '"defined": "revenue", "sql": "sum(quantity * unit_price)"' in schema
    assert "leave out rows of orders where status = 'cancelled'" in schema
    assert "orders.buyer = buyers.number" in schema
    assert "settled" not in schema
    assert "North'" not in schema
    results = "\n".join(Boundary("results").meanings(meanings))
    assert "settled" in results
    assert "region = 'North'" in results
