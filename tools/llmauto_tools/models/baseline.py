"""What a model has to beat: the most frequent class, the mean, the last known value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.models.metrics import Metric
    from llmauto_tools.models.splits import Design, Fold


def names(design: Design) -> list[str]:
    """The baselines for a design: the last value only where rows have an order in time."""
    plain = "most frequent label" if design.classes else "mean"
    return [plain, "last value"] if design.times is not None else [plain]


def predict_baseline(name: str, design: Design, train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Predictions for `rows` from the targets of the `train` rows alone (probabilities, or numbers).

    "most frequent label" gives each class its share, so that the most frequent one is said; "last value"
    the newest target of the training rows, of the same group where there are groups.
    """
    import numpy as np

    y = design.y[train]
    if name == "last value":
        last = _last(design, train, rows)
        return np.eye(design.classes)[last.astype(int)] if design.classes else last
    if design.classes:
        shares = np.bincount(y, minlength=design.classes) / len(y)
        return np.tile(shares, (len(rows), 1))
    return np.full(len(rows), float(y.mean()))


def _last(design: Design, train: np.ndarray, rows: np.ndarray) -> np.ndarray:
    import numpy as np

    assert design.times is not None
    ordered = train[np.argsort(design.times[train], kind="stable")]
    made = np.full(len(rows), float(design.y[ordered[-1]]))
    if design.groups is not None:
        newest = dict(zip(design.groups[ordered].tolist(), design.y[ordered].tolist(), strict=True))
        for i, group in enumerate(design.groups[rows].tolist()):
            made[i] = newest.get(group, made[i])
    return made


def baseline_scores(name: str, design: Design, folds: list[Fold], metric: Metric) -> list[float]:
    """The baseline's score on each fold (those where it is defined)."""
    import numpy as np

    scores = [metric.of(design.y[v], predict_baseline(name, design, t, v)) for t, v in folds]
    return [s for s in scores if np.isfinite(s)]
