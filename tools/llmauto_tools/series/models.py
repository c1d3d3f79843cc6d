"""The models that forecast: each takes a history and gives means and intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.series.season import decompose

Values = NDArray[np.float64]

NAIVE = "naive"
WORDS = {
    NAIVE: "repeating what was there before", "ets": "exponential smoothing (AutoETS)",
    "theta": "the Theta method (AutoTheta)", "arima": "ARIMA (AutoARIMA)",
    "stl_ets": "a seasonal figure (STL) and exponential smoothing of the rest",
    "combination": "the mean of several models",
}  # fmt: skip
MAX_HISTORY = 1_500
"""Values that a model is fitted on at most, or three cycles of a longer season: the newest ones."""
_LONG_SEASON = 24
"""ETS and ARIMA estimate one state per position of the cycle: not for longer ones."""
_LONG_ARIMA = 700


@dataclass(frozen=True)
class Forecast:
    """Means of the coming periods, and the limits of each level (percent)."""

    mean: Values
    low: dict[int, Values]
    high: dict[int, Values]


def candidates(length: int, periods: Sequence[int], quick: bool = False) -> list[str]:
    """The models that suit a history of that length and season, the naive one first.

    quick: leave out ARIMA, which takes most of the time.
    """
    period = max(periods, default=1)
    length = min(length, history_length(periods))
    names = [NAIVE, "theta"]
    if period <= _LONG_SEASON:
        names.append("ets")
        if length <= _LONG_ARIMA and not quick:
            names.append("arima")
    if period > 1 and length >= 2 * period + 4:
        names.append("stl_ets")
    return names


def history_length(periods: Sequence[int]) -> int:
    return max(MAX_HISTORY, 3 * max(periods, default=1))


def fit(name: str, values: Values, periods: Sequence[int], horizon: int, levels: Sequence[int]) -> Forecast:
    """Fit a model to a history without missing values and forecast `horizon` periods.

    periods: the seasons in steps, the shortest first. Models: statsforecast (Nixtla). Raises what the
    library raises where it cannot fit.
    """
    recent = values[-history_length(periods) :]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "stl_ets":
            return _stl_ets(recent, periods, horizon, levels)
        found = _MAKERS[name](recent, list(periods)).forecast(y=recent, h=horizon, level=list(levels))
    return _checked(_from(found, levels))


def combine(parts: Sequence[Forecast]) -> Forecast:
    """The mean of several forecasts, and of their limits (Lichtendahl, Grushka-Cockayne and Winkler 2013)."""
    levels = parts[0].low
    return Forecast(
        np.mean([p.mean for p in parts], axis=0),
        {lv: np.mean([p.low[lv] for p in parts], axis=0) for lv in levels},
        {lv: np.mean([p.high[lv] for p in parts], axis=0) for lv in levels},
    )


def _naive(values: Values, periods: list[int]) -> Any:
    from statsforecast.models import Naive, SeasonalNaive

    return SeasonalNaive(season_length=naive_period(periods)) if naive_period(periods) > 1 else Naive()


def naive_period(periods: Sequence[int]) -> int:
    """The season that the naive forecast repeats: the longest, unless that is too long to be told apart.

    A year of days moves by a day of the week each year: with both seasons the week is repeated.
    """
    return min(periods, default=1) if len(periods) > 1 else max(periods, default=1)


def _theta(values: Values, periods: list[int]) -> Any:
    from statsforecast.models import AutoTheta

    kind = "multiplicative" if float(values.min()) > 0 else "additive"  # ratios need positive values
    return AutoTheta(season_length=max(periods, default=1), decomposition_type=kind)


def _ets(values: Values, periods: list[int]) -> Any:
    from statsforecast.models import AutoETS

    # AutoETS leaves multiplicative models out by itself where a value is not positive.
    return AutoETS(season_length=max(periods, default=1))


def _arima(values: Values, periods: list[int]) -> Any:
    from statsforecast.models import AutoARIMA

    return AutoARIMA(
        season_length=max(periods, default=1), approximation=len(values) > 100, max_p=3, max_q=3, max_order=4
    )


_MAKERS: dict[str, Callable[[Values, list[int]], Any]] = {
    NAIVE: _naive, "theta": _theta, "ets": _ets, "arima": _arima,
}  # fmt: skip


def _stl_ets(values: Values, periods: Sequence[int], horizon: int, levels: Sequence[int]) -> Forecast:
    """Take the seasons off, forecast the rest by exponential smoothing, put the last cycles back on."""
    from statsforecast.models import AutoETS

    parts = decompose(values, list(periods), robust=False)
    seasonal = parts.seasonal.sum(axis=0)
    rest = values - seasonal
    found = _from(AutoETS(season_length=1).forecast(y=rest, h=horizon, level=list(levels)), levels)
    ahead = np.zeros(horizon)
    factor = np.ones(horizon)
    if parts.multiplicative:
        cycle = max(periods)
        ratio = values / np.where(rest > 0, rest, np.nan)
        factor = _repeated(np.nan_to_num(ratio, nan=1.0), cycle, horizon)
    else:
        for row, period in zip(parts.seasonal, periods, strict=True):
            ahead += _repeated(row, period, horizon)
    return _checked(
        Forecast(
            found.mean * factor + ahead,
            {lv: found.low[lv] * factor + ahead for lv in levels},
            {lv: found.high[lv] * factor + ahead for lv in levels},
        )
    )


def _repeated(values: Values, period: int, horizon: int) -> Values:
    return np.resize(values[-period:], horizon)


def _from(found: dict[str, Any], levels: Sequence[int]) -> Forecast:
    def array(key: str) -> Values:
        return np.asarray(found[key], dtype=np.float64)

    return Forecast(
        array("mean"), {lv: array(f"lo-{lv}") for lv in levels}, {lv: array(f"hi-{lv}") for lv in levels}
    )


def _checked(forecast: Forecast) -> Forecast:
    """Raises ValueError for a forecast that is no number."""
    parts = [forecast.mean, *forecast.low.values(), *forecast.high.values()]
    if not all(np.isfinite(p).all() for p in parts):
        raise ValueError("the forecast is not finite")
    return forecast
