"""ORDER BY and LIMIT of the outermost SELECT."""

from __future__ import annotations

import pytest

from llmauto_agent.export.order import Order, find_order


@pytest.mark.parametrize(
    ("sql", "columns", "order"),
    [
        ("SELECT a FROM t", "a", Order()),
        ("SELECT a FROM t LIMIT 3", "a", Order(limited=True)),
        ("SELECT a, b FROM t ORDER BY b DESC, 1", "ab", Order(True, (1, 0))),
        (
            "SELECT a, count(*) AS b FROM t GROUP BY a ORDER BY count(*) LIMIT 2",
            "ab",
            Order(True, (1,), True),
        ),
        ("SELECT a FROM t ORDER BY b", "a", Order(True, None)),
        ("SELECT a FROM t ORDER BY lower(a)", "a", Order(True, None)),
        ("SELECT a AS b, b AS a FROM t ORDER BY a", "ba", Order(True, (1,))),
        ("SELECT a AS b, b AS a FROM t ORDER BY t.a", "ba", Order(True, None)),
        ("SELECT * FROM t ORDER BY t.B", "ab", Order(True, (1,))),
        ("FROM t ORDER BY ALL", "ab", Order(True, (0, 1))),
        ("SELECT a FROM t UNION ALL SELECT a FROM u ORDER BY a", "a", Order(True, (0,))),
        ("WITH x AS (SELECT a FROM t ORDER BY a) SELECT a FROM x", "a", Order()),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3)", "a", Order()),
        ("(SELECT a FROM t ORDER BY a) LIMIT 2", "a", Order(True, (0,), True)),
        ("SELECT a FROM t ORDER BY 7", "a", Order(True, None)),
        ("SELECT ((a FROM t", "a", Order(limited=True)),
    ],
)
def test_find_order(sql: str, columns: str, order: Order) -> None:
    assert find_order(sql, list(columns)) == order
