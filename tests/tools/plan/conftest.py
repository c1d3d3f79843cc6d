"""A small shop with real-looking data: missing values, duplicates, ties, and names that try to break SQL."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from llmauto_tools.plan.compile import compile_plan, output_columns
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, Table

Row = dict[str, Any]

SALES = Table(
    "sales",
    (
        Column("id", "INTEGER"),
        Column("city", "VARCHAR"),
        Column("product", "VARCHAR"),
        Column("amount", "DOUBLE"),
        Column("price", "DECIMAL(10,2)"),
        Column("quantity", "INTEGER"),
        Column("small", "UTINYINT"),
        Column("paid", "BOOLEAN"),
        Column("day", "DATE"),
        Column("at", "TIMESTAMP"),
        Column("zip", "VARCHAR"),
        Column("day_text", "VARCHAR"),
        Column("year", "BIGINT"),
        Column("customer_id", "BIGINT"),
        Column("note", "VARCHAR"),
    ),
)
CUSTOMERS = Table(
    "customers",
    (Column("id", "BIGINT"), Column("name", "VARCHAR"), Column("city", "VARCHAR"), Column("born", "DATE")),
)
HOSTILE = Table(
    'order "items"; DROP TABLE x --',
    (
        Column("select", "VARCHAR"),
        Column('a"b', "BIGINT"),
        Column("城市", "VARCHAR"),
        Column("🙂 smile", "DOUBLE"),
        Column("group by", "DATE"),
        Column("it's", "VARCHAR"),
        Column("count", "BIGINT"),
    ),
)


@dataclass
class Shop:
    """The tables in a real DuckDB and as Python rows."""

    connection: duckdb.DuckDBPyConnection
    sales: list[Row]
    customers: list[Row]
    hostile: list[Row]

    @property
    def tables(self) -> list[Table]:
        return [SALES, CUSTOMERS, HOSTILE]

    def sql(self, plan: Plan, **options: Any) -> str:
        return compile_plan(plan, self.tables, **options)

    def run(self, plan: Plan, **options: Any) -> list[tuple[Any, ...]]:
        """The rows of a plan; checks on the way that its headings and types are the announced ones."""
        result = self.connection.execute(self.sql(plan, **options))
        announced = output_columns(plan, self.tables)
        assert [d[0] for d in result.description] == [c.name for c in announced]
        for (name, dtype, *_), column in zip(result.description, announced, strict=True):
            family = Column(name, str(dtype)).family
            assert family == column.family or column.dtype == "NULL", (name, str(dtype), column.dtype)
        return result.fetchall()


def _sales(rng: random.Random, count: int) -> list[Row]:
    cities = ["Paris", "paris", "Lyon", "Zürich", "北京", "100%", "under_score", "Straße", None]
    rows = []
    for number in range(count):
        day = dt.date(2023, 1, 1) + dt.timedelta(days=rng.randrange(0, 730))
        at = dt.datetime.combine(day, dt.time(rng.randrange(24), rng.randrange(60)))
        rows.append(
            {
                "id": number,
                "city": rng.choice(cities),
                "product": rng.choice(["tea", "coffee", "Tea", "milk"]),
                "amount": rng.choice([None, 0.0, round(rng.uniform(-50, 200), 2), 10.0]),
                "price": rng.choice([None, rng.randrange(0, 9000) / 100]),
                "quantity": rng.choice([None, 0, rng.randrange(1, 12), 2_000_000_000]),
                "small": rng.choice([None, rng.randrange(0, 200)]),
                "paid": rng.choice([True, False, None]),
                "day": rng.choice([day, day, day, None]),
                "at": rng.choice([at, at, at, None]),
                "zip": rng.choice(["01234", "75001", "n/a", None, "8000.0"]),
                "day_text": rng.choice([day.isoformat(), at.isoformat(sep=" "), "unknown", None]),
                "year": rng.choice([2020, 2021, 2022, None]),
                "customer_id": rng.choice([1, 2, 3, 4, 99, None]),
                "note": rng.choice(["a%b", "A_B", "x!y", "O'Brien", "", None, "naïve", "NAÏVE"]),
            }
        )
    return rows


def _customers() -> list[Row]:
    return [
        {"id": 1, "name": "Ann", "city": "Paris", "born": dt.date(1990, 2, 28)},
        {"id": 2, "name": "Bo", "city": "Lyon", "born": dt.date(2000, 12, 31)},
        {"id": 3, "name": "Cé", "city": None, "born": None},
        {"id": 4, "name": "Ann", "city": "Paris", "born": dt.date(1985, 7, 1)},
        {"id": 5, "name": "Nobody", "city": "北京", "born": dt.date(1970, 1, 1)},
    ]


def _hostile(rng: random.Random) -> list[Row]:
    return [
        {
            "select": rng.choice(["'; DROP TABLE sales; --", "x", None]),
            'a"b': rng.choice([1, 2, None]),
            "城市": rng.choice(["北京", "上海", None]),
            "🙂 smile": rng.choice([0.5, -1.5, None]),
            "group by": rng.choice([dt.date(2024, 1, 31), dt.date(2024, 2, 29), None]),
            "it's": rng.choice(["it's", "its", None]),
            "count": rng.randrange(3),
        }
        for _ in range(40)
    ]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _create(connection: duckdb.DuckDBPyConnection, table: Table, rows: list[Row]) -> None:
    columns = ", ".join(f"{_quote(c.name)} {c.dtype}" for c in table.columns)
    connection.execute(f"CREATE TABLE {_quote(table.name)} ({columns})")
    marks = ", ".join("?" for _ in table.columns)
    values = [[row[c.name] for c in table.columns] for row in rows]
    connection.executemany(f"INSERT INTO {_quote(table.name)} VALUES ({marks})", values)


@pytest.fixture(scope="session", params=[1, 2, 3], ids=lambda seed: f"seed{seed}")
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The shop, with other random rows for each seed."""
    rng = random.Random(request.param)
    connection = duckdb.connect()
    made = Shop(connection, _sales(rng, 150), _customers(), _hostile(rng))
    for table, rows in ((SALES, made.sales), (CUSTOMERS, made.customers), (HOSTILE, made.hostile)):
        _create(connection, table, rows)
    yield made
    connection.close()


Same = Callable[[list[tuple[Any, ...]], list[tuple[Any, ...]]], None]


def _plain(value: Any) -> Any:
    """Numbers as floats and midnight as a date, so that DuckDB's and Python's types compare."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else value
    return value if isinstance(value, dt.date) else float(value)


def _matches(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)


@pytest.fixture
def same() -> Same:
    """Compare rows in their order, numbers to 1e-9."""

    def compare(got: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
        left = [tuple(_plain(v) for v in row) for row in got]
        right = [tuple(_plain(v) for v in row) for row in expected]
        assert len(left) == len(right), (left[:5], right[:5])
        for number, (a, b) in enumerate(zip(left, right, strict=True)):
            assert len(a) == len(b)
            assert all(_matches(x, y) for x, y in zip(a, b, strict=True)), (number, a, b)

    return compare
