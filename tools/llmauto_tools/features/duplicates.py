"""Groups of columns that say the same: one of each is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.features.information import entropy

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

CORRELATED = 0.95
SAME_INFORMATION = 0.98


@dataclass(frozen=True)
class Duplicate:
    """Feature `feature` says what `kept` says, with correlation `r` (None: the share of information)."""

    feature: int
    kept: int
    r: float | None
    shared: float | None = None


def find_duplicates(correlations: np.ndarray, relevance: np.ndarray) -> list[Duplicate]:
    """Numbers with |r| of at least CORRELATED with a more relevant one.

    The features are gone through from the most relevant on: one stays unless it is correlated with one that
    has stayed. correlations: shape (p, p), NaN for categories; relevance: shape (p,).
    """
    import numpy as np

    strength = np.abs(np.nan_to_num(correlations, nan=0.0))
    order = np.argsort(-relevance, kind="stable")
    stays: list[int] = []
    found = []
    for j in order:
        near = [k for k in stays if strength[j, k] >= CORRELATED]
        if near:
            best = max(near, key=lambda k: strength[j, k])
            found.append(Duplicate(int(j), best, float(correlations[j, best])))
        else:
            stays.append(int(j))
    return found


def find_same_categories(
    codes: np.ndarray,
    widths: tuple[int, ...],
    categories: np.ndarray,
    relevance: np.ndarray,
    redundancy: Callable[[int], np.ndarray],
) -> list[Duplicate]:
    """Categories that another, more relevant one determines both ways (a code and its label).

    Two say the same where their mutual information is SAME_INFORMATION of the larger of their entropies.
    """
    import numpy as np

    if len(categories) < 2:
        return []
    entropies = {int(j): entropy(np.bincount(codes[j], minlength=widths[j])) for j in categories}
    order = sorted((int(j) for j in categories), key=lambda j: -relevance[j])
    stays: list[int] = []
    found = []
    shared: dict[int, np.ndarray] = {}
    for j in order:
        near = [
            (shared[k][j] / max(entropies[j], entropies[k]), k)
            for k in stays
            if max(entropies[j], entropies[k]) > 0
        ]
        share, kept = max(near, default=(0.0, -1))
        if share >= SAME_INFORMATION:
            found.append(Duplicate(j, kept, None, float(min(share, 1.0))))
        else:
            stays.append(j)
            shared[j] = redundancy(j)
    return found
