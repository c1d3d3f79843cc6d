"""Classes of the target that are rare, or alone."""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, percent, shown
from llmauto_tools.quality.profile import ColumnStats

MAX_CLASSES = 30
RARE = 0.1
VERY_RARE = 0.02
FEW = 10
"""A class with fewer rows can hardly be learned, nor be tested in five folds."""


def is_classes(s: ColumnStats) -> bool:
    """Whether a target is one of classes rather than a quantity."""
    few = s.distinct <= MAX_CLASSES
    return few and (s.family in ("text", "boolean") or (s.family == "number" and s.is_integer))


def find(subject: Subject) -> list[Finding]:
    target = subject.options.target
    if target is None or not subject.stats[target].filled:
        return []
    s = subject.stats[target]
    if s.distinct > MAX_CLASSES and s.family == "text":
        return [_too_many(s)]
    if s.distinct > 1 and not is_classes(s):
        return []
    q = quoted(target)
    rows = subject.query(
        f"SELECT CAST({q} AS VARCHAR) AS v, count(*) AS n FROM {subject.relation} WHERE {q} IS NOT NULL"
        " GROUP BY 1 ORDER BY n, v"
    )
    if len(rows) == 1:
        return [_alone(s, str(rows[0][0]))]
    return _rare(subject, s, [(str(v), int(n)) for v, n in rows])


def _too_many(s: ColumnStats) -> Finding:
    sentence = f"The target '{s.name}' has about {s.distinct:,} different texts: too many to be classes."
    return Finding("imbalance", "too_many_classes", "high", (s.name,), s.distinct, s.filled, sentence)


def _alone(s: ColumnStats, value: str) -> Finding:
    sentence = f"The target '{s.name}' has one value only: there is nothing to learn."
    return Finding("imbalance", "one_class", "high", (s.name,), s.filled, s.filled, sentence, (shown(value),))


def _rare(subject: Subject, s: ColumnStats, classes: list[tuple[str, int]]) -> list[Finding]:
    total = sum(n for _, n in classes)
    # Among many classes, each is rare: a class is judged against an equal share.
    limit = min(RARE, 0.5 / len(classes))
    rare = [(v, n) for v, n in classes if n < limit * total or n < FEW]
    if not rare:
        return []
    smallest = rare[0]
    share = smallest[1] / total
    few = smallest[1] < FEW
    sentence = (
        f"The target '{s.name}' is imbalanced: its rarest class has {counted(smallest[1], 'row')}"
        f" ({percent(share)}). A model that never predicts it would look right {percent(1 - share)} of the time:"
        " judge by a measure per class."
    )
    examples = tuple(f"{shown(v)}: {n:,}" for v, n in rare[: max(subject.options.examples, 1)])
    severity: Severity = "medium" if few or share < VERY_RARE else "low"
    return [Finding("imbalance", "rare_class", severity, (s.name,), smallest[1], total, sentence, examples)]
