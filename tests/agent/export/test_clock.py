"""What reads the clock becomes a literal; what only looks like it does not."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest

from llmauto_agent.export.clock import draws_at_random, freeze

AT = dt.datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("current_date", "2024-05-06"), ("CURRENT_DATE - 7", "2024-04-29"), ("today()", "2024-05-06"),
        ("today( ) + 1", "2024-05-07"), ("current_date()", "2024-05-06"),
        ("year(now())", "2024"), ("current_timestamp::DATE", "2024-05-06"),
        ("get_current_timestamp()::TIMESTAMP", "2024-05-06 07:08:09.123456"),
        ("localtimestamp", "2024-05-06 07:08:09.123456"), ("current_localtimestamp()", "2024-05-06 07:08:09.123456"),
        ("localtime", "07:08:09.123456"), ("current_localtime()", "07:08:09.123456"),
        ("current_time::VARCHAR", "07:08:09.123456+00"),
        ("ago(INTERVAL 1 DAY)::DATE", "2024-05-05"), ("now() - ago(INTERVAL (1 + 1) DAY)", "2 days"),
        ("age(TIMESTAMP '2023-05-06')", "1 year"), ("transaction_timestamp()::DATE", "2024-05-06"),
    ],
)  # fmt: skip
def test_clock_is_stopped(expression: str, value: str) -> None:
    frozen = freeze(f"SELECT '日本 now()', {expression} AS x", AT)
    assert frozen.replaced
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        row = connection.execute(f"SELECT x::VARCHAR FROM ({frozen.sql})").fetchone()
    assert row == (value,)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'current_date', \"now()\", t.today, age(a, b), $$today()$$ FROM t", "SELECT 1 -- now()",
        "SELECT /* today() */ 1", "SELECT today FROM t", "SELECT t.now FROM t", "not SQL at all 'unclosed",
    ],
)  # fmt: skip
def test_what_is_no_clock_is_left_alone(sql: str) -> None:
    assert freeze(sql, AT).sql == sql
    assert freeze(sql, AT).replaced == ()


def test_all_that_was_replaced_is_named_once() -> None:
    frozen = freeze("SELECT now(), Current_Date, now() FROM t WHERE d > today()", AT)
    assert frozen.replaced == ("now()", "Current_Date", "today()")


@pytest.mark.parametrize(
    ("sql", "random"),
    [
        ("SELECT random()", True), ("SELECT * FROM t USING SAMPLE 5", True), ("FROM t TABLESAMPLE 10%", True),
        ("SELECT uuid()", True),
        ("SELECT * FROM t USING SAMPLE reservoir(5 ROWS) REPEATABLE (7)", False), ("SELECT 'random()'", False), ("SELECT t.random FROM t", False),
        ("SELECT random FROM t JOIN u USING (sample)", False),
    ],
)  # fmt: skip
def test_draws_at_random(sql: str, random: bool) -> None:
    assert draws_at_random(sql) is random
