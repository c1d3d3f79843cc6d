"""Partial dependence (Friedman 2001), individual curves (Goldstein et al. 2015), and a hint of interactions.

An input is set to each of some values in all rows, the rest stays as it is, and the predictions are
averaged. Where inputs go together this asks the model about rows that do not exist: the bars of the chart
show where the data is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Predict = Callable[["pd.DataFrame"], "np.ndarray"]
"""One number per row: what is explained."""

GRID = 14
LEVELS = 10
CURVES = 25
BINS = 20
INTERACTION_ROWS = 25


@dataclass
class Dependence:
    """values: numbers, dates or levels; mean, low, high: the average, 10% and 90% over the rows.

    curves: grid × some rows; bars: (from, to, rows) or (level, rows).
    """

    name: str
    role: str
    values: list[Any]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    curves: np.ndarray
    bars: list[tuple[Any, ...]]

    @property
    def spread(self) -> float:
        """How far the average moves."""
        return float(self.mean.max() - self.mean.min())


def partial_dependence(predict: Predict, frame: pd.DataFrame, name: str, role: str, seed: int) -> Dependence:
    """Set the input to a grid of its values (quantiles, or its frequent levels) and predict."""
    import numpy as np

    values = grid_of(frame[name], role)
    curves = np.array([predict(with_value(frame, name, v)) for v in values])
    low, high = np.quantile(curves, [0.1, 0.9], axis=1)
    shown = np.random.default_rng(seed).choice(len(frame), min(CURVES, len(frame)), replace=False)
    return Dependence(
        name, role, values, curves.mean(axis=1), low, high, curves[:, shown], _bars(frame[name], role)
    )


def grid_of(values: pd.Series, role: str, most: int = GRID) -> list[Any]:
    """Distinct values to set: quantiles of numbers and dates, the most frequent levels of categories."""
    import numpy as np

    known = values.dropna()
    if role not in ("number", "date"):
        return [str(v) for v in known.value_counts().index[:LEVELS] if (known == v).any()]
    distinct = known.sort_values().unique()
    if len(distinct) <= most:
        return list(distinct)
    ordered = known.sort_values().to_numpy()
    at = np.linspace(0.01, 0.99, most) * (len(ordered) - 1)
    return list(dict.fromkeys(ordered[at.round().astype(int)]))


def with_value(frame: pd.DataFrame, name: str, value: Any) -> pd.DataFrame:
    """The frame with one value in a column, in the column's own type."""
    import pandas as pd

    made = frame.copy(deep=False)
    made[name] = pd.Series([value] * len(frame), index=frame.index, dtype=_type_for(frame[name], value))
    return made


def _type_for(values: pd.Series, value: Any) -> Any:
    import pandas as pd

    return pd.CategoricalDtype([value]) if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype


def _bars(values: pd.Series, role: str) -> list[tuple[Any, ...]]:
    import numpy as np

    known = values.dropna()
    if role not in ("number", "date"):
        return [(str(v), int(n)) for v, n in known.value_counts().head(LEVELS).items() if n]
    numbers = known.to_numpy(dtype="float64" if role == "number" else "datetime64[us]").astype("float64")
    low, high = np.quantile(numbers, [0.01, 0.99])
    counts, edges = np.histogram(numbers, bins=BINS, range=(low, high if high > low else low + 1))
    return [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]


def strongest_interaction(
    predict: Predict, frame: pd.DataFrame, inputs: Sequence[tuple[str, str]], seed: int
) -> tuple[str, str, float] | None:
    """The pair with the largest H statistic (Friedman and Popescu 2008), and it; None below two inputs.

    H² is the share of the variance of a pair's joint partial dependence that is not the sum of the two
    single ones, over at most 25 rows: rough, a hint where to look.
    """
    import numpy as np

    rows = frame.sample(min(INTERACTION_ROWS, len(frame)), random_state=seed).reset_index(drop=True)
    if len(inputs) < 2 or len(rows) < 5:
        return None
    names = [name for name, _ in inputs]
    single = {n: _joint(predict, rows, [n]) for n in names}
    best: tuple[str, str, float] | None = None
    for a, b in itertools.combinations(names, 2):
        both = _joint(predict, rows, [a, b])
        spread = float((both**2).sum())
        h = float(np.sqrt(((both - single[a] - single[b]) ** 2).sum() / spread)) if spread > 1e-12 else 0.0
        if best is None or h > best[2]:
            best = a, b, h
    return best


def _joint(predict: Predict, rows: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Centred partial dependence on these inputs at every row's own values."""
    import numpy as np

    n = len(rows)
    crossed = rows.iloc[np.tile(np.arange(n), n)].reset_index(drop=True)
    given = rows.iloc[np.repeat(np.arange(n), n)].reset_index(drop=True)
    for name in names:
        crossed[name] = given[name]
    means = predict(crossed).reshape(n, n).mean(axis=1)
    return np.asarray(means - means.mean())
