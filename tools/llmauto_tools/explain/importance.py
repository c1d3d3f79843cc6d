"""Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019), per input of the person's table.

How much worse the model scores on rows that it has not seen when the values of one input are shuffled
among them. Inputs that say the same thing share their importance: shuffling one leaves the other.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Model
    from llmauto_tools.models.blend import Blend
    from llmauto_tools.models.metrics import Metric

REPEATS = 10
LEAST_REPEATS = 3
DRAWS = 20
"""Bootstrap resamples of the rows within each repeat."""


@dataclass(frozen=True)
class Importance:
    """Loss of score of one input, with the 95% interval over shuffles and resampled rows."""

    loss: float
    low: float
    high: float


@dataclass
class Importances:
    """By input; score: of the unshuffled rows; how it was measured."""

    by_input: dict[str, Importance]
    score: float
    rows: int
    repeats: int
    models: int
    all_models: int


def permutation_importance(
    model: Model,
    frame: pd.DataFrame,
    y: np.ndarray,
    inputs: Sequence[str],
    metric: Metric,
    seconds: float,
    seed: int,
    step: Callable[[float], None],
) -> Importances:
    """Shuffle each of the inputs several times; as many repeats, models and rows as the time allows.

    frame: rows as `Model.prepare` gives them; y: their labels as numbers.
    """
    import numpy as np

    blend, one = _affordable(model.estimator, frame, len(inputs), seconds)
    repeats = int(np.clip(seconds / max(one * len(inputs), 1e-9), LEAST_REPEATS, REPEATS))
    before = blend.predict(frame)
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(y)) for _ in range(repeats)]
    drawn = [random.integers(len(y), size=len(y)) for _ in range(DRAWS)]
    plain = metric.utility(metric.of(y, before, model.threshold))
    resampled = [metric.utility(metric.of(y[d], before[d], model.threshold)) for d in drawn]
    found = {}
    for n, name in enumerate(inputs):
        step(n / len(inputs))
        losses, spread = [], []
        for order in orders:
            shuffled = frame.copy(deep=False)
            shuffled[name] = frame[name].take(order).set_axis(frame.index)
            after = blend.predict(shuffled)
            losses.append(plain - metric.utility(metric.of(y, after, model.threshold)))
            spread += [
                b - metric.utility(metric.of(y[d], after[d], model.threshold))
                for b, d in zip(resampled, drawn, strict=True)
            ]
        low, high = np.nanquantile(spread, [0.025, 0.975])
        found[name] = Importance(float(np.mean(losses)), float(low), float(high))
    used = sum(len(m.fitted) for m in blend.members)
    whole = sum(len(m.fitted) for m in model.members)
    return Importances(found, metric.of(y, before, model.threshold), len(y), repeats, used, whole)


def _affordable(blend: Blend, frame: pd.DataFrame, inputs: int, seconds: float) -> tuple[Blend, float]:
    """The blend, with fewer models per member where all would take too long; seconds of a prediction."""
    began = time.monotonic()
    blend.predict(frame)
    one = time.monotonic() - began
    share = seconds / max(one * inputs * LEAST_REPEATS, 1e-9)
    if share >= 1:
        return blend, one
    fewer = copy.copy(blend)
    fewer.members = [
        type(m)(m.name, m.weight, m.fitted[: max(int(len(m.fitted) * share), 1)]) for m in blend.members
    ]
    return fewer, one * share
