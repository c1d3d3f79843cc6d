from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.tools.quality.conftest import Lab


import pytest

from llmauto_tools.errors import InvalidArguments

ORDERS = (
    "SELECT i AS id, i // 2 AS line, CASE WHEN i = 7 THEN NULL ELSE 'c' || (i % 4) END AS customer,"
    " CASE WHEN i = 3 THEN -5.0 ELSE i * 1.5 END AS amount, ['open', 'paid', 'Paid'][1 + i % 3] AS state,"
    " DATE '2024-01-01' + CAST(i AS INT) AS ordered, CASE WHEN i < 90 THEN '2024-03-01' ELSE 'soon' END AS due"
    " FROM range(100) r(i)"
)
RULES = """
table: orders
rows: {min: 1, max: 90}
columns:
  id: {type: integer, required: true, unique: true}
  line: {unique: true}
  customer:
    required: true
    pattern: 'c[0-9]'
    references: customers.name
  amount: {type: number, min: 0, max: 100}
  state: {allowed: [open, paid]}
  ordered: {type: date, min: 2024-01-11}
  due: {type: date}
  missing_one: {required: true}
unique:
  - [id, line]
expressions:
  - {name: small amounts are open, sql: "amount > 3 OR state = 'open'"}
  - sql: amount IS NOT NULL
"""


def write(lab: Lab, text: str, name: str = "data.yml") -> str:
    path = lab.folder / name
    path.write_text(text)
    return str(path)


def test_rules_that_hold_and_rules_that_are_broken(lab: Lab) -> None:
    lab.table("customers", "SELECT 'c' || i AS name FROM range(3) r(i)")
    orders = lab.table("orders", ORDERS)
    evidence = lab.check(orders, rules=write(lab, RULES), checks=["constant"])
    (rules,) = [s for s in evidence.sections if s.title == "Rules"]
    outcome = {r[0]: r[2] for r in rules.rows if r[1] == "failed"}
    assert outcome == {
        "rows: max 90": 10,
        "line: unique": 50,
        "customer: required": 1,
        "customer: references customers.name": 24,
        "amount: min 0": 1,
        "amount: max 100": 33,
        "state: allowed open, paid": 33,
        "ordered: min 2024-01-11": 10,
        "due: type date": 10,
        "missing_one: is there": 100,
        "small amounts are open": 2,
    }
    assert evidence.figures["failed_rules"] == 11
    assert evidence.figures["rules"] == 20
    assert "11 of 20 rules failed" in (evidence.text or "")
    examples = {r[0]: r[4] for r in rules.rows}
    assert examples["amount: min 0"] == "-5.0"
    assert examples["state: allowed open, paid"] == "Paid"
    assert [r[1] for r in evidence.rows].count("rules") == 11


def test_failures_are_counted_over_all_batches(lab: Lab) -> None:
    t = lab.table("t", "SELECT i % 1000 AS x, CASE WHEN i % 2 = 0 THEN 'a' END AS y FROM range(250000) r(i)")
    rules = write(lab, "columns: {x: {max: 997}, y: {required: true}}")
    evidence = lab.check(t, rules=rules, checks=["constant"])
    (section,) = evidence.sections
    assert [(r[0], r[2]) for r in section.rows] == [("x: max 997", 500), ("y: required", 125_000)]


def test_several_tables_in_one_file_and_words_that_yaml_takes_for_booleans(lab: Lab) -> None:
    t = lab.table("t", "SELECT ['no', 'yes'][1 + i % 2] AS answer, i % 2 = 0 AS flag FROM range(10) r(i)")
    text = "tables:\n  other: {columns: {}}\n  T:\n    columns:\n      answer: {allowed: [no, yes]}\n      flag: {allowed: [true]}\n"
    figures = lab.check(t, rules=write(lab, text), checks=["constant"]).figures
    assert (figures["failed_rules"], figures["failed_rule_names"]) == (1, ["flag: allowed True"])


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        (
            "columns:\n  id: {requird: true}\n",
            "line 2, field 'columns.id.requird'",
            "Did you mean 'required'",
        ),
        ("columns:\n  id:\n    type: int\n", "line 3, field 'columns.id.type'", "'integer'"),
        ("columns:\n  id: {min: 5, max: 1}\n", "line 2, field 'columns.id'", "min is above max"),
        (
            "columns:\n  state: {pattern: '('}\n",
            "line 2, field 'columns.state.pattern'",
            "regular expression",
        ),
        ("columns:\n  id: {pattern: 'a'}\n", "line 2, field 'columns.id.pattern'", "does not fit"),
        ("columns:\n  id: {min: 2024-01-01}\n", "line 2, field 'columns.id.min'", "does not fit"),
        ("columns:\n  id: {references: nowhere.id}\n", "line 2, field 'columns.id.references'", "no table"),
        ("columns:\n  id: {references: id}\n", "line 2, field 'columns.id.references'", "table.column"),
        ("columns:\n  id: {unique: true}\n  id: {}\n", "line 3, field 'id'", "given twice"),
        ("rows: {min: many}\n", "line 1, field 'rows.min'", "integer"),
        ("unique:\n  - [id]\n  - [nope]\n", "line 3, field 'unique.1'", "no column 'nope'"),
        ("expressions:\n  - sql: amuont > 0\n", "line 2, field 'expressions.0.sql'", "amuont"),
        ("expressions:\n  - sql: 1 FROM orders; DROP TABLE x\n", "line 2", "expressions"),
        ("table: customers\n", "line 1, field 'table'", "not for 'orders'"),
        ("tables: {other: {}}\n", "line 1, field 'tables'", "no rules for the table"),
        ("columns:\n  id: [\n", "line 3", "not YAML"),
        ("columns: [a\n", "line 2", "not YAML"),
        ("- a\n", "line 1", "no rules"),
        ("", "line 1", "no rules"),
    ],
)
def test_a_wrong_file_is_named_by_line_and_field(lab: Lab, text: str, place: str, problem: str) -> None:
    orders = lab.table("orders", ORDERS)
    with pytest.raises(InvalidArguments) as error:
        lab.check(orders, rules=write(lab, text))
    assert place in str(error.value)
    assert problem in str(error.value)


def test_files_that_are_no_rules(lab: Lab) -> None:
    orders = lab.table("orders", ORDERS)
    for name, content in (
        ("rules.txt", b"a"),
        ("gone.yml", None),
        ("latin.yml", b"table: caf\xe9"),
        ("big.yml", b"#" * 1_100_000),
    ):
        path = lab.folder / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InvalidArguments):
            lab.check(orders, rules=str(path))
