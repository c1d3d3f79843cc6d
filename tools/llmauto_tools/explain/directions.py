"""Which way an input goes with the prediction, in words: read off its contributions over the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CLEAR = 0.4
"""Rank correlation of value and contribution from which a number is said to go one way."""

LEAST_ROWS = 10
_MIXED = "no single direction"


@dataclass(frozen=True)
class Direction:
    """short: for a table, such as "higher, lower"; sentence: "higher tenure goes with a lower {what}"."""

    short: str
    sentence: str | None


def direction_of(name: str, role: str, values: pd.Series, contribution: np.ndarray, what: str) -> Direction:
    """The direction of one input. what: the prediction in words; contribution: one number per row."""
    if role in ("number", "date", "boolean"):
        return _ordered(name, role, values, contribution, what)
    if role == "category":
        return _levels(name, values, contribution, what)
    return Direction(_MIXED, None)


def _ordered(name: str, role: str, values: pd.Series, contribution: np.ndarray, what: str) -> Direction:
    from scipy.stats import spearmanr

    known = values.notna().to_numpy()
    if known.sum() < LEAST_ROWS or values[known].nunique() < 2 or not contribution[known].std() > 0:
        return Direction(_MIXED, None)
    rho = float(spearmanr(values[known].rank(), contribution[known]).statistic)
    if abs(rho) < CLEAR:
        return Direction(_MIXED, None)
    more = {"date": "later", "boolean": "true"}.get(role, "higher")
    way = "higher" if rho > 0 else "lower"
    return Direction(f"{more} with {way}", f"{more} '{name}' goes with a {way} {what}")


def _levels(name: str, values: pd.Series, contribution: np.ndarray, what: str) -> Direction:
    import pandas as pd

    of_level = pd.Series(contribution).groupby(values.astype(object).to_numpy())
    counts = of_level.size()
    means = of_level.mean()[counts >= LEAST_ROWS].sort_values()
    if len(means) < 2:
        return Direction(_MIXED, None)
    low, high = str(means.index[0])[:30], str(means.index[-1])[:30]
    return Direction(
        f"'{high}' high, '{low}' low", f"'{high}' in '{name}' goes with a higher {what} than '{low}'"
    )
