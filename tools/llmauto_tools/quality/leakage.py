"""Columns that know the answer, dates after the fact, and rows or entities shared by train and test.

A column is suspected where it alone tells the target almost perfectly on rows that it was not fitted to
(association.py). A name such as "total_paid" is a hint at most: it is given where the column tells the
target moderately well too. That no column is suspected does not prove that none leaks.
"""

from __future__ import annotations

from llmauto_tools.columns import quoted
from llmauto_tools.quality.agreement import agreeing_pairs
from llmauto_tools.quality.association import Association, associate
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, percent
from llmauto_tools.quality.imbalance import is_classes
from llmauto_tools.quality.names import says
from llmauto_tools.quality.profile import ColumnStats

MIN_ROWS = 50
SURE = {"AUC": 0.995, "lambda": 0.98, "R²": 0.99}
SUSPECT = {"AUC": 0.98, "lambda": 0.96, "R²": 0.975}
HINT = {"AUC": 0.75, "lambda": 0.3, "R²": 0.3}
_AFTER = {
    "outcome", "result", "final", "closed", "resolved", "resolution", "refund", "refunded", "cancelled", "canceled",
    "cancellation", "reason", "paid", "settled", "settlement", "recovered", "recovery", "discharge", "death", "exit",
    "left", "after", "post", "future", "next", "actual", "approved", "decision",
}  # fmt: skip
MAX_LATER = 0.5


def find(subject: Subject) -> list[Finding]:
    target = subject.options.target
    findings = _later(subject)
    if target is None or subject.stats[target].filled < MIN_ROWS or subject.stats[target].distinct < 2:
        return findings
    goal = subject.stats[target]
    classes = _classes(subject, goal)
    if classes is None:
        return findings
    features = [s for s in subject.family("number", "text", "boolean", "date") if s.name != target]
    for i, s in enumerate(features):
        subject.step("looking for leaks", i / len(features))
        if (s.distinct > 1 and not (s.family in ("text", "date") and s.looks_unique)) or s.missing > 0:
            found = _judge(subject, s, goal, associate(subject, s, goal, classes))
            findings += [found] if found is not None else []
    return findings


def _classes(subject: Subject, goal: ColumnStats) -> int | None:
    """How many classes the target has: 0 for a quantity, None where it is neither."""
    if not is_classes(goal):
        return 0 if goal.family == "number" else None
    return int(subject.query(f"SELECT count(DISTINCT {quoted(goal.name)}) FROM {subject.relation}")[0][0])


def _judge(subject: Subject, s: ColumnStats, goal: ColumnStats, told: Association) -> Finding | None:
    value, measure = told.value, told.measure
    how = f"{measure} {min(value, 1.0):.3f} on rows that it was not fitted to"
    severity: Severity
    if value >= SURE[measure]:
        severity, sentence = (
            "high",
            (
                f"'{s.name}' alone tells the target '{goal.name}' almost perfectly ({how}). It probably holds the answer,"
                " or is known only after it."
            ),
        )
    elif value >= SUSPECT[measure]:
        severity, sentence = (
            "medium",
            (
                f"'{s.name}' alone tells the target '{goal.name}' suspiciously well ({how}). Check that it is known"
                " before the answer is."
            ),
        )
    elif value >= HINT[measure] and says(s.name, _AFTER):
        severity, sentence = (
            "low",
            (
                f"The name '{s.name}' may mean something that is known only after '{goal.name}', and it tells it well"
                f" ({how}). Only a person can say."
            ),
        )
    else:
        return None
    kind = "hint" if severity == "low" else "feature"
    fix = None if kind == "hint" else subject.fix("drop", [s.name])
    return Finding("leakage", kind, severity, (s.name,), s.filled, s.rows, sentence, (), fix)


def _later(subject: Subject) -> list[Finding]:
    """Dates that mostly lie after the row's own time."""
    time = subject.options.time
    if time is None or subject.stats[time].family != "date":
        return []
    findings = []
    for s in subject.family("date"):
        if s.name == time:
            continue
        q, t = quoted(s.name), quoted(time)
        both, later = subject.query(
            f"SELECT count(*), count(*) FILTER (WHERE {q} > {t}) FROM {subject.relation}"
            f" WHERE {q} IS NOT NULL AND {t} IS NOT NULL"
        )[0]
        if both and later >= MAX_LATER * both:
            sentence = (
                f"'{s.name}' lies after '{time}' in {percent(later / both)} of the rows: a model that has to answer at"
                f" '{time}' cannot know it."
            )
            fix = subject.fix("drop", [s.name])
            findings.append(
                Finding("leakage", "time", "medium", (s.name, time), int(later), int(both), sentence, (), fix)
            )
    return findings


def shared_rows(subject: Subject, other: Subject) -> list[Finding]:
    """Entities, and whole rows, that are in both tables; times that overlap."""
    return _entities(subject, other) + _rows(subject, other) + _overlap(subject, other)


def _entities(subject: Subject, other: Subject) -> list[Finding]:
    group = subject.options.group
    if group is None or other.table.column(group) is None:
        return []
    q, o = quoted(group), quoted(other.table.column(group).name)  # type: ignore[union-attr]
    total, both = subject.query(
        f"SELECT count(*), count(*) FILTER (WHERE g IN (SELECT {o} FROM {other.relation} WHERE {o} IS NOT NULL)) FROM"
        f" (SELECT DISTINCT {q} AS g FROM {subject.relation} WHERE {q} IS NOT NULL)"
    )[0]
    if not both:
        return []
    sentence = (
        f"{both:,} of {total:,} different values of '{group}' are in '{other.table.name}' too: if one table trains and"
        " the other tests, the test is too easy. Split by group."
    )
    severity: Severity = "high" if subject.options.target else "medium"
    fix = {
        "tool": "preprocess",
        "arguments": {
            "table": subject.table.name,
            "steps": [{"kind": "split", "method": "group", "by": group}],
        },
    }
    return [Finding("leakage", "entities", severity, (group,), int(both), int(total), sentence, (), fix)]


def _rows(subject: Subject, other: Subject) -> list[Finding]:
    """Rows that are equal in every shared column, where chance would not make so many."""
    shared = [s for s in subject.stats.values() if other.table.column(s.name) is not None]
    items = ", ".join(quoted(s.name) for s in shared)
    if len(shared) < 3 or len(items) > 40_000 or not subject.rows or not other.rows:
        return []
    both = int(
        subject.query(
            f"SELECT count(*) FROM (SELECT hash({items}) AS h FROM {subject.relation})"
            f" WHERE h IN (SELECT hash({items}) FROM {other.relation})"
        )[0][0]
    )
    if not both:
        return []
    if both <= 3 * agreeing_pairs(subject, shared, float(subject.rows) * other.rows):
        return []
    sentence = (
        f"{counted(both, 'row')} ({percent(both / subject.rows)}) {'is' if both == 1 else 'are'} in '{other.table.name}'"
        " too, equal in every column that the tables share."
    )
    severity: Severity = "high" if both >= 0.01 * subject.rows else "medium"
    return [Finding("leakage", "rows", severity, (), both, subject.rows, sentence)]


def _overlap(subject: Subject, other: Subject) -> list[Finding]:
    """With a time and a target: rows of the one table that are later than rows of the other."""
    time = subject.options.time
    if time is None or subject.options.target is None or other.table.column(time) is None:
        return []
    mine, theirs = subject.stats[time], other.stats.get(time)
    if theirs is None or mine.family != "date" or theirs.family != "date" or theirs.low is None:
        return []
    count = int(
        subject.query(
            f"SELECT count(*) FROM {subject.relation} WHERE {quoted(time)} >"
            f" (SELECT min({quoted(time)}) FROM {other.relation})"
        )[0][0]
    )
    if not count or theirs.high < mine.high:
        return []
    sentence = (
        f"{counted(count, 'row')} of '{subject.table.name}' {'is' if count == 1 else 'are'} later than the first row of"
        f" '{other.table.name}' by '{time}': a model trained on it would see the future of its test."
    )
    return [Finding("leakage", "time", "medium", (time,), count, subject.rows, sentence)]
