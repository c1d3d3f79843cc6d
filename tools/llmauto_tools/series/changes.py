"""Change points: when the level of a series jumped, or its direction turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MIN_POINTS = 16
MIN_SEGMENT = 5
"""Periods of the shortest segment, or a fiftieth of a longer series: a change is to last."""
MAX_POINTS = 6_000
PENALTY = 3.0
"""Of one jump in the mean, in units of the long-run variance times ln n (2 would be BIC's for a jump and
its date; at 3 about one series of noise in a hundred has a change, see benchmarks/series)."""


@dataclass(frozen=True)
class Change:
    """The level (or the slope) from `start` of the segment before, and from the change on.

    `at` is the position of the first value of the new regime. `before` and `after` are means of the two
    segments for a jump, slopes per step for a turn.
    """

    at: int
    kind: Literal["level", "slope"]
    before: float
    after: float


@dataclass(frozen=True)
class Segments:
    """The changes, and the level that the series would have by them (a step or broken line)."""

    changes: tuple[Change, ...]
    level: Values


def find_changes(values: Values) -> Segments:
    """Changes of a series without missing values and without season.

    Three descriptions compete: jumps in the mean, jumps beside one steady slope, and straight lines
    that break. Each is segmented by PELT (Killick, Fearnhead and Eckley 2012; ruptures), the cheapest in
    squared error and penalty wins. The penalty counts in the long-run variance of the noise, that of
    neighbours that resemble each other (Lavielle and Moulines 2000), estimated from differences so that
    the jumps do not count as noise (Chakar et al. 2017).
    """
    n = len(values)
    flat = Segments((), np.full(n, float(np.mean(values)) if n else 0.0))
    if n < MIN_POINTS or float(np.ptp(values)) == 0.0:
        return flat
    clean = _without_spikes(values)
    size = -(-n // MAX_POINTS)
    if size > 1:
        clean = clean[: n // size * size].reshape(-1, size).mean(axis=1)
    scale = _long_run_deviation(clean)
    if scale <= 0:
        return flat
    kind, bounds = _cheapest((clean - np.median(clean)) / scale)
    if len(bounds) > 1:
        left = clean - _described(clean, kind, bounds).level
        scale = max(scale, _deviation_left(left))
        kind, bounds = _cheapest((clean - np.median(clean)) / scale)
    bounds = [b * size for b in bounds[:-1]] + [n]
    return _described(values, kind, bounds)


def _without_spikes(values: Values) -> Values:
    """Values further from the running median than 4 robust deviations, pulled back to that distance.

    A Hampel filter (Hampel 1974): a single spike is no change of level.
    """
    from scipy.ndimage import median_filter

    centre = median_filter(values, size=7, mode="nearest")
    away = values - centre
    spread = 1.4826 * float(np.median(np.abs(away)))
    if spread <= 0:
        return values
    return np.asarray(centre + np.clip(away, -4 * spread, 4 * spread), dtype=np.float64)


def _long_run_deviation(values: Values) -> float:
    """The deviation that means of long stretches behave by: sigma / (1 - rho) of a first-order process.

    rho comes from the medians of the squared differences at lags 1 and 2, which a few jumps hardly move
    (Chakar, Lebarbier, Lévy-Leduc and Robin 2017).
    """
    one = np.abs(np.diff(values))
    two = np.abs(values[2:] - values[:-2])
    a, b = float(np.median(one)), float(np.median(two))
    if a <= 0:
        a, b = float(np.mean(one)), float(np.mean(two))
    if a <= 0:
        return 0.0
    rho = float(np.clip((b / a) ** 2 - 1, -0.3, 0.98))
    innovation = a * 1.4826 / np.sqrt(2 / (1 + rho))  # var(y[t+1] - y[t]) = 2 s² / (1 + rho)
    return float(innovation / (1 - rho))


def _deviation_left(left: Values) -> float:
    """The same from what the changes leave: noise that resembles its neighbours more than it seemed to."""
    n = len(left)
    variance = float(np.mean(left**2))
    if variance <= 0:
        return 0.0
    raw = float(np.mean(left[1:] * left[:-1])) / variance
    rho = float(np.clip((n * raw + 2) / (n - 4), 0.0, 0.95))  # Kendall's (1954) correction of the bias
    return float(np.sqrt(variance * (1 + rho) / (1 - rho)))


Kind = Literal["jumps", "slope", "lines"]


def _cheapest(scaled: Values) -> tuple[Kind, list[int]]:
    """The description with the lowest squared error and penalty, and the ends of its segments."""
    n = len(scaled)
    unit = PENALTY * float(np.log(n))
    at = np.arange(n, dtype=np.float64)
    slope = _steady_slope(scaled)
    jumps = _pelt_mean(scaled, unit)
    beside = _pelt_mean(scaled - slope * at, unit)
    lines = _pelt_lines(scaled, 1.5 * unit)
    costs: list[tuple[float, Kind, list[int]]] = [
        (_mean_error(scaled, jumps) + unit * (len(jumps) - 1), "jumps", jumps),
        (_mean_error(scaled - slope * at, beside) + unit * (len(beside) - 0.5), "slope", beside),
        (_line_error(scaled, lines) + unit * (1.5 * len(lines) - 1), "lines", lines),
    ]
    _, kind, bounds = min(costs, key=lambda c: c[0])
    return kind, bounds


def _steady_slope(values: Values) -> float:
    """The slope that most stretches of a tenth of the series share: jumps are in few of them."""
    lag = max(2, len(values) // 10)
    return float(np.median(values[lag:] - values[:-lag])) / lag


def _pelt_mean(values: Values, penalty: float) -> list[int]:
    import ruptures

    search = ruptures.KernelCPD(kernel="linear", min_size=_shortest(len(values)))  # PELT in C
    return [int(b) for b in search.fit(values).predict(pen=penalty)]


def _shortest(n: int) -> int:
    return max(MIN_SEGMENT, n // 50)


def _pelt_lines(values: Values, penalty: float) -> list[int]:
    import ruptures

    jump = max(1, len(values) // 200)
    fitted = ruptures.Pelt(custom_cost=_line_cost(), min_size=2 * _shortest(len(values)), jump=jump).fit(
        values
    )
    return [int(b) for b in fitted.predict(pen=penalty)]


class _Sums:
    """Squared errors of straight lines over any stretch, from running sums."""

    def __init__(self, values: Values) -> None:
        at = np.arange(len(values), dtype=np.float64)

        def running(a: Values) -> Values:
            return np.concatenate([[0.0], np.cumsum(a)])

        self._sums = [running(a) for a in (at, at * at, values, at * values, values * values)]

    def error(self, start: int, end: int) -> float:
        n = end - start
        t, tt, y, ty, yy = (float(s[end] - s[start]) for s in self._sums)
        along = tt - t * t / n
        cross = ty - t * y / n
        return max(0.0, yy - y * y / n - (cross * cross / along if along > 0 else 0.0))


def _line_cost() -> Any:
    """A cost of ruptures: the squared error of a straight line (its own takes a least-squares fit per call)."""
    from ruptures.base import BaseCost

    class LineCost(BaseCost):  # type: ignore[misc]
        model = "line"
        min_size = 3

        def fit(self, signal: Values) -> Any:
            self.signal = signal
            self._sums = _Sums(np.asarray(signal, dtype=np.float64).ravel())
            return self

        def error(self, start: int, end: int) -> float:
            return self._sums.error(start, end)

    return LineCost()


def _stretches(bounds: list[int]) -> list[tuple[int, int]]:
    return list(zip([0, *bounds[:-1]], bounds, strict=True))


def _mean_error(values: Values, bounds: list[int]) -> float:
    return sum(float(np.sum((values[a:b] - values[a:b].mean()) ** 2)) for a, b in _stretches(bounds))


def _line_error(values: Values, bounds: list[int]) -> float:
    sums = _Sums(values)
    return sum(sums.error(a, b) for a, b in _stretches(bounds))


def _described(values: Values, kind: Kind, bounds: list[int]) -> Segments:
    """The changes between neighbouring segments, in the units of the series."""
    level = np.empty(len(values))
    slopes: list[float] = []
    for a, b in _stretches(bounds):
        at = np.arange(a, b)
        slope = float(np.polyfit(at, values[a:b], 1)[0]) if kind == "lines" else 0.0
        slopes.append(slope)
        level[a:b] = np.mean(values[a:b]) + slope * (at - at.mean())
    if kind == "slope":
        level = _beside_slope(values, bounds)
    changes = []
    for i, (a, b) in enumerate(_stretches(bounds)[:-1]):
        end = _stretches(bounds)[i + 1][1]
        if kind == "lines" and not _jumped(values, level, b):
            changes.append(Change(b, "slope", slopes[i], slopes[i + 1]))
        else:
            changes.append(Change(b, "level", float(np.mean(values[a:b])), float(np.mean(values[b:end]))))
    return Segments(tuple(changes), level)


def _jumped(values: Values, level: Values, at: int) -> bool:
    """Whether two lines meet at a jump of more than three deviations of what lies around them."""
    spread = float(np.std(values - level))
    return abs(float(level[at] - level[at - 1])) > 3 * spread


def _beside_slope(values: Values, bounds: list[int]) -> Values:
    """One slope and a level per segment, by least squares."""
    at = np.arange(len(values), dtype=np.float64)
    levels = np.zeros((len(values), len(bounds)))
    for i, (a, b) in enumerate(_stretches(bounds)):
        levels[a:b, i] = 1.0
    design = np.column_stack([at, levels])
    weights, *_ = np.linalg.lstsq(design, values, rcond=None)
    return np.asarray(design @ weights, dtype=np.float64)
