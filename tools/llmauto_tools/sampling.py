"""Samples that are the same every time."""

from __future__ import annotations

_RANGE = 2**32


def sample_sql(relation: str, rows: int, of: int, seed: int = 0, columns: str = "*") -> str:
    """A SELECT of about `rows` of the `of` rows of a relation, chosen by a hash of the row's position.

    relation: a quoted table name or a subquery in parentheses. columns: a select list. Each row is kept
    with probability rows/of (a Bernoulli sample), so the number of rows varies by about its square root;
    a share p estimated from it has a standard error of sqrt(p (1 - p) / rows). DuckDB's own USING SAMPLE
    is repeatable on one thread only. All rows come back where `rows` is not fewer than `of`.
    """
    if rows >= of:
        return f"SELECT {columns} FROM {relation}"
    threshold = int(rows / of * _RANGE)
    position = '"llmauto row position"'
    picked = columns if columns != "*" else f"* EXCLUDE ({position})"
    return (
        f"SELECT {picked} FROM (SELECT *, row_number() OVER () AS {position} FROM {relation})"
        f" WHERE hash({position}, {int(seed)}) % {_RANGE} < {threshold}"
    )


def share_error(rows: int) -> float:
    """The largest half-width of the 95% interval of a share that is estimated from `rows` rows (p = 0.5)."""
    return float(0.98 / max(rows, 1) ** 0.5)
