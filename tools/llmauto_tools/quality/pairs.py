"""Pairs of columns in which one must not lie before, or above, the other: start and end, low and high."""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Subject, counted, percent
from llmauto_tools.quality.names import tokens
from llmauto_tools.quality.profile import ColumnStats

KEPT = 0.9

DATE_PAIRS: tuple[tuple[str, str], ...] = (
    ("start", "end"), ("begin", "end"), ("started", "ended"), ("from", "to"), ("open", "close"), ("opened", "closed"),
    ("created", "closed"), ("created", "updated"), ("created", "modified"), ("created", "resolved"),
    ("departure", "arrival"), ("depart", "arrive"), ("admission", "discharge"), ("admitted", "discharged"),
    ("order", "ship"), ("order", "delivery"), ("ordered", "shipped"), ("ordered", "delivered"), ("shipped", "delivered"),
    ("birth", "death"), ("born", "died"), ("hire", "termination"), ("hired", "terminated"), ("checkin", "checkout"),
    ("issue", "expiry"), ("issued", "expires"), ("pickup", "dropoff"), ("开始", "结束"),
)  # fmt: skip
NUMBER_PAIRS: tuple[tuple[str, str], ...] = (
    ("min", "max"),
    ("low", "high"),
    ("minimum", "maximum"),
    ("lower", "upper"),
)


def broken_pairs(subject: Subject) -> list[Finding]:
    """Rows in which the second of a pair comes before the first."""
    findings = []
    for family, pairs in (("date", DATE_PAIRS), ("number", NUMBER_PAIRS)):
        stats = subject.family(family)
        for first, second in _matches(stats, pairs):
            findings += _broken(subject, first, second)
    return findings


def _matches(
    stats: list[ColumnStats], pairs: tuple[tuple[str, str], ...]
) -> list[tuple[ColumnStats, ColumnStats]]:
    """Columns whose names differ only in the two words of a pair."""
    by_name = {tokens(s.name): s for s in stats}
    found = []
    for s in stats:
        for a, b in pairs:
            if a in (words := tokens(s.name)):
                other = by_name.get(tuple(b if w == a else w for w in words))
                if other is not None:
                    found.append((s, other))
    return found


def _broken(subject: Subject, first: ColumnStats, second: ColumnStats) -> list[Finding]:
    a, b = quoted(first.name), quoted(second.name)
    both, bad = subject.query(
        f"SELECT count(*), count(*) FILTER (WHERE {b} < {a}) FROM {subject.relation}"
        f" WHERE {a} IS NOT NULL AND {b} IS NOT NULL"
    )[0]
    if not bad or bad > (1 - KEPT) * both:
        return []
    rows = subject.query(
        f"SELECT CAST({a} AS VARCHAR), CAST({b} AS VARCHAR) FROM {subject.relation} WHERE {b} < {a}"
        f" ORDER BY 1, 2 LIMIT {subject.options.examples}"
    )
    relation = "before" if first.family == "date" else "below"
    sentence = (
        f"'{second.name}' lies {relation} '{first.name}' in {counted(bad, 'row')} ({percent(bad / both)} of those"
        " that have both)."
    )
    examples = tuple(f"{x} → {y}" for x, y in rows)
    names = (first.name, second.name)
    return [Finding("impossible", "order", "high", names, int(bad), int(both), sentence, examples)]
