"""Anomalies: single periods that are far from what their surroundings and the season let expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MIN_POINTS = 12
ALPHA = 0.01
"""The chance of any false alarm in a series of plain noise."""
MAX_SHARE = 0.1
_REACH = 4


@dataclass(frozen=True)
class Anomaly:
    """The period at position `at`: its value, what was expected, and how many robust deviations apart."""

    at: int
    value: float
    expected: float
    score: float


def find_anomalies(values: Values, level: Values, seasonal: Values) -> tuple[list[Anomaly], float]:
    """The anomalies, the largest first, and the limit in robust deviations.

    values: NaN where a period is missing (it is not judged). level: the steps of the change points,
    taken off first. What is left is compared with its running median; the limit is that of the
    generalised extreme Studentised deviate test (Rosner 1983) with median and MAD in the place of mean
    and deviation, as in Hochenbaum, Vallis and Kejariwal (2017): fixed by the length of the series.
    """
    known = ~np.isnan(values)
    n = int(known.sum())
    if n < MIN_POINTS:
        return [], 0.0
    rest = (values - seasonal - level)[known]
    away = rest - _neighbours_median(rest)
    middle = float(np.median(away))
    spread = 1.4826 * float(np.median(np.abs(away - middle)))
    if spread <= 0:
        return [], 0.0
    scores = (away - middle) / spread
    limit = _limit(n) * _tail_factor(scores)
    positions = np.flatnonzero(known)
    expected = values[known] - away
    far = [i for i in np.argsort(-np.abs(scores)) if abs(scores[i]) > limit]
    kept = far[: max(1, int(MAX_SHARE * n))]
    found = [
        Anomaly(int(positions[i]), float(values[known][i]), float(expected[i]), float(scores[i]))
        for i in kept
    ]
    return found, limit


def _neighbours_median(values: Values) -> Values:
    """The median of the four values on either side (at the ends, of the eight nearest others)."""
    n = len(values)
    reach = min(_REACH, (n - 1) // 2)
    centre = np.clip(np.arange(n), reach, n - 1 - reach)
    window = centre[:, None] + np.arange(-reach, reach + 1)
    others = window[window != np.arange(n)[:, None]].reshape(n, 2 * reach)
    return np.asarray(np.median(values[others], axis=1), dtype=np.float64)


def _tail_factor(scores: Values) -> float:
    """How much further the limit lies where the bulk of the scores already has longer tails than noise.

    Compares the 90th percentile of the scores with that of a normal distribution (1.645). The third
    power holds for Student's t with 4 and more degrees of freedom to about 10% at 100 to 1,000 values.
    """
    return max(1.0, float(np.quantile(np.abs(scores), 0.9)) / 1.645) ** 3


def _limit(n: int) -> float:
    """Rosner's critical value for the first deviate of n values, two-sided."""
    from scipy import stats

    t = float(stats.t.ppf(1 - ALPHA / (2 * n), n - 2))
    return float((n - 1) * t / np.sqrt((n - 2 + t * t) * n))
