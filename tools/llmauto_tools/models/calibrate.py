"""Probabilities that mean what they say, and the threshold from which a yes is said.

Both are learned on out-of-fold predictions. Two classes: Platt's sigmoid (Platt 1999) or isotonic
regression (Zadrozny and Elkan 2002); more classes: one temperature (Guo et al. 2017). A calibration is
kept only where it lowers the log loss under cross-validation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

GAIN = 0.002
"""The share of the log loss that a calibration has to save under cross-validation."""

ISOTONIC_ROWS = 2_000
"""Isotonic regression overfits on fewer out-of-fold rows (scikit-learn's guide says about 1,000)."""

MAX_ROWS = 20_000
"""More out-of-fold rows than this are sampled: two numbers, or a few steps, need no more."""

_EPSILON = 1e-6
_FOLDS = 5


@dataclass
class Calibration:
    """kind: "sigmoid" (slope and intercept on the log odds), "isotonic" (steps), "temperature"."""

    kind: str
    numbers: Any
    """sigmoid: (slope, intercept); isotonic: (x, y) arrays; temperature: the divisor of the logs."""

    def apply(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (rows × classes) of raw ones."""
        import numpy as np

        if self.kind == "temperature":
            logs = np.log(np.clip(probabilities, _EPSILON, 1)) / self.numbers
            raised = np.exp(logs - logs.max(axis=1, keepdims=True))
            return np.asarray(raised / raised.sum(axis=1, keepdims=True))
        second = probabilities[:, 1]
        if self.kind == "sigmoid":
            slope, intercept = self.numbers
            second = 1 / (1 + np.exp(-(slope * _log_odds(second) + intercept)))
        else:
            second = np.interp(second, *self.numbers)
        return np.column_stack([1 - second, second])


def choose_calibration(probabilities: np.ndarray, y: np.ndarray, seed: int) -> Calibration | None:
    """The calibration that lowers the log loss most under cross-validation, or None where none does.

    probabilities: out-of-fold (rows × classes); y: class numbers. Isotonic regression is tried with at
    least 2,000 rows.
    """
    import numpy as np

    if len(y) > MAX_ROWS:
        picked = np.random.default_rng(seed).choice(len(y), MAX_ROWS, replace=False)
        probabilities, y = probabilities[picked], y[picked]
    counts = np.bincount(y, minlength=probabilities.shape[1])
    if (counts[counts > 0] < _FOLDS).any() or (counts > 0).sum() < 2:
        return None
    fits: list[Callable[[np.ndarray, np.ndarray], Calibration]] = [_temperature]
    if probabilities.shape[1] == 2:
        fits = [_sigmoid] + ([_isotonic] if len(y) >= ISOTONIC_ROWS else [])
    best, least = None, (1 - GAIN) * _log_loss(probabilities, y)
    for fit in fits:
        loss = _cross_validated(fit, probabilities, y, seed)
        if loss < least:
            best, least = fit, loss
    return best(probabilities, y) if best else None


def _cross_validated(
    fit: Callable[[np.ndarray, np.ndarray], Calibration], probabilities: np.ndarray, y: np.ndarray, seed: int
) -> float:
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    made = np.empty_like(probabilities)
    for train, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(probabilities, y):
        made[test] = fit(probabilities[train], y[train]).apply(probabilities[test])
    return _log_loss(made, y)


def _sigmoid(probabilities: np.ndarray, y: np.ndarray) -> Calibration:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(_log_odds(probabilities[:, 1])[:, None], y)
    return Calibration("sigmoid", (float(model.coef_[0, 0]), float(model.intercept_[0])))


def _isotonic(probabilities: np.ndarray, y: np.ndarray) -> Calibration:
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(out_of_bounds="clip").fit(probabilities[:, 1], y)
    x, steps = np.asarray(model.X_thresholds_), np.asarray(model.y_thresholds_)
    # A slight slope keeps the order within a step, so that ranking metrics lose nothing to ties.
    tilted = 0.999 * steps + 0.001 * x
    return Calibration("isotonic", (x, np.clip(tilted, _EPSILON, 1 - _EPSILON)))


def _temperature(probabilities: np.ndarray, y: np.ndarray) -> Calibration:
    from scipy.optimize import minimize_scalar

    def loss(temperature: float) -> float:
        return _log_loss(Calibration("temperature", temperature).apply(probabilities), y)

    found = minimize_scalar(loss, bounds=(0.3, 4.0), method="bounded", options={"maxiter": 25})
    return Calibration("temperature", float(found.x))


def _log_odds(p: np.ndarray) -> np.ndarray:
    import numpy as np

    clipped = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    import numpy as np

    return float(-np.log(np.clip(probabilities[np.arange(len(y)), y], _EPSILON, 1)).mean())


# ---- thresholds and labels


def cheapest_threshold(
    p: np.ndarray, positive: np.ndarray, false_positive: float, false_negative: float
) -> float:
    """The threshold with the least total cost on out-of-fold predictions.

    p: probability of the positive class; positive: 0/1. Costs are per wrong row, in any one unit. Well
    calibrated probabilities would have it at fp / (fp + fn) (Elkan 2001); here it is looked for.
    """
    import numpy as np

    order = np.argsort(-p, kind="stable")
    hits = np.concatenate([[0], np.cumsum(positive[order])])
    said = np.arange(len(p) + 1)
    costs = false_positive * (said - hits) + false_negative * (positive.sum() - hits)
    return _cut(p[order], costs)


def best_threshold(
    p: np.ndarray, positive: np.ndarray, score: Callable[[np.ndarray, np.ndarray], float]
) -> float:
    """The threshold with the highest `score(positive, said)` among 200 quantiles of `p`."""
    import numpy as np

    cuts = np.unique(np.concatenate([np.quantile(p, np.linspace(0.005, 0.995, 200)), [0.5]]))
    scores = [score(positive, (p >= cut).astype(int)) for cut in cuts]
    return float(cuts[int(np.argmax(scores))])


def _cut(descending: np.ndarray, costs: np.ndarray) -> float:
    """The value between two neighbours at which the costs are least; ties in p cannot be cut apart."""
    import numpy as np

    distinct = np.concatenate([[True], descending[1:] < descending[:-1], [True]])
    best = int(np.argmin(np.where(distinct, costs, np.inf)))
    above = 1.0 if best == 0 else float(descending[best - 1])
    below = 0.0 if best == len(descending) else float(descending[best])
    return (above + below) / 2


def labels_of(
    probabilities: np.ndarray, classes: Sequence[Any], positive: Any, threshold: float | None
) -> np.ndarray:
    """One label per row: by the threshold where there are two classes, else the most probable one."""
    import numpy as np

    names = np.array(list(classes), dtype=object)
    if threshold is None:
        return np.asarray(names[probabilities.argmax(axis=1)])
    yes = list(classes).index(positive)
    return np.asarray(np.where(probabilities[:, yes] >= threshold, names[yes], names[1 - yes]))
