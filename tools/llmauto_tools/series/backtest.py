"""Which model forecasts a series best: tried on its own past, against the naive forecast."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.series.models import NAIVE, Forecast, candidates, combine, fit, naive_period

Values = NDArray[np.float64]

FOLDS = 4
MARGIN = 0.02
"""A model has to be better than the naive forecast by this share of its error to be chosen."""
FIT_SECONDS = 8.0
"""A model whose first fit takes more of the processor's time is dropped, and the result says so."""
COMBINATION_BONUS = 0.05
"""The mean of the models is taken where its error is at most this share above the best one's."""
MIN_TRAINING = 8
COMBINED = "combination"
FAILURES = (ArithmeticError, AssertionError, IndexError, TypeError, ValueError, np.linalg.LinAlgError)
"""What a library raises for a history that a model does not fit."""
_LARGEST_FACTOR = 3.0
_CALIBRATION_POINTS = 10


@dataclass
class Score:
    """A model over the folds. Errors are in units of the naive forecast's error in the training part."""

    name: str
    mase: list[float] = field(default_factory=list)
    """One mean absolute scaled error per fold (Hyndman and Koehler 2006)."""
    mae: list[float] = field(default_factory=list)
    ratios: dict[int, list[Values]] = field(default_factory=dict)
    """Per level and fold: the error of each period over the half-width of the interval on its side."""

    @property
    def mean(self) -> float:
        return float(np.mean(self.mase))

    def coverage(self, level: int, factor: Callable[[int], float]) -> float:
        """The share of periods inside the interval, widened in each fold by factor(fold)."""
        inside = [r <= factor(i) for i, r in enumerate(self.ratios[level])]
        return float(np.mean(np.concatenate(inside)))


@dataclass(frozen=True)
class Backtest:
    """The scores by model, the model that was chosen, and what was dropped with the reason."""

    scores: dict[str, Score]
    chosen: str
    members: tuple[str, ...]
    """The models that the combination is the mean of."""
    dropped: tuple[str, ...]
    folds: int

    @property
    def naive(self) -> Score:
        return self.scores[NAIVE]

    def without(self, name: str, why: str) -> Backtest:
        """The same without one model, and the choice made again."""
        members = tuple(n for n in self.members if n != name)
        gone = {name} | ({COMBINED} if len(members) < 2 else set())
        scores = {n: s for n, s in self.scores.items() if n not in gone}
        return Backtest(scores, _choose(scores), members, (*self.dropped, f"{name}: {why}"), self.folds)


def origins(length: int, horizon: int, periods: Sequence[int], folds: int = FOLDS) -> list[int]:
    """Lengths of the training parts, the longest first; empty where there is no room for one."""
    period = max(periods, default=1)
    shortest = max(MIN_TRAINING, 2 * period + 2 if period > 1 else MIN_TRAINING, length // 3)
    room = length - horizon - shortest
    if room < 0:
        return []
    stride = max(1, min(horizon, room // max(1, folds - 1)))
    return [length - horizon - k * stride for k in range(folds) if length - horizon - k * stride >= shortest]


def backtest(
    values: Values, periods: Sequence[int], horizon: int, levels: Sequence[int], *, quick: bool = False,
    step: Callable[[str, float], None] = lambda text, fraction: None,
) -> Backtest:  # fmt: skip
    """Forecast the last parts of the series from what came before (rolling origin; Tashman 2000).

    step is called before each fit with a text and a fraction.
    """
    starts = origins(len(values), horizon, periods, 3 if quick else FOLDS)
    names = candidates(min(starts, default=len(values)), periods, quick)
    members = [n for n in names if n != NAIVE]
    scores = {n: Score(n) for n in [*names, COMBINED]}
    dropped: list[str] = []
    for i, start in enumerate(starts):
        made = {}
        for j, name in enumerate([n for n in names if n not in {d.split(":")[0] for d in dropped}]):
            step(f"trying {name} on the past", (i + j / len(names)) / len(starts))
            forecast, why = _tried(name, values[:start], periods, horizon, levels, first=i == 0)
            if forecast is None:
                dropped.append(f"{name}: {why}")
            else:
                made[name] = forecast
        alive = [n for n in members if n in made]
        if len(alive) > 1:
            made[COMBINED] = combine([made[n] for n in alive])
        for name, forecast in made.items():
            _score(scores[name], forecast, values[:start], values[start : start + horizon], periods)
    kept = {n: s for n, s in scores.items() if len(s.mase) == len(starts) and starts}
    alive = [n for n in members if n in kept]
    return Backtest(kept, _choose(kept), tuple(alive), tuple(dropped), len(starts))


def _tried(
    name: str, history: Values, periods: Sequence[int], horizon: int, levels: Sequence[int], first: bool
) -> tuple[Forecast | None, str]:
    """The forecast, or None with the reason: it failed, or its first fit took too long."""
    began = time.process_time()
    try:
        forecast = fit(name, history, periods, horizon, levels)
    except FAILURES as e:
        if name == NAIVE:
            raise
        return None, f"it could not be fitted ({type(e).__name__})"
    if first and name != NAIVE and time.process_time() - began > FIT_SECONDS:
        return None, f"one fit took more than {FIT_SECONDS:.0f} seconds"
    return forecast, ""


def _score(score: Score, forecast: Forecast, history: Values, actual: Values, periods: Sequence[int]) -> None:
    errors = actual - forecast.mean
    mae = float(np.mean(np.abs(errors)))
    score.mae.append(mae)
    scale = naive_scale(history, periods)
    score.mase.append(mae / scale if scale > 0 else 0.0 if mae == 0 else np.inf)
    for level, low in forecast.low.items():
        width = np.where(errors >= 0, forecast.high[level] - forecast.mean, forecast.mean - low)
        tiny = 1e-12 * max(1.0, float(np.max(np.abs(history))))
        ratio = np.abs(errors) / np.maximum(width, tiny)
        score.ratios.setdefault(level, []).append(ratio)


def naive_scale(history: Values, periods: Sequence[int]) -> float:
    """The mean absolute error of the (seasonal) naive forecast one cycle ahead, in the training part."""
    period = naive_period(periods)
    if len(history) <= period:
        period = 1
    return float(np.mean(np.abs(history[period:] - history[:-period])))


def _choose(scores: dict[str, Score]) -> str:
    """The model with the smallest error, or the naive forecast where none is better by the margin."""
    if NAIVE not in scores:
        return NAIVE
    best = min(scores.values(), key=lambda s: s.mean)
    combined = scores.get(COMBINED)
    # A mean of models is the steadier choice where it is about as good as the best (Makridakis et al. 2020).
    if combined is not None and combined.mean <= best.mean * (1 + COMBINATION_BONUS):
        best = combined
    return best.name if best.mean < scores[NAIVE].mean * (1 - MARGIN) else NAIVE


def widening(score: Score, level: int, without: int | None = None) -> float:
    """The factor for the half-width of an interval that would have held `level` percent in the backtest.

    The quantile of the scaled errors (normalised conformal prediction; Lei et al. 2018), bounded to 1
    to 3, and 1 where fewer than 10 errors are known. without: leave out that fold.
    """
    folds = [r for i, r in enumerate(score.ratios.get(level, [])) if i != without]
    ratios = np.concatenate(folds) if folds else np.empty(0)
    if len(ratios) < _CALIBRATION_POINTS:
        return 1.0
    share = min(1.0, level / 100 * (1 + 1 / len(ratios)))
    return float(np.clip(np.quantile(ratios, share), 1.0, _LARGEST_FACTOR))
