"""Tests from counts, moments and short arrays. Each returns a p-value and an effect between 0 and 1.

Effects are of the size of a correlation: a standardised difference d becomes d / sqrt(d² + 4), a share of
variance its root (Cohen 1988; Borenstein et al. 2009, chapter 7), so that facts of different kinds compare.
"""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
TINY = 1e-300


def from_d(d: float) -> float:
    """A standardised difference as a correlation."""
    return abs(d) / math.sqrt(d * d + 4)


def from_ratio(before: float, after: float) -> float:
    """The relative change between two positive sizes, 0 to 1; doubling and halving give 0.5."""
    low, high = sorted((abs(before), abs(after)))
    if before * after < 0 or high == 0:
        return 1.0 if high else 0.0
    return 1 - low / high


def bounded(p: float, tests: int = 1) -> float:
    """Bonferroni's bound for the smallest of several p-values; never 0, so that a logarithm exists."""
    if not math.isfinite(p):
        return 1.0
    return float(min(max(p * tests, TINY), 1.0))


def normal_p(z: float) -> float:
    from scipy import stats

    return bounded(2 * float(stats.norm.sf(abs(z))))


def t_p(t: float, df: float) -> float:
    from scipy import stats

    return bounded(2 * float(stats.t.sf(abs(t), df))) if df > 0 else 1.0


def f_p(f: float, df1: float, df2: float) -> float:
    from scipy import stats

    return bounded(float(stats.f.sf(f, df1, df2))) if df1 > 0 and df2 > 0 and f > 0 else 1.0


def chi2_p(x: float, df: float) -> float:
    from scipy import stats

    return bounded(float(stats.chi2.sf(x, df))) if df > 0 else 1.0


def anova(n: Values, mean: Values, variance: Values) -> tuple[float, float]:
    """p and the root of omega squared of the means of several groups, from their moments.

    n: rows per group, at least 2 each; variance: of the sample (n - 1). p is the larger of Welch's test (1951),
    which holds under unequal variances, and Fisher's, which is less misled by small skewed groups. Groups
    without variance get the pooled one: a group of equal values is no proof by itself.
    """
    k, within_df = len(n), float((n - 1).sum())
    if k < 2:
        return 1.0, 0.0
    pooled = float(((n - 1) * variance).sum() / max(within_df, 1))
    if pooled <= 0:
        return 1.0, 0.0
    weight = n / np.where(variance > 1e-12 * pooled, variance, pooled)
    share = weight / weight.sum()
    grand = float((share * mean).sum())
    spread = float(((1 - share) ** 2 / (n - 1)).sum())
    between = float((weight * (mean - grand) ** 2).sum()) / (k - 1)
    f = between / (1 + 2 * (k - 2) / (k * k - 1) * spread)
    welch = f_p(f, k - 1, (k * k - 1) / (3 * spread) if spread else math.inf)
    centre = float((n * mean).sum() / n.sum())
    fisher = f_p(float((n * (mean - centre) ** 2).sum()) / (k - 1) / pooled, k - 1, within_df)
    return max(welch, fisher), omega(n, mean, pooled)


def omega(n: Values, mean: Values, pooled: float) -> float:
    """The root of omega squared: the share of variance between groups, corrected for their number."""
    k, rows = len(n), float(n.sum())
    centre = float((n * mean).sum() / rows)
    between = float((n * (mean - centre) ** 2).sum())
    total = between + pooled * (rows - k)
    squared = (between - (k - 1) * pooled) / (total + pooled) if total > 0 else 0.0
    return math.sqrt(min(max(squared, 0.0), 1.0))


def chi_square(table: Values, least: float = 5.0) -> tuple[float, float, Values]:
    """p, Cramér's V (corrected as in Bergsma 2013), and the standardised residuals of a table of counts.

    Rows and columns are taken together into their smallest neighbour until no expected count is below
    `least` (Cochran's rule made strict, as many tables are tested); p is 1 where fewer than two are left.
    """
    merged = _merged(_merged(np.asarray(table, dtype=np.float64), least).T, least).T
    merged = _merged(merged, least)
    rows, columns = merged.shape
    n = float(merged.sum())
    if rows < 2 or columns < 2 or n < 10:
        return 1.0, 0.0, np.zeros_like(table, dtype=np.float64)
    expected = np.outer(merged.sum(1), merged.sum(0)) / n
    statistic = float(((merged - expected) ** 2 / expected).sum())
    if min(rows, columns) == 2 and max(rows, columns) == 2:  # Yates: the tail counts here, not the middle
        statistic = float((np.maximum(np.abs(merged - expected) - 0.5, 0) ** 2 / expected).sum())
    phi = max(0.0, statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    v = math.sqrt(min(phi / smaller, 1.0)) if smaller > 0 else 0.0
    return chi2_p(statistic, (rows - 1) * (columns - 1)), v, residuals(table)


def _merged(table: Values, least: float) -> Values:
    """The table with rows of small expected counts added up, the smallest first.

    Only the sums decide which rows go together: to look at the cells would choose the result.
    """
    rows = [(float(row.sum()), i, row) for i, row in enumerate(table) if row.sum() > 0]
    if not rows:
        return np.zeros((0, table.shape[1]))
    columns = np.sum([row for _, _, row in rows], axis=0)
    columns = columns[columns > 0]
    smallest = float(columns.min() / columns.sum()) if len(columns) else 0.0
    heapq.heapify(rows)
    while len(rows) > 1 and rows[0][0] * smallest < least:
        total, i, row = heapq.heappop(rows)
        other_total, _, other = heapq.heappop(rows)
        heapq.heappush(rows, (total + other_total, i, row + other))
    return np.asarray([row for _, _, row in sorted(rows, key=lambda r: r[1])])


def residuals(table: Values) -> Values:
    """Adjusted standardised residuals of a table of counts (Haberman 1973); 0 where nothing is expected."""
    table = np.asarray(table, dtype=np.float64)
    n = table.sum()
    r, c = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    expected = r * c / n if n else np.zeros_like(table)
    scale = np.sqrt(expected * (1 - r / max(n, 1)) * (1 - c / max(n, 1)))
    return np.asarray(np.divide(table - expected, scale, out=np.zeros_like(table), where=scale > 0))


def additive_fit(
    weight: Values, first: NDArray[Any], second: NDArray[Any], mean: Values
) -> tuple[Values, int]:
    """The cell means that two factors without interaction give, by weighted least squares; and its rank.

    Cells are given as long arrays: weight, code of the first and of the second factor, mean.
    """
    a, b = np.unique(first, return_inverse=True)[1], np.unique(second, return_inverse=True)[1]
    design = np.zeros((len(mean), a.max() + b.max() + 1))
    design[np.arange(len(mean)), a] = 1.0
    later = b > 0
    design[np.flatnonzero(later), a.max() + b[later]] = 1.0
    root = np.sqrt(weight)
    solved, _, rank, _ = np.linalg.lstsq(design * root[:, None], mean * root, rcond=None)
    return design @ solved, int(rank)


def correlation_p(r: float, n: float, controls: int = 0) -> float:
    """Of a correlation (Pearson's, or of ranks) by Student's t."""
    df = n - 2 - controls
    if df < 3:
        return 1.0
    r = min(max(r, -1 + 1e-15), 1 - 1e-15)
    return t_p(r * math.sqrt(df / (1 - r * r)), df)


def tail_df(rest: Values) -> float:
    """Degrees of freedom of the Student distribution that has the kurtosis of these residuals (4 to 1,000).

    Heavy tails make large residuals ordinary; a test against the normal distribution would call them outliers.
    """
    if len(rest) < 8:
        return 4.0
    centred = rest - rest.mean()
    second = float((centred**2).mean())
    if second <= 0:
        return 1000.0
    n = len(rest)
    excess = float((centred**4).mean()) / second**2 - 3 * (n - 1) / (n + 1)
    # One standard error is added: a short series may hide its tails.
    excess += math.sqrt(24 / n)
    return min(max(4 + 6 / excess, 4.0), 1000.0) if excess > 0.006 else 1000.0
