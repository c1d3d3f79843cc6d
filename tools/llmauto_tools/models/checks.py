"""What a careful analyst would say aloud about a training: leakage, small tests, imbalance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmauto_tools.models.bootstrap import Interval

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Input
    from llmauto_tools.models.learners import Clock
    from llmauto_tools.models.metrics import Metric

ROWS = 5_000
BINS = 50
NEAR_PERFECT = 0.99
"""Area under the curve, accuracy or explained variance from which one feature alone knows too much."""

SMALL_TEST = 100
_ENTITY = re.compile(
    r"(^|[\W_])(id|uuid|user|customer|patient|client|person|account|device|subject|player)$|[a-z]I[dD]$",
    re.IGNORECASE,
)


def leaking_features(
    frame: pd.DataFrame, inputs: Sequence[Input], y: np.ndarray, classes: int, clock: Clock, seed: int
) -> tuple[list[tuple[str, float]], int]:
    """Features that alone predict the target almost perfectly, with their score, and how many were looked at.

    Each feature is cut into up to 50 groups on one half of at most 5,000 rows; the group means of the
    target predict the other half. Score: area under the ROC curve, accuracy for more classes, or R².
    """
    import numpy as np

    random = np.random.default_rng(seed)
    picked = random.permutation(len(y))[:ROWS]
    half = len(picked) // 2
    found, looked = [], 0
    for column in inputs:
        clock.check()
        if clock.left() < 0:
            break
        looked += 1
        if column.role == "text":
            continue
        groups = _groups(frame[column.name].iloc[picked], column.role, half)
        score = _single_score(groups, y[picked], classes, half)
        if score >= NEAR_PERFECT:
            found.append((column.name, score))
    return found, looked


def _groups(values: pd.Series, role: str, half: int) -> np.ndarray:
    """A group number per row; the cuts come from the first half."""
    import numpy as np

    if role == "category":
        return np.asarray(values.cat.codes, dtype="int64") + 1
    numbers = values.astype("int64" if role == "date" else "float64").to_numpy().astype(float)
    finite = numbers[:half][np.isfinite(numbers[:half])]
    if not len(finite):
        return np.zeros(len(numbers), dtype="int64")
    cuts = np.unique(np.quantile(finite, np.linspace(0, 1, BINS + 1)[1:-1]))
    groups = np.searchsorted(cuts, numbers, side="right") + 1
    return np.where(np.isfinite(numbers), groups, 0)


def _single_score(groups: np.ndarray, y: np.ndarray, classes: int, half: int) -> float:
    import numpy as np

    from llmauto_tools.models.metrics import r2, roc_auc

    size = int(groups.max()) + 1
    fit, test = groups[:half], groups[half:]
    if classes > 2:
        table = np.zeros((size, classes))
        np.add.at(table, (fit, y[:half]), 1)
        table += np.bincount(y[:half], minlength=classes) * 1e-6
        majority = np.bincount(y[half:]).max() / max(len(test), 1)
        score = float((table.argmax(axis=1)[test] == y[half:]).mean())
        return score if score > majority + 0.05 else 0.0
    prior = y[:half].mean()
    sums = np.bincount(fit, weights=y[:half].astype(float), minlength=size)
    means = (sums + prior * 0.1) / (np.bincount(fit, minlength=size) + 0.1)
    score = roc_auc(y[half:], means[test]) if classes else r2(y[half:], means[test])
    return score if np.isfinite(score) else 0.0


def leak_notes(found: Sequence[tuple[str, float]], classes: int) -> list[str]:
    """The warning for each feature that knows too much, worded for the kind of score."""
    what = "area under the curve" if classes == 2 else "accuracy" if classes else "explained variance"
    return [
        f"LEAKAGE? '{name}' alone predicts the target almost perfectly ({what} {score:.3f}). Is it known before "
        "the target is, or made from it? If not, train without it."
        for name, score in found[:5]
    ]


def too_good(metric: Metric, value: float) -> str | None:
    """A warning for a score that real problems seldom allow."""
    bounded = metric.scorer in ("roc_auc", "accuracy", "r2", "average_precision", "f1", "balanced_accuracy")
    if bounded and value >= 0.998:
        return (
            f"A score of {value:.4f} is seldom honest: look for a feature that is known only after the target, "
            "or for the same rows on both sides of the split."
        )
    return None


def duplicate_notes(frame: pd.DataFrame, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> list[str]:
    """Test rows that are also training rows (inputs and target), and repeated rows.

    Nothing is said where the inputs have few different combinations, so that equal rows mean little.
    """
    import numpy as np
    import pandas as pd

    inputs = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    if len(np.unique(inputs)) < 0.5 * len(inputs):
        return []
    hashes = inputs ^ (pd.util.hash_array(np.asarray(y, dtype=float)) * np.uint64(31))
    shared = int(np.isin(hashes[test], hashes[train]).sum())
    repeated = len(hashes) - len(np.unique(hashes))
    if shared > 0.01 * len(test):
        return [
            f"{shared:,} of {len(test):,} test rows are the same as a training row, in all inputs and the target: "
            "the score may be too good. Remove duplicates, or name the entity as `group`."
        ]
    if repeated > 0.01 * len(hashes):
        return [f"{repeated:,} of {len(hashes):,} rows repeat an earlier row."]
    return []


def entity_notes(
    frame: pd.DataFrame, inputs: Sequence[Input], group: str | None, time: str | None
) -> list[str]:
    """Columns that look like an entity with several rows, or like time, when the split ignores them."""
    notes = []
    for column in inputs:
        if group is None and _ENTITY.search(column.name) and column.role in ("category", "number"):
            distinct = int(frame[column.name].nunique())
            if 10 < distinct < 0.9 * len(frame):
                notes.append(
                    f"'{column.name}' repeats ({distinct:,} different values): if it names an entity, the same one is "
                    f"on both sides of the split. Give group='{column.name}' to test on entities that are new."
                )
        if time is None and column.role == "date":
            notes.append(
                f"The rows were split at random although '{column.name}' is a date. If the model is meant for "
                f"later rows, give time='{column.name}': the newest rows then test it."
            )
    return notes[:3]


def shared_groups(groups: np.ndarray | None, train: np.ndarray, test: np.ndarray) -> int:
    """Groups that are on both sides of a split."""
    import numpy as np

    return 0 if groups is None else len(np.intersect1d(groups[train], groups[test]))


def size_notes(metric: Metric, score: Interval, baseline: float, rows: int) -> list[str]:
    """Warnings where the test rows are too few to tell how good the model is."""
    width = score.high - score.low
    gain = abs(score.value - baseline)
    if not (width > 0.5 * gain or rows < SMALL_TEST or width != width):
        return []
    return [
        f"The test set is small ({rows:,} rows): the {metric.words.removeprefix('a ').removeprefix('an ').removesuffix(' of')} could as well be {score.low:.3g} or "
        f"{score.high:.3g}. Do not choose between models by such a difference."
    ]


def imbalance_note(y: np.ndarray, classes: list[object], threshold: float | None, cost: bool) -> str | None:
    """A note where a label is rare; None otherwise."""
    import numpy as np

    shares = np.bincount(y, minlength=len(classes)) / len(y)
    rare = int(shares.argmin())
    if shares[rare] >= 0.1:
        return None
    advice = ""
    if len(classes) == 2 and not cost:
        advice = (
            " Give `cost` (of a false positive and a false negative) to have the threshold chosen for it."
        )
    return (
        f"'{classes[rare]}' is rare ({shares[rare]:.1%} of the rows): accuracy says little; look at "
        f"{'average precision' if len(classes) == 2 else 'balanced accuracy'}.{advice}"
    )
