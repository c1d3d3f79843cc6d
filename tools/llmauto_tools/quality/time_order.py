"""Time that runs backwards, repeats or has holes.

The time column is the one that was named, or the only date of the table. Order is checked in the table's
own order, and only where nearly all steps (95%) run forwards: a table that is not sorted is no fault.
A step is a gap where it is more than twice the usual one (the median) and at least one and a half times
the 99th percentile of all steps, so that weekends and holidays are none. Repeats and gaps are reported only where at least 70% of the steps
are about the usual one: events come as they come.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Subject, counted, percent
from llmauto_tools.quality.profile import ColumnStats

SORTED = 0.95
UNIQUE = 0.95
GROUP_UNIQUE = 0.99
MIN_ROWS = 20
MAX_GAPS = 0.02
REGULAR = 0.7
NEARLY_ALL = 0.95


def find(subject: Subject) -> list[Finding]:
    time = _time(subject)
    if time is None or subject.rows < MIN_ROWS or time.filled < MIN_ROWS:
        return []
    group = subject.options.group or _group(subject, time)
    findings = _backwards(subject, time, group)
    pace = _pace(subject, time, group)
    if pace is not None:  # events come as they come; only what is regular has repeats and gaps
        findings += _repeated(subject, time, group) + _gaps(subject, time, group, pace)
    return findings


def _time(subject: Subject) -> ColumnStats | None:
    if subject.options.time is not None:
        s = subject.stats[subject.options.time]
        return s if s.family == "date" and s.filled else None
    dates = subject.family("date")
    return dates[0] if len(dates) == 1 else None


def _group(subject: Subject, time: ColumnStats) -> str | None:
    """The text column within which time does not repeat, where it repeats in the whole table."""
    if time.distinct >= UNIQUE * time.filled:
        return None
    for s in subject.family("text"):
        if s.filled == s.rows and 1 < s.distinct <= subject.rows / 5:
            pairs = subject.query(
                f"SELECT count(*) FROM (SELECT DISTINCT {quoted(s.name)}, {quoted(time.name)}"
                f" FROM {subject.relation} WHERE {quoted(time.name)} IS NOT NULL)"
            )[0][0]
            if pairs >= GROUP_UNIQUE * time.filled:
                return s.name
    return None


def _partition(group: str | None) -> str:
    return f"PARTITION BY {quoted(group)}" if group else ""


def _each(group: str | None) -> str:
    return f" within its '{group}'" if group else ""


def _backwards(subject: Subject, time: ColumnStats, group: str | None) -> list[Finding]:
    t = quoted(time.name)
    window = f"OVER ({_partition(group)} ORDER BY position)"
    partition = f", {quoted(group)}" if group else ""
    steps = (
        f"SELECT t, lag(t) {window} AS before, position FROM (SELECT {t} AS t, row_number() OVER () AS position"
        f"{partition} FROM {subject.relation}) WHERE t IS NOT NULL"
    )
    total, back, forth = subject.query(
        f"SELECT count(before), count(*) FILTER (WHERE t < before), count(*) FILTER (WHERE t > before) FROM ({steps})"
    )[0]
    if not back or back + forth == 0:
        return []
    if forth < SORTED * (back + forth):
        falling = back >= SORTED * (back + forth)
        return (
            [] if falling or subject.options.time is None else [_unsorted(subject, time, group, back, total)]
        )
    rows = subject.query(
        f"SELECT CAST(before AS VARCHAR), CAST(t AS VARCHAR) FROM ({steps}) WHERE t < before ORDER BY position"
        f" LIMIT {subject.options.examples}"
    )
    sentence = (
        f"'{time.name}' runs backwards in {counted(back, 'place')}{_each(group)}, though the table is sorted by it"
        " otherwise."
    )
    examples = tuple(f"{a} then {b}" for a, b in rows)
    return [
        Finding("time_order", "backwards", "medium", (time.name,), int(back), int(total), sentence, examples)
    ]


def _unsorted(subject: Subject, time: ColumnStats, group: str | None, back: int, total: int) -> Finding:
    sentence = (
        f"The table is not sorted by '{time.name}'{_each(group)}: {percent(back / total)} of its steps run backwards."
        " Sort it before anything that goes by the order of rows."
    )
    return Finding("time_order", "unsorted", "low", (time.name,), int(back), int(total), sentence)


def _repeated(subject: Subject, time: ColumnStats, group: str | None) -> list[Finding]:
    t = quoted(time.name)
    keys = f"{quoted(group)}, {t}" if group else t
    filled, different = subject.query(
        f"SELECT sum(n), count(*) FROM (SELECT {keys}, count(*) AS n FROM {subject.relation}"
        f" WHERE {t} IS NOT NULL GROUP BY ALL)"
    )[0]
    extra = int(filled - different)
    if not extra or different < UNIQUE * filled:
        return []
    rows = subject.query(
        f"SELECT CAST({t} AS VARCHAR), count(*) AS n FROM {subject.relation} WHERE {t} IS NOT NULL"
        f" GROUP BY {keys} HAVING n > 1 ORDER BY n DESC, 1 LIMIT {subject.options.examples}"
    )
    sentence = f"'{time.name}' repeats in {counted(extra, 'row')}{_each(group)}, though it is different in nearly all others."
    examples = tuple(f"{v} ({n} times)" for v, n in rows)
    return [Finding("time_order", "repeated", "medium", (time.name,), extra, int(filled), sentence, examples)]


@dataclass(frozen=True)
class Pace:
    """The steps of a regular time column, in seconds."""

    steps: int
    usual: float
    longest: float
    """The 99th percentile."""
    regular: float
    """The share of the steps that are about the usual one (a month has 28 to 31 days)."""


def _steps(subject: Subject, time: ColumnStats, group: str | None) -> str:
    """A SELECT of the steps between different times, in order: before, step (seconds)."""
    t = f"epoch(CAST({quoted(time.name)} AS TIMESTAMP))"
    partition = f", {quoted(group)}" if group else ""
    different = (
        f"SELECT DISTINCT {t} AS t{partition} FROM {subject.relation} WHERE isfinite({quoted(time.name)})"
    )
    return (
        f"SELECT before, t - before AS step FROM (SELECT t, lag(t) OVER ({_partition(group)} ORDER BY t) AS before"
        f" FROM ({different})) WHERE before IS NOT NULL"
    )


def _pace(subject: Subject, time: ColumnStats, group: str | None) -> Pace | None:
    """The pace of the time column, or None where its steps are not regular."""
    total, usual, longest, regular = subject.query(
        f"WITH s AS ({_steps(subject, time, group)}), m AS (SELECT median(step) AS usual FROM s)"
        f" SELECT count(*), any_value(usual), quantile_cont(step, 0.99),"
        f" avg(CAST(step BETWEEN 0.9 * usual AND 1.15 * usual AS INTEGER)) FROM s, m"
    )[0]
    if total < MIN_ROWS - 1 or not usual or regular < REGULAR:
        return None
    return Pace(int(total), float(usual), float(longest), float(regular))


def _gaps(subject: Subject, time: ColumnStats, group: str | None, pace: Pace) -> list[Finding]:
    limit = 2 * pace.usual
    if pace.regular < NEARLY_ALL:
        limit = max(limit, (1.5 if pace.steps >= 300 else 1.0) * pace.longest)
    gaps = subject.query(
        f"SELECT CAST(to_timestamp(before) AT TIME ZONE 'UTC' AS VARCHAR),"
        f" CAST(to_timestamp(before + step) AT TIME ZONE 'UTC' AS VARCHAR) FROM ({_steps(subject, time, group)})"
        f" WHERE step >= {limit!r} ORDER BY step DESC, 1"
    )
    if not gaps or len(gaps) > max(3, MAX_GAPS * pace.steps):
        return []
    sentence = (
        f"'{time.name}' has {counted(len(gaps), 'gap')}{_each(group)}: its steps are about {_span(pace.usual)} long, but"
        f" here at least {_span(limit)} pass without a row."
    )
    examples = tuple(f"{_short(a)} to {_short(b)}" for a, b in gaps[: subject.options.examples])
    return [Finding("time_order", "gaps", "low", (time.name,), len(gaps), pace.steps, sentence, examples)]


def _short(time: str) -> str:
    return time.removesuffix(" 00:00:00")


def _span(seconds: float) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {name}{'' if round(seconds / size, 2) == 1 else 's'}"
    return f"{seconds:.3g} seconds"
