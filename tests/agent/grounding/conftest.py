"""A small real data set in DuckDB, and evidence of plans over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from llmauto_tools.ledger import Evidence, bounded_rows
from llmauto_tools.plan.compile import compile_plan
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Column, Table

_TRIPS = """
CREATE TABLE trips AS
SELECT
    'Traveller ' || (1000 + i) AS name,
    CASE i % 3 WHEN 0 THEN 'north' WHEN 1 THEN 'south' ELSE 'west' END AS region,
    1 + i % 4 AS class,
    (i * 37 % 101) + 0.25 AS fare,
    CASE WHEN i % 11 = 0 THEN NULL ELSE 18 + i * 7 % 60 END AS age,
    i % 5 < 2 AS returned,
    DATE '2023-01-05' + CAST(i * 3 AS INTEGER) AS day
FROM range(200) AS r(i)
"""


@pytest.fixture(scope="session")
def trips() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute(_TRIPS)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def table(trips: duckdb.DuckDBPyConnection) -> Table:
    described = trips.execute("DESCRIBE trips").fetchall()
    return Table("trips", tuple(Column(row[0], row[1]) for row in described))


Ask = Callable[[Plan], Evidence]


@pytest.fixture(scope="session")
def ask(trips: duckdb.DuckDBPyConnection, table: Table) -> Ask:
    """Runs a plan as the tool "analyze" would and gives its evidence."""

    def run(plan: Plan) -> Evidence:
        sql = compile_plan(plan, [table])
        cursor = trips.execute(sql)
        columns = tuple((d[0], str(d[1])) for d in cursor.description)
        fetched = tuple(cursor.fetchall())
        rows, truncated = bounded_rows(fetched)
        return Evidence(
            id="e1",
            tool="analyze",
            arguments={"plan": plan.model_dump(mode="json")},
            state="finished",
            sql=sql,
            columns=columns,
            rows=tuple(tuple(r) for r in rows),
            row_count=len(fetched),
            truncated=truncated,
        )

    return run
