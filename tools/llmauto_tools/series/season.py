"""Seasonality: which periods a series repeats with, how strongly, and in what shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.series.steps import Step

Values = NDArray[np.float64]

ALPHA = 0.005
"""A period is taken as real below this probability of such a peak without one."""
MIN_CYCLES = 2
MIN_POINTS = 12
MAX_SEASONS = 3
_OTHER_CYCLES = 4
"""Cycles that a period outside the calendar has to show."""
_OTHER_LONGEST = 60
_OTHER_POINTS = 3_000
_HARMONICS = 12
_NEIGHBOURS = 4
_MIN_STRENGTH = 0.05
_LOG_GAIN = 0.03
_ROBUST_TURNS = 5
_SEASONAL_WINDOW = 15
"""Cycles over which STL smooths the figure. Fewer follow the noise at the ends of the series."""


@dataclass(frozen=True)
class Season:
    """A period in steps; `strength` is 0 (none) to 1; `p` the chance of such a peak without it."""

    period: int
    strength: float
    p: float


@dataclass(frozen=True)
class Decomposition:
    """values = trend + the sum of `seasonal` (one row per period) + remainder, all in the series' unit."""

    trend: Values
    seasonal: Values
    remainder: Values
    strengths: tuple[float, ...]
    """Per period: max(0, 1 - var(remainder) / var(seasonal + remainder)) (Wang, Smith and Hyndman 2006)."""
    trend_strength: float
    """The same with the trend in the place of the season."""
    multiplicative: bool = False
    """Whether the season grows with the level: decomposed, and its strength measured, in logarithms."""


def find_seasons(values: Values, step: Step) -> list[Season]:
    """The periods of a series without missing values, the shortest first; none where none is significant.

    Of the calendar's periods (a day, a week, a year in steps) and all others up to 60 steps, the most
    significant is taken, its figure is taken off, and the search goes on in what is left. A period that
    no calendar has pays for the number that were tried, and has to show in the autocorrelation.
    """
    if len(values) < MIN_POINTS or float(np.ptp(values)) == 0.0:
        return []
    rest = _detrended(values)
    found: dict[int, float] = {}
    for _ in range(MAX_SEASONS):
        best = _most_significant(rest, step, list(found))
        if best is None:
            break
        found[best[0]] = best[1]
        rest = rest - _figure_of(rest, best[0])
    if len(found) > 1:
        found = _still_significant(_detrended(values), found)
    return _with_strength(values, found)


def _still_significant(values: Values, found: dict[int, float]) -> dict[int, float]:
    """The periods that stay significant when the figures of the others are taken off first.

    A strong period leaks into the spectrum at others that are no part of it.
    """
    kept = dict(found)
    for period in sorted(found, key=lambda p: found[p], reverse=True):
        rest = values
        for other in kept:
            if other != period:
                rest = rest - _figure_of(rest, other)
        if len(kept) > 1 and peak_p(rest, period) >= ALPHA:
            del kept[period]
    return kept


def _with_strength(values: Values, found: dict[int, float]) -> list[Season]:
    periods = sorted(found)
    if not periods:
        return []
    parts = decompose(values, periods, robust=True)
    seasons = [Season(p, parts.strengths[i], found[p]) for i, p in enumerate(periods)]
    return [s for s in seasons if s.strength >= _MIN_STRENGTH]


def _most_significant(rest: Values, step: Step, known: list[int]) -> tuple[int, float] | None:
    """The period with the lowest probability below ALPHA; a calendar period goes before any other."""
    n = len(rest)
    calendar = [p for p in step.calendar_periods() if n >= MIN_CYCLES * p and p not in known]
    tested = sorted((peak_p(rest, p), p) for p in calendar)
    if tested and tested[0][0] < ALPHA:
        return tested[0][1], tested[0][0]
    recent = rest[-_OTHER_POINTS:]
    periods = [
        p for p in range(3, min(_OTHER_LONGEST, len(recent) // _OTHER_CYCLES) + 1)
        if not _related(p, [*known, *calendar])
    ]  # fmt: skip
    others = {p: peak_p(recent, p) * len(periods) for p in periods}
    clear = {p: q for p, q in others.items() if q < ALPHA and _repeats(recent, p)}
    if not clear:
        return None
    best = min(clear, key=lambda p: clear[p])
    best = min(p for p in clear if best % p == 0)  # twice a period repeats as well
    return best, clear[best]


def peak_p(values: Values, period: int) -> float:
    """The probability of peaks this high at the harmonics of `period` where the spectrum is smooth there.

    Each harmonic's power is compared with the mean power of the frequencies around it: without a season
    the ratio follows F(2, 2m) for m neighbours, whatever the shape of the noise, as long as its spectrum
    is smooth (Percival and Walden 1993, ch. 10). The harmonics are joined by the Cauchy combination test
    (Liu and Xie 2020), which one strong harmonic can decide.
    """
    from scipy import stats

    cycles = len(values) // period
    used = values[len(values) - cycles * period :]
    power = np.abs(np.fft.rfft(used - used.mean())) ** 2
    if power.max() <= 0:
        return 1.0
    bins = np.arange(cycles, len(power), cycles)[:_HARMONICS]
    reach = max(cycles - 1, _NEIGHBOURS)
    ratios, degrees, neighbours = [], [], []
    for b in bins:
        around = np.arange(max(1, b - reach), min(len(power), b + reach + 1))
        around = around[around % cycles != 0]
        floor = max(float(power[around].mean()), 1e-12 * float(power.max()))
        ratios.append(float(power[b]) / floor)
        # The highest frequency of an even length has one coefficient, the others two.
        degrees.append(1 if 2 * b == len(used) else 2)
        neighbours.append(2 * len(around))
    return _combined(stats.f.sf(ratios, degrees, neighbours))


def _combined(probabilities: Values) -> float:
    if len(probabilities) == 0:
        return 1.0
    clipped = np.clip(probabilities, 1e-15, 1 - 1e-9)
    statistic = float(np.mean(np.tan((0.5 - clipped) * np.pi)))
    return max(0.0, float(0.5 - np.arctan(statistic) / np.pi))


def _detrended(values: Values) -> Values:
    at = np.linspace(-1, 1, len(values))
    return np.asarray(values - np.polyval(np.polyfit(at, values, 2), at), dtype=np.float64)


def _figure_of(values: Values, period: int) -> Values:
    """The mean of each position of the cycle, repeated over the whole length."""
    positions = np.arange(len(values)) % period
    return figure(values, positions, period)[positions]


def _repeats(values: Values, period: int) -> bool:
    """Whether the autocorrelation at that lag is above its 99% limit for noise."""
    centred = values - values.mean()
    acf = float(centred[period:] @ centred[:-period]) / float(centred @ centred)
    return acf > 2.58 / float(np.sqrt(len(values)))


def _related(period: int, known: list[int]) -> bool:
    """Whether it is a known period, a part of one (its harmonic) or a multiple of one."""
    for p in known:
        longer, shorter = max(p, period), min(p, period)
        if abs(longer - round(longer / shorter) * shorter) <= 0.02 * longer:
            return True
    return False


def decompose(values: Values, periods: list[int], robust: bool = True) -> Decomposition:
    """Split a series without missing values by STL (Cleveland et al. 1990).

    A series of positive values is split in logarithms where the season is clearly stronger there: it
    then grows with the level, as passengers or sales do.
    """
    plain = _in_turns(values, periods, robust)
    if float(values.min()) <= 0:
        return plain
    logs = _in_turns(np.log(values), periods, robust)
    if max(logs.strengths) < max(plain.strengths) + _LOG_GAIN:
        return plain
    whole = logs.seasonal.sum(axis=0)
    trend = np.exp(logs.trend)
    effect = values - np.exp(np.log(values) - whole)
    # Each period's part of the effect, in proportion to its part in logarithms.
    share = np.divide(logs.seasonal, whole, out=np.zeros_like(logs.seasonal), where=np.abs(whole) > 1e-12)
    return Decomposition(
        trend, share * effect, values - trend - (share * effect).sum(axis=0), logs.strengths,
        logs.trend_strength, True,
    )  # fmt: skip


def _in_turns(values: Values, periods: list[int], robust: bool) -> Decomposition:
    """STL for one period after the other, the shortest first, each on what the others left, twice.

    The method of mstl (Bandara, Hyndman and Bergmeir 2021). Long periods are smoothed at every tenth of
    a window and interpolated, as Cleveland et al. propose.
    """
    from statsmodels.tsa.seasonal import STL

    seasonal = np.zeros((len(periods), len(values)))
    trend = np.zeros(len(values))
    for _ in range(2 if len(periods) > 1 else 1):
        for i, period in enumerate(periods):
            rest = values - seasonal.sum(axis=0) + seasonal[i]
            jump = max(1, period // 10)
            fit = STL(
                rest, period=period, seasonal=_SEASONAL_WINDOW, robust=robust, seasonal_deg=0,
                trend_jump=jump, low_pass_jump=jump,
            ).fit(outer_iter=_ROBUST_TURNS if robust else 0)  # fmt: skip
            seasonal[i], trend = fit.seasonal, fit.trend
    trend = np.asarray(trend, dtype=np.float64)
    remainder = values - trend - seasonal.sum(axis=0)
    strengths = tuple(_strength(s, remainder) for s in seasonal)
    return Decomposition(trend, seasonal, remainder, strengths, _strength(trend, remainder))


def _strength(part: Values, remainder: Values) -> float:
    whole = float(np.var(part + remainder))
    return max(0.0, 1.0 - float(np.var(remainder)) / whole) if whole > 0 else 0.0


def figure(seasonal: Values, positions: NDArray[np.int64], period: int) -> Values:
    """The mean seasonal effect at each of the `period` positions of the cycle, in the value's unit."""
    sums = np.bincount(positions, weights=seasonal, minlength=period)
    counts = np.bincount(positions, minlength=period)
    return np.asarray(sums / np.maximum(counts, 1), dtype=np.float64)
