from __future__ import annotations

import pytest

from llmauto.render.sql import compact_sql

GROUPED = """SELECT
  "region",
  AVG("amount") AS "avg_amount"
FROM "orders"
GROUP BY
  "region"
ORDER BY
  "region\""""


def test_short_clauses_go_on_one_line() -> None:
    assert compact_sql(GROUPED, 80).split("\n") == [
        'SELECT "region", AVG("amount") AS "avg_amount"',
        'FROM "orders"',
        'GROUP BY "region"',
        'ORDER BY "region"',
    ]


def test_what_does_not_fit_stays_a_line_each() -> None:
    assert compact_sql(GROUPED, 40).split("\n")[:4] == [
        "SELECT",
        '  "region",',
        '  AVG("amount") AS "avg_amount"',
        'FROM "orders"',
    ]


def test_nested_queries_keep_their_shape() -> None:
    sql = "SELECT\n  *\nFROM (\n  SELECT\n    a,\n    b\n  FROM t\n) AS s\nLIMIT 5"
    assert compact_sql(sql, 80).split("\n") == ["SELECT *", "FROM (SELECT a, b FROM t) AS s", "LIMIT 5"]
    assert compact_sql(sql, 20).split("\n") == [
        "SELECT *",
        "FROM (",
        "  SELECT a, b",
        "  FROM t",
        ") AS s",
        "LIMIT 5",
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'a\n  b' AS x\nFROM t",
        "SELECT -- one\n  a\nFROM t",
        'SELECT "odd\nname"\nFROM t',
        "SELECT /* a\n b */ 1",
    ],
)
def test_text_and_comments_over_lines_are_left_alone(sql: str) -> None:
    assert compact_sql(sql, 80) == sql


def test_only_space_changes() -> None:
    sql = "SELECT\n  '  two  spaces ( kept ) '\nFROM t"
    assert compact_sql(sql, 80) == "SELECT '  two  spaces ( kept ) '\nFROM t"
