"""How many rows agree by chance."""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Subject
from llmauto_tools.quality.profile import ColumnStats


def agreement(subject: Subject, s: ColumnStats) -> float:
    """The probability that two rows have the same value in a column: the sum of its squared shares."""
    row = subject.query(
        f"SELECT sum(n * n) / (sum(n) * sum(n)) FROM (SELECT CAST(count(*) AS DOUBLE) AS n"
        f" FROM {subject.relation} GROUP BY {quoted(s.name)})"
    )[0]
    return float(row[0] or 0.0)


def agreeing_pairs(subject: Subject, columns: list[ColumnStats], pairs: float) -> float:
    """Of so many pairs of rows, how many agree in all columns, if the columns were independent."""
    for s in sorted(columns, key=lambda s: -s.distinct):
        if pairs < 1e-3:
            break
        pairs *= agreement(subject, s)
    return pairs


def expected_repeats(subject: Subject, columns: list[ColumnStats]) -> float:
    """Pairs of equal rows to expect within the table."""
    return agreeing_pairs(subject, columns, subject.rows * (subject.rows - 1) / 2)
