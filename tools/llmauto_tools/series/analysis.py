"""Everything that is found in one series: season, changes, anomalies and trend, in that order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.series import anomalies, changes, season, trend
from llmauto_tools.series.prepare import Series, filled
from llmauto_tools.series.steps import Step

Values = NDArray[np.float64]

MAX_MISSING = 0.5
"""A series with a larger share of missing periods is not analysed."""
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@dataclass(frozen=True)
class Analysis:
    """What was found in a series. `series` ends and begins with a value and has complete periods only."""

    series: Series
    step: Step
    values: Values
    """Without holes: a straight line over missing periods."""
    seasons: tuple[season.Season, ...]
    parts: season.Decomposition | None
    segments: changes.Segments
    anomalies: tuple[anomalies.Anomaly, ...]
    limit: float
    """Robust deviations from which a period counts as unusual; 0 where none was looked for."""
    trend: trend.Trend | None

    @property
    def seasonal(self) -> Values:
        return self.parts.seasonal.sum(axis=0) if self.parts else np.zeros(len(self.values))

    @property
    def main(self) -> int | None:
        """Which season is the strongest, as a position in `seasons`."""
        if not self.seasons:
            return None
        return max(range(len(self.seasons)), key=lambda i: self.seasons[i].strength)

    @property
    def constant(self) -> bool:
        return float(np.ptp(self.values)) == 0.0

    def label(self, position: int) -> str:
        return self.step.label(self.series.times[position])


def usable(series: Series) -> Series | None:
    """The complete periods between the first and the last value; None where too few are left."""
    whole = series.complete()
    known = np.flatnonzero(~np.isnan(whole.values))
    if len(known) < 3:
        return None
    cut = slice(int(known[0]), int(known[-1]) + 1)
    inside = Series(whole.name, whole.times[cut], whole.values[cut], whole.counts[cut])
    return inside if inside.missing <= MAX_MISSING * len(inside.times) else None


def analyse(series: Series, step: Step) -> Analysis:
    """Analyse a usable series. The season is taken off before the changes, both before the anomalies."""
    values = filled(series.values, "linear")
    seasons = season.find_seasons(values, step)
    parts = season.decompose(values, [s.period for s in seasons]) if seasons else None
    seasonal = parts.seasonal.sum(axis=0) if parts else np.zeros(len(values))
    adjusted = values - seasonal
    segments = changes.find_changes(adjusted)
    found, limit = anomalies.find_anomalies(series.values, segments.level, seasonal)
    return Analysis(
        series, step, values, tuple(seasons), parts, segments, tuple(found), limit,
        trend.find_trend(adjusted),
    )  # fmt: skip


def too_short(periods: int) -> list[str]:
    """What cannot be looked for in a series of so many periods, with what it would take."""
    wanted = {
        "a trend": trend.MIN_POINTS, "a repeating pattern": season.MIN_POINTS,
        "unusual periods": anomalies.MIN_POINTS, "changes": changes.MIN_POINTS,
    }  # fmt: skip
    return [f"{what} ({n} periods are needed)" for what, n in wanted.items() if periods < n]


def seasonal_figure(analysis: Analysis, which: int) -> list[tuple[str, float, int]]:
    """(position, effect, periods) of one season: how far each position lies from the mean of the cycle.

    Positions are named by the calendar where it has the period: weekdays, months, hours of the day.
    """
    assert analysis.parts is not None
    names = [
        _position(analysis.step, analysis.seasons[which].period, t, i)
        for i, t in enumerate(analysis.series.times)
    ]
    effects: dict[tuple[int, str], list[float]] = {}
    for name, effect in zip(names, analysis.parts.seasonal[which], strict=True):
        effects.setdefault(name, []).append(float(effect))
    return [(name, float(np.mean(v)), len(v)) for (_, name), v in sorted(effects.items())]


def _position(step: Step, period: int, at: dt.datetime, index: int) -> tuple[int, str]:
    """The place of a period in the cycle, for sorting, and its name."""
    calendar = step.calendar_periods()
    if period not in calendar:
        return index % period, str(index % period + 1)
    if step.unit == "hour" and period == 24:
        return at.hour, f"{at.hour:02d}:00"
    if (step.unit == "day" and period == calendar[0]) or period == 168:
        return at.isoweekday(), _WEEKDAYS[at.isoweekday() - 1]
    if step.unit == "quarter":
        return (at.month - 1) // 3, f"Q{(at.month + 2) // 3}"
    return at.month, _MONTHS[at.month - 1]
