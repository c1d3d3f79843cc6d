"""Columns that know the answer: one alone predicts the target almost perfectly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.extras import require
from llmauto_tools.features.bins import Binner
from llmauto_tools.features.filters import sums_of
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np

NEAR_PERFECT = 0.99
_BINS = 64
_SUSPECT = 0.85
"""The score by bins from which on a number is tried with exact thresholds."""


@dataclass(frozen=True)
class Leak:
    """Feature `feature` alone scores `score` (balanced accuracy, or R squared) on rows that it had not seen."""

    feature: int
    score: float
    metric: str


def find_leaks(matrix: Matrix, task: Task, y: np.ndarray) -> list[Leak]:
    """Features whose single-feature score on the other half of the rows is at least NEAR_PERFECT.

    What each bin of a feature stands for is learned on half of the rows and tried on the rest. A bin blurs
    what is inside it: a number that comes close is tried with a decision tree, whose thresholds are exact,
    and the squared correlation with an amount, of values and of ranks, is looked at too.
    """
    import numpy as np

    metric = "balanced accuracy" if task == "classification" else "R squared"
    scores = _class_scores(matrix, y) if task == "classification" else _amount_scores(matrix, y)
    for j in np.flatnonzero((scores >= _SUSPECT) & (scores < NEAR_PERFECT) & ~matrix.categorical):
        scores[j] = max(scores[j], _threshold_score(matrix.values[j], task, y))
    return [Leak(j, float(s), metric) for j, s in enumerate(scores) if s >= NEAR_PERFECT]


def _halves(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Two halves whose rows alternate at random, always the same ones."""
    import numpy as np

    order = np.random.default_rng(0).permutation(rows)
    return order[: rows // 2], order[rows // 2 :]


def _threshold_score(values: np.ndarray, task: Task, y: np.ndarray) -> float:
    """The held-out score of a decision tree on one number."""
    import numpy as np

    trees = require("sklearn.tree", "Selecting features", "ml")
    learn, judge = _halves(len(y))
    x = values[:, None]
    if task == "regression":
        return float(
            trees.DecisionTreeRegressor(random_state=0).fit(x[learn], y[learn]).score(x[judge], y[judge])
        )
    tree = trees.DecisionTreeClassifier(class_weight="balanced", random_state=0).fit(x[learn], y[learn])
    right = tree.predict(x[judge]) == y[judge]
    rows = np.bincount(y[judge])
    return float((np.bincount(y[judge], weights=right)[rows > 0] / rows[rows > 0]).mean())


def _class_scores(matrix: Matrix, y: np.ndarray) -> np.ndarray:
    import numpy as np

    learn, judge = _halves(len(y))
    binner = Binner.fit(matrix.rows(learn), _BINS)
    codes = binner.codes(matrix)
    classes = int(y.max()) + 1
    sizes = np.maximum(np.bincount(y[learn], minlength=classes), 1)
    judged = np.bincount(y[judge], minlength=classes)
    present = judged > 0
    scores = np.zeros(len(codes))
    for j, width in enumerate(binner.widths):
        joint = np.bincount(codes[j][learn] * classes + y[learn], minlength=width * classes)
        guess = (joint.reshape(width, classes) / sizes).argmax(axis=1)[codes[j][judge]]
        hits = np.bincount(y[judge][guess == y[judge]], minlength=classes)
        scores[j] = (hits[present] / judged[present]).mean()
    return scores


def _amount_scores(matrix: Matrix, y: np.ndarray) -> np.ndarray:
    import numpy as np

    learn, judge = _halves(len(y))
    binner = Binner.fit(matrix.rows(learn), _BINS)
    codes = binner.codes(matrix)
    spread = ((y[judge] - y[judge].mean()) ** 2).sum()
    scores = np.zeros(len(codes))
    for j, width in enumerate(binner.widths):
        n = np.bincount(codes[j][learn], minlength=width)
        sums = np.bincount(codes[j][learn], weights=y[learn], minlength=width)
        means = np.where(n > 0, sums / np.maximum(n, 1), y[learn].mean())
        scores[j] = 1 - ((y[judge] - means[codes[j][judge]]) ** 2).sum() / spread if spread > 0 else 0.0
    linear = sums_of(matrix, "regression", y, pairs=False).squared_correlation_with_target()
    return np.asarray(np.maximum(scores, np.maximum(linear, _rank_scores(matrix, y))))


def _rank_scores(matrix: Matrix, y: np.ndarray) -> np.ndarray:
    """Squared Spearman correlation of the numbers that are nearly complete; 0 for the others."""
    import numpy as np

    rankdata = require("scipy.stats", "Selecting features", "ml").rankdata
    scores = np.zeros(len(matrix.values))
    target = rankdata(y)
    for j in np.flatnonzero(~matrix.categorical):
        row = matrix.values[j]
        present = ~np.isnan(row)
        if present.sum() >= max(10, 0.5 * len(y)):
            ranks = target if present.all() else rankdata(y[present])
            with np.errstate(invalid="ignore", divide="ignore"):
                scores[j] = np.nan_to_num(np.corrcoef(rankdata(row[present]), ranks)[0, 1]) ** 2
    return scores
