"""Windows and periods of a statement become those of a plan."""

from __future__ import annotations

import duckdb
import pytest

from llmauto_agent.planner.training.records import read_tables
from llmauto_agent.planner.training.sql_to_plan import CannotSay, to_plan
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import (
    Compare,
    DatePart,
    NumberBucket,
    OneOf,
    Period,
    Plan,
    RelativePeriod,
)  # fmt: skip
from llmauto_tools.schema import Table

MONTH = "date_trunc('month', day)"


@pytest.fixture(scope="session")
def tables(shop: duckdb.DuckDBPyConnection) -> list[Table]:
    return read_tables(shop)


@pytest.mark.parametrize(
    ("sql", "window", "periods"),
    [
        ("SELECT status, sum(amount) / sum(sum(amount)) OVER () FROM orders GROUP BY 1", "share", 1),
        (
            f"SELECT {MONTH}, sum(sum(amount)) OVER (ORDER BY {MONTH}) FROM orders GROUP BY 1",
            "running_total",
            1,
        ),
        (
            f"SELECT {MONTH}, count(*) - lag(count(*)) OVER (ORDER BY {MONTH}) FROM orders GROUP BY 1",
            "change",
            1,
        ),
        (
            f"SELECT {MONTH}, sum(amount) / lag(sum(amount), 2) OVER (ORDER BY {MONTH}) - 1 FROM orders"
            " GROUP BY 1",
            "percent_change",
            2,
        ),
        (
            f"SELECT {MONTH}, avg(sum(amount)) OVER (ORDER BY {MONTH} ROWS BETWEEN 2 PRECEDING AND CURRENT"
            " ROW) FROM orders GROUP BY 1",
            "moving_average",
            3,
        ),
        ("SELECT status, rank() OVER (ORDER BY sum(amount) DESC) FROM orders GROUP BY 1", "rank", 1),
    ],
)
def test_a_window_over_groups_is_that_of_a_measure(
    shop: duckdb.DuckDBPyConnection, tables: list[Table], sql: str, window: str, periods: int
) -> None:
    plan = to_plan(sql, tables)
    assert (plan.measures[0].window, plan.measures[0].periods) == (window, periods)
    rows = shop.execute(compile_plan(plan, tables)).fetchall()
    expected = {str(r[0])[:10]: r[1] for r in shop.execute(sql).fetchall()}
    assert {str(r[0])[:10]: r[1] for r in rows} == pytest.approx(expected)


def test_the_first_rows_of_each_group(shop: duckdb.DuckDBPyConnection, tables: list[Table]) -> None:
    sql = (
        "SELECT status, id, amount FROM orders WHERE amount IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY status ORDER BY amount DESC) <= 1"
    )
    plan = to_plan(sql, tables)
    assert plan.top_per_group is not None
    assert plan.top_per_group.count == 1
    assert sorted(shop.execute(compile_plan(plan, tables)).fetchall()) == sorted(shop.execute(sql).fetchall())


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT status, sum(amount) / sum(sum(amount)) OVER (PARTITION BY status) FROM orders GROUP BY 1",
            "share_within_groups",
        ),
        ("SELECT status, rank() OVER (ORDER BY sum(amount)) FROM orders GROUP BY 1", "window_rank_ascending"),
        ("SELECT id, sum(amount) OVER (ORDER BY day) FROM orders", "window"),
    ],
)
def test_a_window_that_no_measure_has_is_refused(tables: list[Table], sql: str, reason: str) -> None:
    with pytest.raises(CannotSay) as caught:
        to_plan(sql, tables)
    assert caught.value.reason == reason


def test_a_bucket_of_numbers(tables: list[Table]) -> None:
    plan = to_plan("SELECT floor(age / 10) * 10, count(*) FROM customers GROUP BY 1", tables)
    bucket = plan.group_by[0].expr
    assert isinstance(bucket, NumberBucket)
    assert bucket.width == 10


# ---- periods


def _where(question: str, words: str, tables: list[Table], *before: str) -> object:
    sql = f"SELECT count(*) FROM orders WHERE during(day, '{words}')"
    plan: Plan = to_plan(sql, tables, texts=(question, *before))
    return plan.where


def test_words_are_read_as_they_stand_in_the_request(tables: list[Table]) -> None:
    where = _where("orders since March 2023", "March 2023", tables)
    assert isinstance(where, Period)
    assert (where.start, where.end) == ("2023-03-01", None)


def test_relative_words_stay_relative(tables: list[Table]) -> None:
    where = _where("orders in the past 30 days", "past 30 days", tables)
    assert isinstance(where, RelativePeriod)
    assert (where.unit, where.count, where.rolling, where.anchor) == ("day", 30, True, "data")


def test_a_month_without_a_year_is_a_part(tables: list[Table]) -> None:
    where = _where("how many in March", "March", tables)
    assert isinstance(where, Compare)
    assert isinstance(where.left, DatePart)
    assert isinstance(_where("orders on weekends", "weekends", tables), OneOf)


def test_a_follow_up_keeps_the_period_of_the_request_before(tables: list[Table]) -> None:
    assert isinstance(_where("per city?", "last year", tables, "orders last year"), RelativePeriod)


@pytest.mark.parametrize(
    ("words", "reason"), [("May", "period_not_in_request"), ("orders", "period_not_read")]
)
def test_words_that_are_no_period_are_refused(tables: list[Table], words: str, reason: str) -> None:
    with pytest.raises(CannotSay) as caught:
        _where("orders in June", words, tables)
    assert caught.value.reason == reason
