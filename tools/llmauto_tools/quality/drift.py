"""Whether columns of two tables are distributed alike.

Numbers are compared by the population stability index over the first table's deciles (PSI; Siddiqi,
Credit Risk Scorecards, 2006: 0.1 is worth a look, 0.25 a change) and by the two-sample Kolmogorov-Smirnov
distance D; categories by the PSI and by chi-square with Cramér's V. A column is reported only where the
effect is large enough (PSI of at least 0.1 beyond what sampling alone gives, and D or V of at least 0.1)
and is no chance (p below 0.001 over the number of columns): with millions of rows the p-value alone
would flag trifles, with few rows the PSI alone would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Severity, Subject, percent
from llmauto_tools.quality.profile import ColumnStats

ROWS = 200_000
LEVELS = 50
PSI_CHANGE = 0.25
PSI_LOOK = 0.1
EFFECT = 0.1
P = 0.001
MISSING = 0.05
"""A share of missing values that differs by so much is reported."""


@dataclass(frozen=True)
class Drift:
    """How one column differs. `statistic` is D for numbers, V for categories."""

    column: str
    measure: str
    psi: float
    statistic: float
    p: float
    noise: float
    """The PSI to expect of two samples of one distribution: (bins - 1)(1/n + 1/m)."""


def find(subject: Subject, other: Subject) -> tuple[list[Finding], list[Drift]]:
    """Findings, and the measures of every column that both tables have."""
    findings = _columns(subject, other)
    if not subject.rows or not other.rows:
        return findings, []
    pairs = [
        (s, other.stats[o.name])
        for s in (subject.stats[c.name] for c in subject.columns)
        if (o := other.table.column(s.name)) is not None and s.filled >= 2 and other.stats[o.name].filled >= 2
    ]
    measured = []
    for i, (a, b) in enumerate(pairs):
        subject.step("comparing the tables", i / len(pairs))
        if a.family != b.family or a.is_id or a.family not in ("number", "text", "boolean"):
            continue
        if a.family == "text" and a.distinct > 0.5 * a.filled:
            continue  # names and notes: nothing to compare by shares
        drift = _number(subject, other, a, b) if a.family == "number" else _category(subject, other, a, b)
        measured.append(drift)
    for a, b in pairs:
        findings += _missing(a, b, other.table.name)
    findings += [f for d in measured if (f := _judge(d, len(measured), subject, other)) is not None]
    return findings, sorted(measured, key=lambda d: -d.psi)


def _columns(subject: Subject, other: Subject) -> list[Finding]:
    mine, theirs = {c.name.casefold(): c for c in subject.table.columns}, other.table.columns
    lacks = [c.name for c in subject.table.columns if other.table.column(c.name) is None]
    lacks = [n for n in lacks if n != subject.options.target]
    findings = []
    if lacks:
        sentence = (
            f"'{other.table.name}' lacks {len(lacks)} of the {len(mine)} columns of '{subject.table.name}'."
        )
        findings.append(
            Finding(
                "drift", "columns", "medium", tuple(lacks), len(lacks), len(mine), sentence, tuple(lacks[:5])
            )
        )
    for c in theirs:
        own = mine.get(c.name.casefold())
        if own is not None and own.family != c.family:
            sentence = f"'{own.name}' is {own.family} in '{subject.table.name}' and {c.family} in '{other.table.name}'."
            findings.append(Finding("drift", "types", "high", (own.name,), 1, len(mine), sentence))
    return findings


def _judge(d: Drift, columns: int, subject: Subject, other: Subject) -> Finding | None:
    if d.statistic < EFFECT or d.psi - d.noise < PSI_LOOK or d.p * columns >= P:
        return None
    severity: Severity = "high" if d.psi - d.noise >= PSI_CHANGE else "medium"
    sentence = f"'{d.column}' is distributed differently in '{other.table.name}': PSI {d.psi:.2f}, {d.measure} {d.statistic:.2f}."
    return Finding("drift", "distribution", severity, (d.column,), other.rows, other.rows, sentence)


def _missing(a: ColumnStats, b: ColumnStats, name: str) -> list[Finding]:
    p, q = a.missing / a.rows, b.missing / b.rows
    pooled = (a.missing + b.missing) / (a.rows + b.rows)
    error = math.sqrt(pooled * (1 - pooled) * (1 / a.rows + 1 / b.rows))
    if abs(p - q) < MISSING or abs(p - q) < 4 * error:
        return []
    sentence = f"'{a.name}' is missing in {percent(p)} of the first table and in {percent(q)} of '{name}'."
    return [Finding("drift", "missing", "medium", (a.name,), b.missing, b.rows, sentence)]


def _sides(subject: Subject, other: Subject, a: ColumnStats, b: ColumnStats, value: str) -> str:
    """Both columns below each other: x and the side (0 the first table, 1 the other)."""
    parts = []
    for side, (table, s) in enumerate(((subject, a), (other, b))):
        x = value.format(quoted(s.name))
        parts.append(f"SELECT {side} AS side, {x} AS x FROM ({table.sample(ROWS, quoted(s.name))})")
        if table.rows > ROWS:
            subject.note(f"Tables are compared by samples of about {ROWS:,} rows.")
    return " UNION ALL ".join(parts)


def _number(subject: Subject, other: Subject, a: ColumnStats, b: ColumnStats) -> Drift:
    sides = _sides(subject, other, a, b, "CAST({} AS DOUBLE)")
    shares = ", ".join(f"{i / 10:.1f}" for i in range(1, 10))
    rows = subject.query(
        f"WITH u AS (SELECT * FROM ({sides}) WHERE isfinite(x)),"
        f" c AS (SELECT list_distinct(quantile_cont(x, [{shares}])) AS cuts FROM u WHERE side = 0)"
        f" SELECT len(list_filter(cuts, lambda q: q <= x)) AS bin, count(*) FILTER (WHERE side = 0),"
        f" count(*) FILTER (WHERE side = 1) FROM u, c GROUP BY 1 ORDER BY 1"
    )
    counts = [(int(p), int(q)) for _, p, q in rows]
    n, m, distance = subject.query(
        f"WITH g AS (SELECT x, count(*) FILTER (WHERE side = 0) AS p, count(*) FILTER (WHERE side = 1) AS q"
        f" FROM ({sides}) WHERE isfinite(x) GROUP BY x), t AS (SELECT sum(p) AS n, sum(q) AS m FROM g)"
        f" SELECT any_value(n), any_value(m), max(abs(cp / n - cq / m)) FROM (SELECT sum(p) OVER (ORDER BY x) AS cp,"
        f" sum(q) OVER (ORDER BY x) AS cq, n, m FROM g, t)"
    )[0]
    if not n or not m:
        return Drift(a.name, "KS distance", 0.0, 0.0, 1.0, 0.0)
    value = float(distance)
    p = kolmogorov_p(value, int(n), int(m))
    return Drift(a.name, "KS distance", psi(counts), value, p, _noise(len(counts), int(n), int(m)))


def _category(subject: Subject, other: Subject, a: ColumnStats, b: ColumnStats) -> Drift:
    sides = _sides(subject, other, a, b, "CAST({} AS VARCHAR)")
    rows = subject.query(
        f"WITH g AS (SELECT x, count(*) FILTER (WHERE side = 0) AS p, count(*) FILTER (WHERE side = 1) AS q"
        f" FROM ({sides}) WHERE x IS NOT NULL GROUP BY x),"
        f" r AS (SELECT *, row_number() OVER (ORDER BY p + q DESC, x) AS place FROM g)"
        f" SELECT least(place, {LEVELS}), sum(p), sum(q) FROM r GROUP BY 1 ORDER BY 1"
    )
    counts = [(int(p), int(q)) for _, p, q in rows]
    n, m = sum(p for p, _ in counts), sum(q for _, q in counts)
    if not n or not m or len(counts) < 2:
        return Drift(a.name, "Cramér's V", 0.0, 0.0, 1.0, 0.0)
    chi = chi_square(counts)
    v = math.sqrt(chi / (n + m))  # two rows: the smaller dimension less one is 1
    p = chi_square_p(chi, len(counts) - 1)
    return Drift(a.name, "Cramér's V", psi(counts), v, p, _noise(len(counts), n, m))


def _noise(bins: int, n: int, m: int) -> float:
    return (bins - 1) * (1 / n + 1 / m)


def psi(counts: list[tuple[int, int]]) -> float:
    """The population stability index of (expected, actual) counts per bin; half a row stands for none."""
    n, m = sum(p for p, _ in counts), sum(q for _, q in counts)
    total = 0.0
    for expected, actual in counts:
        p, q = max(expected, 0.5) / n, max(actual, 0.5) / m
        total += (q - p) * math.log(q / p)
    return total


def chi_square(counts: list[tuple[int, int]]) -> float:
    """Pearson's statistic of a 2 × k table."""
    n, m = sum(p for p, _ in counts), sum(q for _, q in counts)
    total = 0.0
    for p, q in counts:
        for seen, size in ((p, n), (q, m)):
            expected = (p + q) * size / (n + m)
            total += (seen - expected) ** 2 / expected if expected else 0.0
    return total


def chi_square_p(statistic: float, freedom: int) -> float:
    """The upper tail of chi-square by Wilson and Hilferty's cube root (PNAS 17, 1931)."""
    if freedom < 1:
        return 1.0
    spread = 2 / (9 * freedom)
    z = (math.cbrt(statistic / freedom) - (1 - spread)) / math.sqrt(spread)
    return float(NormalDist().cdf(-z))


def kolmogorov_p(distance: float, n: int, m: int) -> float:
    """The asymptotic p of the two-sample distance, with Stephens' correction for small samples (1970)."""
    root = math.sqrt(n * m / (n + m))
    x = (root + 0.12 + 0.11 / root) * distance
    if x < 0.3:
        return 1.0
    terms = (2.0 * (-1.0) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101))
    return min(1.0, max(0.0, sum(terms)))
