"""Percentile bootstrap intervals of scores (Efron 1979), stratified by class or by whole groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.models.learners import Clock
    from llmauto_tools.models.metrics import Metric

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A score with its 95% interval."""

    value: float
    low: float
    high: float


def resamples(
    y: np.ndarray, classes: int, groups: np.ndarray | None, count: int, seed: int
) -> Iterator[np.ndarray]:
    """Positions of rows drawn with replacement: whole groups, or within each class, or any rows."""
    import numpy as np

    random = np.random.default_rng(seed)
    if groups is not None:
        members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
        for _ in range(count):
            yield np.concatenate([members[i] for i in random.integers(len(members), size=len(members))])
        return
    strata = [np.flatnonzero(y == k) for k in np.unique(y)] if classes else [np.arange(len(y))]
    for _ in range(count):
        yield np.concatenate([s[random.integers(len(s), size=len(s))] for s in strata])


def times_for(rows: int) -> int:
    """How many resamples: fewer for many rows, where the interval is narrow anyway."""
    return 1_000 if rows <= 5_000 else 400 if rows <= 30_000 else 200


def score_intervals(
    metrics: Sequence[Metric],
    y: np.ndarray,
    prediction: np.ndarray,
    classes: int,
    threshold: float | None,
    groups: np.ndarray | None,
    clock: Clock,
    seed: int,
) -> tuple[dict[str, Interval], int]:
    """The interval of each metric by scorer name, and the number of resamples that they rest on.

    All metrics are computed on the same resamples; when the time is over, those so far count (20 at least, 200 of up
    to 5,000 rows, where they are cheap).
    """
    import numpy as np

    least = 200 if len(y) <= 5_000 else 20
    found: list[list[float]] = []
    for picked in resamples(y, classes, groups, times_for(len(y)), seed):
        clock.check()
        if clock.left() < 0 and len(found) >= least:
            break
        found.append([m.of(y[picked], prediction[picked], threshold) for m in metrics])
    values = np.array(found)
    made = {}
    for i, metric in enumerate(metrics):
        low, high = interval_of(values[:, i])
        made[metric.scorer] = Interval(metric.of(y, prediction, threshold), low, high)
    return made, len(found)


def difference_interval(
    metric: Metric,
    y: np.ndarray,
    first: tuple[np.ndarray, float | None],
    second: tuple[np.ndarray, float | None],
    classes: int,
    groups: np.ndarray | None,
    clock: Clock,
    seed: int,
) -> Interval:
    """How much better `first` is than `second` on the same rows (paired), each with its threshold.

    Positive means that the first is better, for losses too. When the time is over, the resamples so far
    count (100 at least).
    """
    import numpy as np

    def gain(picked: np.ndarray) -> float:
        one = metric.of(y[picked], first[0][picked], first[1])
        two = metric.of(y[picked], second[0][picked], second[1])
        return metric.utility(one) - metric.utility(two)

    values: list[float] = []
    for picked in resamples(y, classes, groups, min(times_for(len(y)), 500), seed):
        clock.check()
        if clock.left() < 0 and len(values) >= 100:
            break
        values.append(gain(picked))
    low, high = interval_of(np.array(values))
    return Interval(gain(np.arange(len(y))), low, high)


def interval_of(values: np.ndarray) -> tuple[float, float]:
    """The middle 95% of bootstrap values; NaN where there are none."""
    import numpy as np

    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(finite, [edge, 1 - edge])
    return float(low), float(high)
