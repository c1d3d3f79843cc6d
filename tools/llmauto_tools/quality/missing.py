"""Missing values: how many, in which columns together, from where on; and values that stand for missing.

Two columns go missing together where the rows without a value are nearly the same (Jaccard index of at
least 0.9). A column ends early where its last rows all lack a value and chance would not do that (the
probability, at the column's rate of missing values elsewhere, is below one in a million).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations

from llmauto_tools.columns import quoted
from llmauto_tools.quality import placeholders
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, listed, percent, shown
from llmauto_tools.quality.profile import ColumnStats

NAMED_SHARE = 0.3
"""Columns with a smaller share of missing values share one finding."""

PATTERNS = 2_000
PATTERN_COLUMNS = 60
ALIKE = 0.9
CHANCE = 1e-6


def find(subject: Subject) -> list[Finding]:
    holes = [s for s in subject.stats.values() if s.filled and s.missing]
    groups = _together(subject, holes)
    grouped = {name for group in groups for name in group}
    findings = [_group(subject, group) for group in groups]
    single = [s for s in holes if s.name not in grouped]
    findings += [_column(subject, s) for s in single if s.missing >= NAMED_SHARE * s.rows]
    findings += _small(subject, [s for s in single if s.missing < NAMED_SHARE * s.rows])
    return findings + _ends_early(subject, holes) + placeholders.find(subject)


def _severity(share: float) -> Severity:
    return "high" if share >= 0.8 else "medium" if share >= 0.3 else "low"


def _fix(subject: Subject, names: list[str], share: float) -> dict[str, object] | None:
    if share >= 0.8:
        return subject.fix("drop", names)
    stats = [subject.stats[n] for n in names]
    if any(s.family != "number" and s.distinct > 0.5 * s.filled for s in stats):
        return None  # names and addresses have no usual value
    kinds = {s.family for s in stats}
    return subject.fix("impute", names, strategy="median" if kinds == {"number"} else "most_frequent")


def _column(subject: Subject, s: ColumnStats) -> Finding:
    share = s.missing / s.rows
    sentence = f"'{s.name}' has no value in {counted(s.missing, 'row')} ({percent(share)})."
    fix = _fix(subject, [s.name], share)
    return Finding("missing", "missing", _severity(share), (s.name,), s.missing, s.rows, sentence, (), fix)


def _small(subject: Subject, stats: list[ColumnStats]) -> list[Finding]:
    if not stats:
        return []
    if len(stats) == 1:
        return [_column(subject, stats[0])]
    stats = sorted(stats, key=lambda s: -s.missing)
    names = [s.name for s in stats]
    most = stats[0].missing
    sentence = (
        f"{listed(names)} have missing values, at most {counted(most, 'row')} ({percent(most / subject.rows)})"
        " in any of them."
    )
    numeric = [s.name for s in stats if s.family == "number"]
    fix = _fix(subject, numeric or names, 0.0)
    examples = tuple(f"{shown(s.name, 25)} {percent(s.missing / s.rows)}" for s in stats[:6])
    return [Finding("missing", "missing", "low", tuple(names), most, subject.rows, sentence, examples, fix)]


def _group(subject: Subject, names: list[str]) -> Finding:
    count = max(subject.stats[n].missing for n in names)
    share = count / subject.rows
    sentence = (
        f"{listed(names)} go missing together: in {counted(count, 'row')} ({percent(share)}) they are empty at once,"
        " which suggests one cause."
    )
    fix = _fix(subject, names, share)
    return Finding(
        "missing", "together", _severity(share), tuple(names), count, subject.rows, sentence, (), fix
    )


def _together(subject: Subject, holes: list[ColumnStats]) -> list[list[str]]:
    """Groups of columns whose missing rows are nearly the same ones."""
    candidates = [s for s in holes if s.missing >= 2][:PATTERN_COLUMNS]
    if len(candidates) < 2:
        return []
    flags = ", ".join(_is_missing(s) for s in candidates)
    rows = subject.query(
        f"SELECT [{flags}] AS pattern, count(*) AS n FROM {subject.relation} GROUP BY 1"
        f" ORDER BY n DESC, 1 LIMIT {PATTERNS}",
        PATTERNS,
    )
    names = [s.name for s in candidates]
    totals = dict.fromkeys(names, 0)
    both: dict[tuple[str, str], int] = {}
    for pattern, count in rows:
        empty = [n for n, flag in zip(names, pattern, strict=True) if flag]
        for name in empty:
            totals[name] += count
        for pair in combinations(empty, 2):
            both[pair] = both.get(pair, 0) + count
    alike = [p for p, n in both.items() if n >= ALIKE * (totals[p[0]] + totals[p[1]] - n)]
    return _connected(alike)


def _is_missing(s: ColumnStats) -> str:
    q = quoted(s.name)
    return f"({q} IS NULL OR isnan(CAST({q} AS DOUBLE)))" if s.family == "number" else f"({q} IS NULL)"


def _connected(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The groups that the pairs link, each in the order of first mention."""
    group_of: dict[str, list[str]] = {}
    for a, b in pairs:
        first, second = group_of.setdefault(a, [a]), group_of.setdefault(b, [b])
        if first is not second:
            first.extend(second)
            for name in second:
                group_of[name] = first
    unique = {id(g): g for g in group_of.values()}
    return list(unique.values())


def _ends_early(subject: Subject, holes: list[ColumnStats]) -> list[Finding]:
    """Columns whose last rows (by time where one is named, else in the table's order) are all missing."""
    order = f"ORDER BY {quoted(subject.options.time)}" if subject.options.time else ""
    holes = [s for s in holes if s.missing >= 5][:PATTERN_COLUMNS]
    if not holes:
        return []
    last = ", ".join(
        f"max(position) FILTER (WHERE NOT c{i}), count(*) FILTER (WHERE c{i})" for i in range(len(holes))
    )
    flags = ", ".join(f"{_is_missing(s)} AS c{i}" for i, s in enumerate(holes))
    row = subject.query(
        f"SELECT {last} FROM (SELECT row_number() OVER ({order}) AS position, {flags} FROM {subject.relation})"
    )[0]
    findings = []
    for i, s in enumerate(holes):
        run = s.rows - int(row[2 * i])
        elsewhere = (s.missing - run) / max(s.rows - run, 1)
        # One missing value more than there were, so that none elsewhere is not taken for never.
        rate = max(elsewhere, 1 / (s.rows - run + 1))
        unlikely = run * math.log(rate) < math.log(CHANCE)
        if run >= max(5, 0.005 * s.rows) and elsewhere < 0.2 and unlikely and not _is_sorted(subject, s):
            findings.append(_stopped(subject, s, run))
    return findings


def _stopped(subject: Subject, s: ColumnStats, run: int) -> Finding:
    where = f"the latest by '{subject.options.time}'" if subject.options.time else "at the end of the table"
    sentence = f"'{s.name}' ends early: the last {run:,} rows, {where}, have no value."
    return Finding("missing", "ends_early", "medium", (s.name,), run, s.rows, sentence)


def _is_sorted(subject: Subject, s: ColumnStats) -> bool:
    """Whether the table is sorted by the column: then its missing values come last by themselves."""
    q = quoted(s.name)
    up, down = subject.query(
        f"SELECT count(*) FILTER (WHERE x > before), count(*) FILTER (WHERE x < before) FROM"
        f" (SELECT x, lag(x) OVER (ORDER BY position) AS before FROM (SELECT {q} AS x,"
        f" row_number() OVER () AS position FROM {subject.relation}) WHERE x IS NOT NULL)"
    )[0]
    return bool(min(up, down) <= 0.01 * (up + down))
