"""Trend: a robust slope with its interval, and a test that knows that neighbours resemble each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MAX_POINTS = 1_000
"""A longer series is averaged into at most this many blocks: pairs grow with the square."""
ALPHA = 0.05
MIN_POINTS = 8


@dataclass(frozen=True)
class Trend:
    """`slope` and its 95% interval are per step; `p` is that of the corrected Mann-Kendall test."""

    slope: float
    low: float
    high: float
    intercept: float
    p: float
    tau: float
    points: int
    """How many values were compared with each other."""

    @property
    def clear(self) -> bool:
        """Whether the slope can be told from none at 5%, by the test."""
        return self.p < ALPHA

    def line(self, length: int) -> Values:
        return np.asarray(self.intercept + self.slope * np.arange(length), dtype=np.float64)


def find_trend(values: Values) -> Trend | None:
    """Theil-Sen's slope (Sen 1968) and a Mann-Kendall test; None for fewer than 8 values.

    The test's variance is corrected for autocorrelation as in Hamed and Rao (1998), with the
    autocorrelation of a first-order process, whose coefficient is estimated on the detrended series and
    corrected for its bias in short series (Kendall 1954). The interval is the one that the test gives.
    """
    from scipy import stats

    if len(values) < MIN_POINTS:
        return None
    blocks, size = _blocks(values)
    n = len(blocks)
    at = np.arange(n, dtype=np.float64)
    slope = float(stats.theilslopes(blocks, at).slope)
    inflation = _variance_inflation(_lag_one(blocks - slope * at), n)
    # The interval that this test does not reject: Sen's ranks, further apart by the same factor.
    level = 2 * stats.norm.sf(stats.norm.isf(ALPHA / 2) * np.sqrt(inflation))
    _, _, low, high = stats.theilslopes(blocks, at, max(float(level), 1e-300))
    tau = float(stats.kendalltau(at, blocks).statistic)
    if np.isnan(tau):
        tau, p = 0.0, 1.0
    else:
        deviation = np.sqrt(2 * (2 * n + 5) / (9 * n * (n - 1)) * inflation)
        p = float(2 * stats.norm.sf(abs(tau) / deviation))
    middle = (size - 1) / 2
    per_step = slope / size
    intercept = float(np.median(blocks - slope * at)) - per_step * middle
    return Trend(float(per_step), float(low) / size, float(high) / size, intercept, p, tau, n)


def _blocks(values: Values) -> tuple[Values, int]:
    """Means of equal blocks, at most MAX_POINTS of them, and the size of a block."""
    size = -(-len(values) // MAX_POINTS)
    if size == 1:
        return values, 1
    whole = len(values) // size * size
    return values[:whole].reshape(-1, size).mean(axis=1), size


def _lag_one(rest: Values) -> float:
    centred = rest - rest.mean()
    below = float(centred @ centred)
    if below <= 0:
        return 0.0
    raw = float(centred[1:] @ centred[:-1]) / below
    n = len(rest)
    return float(np.clip((n * raw + 2) / (n - 4) if n > 8 else raw, 0.0, 0.99))


def _variance_inflation(rho: float, n: int) -> float:
    """Hamed and Rao (1998), eq. 12, for the ranks' autocorrelation of a first-order process."""
    lags = np.arange(1, n - 2, dtype=np.float64)
    ranks = 6 / np.pi * np.arcsin(rho**lags / 2)  # of the ranks of Gaussian values
    total = float(np.sum((n - lags) * (n - lags - 1) * (n - lags - 2) * ranks))
    return 1 + 2 / (n * (n - 1) * (n - 2)) * total
