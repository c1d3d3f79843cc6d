"""Columns that tell nothing: all the same value, nearly so, or empty.

A nearly constant column is one whose most frequent value fills 99% of the rows with a value.
"""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Subject, counted, listed, percent, shown
from llmauto_tools.quality.profile import ColumnStats

NEARLY = 0.99
MIN_ROWS = 100
"""A nearly constant column needs at least so many values."""


def find(subject: Subject) -> list[Finding]:
    if subject.rows < 2:
        return []
    stats = list(subject.stats.values())
    findings = _empty(subject, [s for s in stats if not s.filled])
    few = [
        s for s in stats if s.filled >= 2 and s.family != "other" and s.distinct <= max(2, 0.01 * s.filled)
    ]
    for s in few[: 4 * len(subject.columns)]:
        value, count = _top(subject, s)
        if count == s.filled:
            findings.append(_constant(subject, s, value))
        elif s.filled >= MIN_ROWS and count >= NEARLY * s.filled and s.name != subject.options.target:
            findings.append(_nearly(subject, s, value, count))
    return findings


def _top(subject: Subject, s: ColumnStats) -> tuple[str, int]:
    q = quoted(s.name)
    finite = f" AND NOT isnan(CAST({q} AS DOUBLE))" if s.family == "number" else ""
    rows = subject.query(
        f"SELECT CAST({q} AS VARCHAR), count(*) AS n FROM {subject.relation}"
        f" WHERE {q} IS NOT NULL{finite} GROUP BY {q} ORDER BY n DESC, 1 LIMIT 1"
    )
    return str(rows[0][0]), int(rows[0][1])


def _empty(subject: Subject, stats: list[ColumnStats]) -> list[Finding]:
    if not stats:
        return []
    names = [s.name for s in stats]
    is_are = "is" if len(names) == 1 else "are"
    sentence = f"{listed(names)} {is_are} empty: no row has a value."
    fix = subject.fix("drop", names)
    return [
        Finding("constant", "empty", "medium", tuple(names), subject.rows, subject.rows, sentence, (), fix)
    ]


def _constant(subject: Subject, s: ColumnStats, value: str) -> Finding:
    rest = f", {counted(s.missing, 'row')} without a value aside" if s.missing else ""
    return Finding(
        "constant",
        "constant",
        "low" if s.missing else "medium",
        (s.name,),
        s.filled,
        s.rows,
        f"'{shown(s.name)}' has one value only{rest}.",
        (shown(value),),
        subject.fix("drop", [s.name]),
    )


def _nearly(subject: Subject, s: ColumnStats, value: str, count: int) -> Finding:
    return Finding(
        "constant",
        "nearly_constant",
        "low",
        (s.name,),
        count,
        s.filled,
        f"'{shown(s.name)}' is nearly constant: {percent(count / s.filled)} of its values are the same.",
        (shown(value),),
        subject.fix("drop", [s.name]),
    )
