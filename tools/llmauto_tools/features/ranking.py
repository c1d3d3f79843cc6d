"""The consensus of the measures: one ranking of all features."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from llmauto_tools.features.duplicates import Duplicate, find_duplicates, find_same_categories
from llmauto_tools.features.embedded import l1_weights, stability, tree_gain
from llmauto_tools.features.filters import Sums, sums_of
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.mrmr import (
    MOST_PICKS,
    Form,
    f_relevance,
    information_redundancy,
    mrmr_order,
)
from llmauto_tools.features.pace import OutOfTime, Pace
from llmauto_tools.features.target import Task
from llmauto_tools.features.wrappers import boruta, elimination, permutation

if TYPE_CHECKING:
    import numpy as np

Method = Literal[
    "mutual_information", "f_test", "chi_square", "mrmr", "mrmr_difference", "mrmr_fcq", "mrmr_fcd",
    "l1", "tree", "stability", "permutation", "rfecv", "boruta",
]  # fmt: skip

DEFAULT_METHODS: tuple[Method, ...] = (
    "mutual_information", "f_test", "chi_square", "mrmr", "l1", "tree", "stability", "permutation",
)  # fmt: skip
WRAPPERS: tuple[Method, ...] = ("permutation", "rfecv", "boruta")
LABELS: dict[Method, str] = {
    "mutual_information": "mutual information",
    "f_test": "F test",
    "chi_square": "chi-square",
    "mrmr": "mRMR (MI quotient)",
    "mrmr_difference": "mRMR (MI difference)",
    "mrmr_fcq": "mRMR (F/correlation quotient)",
    "mrmr_fcd": "mRMR (F/correlation difference)",
    "l1": "L1 model",
    "tree": "trees",
    "stability": "stability selection",
    "permutation": "permutation",
    "rfecv": "recursive elimination",
    "boruta": "Boruta",
}
_MRMR: dict[Method, tuple[bool, Form]] = {
    "mrmr": (True, "quotient"),
    "mrmr_difference": (True, "difference"),
    "mrmr_fcq": (False, "quotient"),
    "mrmr_fcd": (False, "difference"),
}
MOST_FEATURES = 500
"""Features that are ranked by every measure; of more, the best by mutual information and F."""

Wrapper = Callable[[Matrix, Task, "np.ndarray", int, int, Pace], "np.ndarray"]
_WRAPPER: dict[Method, Wrapper] = {"permutation": permutation, "rfecv": elimination, "boruta": boruta}


@dataclass(frozen=True)
class Data:
    """The rows that a ranking is learned from."""

    matrix: Matrix
    task: Task
    y: np.ndarray
    classes: int
    """0 for an amount."""

    def rows(self, index: np.ndarray) -> Data:
        return Data(self.matrix.rows(index), self.task, self.y[index], self.classes)

    def keep(self, features: Sequence[int] | np.ndarray) -> Data:
        return Data(self.matrix.keep(features), self.task, self.y, self.classes)


@dataclass(frozen=True)
class Ranking:
    """All features, best first, duplicates last; arrays have shape (p,), NaN for what was not measured."""

    order: list[int]
    consensus: np.ndarray
    """Mean of the normalised ranks: 0 is first by every measure, 1 last."""
    scores: dict[Method, np.ndarray]
    duplicates: list[Duplicate]
    relevance: np.ndarray
    """Mutual information with the target in nats."""
    missing: np.ndarray
    skipped: list[Method] = field(default_factory=list)
    """Wrappers for which there was not enough time."""

    def ranks(self, method: Method) -> np.ndarray:
        return ranks_of(self.scores[method])


def ranks_of(scores: np.ndarray) -> np.ndarray:
    """1 for the highest score; equal scores share the mean of their ranks; NaN keeps NaN."""
    import numpy as np

    found = np.full(len(scores), np.nan)
    measured = np.flatnonzero(~np.isnan(scores))
    if len(measured):
        values = -scores[measured]
        _, where, sizes = np.unique(values, return_inverse=True, return_counts=True)
        ends = np.cumsum(sizes)
        found[measured] = (ends - (sizes - 1) / 2)[where]
    return found


def consensus_of(scores: dict[Method, np.ndarray]) -> np.ndarray:
    """Mean over the measures of (rank - 1) / (measured features - 1), shape (p,); NaN where none measured."""
    import numpy as np

    rows = []
    for values in scores.values():
        ranks = ranks_of(values)
        rows.append((ranks - 1) / max(int(np.isfinite(ranks).sum()) - 1, 1))
    stacked = np.array(rows)
    measured = np.isfinite(stacked)
    counted = np.where(measured.any(axis=0), measured.sum(axis=0), np.nan)
    return np.asarray(np.where(measured, stacked, 0.0).sum(axis=0) / counted)


def screen(data: Data) -> np.ndarray:
    """The features that are ranked: all, or the best MOST_FEATURES by the better of two single ranks.

    Sure independence screening (Fan and Lv, 2008), with mutual information and F.
    """
    import numpy as np

    features = len(data.matrix.values)
    if features <= MOST_FEATURES:
        return np.arange(features)
    sums = sums_of(data.matrix, data.task, data.y, pairs=False)
    information, f = ranks_of(sums.mutual_information()), ranks_of(sums.f_statistic())
    best = np.fmin(information, f)
    return np.sort(np.argsort(best, kind="stable")[:MOST_FEATURES])


def rank_features(
    data: Data,
    methods: Sequence[Method],
    seed: int,
    pace: Pace,
    *,
    sums: Sums | None = None,
    budget: Callable[[int], float] | None = None,
) -> Ranking:
    """Rank the features by the consensus of `methods`.

    sums: of all rows, where `data` is a sample of them. budget: seconds for the next wrapper, given how many
    are left; one that takes longer is skipped. Without it, a wrapper takes what it takes.
    """
    import numpy as np

    sums = sums or sums_of(data.matrix, data.task, data.y)
    relevance = sums.mutual_information()
    codes = sums.binner.codes(data.matrix)
    redundancy = information_redundancy(codes, sums.binner.widths)
    correlations = sums.correlations()
    duplicates = find_duplicates(correlations, relevance) + find_same_categories(
        codes, sums.binner.widths, np.flatnonzero(data.matrix.categorical), relevance, redundancy
    )
    alive = np.setdiff1d(np.arange(len(relevance)), [d.feature for d in duplicates])
    scores: dict[Method, np.ndarray] = {}
    skipped: list[Method] = []
    for method in [m for m in methods if m not in WRAPPERS]:
        pace.step(LABELS[method])
        scores[method] = _cheap(method, data, sums, correlations, redundancy, alive, seed, pace)
    wrappers = [m for m in methods if m in WRAPPERS]
    for i, method in enumerate(wrappers):
        limit = None if budget is None else budget(len(wrappers) - i)
        try:
            found = _wrapped(method, data, alive, seed, pace.within(limit))
        except OutOfTime:
            skipped.append(method)
        else:
            scores[method] = found
    consensus = consensus_of(scores) if scores else np.full(len(relevance), np.nan)
    ordered = alive[np.lexsort((-relevance[alive], np.nan_to_num(consensus[alive], nan=2.0)))]
    order = [int(j) for j in ordered] + sorted((d.feature for d in duplicates), key=lambda j: -relevance[j])
    return Ranking(order, consensus, scores, duplicates, relevance, sums.missing(), skipped)


def _spread(values: np.ndarray, alive: np.ndarray, features: int) -> np.ndarray:
    import numpy as np

    found = np.full(features, np.nan)
    found[alive] = values
    return found


def _cheap(
    method: Method,
    data: Data,
    sums: Sums,
    correlations: np.ndarray,
    redundancy: Callable[[int], np.ndarray],
    alive: np.ndarray,
    seed: int,
    pace: Pace,
) -> np.ndarray:
    """A filter or an embedded measure: higher is better, NaN for duplicates.

    What a measure cannot tell from chance has 0 and shares the last rank: the order of noise is no vote.
    """
    import numpy as np

    features = len(data.matrix.values)
    if method in _MRMR:
        values = _mrmr(method, sums, correlations, redundancy, alive)
    elif method == "mutual_information":
        values = np.where(sums.beyond_chance(), sums.mutual_information(), 0.0)[alive]
    elif method == "f_test":
        f = sums.f_statistic()
        values = np.where(sums.f_beyond_chance() | np.isnan(f), f, 0.0)[alive]
    elif method == "chi_square":
        values = np.where(sums.beyond_chance(), sums.cramers_v(), 0.0)[alive]
    else:
        part = data.keep(alive)
        known = part.matrix, part.task, part.y, part.classes, seed
        if method == "l1":
            values = l1_weights(*known)
        elif method == "tree":
            values = tree_gain(*known)
        else:
            values = stability(*known, step=lambda: pace.step(LABELS["stability"]))
    return _spread(values, alive, features)


def _mrmr(
    method: Method,
    sums: Sums,
    correlations: np.ndarray,
    redundancy: Callable[[int], np.ndarray],
    alive: np.ndarray,
) -> np.ndarray:
    """Points for the place in mRMR's order, the last one 1; NaN for a category where the measure is for numbers only."""
    import numpy as np

    by_information, form = _MRMR[method]
    if by_information:
        measured = alive
        relevance = sums.mutual_information()[measured]
        order = mrmr_order(relevance, lambda i: redundancy(int(measured[i]))[measured], form, MOST_PICKS)
    else:
        measured = alive[~sums.categorical[alive]]
        groups = sums.target.width if sums.target.task == "classification" else 2
        relevance = f_relevance(sums.f_statistic()[measured], form, sums.rows, groups)
        order = mrmr_order(relevance, lambda i: correlations[measured[i], measured], form)
    values = np.full(len(sums.names), np.nan)
    values[measured[order]] = np.arange(len(order), 0, -1)
    chance = sums.beyond_chance() if by_information else sums.f_beyond_chance()
    values[measured[~chance[measured]]] = 0.0
    return np.asarray(values[alive])


def _wrapped(method: Method, data: Data, alive: np.ndarray, seed: int, pace: Pace) -> np.ndarray:
    part = data.keep(alive)
    values = _WRAPPER[method](part.matrix, part.task, part.y, part.classes, seed, pace)
    return _spread(values, alive, len(data.matrix.values))
