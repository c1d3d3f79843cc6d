"""Measures that a single fitted model gives: L1 weights and tree gain; and stability selection."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from llmauto_tools.extras import require
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.models import design_of, fit_trees, some_rows
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np

LINEAR_ROWS = 5_000
RESAMPLES = 50
STABLE = 0.6
"""The lowest threshold that Meinshausen and Bühlmann recommend."""
_STRENGTHS = (2.0, 6.0, 20.0, 60.0)
"""Multiples of the smallest C at which a weight can be other than 0."""


def tree_gain(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Total gain of the splits on each feature in a LightGBM model, shape (p,).

    The model also gets a shuffled copy of each feature: a number with many values collects gain from noise,
    so a gain that does not exceed the best copy's is 0 (the shadow features of Kursa and Rudnicki, 2010).
    """
    import numpy as np

    features = len(matrix.values)
    shadows = np.random.default_rng(seed).permuted(matrix.values, axis=1)
    doubled = Matrix(matrix.columns * 2, matrix.levels * 2, np.concatenate([matrix.values, shadows]))
    gain = fit_trees(doubled, task, y, classes, seed).feature_importance("gain")
    return np.asarray(np.where(gain[:features] > gain[features:].max(), gain[:features], 0.0))


def l1_weights(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Mean absolute weight along a path of L1 penalties, shape (p,): lasso, or logistic regression.

    A feature that enters early and stays large has the most. Columns are standardised; a category counts
    with its largest indicator; several classes are fitted one against the rest. A column without a weight
    at the penalty with the best Bayesian information criterion has 0.
    """

    matrix, y = some_rows(matrix, y, LINEAR_ROWS, seed)
    design = design_of(matrix)
    if task == "regression":
        mean = _lasso_weights(design.x, (y - y.mean()) / (y.std() or 1.0))
    else:
        mean = _logistic_weights(design.x, y, classes)
    return design.per_feature(mean, len(matrix.values))


def _lasso_weights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    import numpy as np

    linear = require("sklearn.linear_model", "Selecting features", "ml")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a path that has not converged fully still ranks
        _, path, _ = linear.lasso_path(x, y, eps=1e-2, n_alphas=30)
    n = len(y)
    errors = np.maximum(((y[:, None] - x @ path) ** 2).sum(axis=0), 1e-12)
    criterion = n * np.log(errors / n) + np.log(n) * (path != 0).sum(axis=0)
    kept = path[:, criterion.argmin()] != 0
    return np.asarray(np.abs(path).mean(axis=1) * kept)


def _logistic_weights(x: np.ndarray, y: np.ndarray, classes: int) -> np.ndarray:
    import numpy as np

    svm = require("sklearn.svm", "Selecting features", "ml")
    total = np.zeros(x.shape[1])
    for k in range(1, classes) if classes == 2 else range(classes):
        is_k = (y == k).astype(int)
        if 0 < is_k.sum() < len(is_k):
            smallest = svm.l1_min_c(x, is_k, loss="log")
            path = [_l1_logistic(smallest * times).fit(x, is_k) for times in _STRENGTHS]
            weights = np.array([model.coef_[0] for model in path])
            best = int(np.argmin([_criterion(model, x, is_k) for model in path]))
            total += np.abs(weights).mean(axis=0) * (weights[best] != 0)
    return total


def _criterion(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    """The Bayesian information criterion of a logistic regression with weights of 0 and others."""
    import numpy as np

    margin = model.decision_function(x) * (2 * y - 1)
    loss = np.logaddexp(0.0, -margin).sum()
    return float(2 * loss + np.log(len(y)) * np.count_nonzero(model.coef_))


def _l1_logistic(c: float) -> Any:
    """scikit-learn 1.8 took `penalty` out of use in favour of `l1_ratio`."""
    sklearn = require("sklearn", "Selecting features", "ml")
    linear = require("sklearn.linear_model", "Selecting features", "ml")
    newer = tuple(int(n) for n in sklearn.__version__.split(".")[:2]) >= (1, 8)
    how = {"l1_ratio": 1.0} if newer else {"penalty": "l1"}
    return linear.LogisticRegression(C=c, solver="liblinear", tol=1e-2, max_iter=50, random_state=0, **how)


def stability(
    matrix: Matrix,
    task: Task,
    y: np.ndarray,
    classes: int,
    seed: int,
    step: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Share of half-samples in which a feature is among the first to enter a lasso path, shape (p,).

    Stability selection (Meinshausen and Bühlmann, 2010): RESAMPLES random halves of the rows, on each the
    first q features of the path, with q the square root of 0.8 p, at least 3: at a share of 0.9 that bounds
    the expected number of wrong ones by q squared / (0.8 p). A share below STABLE is 0. Classes are fitted as indicators by
    least squares, the best of them counting. Ties are broken by how early a feature enters.
    """
    import numpy as np

    design = design_of(matrix)
    targets = _indicators(y, classes) if task == "classification" else y[:, None]
    features = len(matrix.values)
    most = first_features(features)
    random = np.random.default_rng(seed)
    entered, early = np.zeros(features), np.zeros(features)
    for _ in range(RESAMPLES):
        step()
        half = random.choice(len(y), max(2, min(len(y) // 2, LINEAR_ROWS)), replace=False)
        best = np.full(features, np.inf)
        for k in range(targets.shape[1]):
            for place, feature in enumerate(_path(design.x[half], targets[half, k], design.owner, most)):
                best[feature] = min(best[feature], place)
        entered += np.isfinite(best)
        early += np.where(np.isfinite(best), 1 - best / (most + 1), 0.0)
    share = entered / RESAMPLES
    return np.asarray(np.where(share >= STABLE, share + early / RESAMPLES * 1e-3, 0.0))


def first_features(features: int) -> int:
    """How many features each half-sample may choose."""
    return int(min(features, max(3, round((0.8 * features) ** 0.5))))


def _indicators(y: np.ndarray, classes: int) -> np.ndarray:
    import numpy as np

    indicators = np.eye(classes)[y]
    return np.asarray(indicators[:, 1:] if classes == 2 else indicators)


def _path(x: np.ndarray, y: np.ndarray, owner: np.ndarray, most: int) -> list[int]:
    """The first `most` features in the order in which they enter the lasso path (LARS on the Gram matrix)."""
    import numpy as np

    linear = require("sklearn.linear_model", "Selecting features", "ml")
    across = np.ascontiguousarray(x.T)  # a general product is faster than the symmetric one here
    y = y - y.mean()
    if not y.any():
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # columns that depend on each other end a path early
        _, _active, path = linear.lars_path_gram(
            across @ y, across @ x, n_samples=len(y), method="lasso", max_iter=3 * most + 5, return_path=True
        )
    ever = np.flatnonzero(path.any(axis=1))
    first = (path[ever] != 0).argmax(axis=1)
    order = [int(owner[i]) for i in ever[np.argsort(first, kind="stable")]]
    return list(dict.fromkeys(order))[:most]
