"""The models behind the embedded measures, the wrappers and the score: LightGBM, and a linear design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.extras import require
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np

ROUNDS = 100
MOST_INDICATORS = 20
"""Values of a category that get an indicator column in a linear model; the rest share none."""

METRICS = {"binary": "ROC AUC", "multiclass": "balanced accuracy", "regression": "R squared"}


def objective(task: Task, classes: int) -> str:
    if task == "regression":
        return "regression"
    return "binary" if classes == 2 else "multiclass"


def metric_name(task: Task, classes: int) -> str:
    """How a model is scored: ROC AUC for two classes, balanced accuracy for more, R squared for an amount."""
    return METRICS[objective(task, classes)]


def fit_trees(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int, **changes: Any) -> Any:
    """A LightGBM booster with small trees; `changes` are parameters of LightGBM.

    Missing values and categories are LightGBM's own. Classes have equal weight where there are several. One
    thread: on a busy machine several wait for each other at every split, and fits run side by side anyway.
    """
    import numpy as np

    lightgbm = require("lightgbm", "Selecting features", "ml")
    kind = objective(task, classes)
    rounds = ROUNDS if kind != "multiclass" else max(20, 200 // classes)
    parameters: dict[str, Any] = {
        "objective": kind, "learning_rate": 0.1, "num_leaves": 15, "feature_fraction": 0.8,
        "min_data_in_leaf": int(min(20, max(3, len(y) // 40))), "verbosity": -1, "num_threads": 1,
        "deterministic": True, "force_col_wise": True, "seed": seed,
    }  # fmt: skip
    weight = None
    if kind == "multiclass":
        parameters["num_class"] = classes
        weight = 1.0 / np.maximum(np.bincount(y, minlength=classes), 1)[y]
        weight *= len(y) / weight.sum()
    parameters |= changes
    rounds = int(parameters.pop("rounds", rounds))
    data = lightgbm.Dataset(
        np.ascontiguousarray(matrix.values.T),
        label=y,
        weight=weight,
        categorical_feature=[int(i) for i in np.flatnonzero(matrix.categorical)],
        params={"verbosity": -1},
    )
    return lightgbm.train(parameters, data, num_boost_round=rounds)


def score_trees(booster: Any, matrix: Matrix, task: Task, y: np.ndarray, classes: int) -> float:
    """The score of a booster on rows that it has not seen; NaN where it is not defined (one class)."""
    guessed = booster.predict(matrix.values.T, num_threads=1)
    return score(guessed, task, y, classes)


def score(guessed: np.ndarray, task: Task, y: np.ndarray, classes: int) -> float:
    """ROC AUC, balanced accuracy or R squared, as scikit-learn defines them."""
    import numpy as np

    if task == "regression":
        spread = ((y - y.mean()) ** 2).sum()
        return float(1 - ((y - guessed) ** 2).sum() / spread) if spread > 0 else float("nan")
    if classes == 2:
        return _roc_auc(y, guessed)
    hits = guessed.argmax(axis=1) == y
    rows = np.bincount(y, minlength=classes)
    right = np.bincount(y, weights=hits, minlength=classes)
    return float((right[rows > 0] / rows[rows > 0]).mean())


def _roc_auc(y: np.ndarray, guessed: np.ndarray) -> float:
    """The Mann-Whitney form: the share of pairs that are in the right order, ties count half."""
    from scipy.stats import rankdata

    ones = int(y.sum())
    zeros = len(y) - ones
    if ones == 0 or zeros == 0:
        return float("nan")
    return float((rankdata(guessed)[y == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


@dataclass(frozen=True)
class Design:
    """A matrix for linear models: `x` of shape (rows, columns), standardised; `owner` names each column's feature."""

    x: np.ndarray
    owner: np.ndarray

    def per_feature(self, weights: np.ndarray, features: int) -> np.ndarray:
        """The largest weight among each feature's columns, 0 for a feature without a column."""
        import numpy as np

        found = np.zeros(features)
        np.maximum.at(found, self.owner, weights)
        return found


def design_of(matrix: Matrix) -> Design:
    """Numbers with their median where missing, categories as indicators; each column mean 0, variance 1."""
    import numpy as np

    columns: list[np.ndarray] = []
    owners: list[int] = []
    for j, (row, levels) in enumerate(zip(matrix.values, matrix.levels, strict=True)):
        if levels is None:
            missing = np.isnan(row)
            middle = np.median(row[~missing]) if not missing.all() else 0.0
            columns.append(np.where(missing, middle, row))
            owners.append(j)
            continue
        for level in range(min(len(levels), MOST_INDICATORS)):
            columns.append((row == level).astype(np.float64))
            owners.append(j)
    x = np.column_stack(columns)
    spread = x.std(axis=0)
    varies = spread > 0
    x = (x[:, varies] - x[:, varies].mean(axis=0)) / spread[varies]
    return Design(x, np.array(owners, dtype=np.intp)[varies])


def some_rows(matrix: Matrix, y: np.ndarray, rows: int, seed: int) -> tuple[Matrix, np.ndarray]:
    """At most `rows` of the rows, chosen by the seed, in their order."""
    import numpy as np

    if len(y) <= rows:
        return matrix, y
    chosen = np.sort(np.random.default_rng(seed).choice(len(y), rows, replace=False))
    return matrix.rows(chosen), y[chosen]
