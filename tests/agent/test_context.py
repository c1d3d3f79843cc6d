"""The schema context of a chat model stays bounded and keeps what the question is about."""

from __future__ import annotations

from llmauto_agent.context import (
    MAX_CHARACTERS,
    MAX_COLUMNS_PER_TABLE,
    MAX_TABLES,
    choose_tables,
    left_out_line,
    words,
)
from llmauto_agent.privacy import Boundary
from llmauto_tools.schema import Column, Table


def table(name: str, *columns: str) -> Table:
    return Table(name, tuple(Column(c, "INTEGER") for c in columns))


def test_names_are_split_into_words() -> None:
    assert words("unitPrice_USD of Orders") == {"unit", "price", "usd", "of", "order"}
    assert words("销售额") == {"销", "售", "额"}


def test_a_wide_table_keeps_the_columns_that_the_question_names() -> None:
    wide = table("survey", *[f"answer_{i}" for i in range(400)], "satisfaction_score")
    chosen, others = choose_tables([wide], "average satisfaction score?")
    names = [c.name for c in chosen[0].columns]
    assert len(names) == MAX_COLUMNS_PER_TABLE
    assert "satisfaction_score" in names
    assert others == []
    assert names == [c.name for c in wide.columns if c.name in set(names)], "in the order of the schema"


def test_two_hundred_tables_are_bounded_and_the_right_ones_described() -> None:
    tables = [table(f"log_{i:03}", *[f"field_{j}" for j in range(20)]) for i in range(198)]
    tables += [table("invoices", "invoice_id", "amount"), table("customers", "customer_id", "name")]
    chosen, others = choose_tables(tables, "total invoice amount per customer")
    names = [t.name for t in chosen]
    assert {"invoices", "customers"} <= set(names)
    assert len(names) <= MAX_TABLES
    assert len(others) == 200 - len(names)
    text = Boundary("schema").describe_tables(chosen, {}) + left_out_line(others)
    assert len(text) < 2 * MAX_CHARACTERS


def test_one_table_is_described_whatever_its_size() -> None:
    huge = table("t", *["x" * 500 + str(i) for i in range(60)])
    chosen, _ = choose_tables([huge], "anything")
    assert chosen == [huge]


def test_no_tables() -> None:
    assert choose_tables([], "anything") == ([], [])
    assert left_out_line([]) == ""
