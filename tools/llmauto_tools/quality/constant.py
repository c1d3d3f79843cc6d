"""Columns that tell nothing: all the same value, nearly so, or empty.

A nearly constant column is one whose most frequent value fills 99% of the rows with a value.
"""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, listed, percent, shown
from llmauto_tools.quality.profile import ColumnStats

NEARLY = 0.99
BATCH = 200
MIN_ROWS = 100
"""A nearly constant column needs at least so many values."""


def find(subject: Subject) -> list[Finding]:
    if subject.rows < 2:
        return []
    stats = [s for s in subject.stats.values() if s.family != "other"]
    findings = _empty(subject, [s for s in subject.stats.values() if not s.filled])
    constant = _one_value(subject, [s for s in stats if s.filled >= 2 and s.distinct <= 3])
    if constant:
        findings.append(_constant(subject, constant))
    checked = {c.name for c in subject.columns} - {s.name for s in constant} - {subject.options.target}
    for s in stats:
        if s.name in checked and s.filled >= MIN_ROWS and s.distinct <= 0.01 * s.filled:
            value, count = _top(subject, s)
            if count >= NEARLY * s.filled:
                findings.append(_nearly(subject, s, value, count))
    return findings


def _one_value(subject: Subject, stats: list[ColumnStats]) -> list[ColumnStats]:
    """Those that have one value only."""
    found = []
    for start in range(0, len(stats), BATCH):
        batch = stats[start : start + BATCH]
        items = ", ".join(f"min({q}) = max({q})" for q in (quoted(s.name) for s in batch))
        row = subject.query(f"SELECT {items} FROM {subject.relation}")[0]
        found += [s for s, same in zip(batch, row, strict=True) if same]
    return found


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


def _constant(subject: Subject, stats: list[ColumnStats]) -> Finding:
    names = [s.name for s in stats]
    holes = max(s.missing for s in stats)
    one = len(names) == 1
    rest = f" ({counted(holes, 'row')} without a value aside)" if holes else ""
    sentence = f"{listed(names)} {'has' if one else 'have'} one value only{rest}."
    examples = tuple(shown(_top(subject, s)[0]) for s in stats[: subject.options.examples])
    severity: Severity = "low" if all(s.missing for s in stats) else "medium"
    fix = subject.fix("drop", names)
    filled = min(s.filled for s in stats)
    return Finding(
        "constant", "constant", severity, tuple(names), filled, subject.rows, sentence, examples, fix
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
