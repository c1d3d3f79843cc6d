"""Measures that fit many models: permutation importance, recursive elimination, Boruta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.features.folds import make_folds
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.models import fit_trees, score, score_trees, some_rows
from llmauto_tools.features.pace import Pace
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np

PERMUTATION_ROWS = 3_000
ELIMINATION_ROWS = 5_000
BORUTA_ROWS = 3_000
BORUTA_ROUNDS = 25
_INNER_FOLDS = 3
_REPEATS = 2
_DROPPED_EACH_TIME = 0.2


def permutation(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int, pace: Pace) -> np.ndarray:
    """Mean loss of the held-out score when a feature's values are shuffled, shape (p,).

    Breiman (2001), over 3 folds with 2 shuffles each on at most PERMUTATION_ROWS rows. A feature that no
    tree splits on loses nothing and is not shuffled; a loss within two standard errors is none (0).
    """
    import numpy as np

    matrix, y = some_rows(matrix, y, PERMUTATION_ROWS, seed)
    random = np.random.default_rng(seed)
    folds, _ = make_folds(y, task, seed=seed, count=_INNER_FOLDS)
    losses = np.zeros((len(folds) * _REPEATS, len(matrix.values)))
    for i, (train, test) in enumerate(folds):
        booster = fit_trees(matrix.rows(train), task, y[train], classes, seed)
        values = np.ascontiguousarray(matrix.values[:, test].T)
        whole = score(booster.predict(values, num_threads=1), task, y[test], classes)
        for j in np.flatnonzero(booster.feature_importance("split")):
            pace.step("permutation importance")
            kept = values[:, j].copy()
            for k in range(_REPEATS):
                values[:, j] = random.permutation(kept)
                guessed = booster.predict(values, num_threads=1)
                losses[i * _REPEATS + k, j] = whole - score(guessed, task, y[test], classes)
            values[:, j] = kept
    mean = losses.mean(axis=0)
    error = losses.std(axis=0, ddof=1) / len(losses) ** 0.5
    return np.asarray(np.where(mean > 2 * error, mean, 0.0))


def elimination(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int, pace: Pace) -> np.ndarray:
    """How long a feature survives recursive elimination, 0 (first to go) to 1, mean over 3 folds, shape (p,).

    Guyon and others (2002), as scikit-learn's RFECV with LightGBM's gain: each time the least important
    fifth goes, and the score on the held-out rows is taken. What is left at the best score of a fold has 1
    and what was dropped before it less, so that the number of features counts too.
    """
    import numpy as np

    matrix, y = some_rows(matrix, y, ELIMINATION_ROWS, seed)
    folds, _ = make_folds(y, task, seed=seed, count=_INNER_FOLDS)
    survival = np.zeros(len(matrix.values))
    for train, test in folds:
        rounds, scores = _eliminate(matrix, task, y, classes, seed, pace, train, test)
        best = len(scores) - 1 - int(np.nanargmax(scores[::-1]))  # of equal scores, the fewest features
        # A tie-break orders those that are left at the best score.
        survival += np.minimum(rounds, best) / max(best, 1) + 1e-3 * rounds / len(scores)
    return survival / len(folds)


def _eliminate(
    matrix: Matrix,
    task: Task,
    y: np.ndarray,
    classes: int,
    seed: int,
    pace: Pace,
    train: np.ndarray,
    test: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The round in which each feature went, and the held-out score of each round."""
    import numpy as np

    left = np.arange(len(matrix.values))
    rounds = np.zeros(len(left))
    scores = []
    while True:
        pace.step(f"recursive elimination, {len(left)} features left")
        part = matrix.keep(left)
        booster = fit_trees(part.rows(train), task, y[train], classes, seed)
        scores.append(score_trees(booster, part.rows(test), task, y[test], classes))
        rounds[left] = len(scores) - 1
        if len(left) == 1:
            return rounds, np.array(scores)
        gain = booster.feature_importance("gain")
        drop = max(1, int(len(left) * _DROPPED_EACH_TIME))
        left = np.sort(left[np.argsort(-gain, kind="stable")[: len(left) - drop]])


def boruta(matrix: Matrix, task: Task, y: np.ndarray, classes: int, seed: int, pace: Pace) -> np.ndarray:
    """Share of rounds in which a feature beats the best shadow feature, shape (p,).

    Kursa and Rudnicki (2010): each round a random forest (LightGBM's) is fitted on the features and on
    shuffled copies of them; `verdicts` tests the shares. At most BORUTA_ROWS rows; ties are broken by the
    mean importance.
    """
    import numpy as np

    matrix, y = some_rows(matrix, y, BORUTA_ROWS, seed)
    random = np.random.default_rng(seed)
    features = len(matrix.values)
    hits, strength = np.zeros(features), np.zeros(features)
    for i in range(BORUTA_ROUNDS):
        pace.step("Boruta", i / BORUTA_ROUNDS)
        shadows = random.permuted(matrix.values, axis=1)
        doubled = Matrix(matrix.columns * 2, matrix.levels * 2, np.concatenate([matrix.values, shadows]))
        forest = fit_trees(
            doubled, task, y, classes, seed + i, boosting="rf", bagging_fraction=0.632, bagging_freq=1,
            feature_fraction=1.0, feature_fraction_bynode=min(1.0, (2 * features) ** -0.5 + 0.05),
            rounds=60,
        )  # fmt: skip
        gain = forest.feature_importance("gain")
        hits += gain[:features] > gain[features:].max()
        strength += gain[:features] / max(float(gain.max()), 1e-300)
    return hits / BORUTA_ROUNDS + 1e-3 * strength / BORUTA_ROUNDS


def verdicts(shares: np.ndarray) -> list[str]:
    """What Boruta says of each feature: "confirmed", "rejected" or "tentative".

    A two-sided binomial test of BORUTA_ROUNDS rounds against one half at 5%, Bonferroni-corrected for the
    number of features; NaN shares are "not tested".
    """
    import numpy as np

    from llmauto_tools.extras import require

    binom = require("scipy.stats", "Selecting features", "ml").binom
    tested = max(int(np.isfinite(shares).sum()), 1)
    found = []
    for share in shares:
        if not np.isfinite(share):
            found.append("not tested")
            continue
        hits = int(share * BORUTA_ROUNDS)
        if binom.sf(hits - 1, BORUTA_ROUNDS, 0.5) * tested < 0.05:
            found.append("confirmed")
        else:
            low = binom.cdf(hits, BORUTA_ROUNDS, 0.5) * tested < 0.05
            found.append("rejected" if low else "tentative")
    return found
