"""Forecast series, with a backtest that says how far the forecast may be trusted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmauto_tools.errors import InvalidArguments
from llmauto_tools.series.analysis import usable
from llmauto_tools.series.backtest import COMBINED, FAILURES, Backtest, Score, backtest, widening
from llmauto_tools.series.models import NAIVE, Forecast, Values, combine, fit
from llmauto_tools.series.prepare import Prepared, Series, filled
from llmauto_tools.series.season import find_seasons
from llmauto_tools.series.steps import Step, Unit

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext

MIN_POINTS = 10
"""Periods with a value that a forecast takes at least."""
MAX_HORIZON = 1_000
QUICK_GROUPS = 5
"""With more groups than this, ARIMA is left out and the backtest has 3 parts instead of 4."""
_HORIZONS: dict[Unit, int] = {"hour": 24, "day": 14, "week": 8, "month": 12, "quarter": 4, "year": 3}


@dataclass(frozen=True)
class Outlook:
    """The forecast of one series: `times` are the starts of the coming periods."""

    series: Series
    values: Values
    periods: tuple[int, ...]
    times: tuple[dt.datetime, ...]
    forecast: Forecast
    test: Backtest
    factors: dict[int, float]
    """Per level: how much wider the intervals are than the model's own."""
    clipped: bool

    @property
    def score(self) -> Score:
        return self.test.scores[self.test.chosen]

    @property
    def constant(self) -> bool:
        return float(np.ptp(self.values)) == 0.0

    @property
    def beats_naive(self) -> bool:
        return self.test.chosen != NAIVE

    def coverage(self, level: int) -> float | None:
        """The share of past periods inside the interval, with the factor taken from the other parts."""
        if self.test.folds == 0:
            return None
        return self.score.coverage(level, lambda fold: widening(self.score, level, without=fold))


def outlook(
    series: Series, step: Step, horizon: int, levels: Sequence[int], quick: bool, context: ToolContext,
    share: tuple[float, float] = (0.1, 1.0),
) -> Outlook:  # fmt: skip
    """Choose a model by its errors on the past and forecast. `series` has to be usable.

    share: from which fraction of the whole work to which this series goes.
    """
    values = filled(series.values, "linear")
    periods = tuple(s.period for s in find_seasons(values, step))
    if float(np.ptp(values)) == 0.0:
        periods = ()

    def told(text: str, fraction: float) -> None:
        context.step(text, share[0] + (share[1] - share[0]) * 0.9 * fraction)

    test = backtest(values, periods, horizon, levels, quick=quick, step=told)
    context.step(f"fitting {test.chosen}", share[1])
    made, test = _final(test, values, periods, horizon, levels)
    factors = {lv: widening(test.scores[test.chosen], lv) if test.folds else 1.0 for lv in levels}
    widened = Forecast(
        made.mean,
        {lv: made.mean - (made.mean - made.low[lv]) * factors[lv] for lv in levels},
        {lv: made.mean + (made.high[lv] - made.mean) * factors[lv] for lv in levels},
    )
    whole = bool(values.min() >= 0)
    clipped = whole and any(float(low.min()) < 0 for low in widened.low.values())
    times = tuple(step.after(series.times[-1], horizon))
    return Outlook(
        series, values, periods, times, _not_negative(widened) if whole else widened, test, factors, clipped
    )


def _final(
    test: Backtest, values: Values, periods: Sequence[int], horizon: int, levels: Sequence[int]
) -> tuple[Forecast, Backtest]:
    """The forecast from the whole history. A model that fits the past parts but not the whole is dropped."""
    names = test.members if test.chosen == COMBINED else (test.chosen,)
    parts = []
    for name in names:
        try:
            parts.append(fit(name, values, periods, horizon, levels))
        except FAILURES as e:
            if name == NAIVE:
                raise
            left = test.without(name, f"it could not be fitted to the whole history ({type(e).__name__})")
            return _final(left, values, periods, horizon, levels)
    return (combine(parts) if len(parts) > 1 else parts[0]), test


def _not_negative(forecast: Forecast) -> Forecast:
    return Forecast(
        np.maximum(forecast.mean, 0.0),
        {lv: np.maximum(v, 0.0) for lv, v in forecast.low.items()},
        {lv: np.maximum(v, 0.0) for lv, v in forecast.high.items()},
    )


def ready(prepared: Prepared, horizon: int | None) -> tuple[list[Series], list[Series], int]:
    """The series that can be forecast, those that cannot, and the horizon.

    Raises InvalidArguments where none has enough periods, or the horizon is longer than half of the
    shortest history.
    """
    usables = [(s, usable(s)) for s in prepared.series]
    good = [u for _, u in usables if u is not None and len(u.times) - u.missing >= MIN_POINTS]
    left = [s for s, u in usables if u is None or len(u.times) - u.missing < MIN_POINTS]
    if not good:
        known = max(len(s.times) - s.missing for s in prepared.series)
        raise InvalidArguments(
            f"By {prepared.step.words} there are {known:,} periods with a value (or too many gaps among them);"
            f" a forecast takes at least {MIN_POINTS}.",
            "Take a shorter step with `every`, or more data.",
        )
    shortest = min(len(s.times) for s in good)
    if horizon is None:
        return good, left, max(1, min(_HORIZONS[prepared.step.unit], shortest // 4))
    if horizon > shortest // 2:
        raise InvalidArguments(
            f"A forecast of {prepared.step.plural(horizon)} from {prepared.step.plural(shortest)} would be a guess.",
            f"Ask for at most {shortest // 2} periods (half of what is known).",
        )
    return good, left, horizon
