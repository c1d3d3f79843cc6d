"""Minimum redundancy, maximum relevance (Ding and Peng, 2005).

Features are taken one after the other: the next one has the highest relevance to the target, less
("difference") or divided by ("quotient") its mean redundancy with those already taken. Relevance and
redundancy are mutual information (MID, MIQ), or the F statistic and the absolute correlation (FCD, FCQ),
as in the package mrmr_selection, whose floor of 0.001 for a redundancy is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from llmauto_tools.features.information import mutual_information

if TYPE_CHECKING:
    import numpy as np

Form = Literal["difference", "quotient"]

FLOOR = 0.001
MOST_PICKS = 50
"""Picks by mutual information after which the order of the rest is taken from the last scores."""


def mrmr_order(
    relevance: np.ndarray,
    redundancy: Callable[[int], np.ndarray],
    form: Form = "quotient",
    picks: int | None = None,
) -> list[int]:
    """All features, best first.

    relevance: shape (p,), not negative. redundancy: gives the redundancy of one feature with all, shape
    (p,); it is asked after each of the first `picks` picks, and the rest follow by their last score.
    """
    import numpy as np

    left = np.ones(len(relevance), dtype=bool)
    shared = np.zeros(len(relevance))
    order: list[int] = []
    limit = len(relevance) if picks is None else min(picks, len(relevance))
    score = relevance.astype(np.float64)
    while len(order) < limit:
        best = int(np.flatnonzero(left)[np.argmax(score[left])])
        order.append(best)
        left[best] = False
        if not left.any():
            break
        shared += np.maximum(np.abs(redundancy(best)), FLOOR)
        mean = shared / len(order)
        score = relevance / mean if form == "quotient" else relevance - mean
    rest = np.flatnonzero(left)
    return [*order, *(int(i) for i in rest[np.argsort(-score[rest], kind="stable")])]


def f_relevance(f: np.ndarray, form: Form, rows: int, groups: int) -> np.ndarray:
    """Relevance of F statistics; NaN (a category) is 0.

    The difference form needs relevance and redundancy on one scale: the correlation ratio that F stands for,
    eta = sqrt(F (g - 1) / (F (g - 1) + n - g)), beside |r|.
    """
    import numpy as np

    f = np.nan_to_num(f, nan=0.0)
    if form == "quotient":
        return f
    explained = f * (groups - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        eta = np.sqrt(explained / (explained + max(rows - groups, 1)))
    return np.asarray(np.nan_to_num(eta, nan=1.0))


def information_redundancy(codes: np.ndarray, widths: tuple[int, ...]) -> Callable[[int], np.ndarray]:
    """A function that gives the mutual information of one binned feature with each other one.

    codes: bins per feature and row, shape (p, n); widths: bins of each feature.
    """
    import numpy as np

    wide = codes.astype(np.int32)

    def of(feature: int) -> np.ndarray:
        base = wide[feature] * max(widths)
        found = np.zeros(len(wide))
        for j, width in enumerate(widths):
            if j != feature:
                shape = (widths[feature], max(widths))
                flat = np.bincount(base + wide[j], minlength=shape[0] * shape[1])
                found[j] = mutual_information(flat.reshape(shape)[:, :width])
        return found

    return of
