"""Scores of predictions with their intervals, beside the baselines: for the test and for new rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.bootstrap import Interval, score_intervals
from llmauto_tools.models.metrics import Metric, class_numbers, confusion, metrics_for
from llmauto_tools.results import Section, section

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.models.learners import Clock

SHOWN = {
    "binary": ("roc_auc", "average_precision", "neg_log_loss", "neg_brier_score", "accuracy",
               "balanced_accuracy", "f1", "precision", "recall"),
    "multiclass": ("neg_log_loss", "accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr"),
    "regression": ("r2", "neg_root_mean_squared_error", "neg_mean_absolute_error",
                   "neg_median_absolute_error"),
}  # fmt: skip

MAX_CONFUSION = 12


@dataclass
class Scored:
    """Rows with what was predicted for them. prediction: rows × classes, or numbers; classes: labels."""

    kind: str
    classes: list[Any]
    y: np.ndarray
    prediction: np.ndarray
    threshold: float | None
    groups: np.ndarray | None = None

    @property
    def said(self) -> np.ndarray:
        """Class numbers at the threshold."""
        return class_numbers(self.prediction, self.threshold)


def assess(scored: Scored, metric: Metric, clock: Clock, seed: int) -> tuple[dict[str, Interval], int]:
    """Every shown metric, the main one first, with its interval; and the number of resamples."""
    known = metrics_for(scored.kind)
    names = list(dict.fromkeys([metric.scorer, *SHOWN[scored.kind]]))
    return score_intervals(
        [known[n] for n in names], scored.y, scored.prediction, len(scored.classes), scored.threshold,
        scored.groups, clock, seed,
    )  # fmt: skip


def scores_section(
    title: str, kind: str, intervals: dict[str, Interval], baseline: dict[str, float] | None, note: str
) -> Section:
    """One row per metric: score, interval, and the baseline's score where it is known."""
    known = metrics_for(kind)
    names = ["metric", "score", "low", "high"] + (["baseline"] if baseline else []) + ["better is"]
    rows = []
    for scorer, i in intervals.items():
        metric = known[scorer]
        beside = [rounded(baseline[scorer])] if baseline else []
        better = "higher" if metric.greater_is_better else "lower"
        rows.append([metric.name, rounded(i.value), rounded(i.low), rounded(i.high), *beside, better])
    return section(title, names, rows, note)


def confusion_section(scored: Scored) -> Section | None:
    """Counts of true and said labels; None for numbers and for many classes."""
    if not scored.classes or len(scored.classes) > MAX_CONFUSION:
        return None
    counts = confusion(scored.y, scored.said, len(scored.classes))
    labels = [str(c) for c in scored.classes]
    rows = [[label, *counts[i].tolist()] for i, label in enumerate(labels)]
    at = f" at the threshold {rounded(scored.threshold)}" if scored.threshold is not None else ""
    return section(
        "True labels (rows) and said labels (columns)",
        ["true / said", *map(str, labels)],
        rows,
        f"Counts{at}.",
    )


def rounded(value: float | None, digits: int = 4) -> float | None:
    """To so many digits after the point, or significant ones for numbers above 100."""
    if value is None or value != value:
        return None
    if abs(value) < 100:
        return float(f"{value:.{digits}f}")
    return float(f"{value:.{digits + 2}g}")


def shares(numbers: Sequence[float]) -> list[float | None]:
    return [rounded(float(n)) for n in numbers]
