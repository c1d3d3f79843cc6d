"""Counts, means, variances and higher moments of groups, from DuckDB."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmauto_tools.stats.data import Data


@dataclass(frozen=True)
class Moments:
    """One group: its size, mean, variance (n - 1), skewness g1 and excess kurtosis g2, and quantiles."""

    label: str
    n: int
    mean: float
    offset: float
    """The mean less a number that all groups share: what differences of means are computed from."""
    var: float
    skew: float
    kurtosis: float
    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float

    @property
    def sd(self) -> float:
        return math.sqrt(self.var)


def moments_by_group(data: Data, grouped: str, anchor: float | None = None) -> list[Moments]:
    """The moments of each group of a relation (v, g, k), in the order of k.

    The powers are sums of deviations from the group's mean, and means are kept as their distance from a
    common `anchor` (left out: the mean of all values), so that large means with a small spread lose no
    digits (Chan, Golub and LeVeque 1983); the sums are Kahan's.
    """
    common = "SELECT avg(v) AS c FROM d" if anchor is None else f"SELECT CAST({anchor!r} AS DOUBLE) AS c"
    found = data.rows(
        f"WITH d AS ({grouped}), a AS ({common}),"
        " m AS (SELECT g, min(k) AS k, count(*) AS n, any_value(c) AS c, favg(v - c) AS mu, min(v) AS low,"
        " max(v) AS high, quantile_cont(v, [0.25, 0.5, 0.75]) AS q FROM d, a GROUP BY g)"
        " SELECT m.g, any_value(n), any_value(c), any_value(mu), fsum((v - c - mu) ** 2),"
        " fsum((v - c - mu) ** 3), fsum((v - c - mu) ** 4), any_value(low), any_value(high), any_value(q)"
        " FROM d JOIN m ON d.g = m.g GROUP BY m.g ORDER BY min(m.k), m.g"
    )
    return [_moments(*row) for row in found]


def moments(data: Data, values: str, anchor: float | None = None) -> Moments:
    """The moments of a relation with the column v; n is 0 where there is none."""
    found = moments_by_group(data, f"SELECT v, 'all' AS g, 1 AS k FROM ({values})", anchor)
    return found[0] if found else Moments("all", 0, *([math.nan] * 10))


def _moments(
    label: str, n: int, anchor: float, offset: float, s2: float, s3: float, s4: float, low: float,
    high: float, quantiles: Sequence[float],
) -> Moments:  # fmt: skip
    # Rounding may leave a tiny spread where all values are equal.
    m2 = s2 / n if low < high else 0.0
    skew = s3 / n / m2**1.5 if m2 > 0 else 0.0
    kurtosis = s4 / n / m2**2 - 3 if m2 > 0 else 0.0
    var = m2 * n / (n - 1) if n > 1 else math.nan
    q1, median, q3 = quantiles
    return Moments(label, n, anchor + offset, offset, var, skew, kurtosis, low, q1, median, q3, high)


def pooled(groups: Sequence[Moments]) -> tuple[int, float, float, float]:
    """(n, grand mean as an offset, sum of squares between, sum of squares within) of all groups together."""
    n = sum(g.n for g in groups)
    grand = math.fsum(g.n * g.offset for g in groups) / n
    between = math.fsum(g.n * (g.offset - grand) ** 2 for g in groups)
    within = math.fsum((g.n - 1) * g.var for g in groups if g.n > 1)
    return n, grand, between, within
