"""A small shop in DuckDB, against which statements and their plans are run."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

SHOP = """
CREATE TABLE customers (id BIGINT, name VARCHAR, city VARCHAR, age BIGINT, zip VARCHAR, active BOOLEAN);
INSERT INTO customers VALUES
    (1, 'Ann', 'Oslo', 31, '0150', true), (2, 'Bob', 'Bergen', 45, '5003', false),
    (3, 'Cia', 'Oslo', 22, '0151', true), (4, 'Dan', NULL, 58, '7010', true), (5, 'Eva', 'Bergen', 37, '5004', NULL);
CREATE TABLE orders (id BIGINT, customer_id BIGINT, amount DOUBLE, day DATE, status VARCHAR);
INSERT INTO orders VALUES
    (10, 1, 20.5, '2023-01-05', 'paid'), (11, 1, 99, '2023-02-11', 'open'), (12, 2, 15, '2024-02-01', 'paid'),
    (13, 3, 240, '2024-03-09', 'paid'), (14, 5, 60, '2024-03-30', 'returned'), (15, 5, NULL, '2024-04-02', 'open');
CREATE TABLE items (order_id BIGINT, product VARCHAR, pieces BIGINT, price DOUBLE);
INSERT INTO items VALUES
    (10, 'ink', 1, 20.5), (11, 'desk lamp', 1, 79), (11, 'ink', 1, 20), (12, 'paper', 3, 5), (13, 'chair', 2, 120),
    (14, 'lamp', 2, 30);
"""


@pytest.fixture(scope="session")
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(SHOP)
        yield con
