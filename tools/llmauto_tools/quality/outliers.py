"""Numbers far from all others, and rows of numbers that do not go together.

A value is an outlier where it lies beyond Tukey's outer fences (three interquartile ranges from the
quartiles; Tukey, Exploratory Data Analysis, 1977) and its robust z, 0.6745 (x - median) / MAD, is above
3.5 in size (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993), on the scale itself and, for
positive skewed values, on the scale of the logarithm too: the long tail of incomes is no fault. Where
more than 0.2% of the values (and more than three) are out, or they follow the bulk closely (by less than
half its span), they are a part of the distribution and nothing is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from llmauto_tools.columns import quoted
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, percent
from llmauto_tools.quality.names import says
from llmauto_tools.quality.profile import ColumnStats

EXACT_ROWS = 1_000_000
QUANTILE_ROWS = 200_000
MIN_VALUES = 20
MIN_DISTINCT = 10
MAX_SHARE = 0.002
MAX_COUNT = 3
APART = 0.5
FENCE = 3.0
ROBUST_Z = 3.5
_PLACES = {"lat", "latitude", "lon", "lng", "long", "longitude"}


@dataclass(frozen=True)
class Scale:
    """Where the bulk of a column lies: quartiles, median, and the median absolute deviation."""

    q1: float
    median: float
    q3: float
    mad: float

    @property
    def fences(self) -> tuple[float, float] | None:
        """The limits beyond which both rules call a value an outlier; None where the bulk is one value."""
        spread = self.q3 - self.q1
        if spread <= 0:
            return None
        reach = ROBUST_Z * (self.mad or spread / 2) / 0.6745
        low = min(self.q1 - FENCE * spread, self.median - reach)
        high = max(self.q3 + FENCE * spread, self.median + reach)
        return low, high


def find(subject: Subject) -> list[Finding]:
    stats = [s for s in subject.family("number") if _is_measure(s) and s.name != subject.options.target]
    findings = []
    for i, s in enumerate(stats):
        subject.step("looking for outliers", i / len(stats))
        found = _column(subject, s)
        if found is not None:
            findings.append(found)
    return findings


def _is_measure(s: ColumnStats) -> bool:
    if says(s.name, _PLACES):
        return False  # an island is far from the continent, and no fault
    return s.filled >= MIN_VALUES and s.distinct >= MIN_DISTINCT and not s.is_id


def _column(subject: Subject, s: ColumnStats) -> Finding | None:
    x = f"CAST({quoted(s.name)} AS DOUBLE)"
    limits = limits_of(subject, s)
    if limits is None or (s.low >= limits[0] and s.high <= limits[1]):
        return None
    low, high = limits
    out = f"(x < {low!r} OR x > {high!r})"
    count, inner_low, inner_high = subject.query(
        f"SELECT count(*) FILTER (WHERE {out}), min(x) FILTER (WHERE NOT {out}), max(x) FILTER (WHERE NOT {out})"
        f" FROM (SELECT {x} AS x FROM {subject.relation}) WHERE isfinite(x)"
    )[0]
    if not count or count > max(MAX_COUNT, MAX_SHARE * s.filled):
        return None
    return _finding(subject, s, int(count), float(inner_low), float(inner_high), out)


def limits_of(subject: Subject, s: ColumnStats) -> tuple[float, float] | None:
    """The limits beyond which a value is an outlier on every scale that suits the column."""
    x = f"CAST({quoted(s.name)} AS DOUBLE)"
    sampled = subject.rows > EXACT_ROWS
    source = f"({subject.sample(QUANTILE_ROWS, quoted(s.name))})" if sampled else subject.relation
    if sampled:
        subject.note(
            f"Quartiles of numbers come from a sample of about {QUANTILE_ROWS:,} rows; outliers are counted in all."
        )
    plain = _scale(subject, f"SELECT {x} AS x FROM {source} WHERE isfinite({x})")
    limits = plain.fences
    if limits is None or s.low < 0 or plain.q1 <= 0:
        return limits
    logs = _scale(subject, f"SELECT ln({x}) AS x FROM {source} WHERE isfinite({x}) AND {x} > 0").fences
    return limits if logs is None else _wider(limits, logs)


def _wider(limits: tuple[float, float], logs: tuple[float, float]) -> tuple[float, float]:
    return min(limits[0], math.exp(logs[0])), max(limits[1], math.exp(min(logs[1], 700.0)))


def _scale(subject: Subject, values: str) -> Scale:
    q1, median, q3, mad = subject.query(
        f"SELECT quantile_cont(x, 0.25), median(x), quantile_cont(x, 0.75), mad(x) FROM ({values})"
    )[0]
    return Scale(float(q1), float(median), float(q3), float(mad))


def _finding(
    subject: Subject, s: ColumnStats, count: int, inner_low: float, inner_high: float, out: str
) -> Finding | None:
    span = inner_high - inner_low
    beyond = max(s.high - inner_high, inner_low - s.low)
    if beyond < APART * span:
        return None
    x = f"CAST({quoted(s.name)} AS DOUBLE)"
    rows = subject.query(
        f"SELECT CAST({quoted(s.name)} AS VARCHAR) FROM {subject.relation}"
        f" WHERE isfinite({x}) AND {out.replace('x ', x + ' ')}"
        f" ORDER BY abs({x} - {(inner_low + inner_high) / 2!r}) DESC, 1 LIMIT {subject.options.examples}"
    )
    severity: Severity = "medium" if beyond > 2 * span else "low"
    sentence = (
        f"{counted(count, 'value')} of '{s.name}' ({percent(count / s.filled)}) {'lies' if count == 1 else 'lie'} far"
        f" from all others, which run from {inner_low:,.6g} to {inner_high:,.6g}."
    )
    fix = subject.fix("outliers", [s.name], action="cap", rule="iqr", factor=FENCE)
    examples = tuple(str(r[0]) for r in rows)
    return Finding("outliers", "values", severity, (s.name,), count, s.filled, sentence, examples, fix)
