"""Scores of predictions, by scikit-learn's names, and their bootstrap intervals.

Scores are in the unit that a person reads: a loss is positive and better when lower, although
scikit-learn's scorer of it is negative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.errors import InvalidArguments, did_you_mean

if TYPE_CHECKING:
    import numpy as np

Score = Callable[["np.ndarray", "np.ndarray"], float]

_EPSILON = 1e-15
_ALIASES = {
    "auc": "roc_auc", "rmse": "neg_root_mean_squared_error", "mae": "neg_mean_absolute_error",
    "mse": "neg_mean_squared_error", "medae": "neg_median_absolute_error",
    "mape": "neg_mean_absolute_percentage_error", "brier": "neg_brier_score", "logloss": "neg_log_loss",
    "mcc": "matthews_corrcoef", "pr_auc": "average_precision", "ap": "average_precision",
    "root_mean_squared_error": "neg_root_mean_squared_error", "log_loss": "neg_log_loss",
    "mean_absolute_error": "neg_mean_absolute_error", "mean_squared_error": "neg_mean_squared_error",
    "median_absolute_error": "neg_median_absolute_error", "brier_score": "neg_brier_score",
}  # fmt: skip
_SHORT = {"root_mean_squared_error": "rmse", "mean_absolute_error": "mae", "mean_squared_error": "mse"}


@dataclass(frozen=True)
class Metric:
    """A score: `scorer` is scikit-learn's name, `name` ours; `value(y, prediction)` computes it.

    needs "probability": the prediction is rows × classes (y: class numbers; with two classes the second
    is the positive one); "label": class numbers; "value": numbers.
    """

    name: str
    scorer: str
    greater_is_better: bool
    needs: str
    value: Score

    @property
    def words(self) -> str:
        """The metric as a sentence names it: "ROC AUC", "log loss"."""
        return _WORDS.get(self.name, self.name.replace("_", " "))

    def of(self, y: np.ndarray, prediction: np.ndarray, threshold: float | None = None) -> float:
        """The score of probabilities (rows × classes) or of numbers; labels are made from the former."""
        if self.needs == "label":
            prediction = class_numbers(prediction, threshold)
        return self.value(y, prediction)

    def utility(self, value: float) -> float:
        """Greater is better, whatever the metric."""
        return value if self.greater_is_better else -value


_WORDS = {
    "roc_auc": "ROC AUC", "roc_auc_ovr": "ROC AUC (one against the rest)", "r2": "R²",
    "rmse": "a root mean squared error of", "mae": "a mean absolute error of",
    "mse": "a mean squared error of", "f1": "F1", "f1_macro": "macro F1", "f1_weighted": "weighted F1",
    "brier_score": "a Brier score of", "log_loss": "a log loss of", "accuracy": "an accuracy of",
    "balanced_accuracy": "a balanced accuracy of", "matthews_corrcoef": "Matthews' correlation",
}  # fmt: skip


def class_numbers(probabilities: np.ndarray, threshold: float | None) -> np.ndarray:
    """The class that probabilities mean; the threshold is on the second of two classes."""
    import numpy as np

    if probabilities.shape[1] == 2:
        return np.asarray(probabilities[:, 1] >= (0.5 if threshold is None else threshold)).astype(int)
    return np.asarray(probabilities.argmax(axis=1))


def metric_of(name: str | None, kind: str) -> Metric:
    """The metric of that name for kind "binary", "multiclass" or "regression"; None gives the default.

    Raises InvalidArguments for one that does not fit, with those that do.
    """
    defaults = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}
    asked = (name or defaults[kind]).strip().lower().replace(" ", "_")
    scorer = _ALIASES.get(asked, asked)
    if kind == "multiclass":
        scorer = {"f1": "f1_macro", "roc_auc": "roc_auc_ovr", "precision": "precision_macro",
                  "recall": "recall_macro"}.get(scorer, scorer)  # fmt: skip
    fitting = metrics_for(kind)
    if scorer not in fitting:
        what = {"binary": "two classes", "multiclass": "more than two classes", "regression": "numbers"}[kind]
        hint = did_you_mean(asked, fitting)
        raise InvalidArguments(
            f"'{name}' is not a metric for a target of {what}.", hint or f"It can be {', '.join(fitting)}."
        )
    return fitting[scorer]


def metrics_for(kind: str) -> dict[str, Metric]:
    """All metrics of a kind, by scikit-learn's scorer name."""
    if kind == "regression":
        return _named(
            ("r2", "value", r2),
            ("neg_root_mean_squared_error", "value", lambda y, p: float(((y - p) ** 2).mean() ** 0.5)),
            ("neg_mean_squared_error", "value", lambda y, p: float(((y - p) ** 2).mean())),
            ("neg_mean_absolute_error", "value", lambda y, p: float(abs(y - p).mean())),
            ("neg_median_absolute_error", "value", median_absolute_error),
            ("neg_mean_absolute_percentage_error", "value", mean_absolute_percentage_error),
        )
    common = _named(
        ("neg_log_loss", "probability", log_loss),
        ("accuracy", "label", lambda y, p: float((y == p).mean())),
        ("balanced_accuracy", "label", balanced_accuracy),
        ("f1_macro", "label", lambda y, p: float(per_class(y, p)[2].mean())),
        ("matthews_corrcoef", "label", matthews_corrcoef),
    )
    if kind == "multiclass":
        return common | _named(
            ("f1_weighted", "label", f1_weighted),
            ("precision_macro", "label", lambda y, p: float(per_class(y, p)[0].mean())),
            ("recall_macro", "label", lambda y, p: float(per_class(y, p)[1].mean())),
            ("roc_auc_ovr", "probability", roc_auc_ovr),
        )
    return common | _named(
        ("roc_auc", "probability", lambda y, p: roc_auc(y, p[:, 1])),
        ("average_precision", "probability", lambda y, p: average_precision(y, p[:, 1])),
        ("neg_brier_score", "probability", lambda y, p: float(((y - p[:, 1]) ** 2).mean())),
        ("f1", "label", lambda y, p: float(per_class(y, p, 2)[2][1])),
        ("precision", "label", lambda y, p: float(per_class(y, p, 2)[0][1])),
        ("recall", "label", lambda y, p: float(per_class(y, p, 2)[1][1])),
    )


def _named(*entries: tuple[str, str, Score]) -> dict[str, Metric]:
    made = {}
    for scorer, needs, value in entries:
        bare = scorer.removeprefix("neg_")
        made[scorer] = Metric(_SHORT.get(bare, bare), scorer, not scorer.startswith("neg_"), needs, value)
    return made


def search_metric(metric: Metric, kind: str) -> Metric:
    """What candidates are ranked by: a metric of yes and no hangs on a threshold that is chosen later."""
    stand_in = {"f1": "average_precision", "precision": "average_precision", "recall": "average_precision",
                "f1_macro": "average_precision", "matthews_corrcoef": "average_precision",
                "balanced_accuracy": "roc_auc"}  # fmt: skip
    if kind == "binary" and metric.scorer in stand_in:
        return metrics_for(kind)[stand_in[metric.scorer]]
    return metric


# ---- the scores that are computed often


def roc_auc(y: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve: the Mann-Whitney statistic over average ranks; NaN for one class."""
    import numpy as np
    from scipy.stats import rankdata

    yes = int(y.sum())
    no = len(y) - yes
    if yes == 0 or no == 0:
        return float("nan")
    return float((np.sum(rankdata(p)[y == 1]) - yes * (yes + 1) / 2) / (yes * no))


def roc_auc_ovr(y: np.ndarray, p: np.ndarray) -> float:
    """The mean over the classes that are there of the area for this class against the rest."""
    import numpy as np

    areas = [roc_auc((y == k).astype(int), p[:, k]) for k in np.unique(y)]
    return float(np.nanmean(areas)) if len(areas) > 1 else float("nan")


def log_loss(y: np.ndarray, p: np.ndarray) -> float:
    import numpy as np

    return float(-np.log(np.clip(p[np.arange(len(y)), y], _EPSILON, 1)).mean())


def balanced_accuracy(y: np.ndarray, labels: np.ndarray) -> float:
    """The mean over the classes that are there of the share of their rows that is right."""
    import numpy as np

    return float(np.mean([(labels[y == k] == k).mean() for k in np.unique(y)]))


def r2(y: np.ndarray, p: np.ndarray) -> float:
    """Share of the variance that is explained; NaN where y is constant."""
    spread = float(((y - y.mean()) ** 2).sum())
    return 1 - float(((y - p) ** 2).sum()) / spread if spread > 0 else float("nan")


def average_precision(y: np.ndarray, p: np.ndarray) -> float:
    """The sum over thresholds of precision × gain in recall, as scikit-learn's; NaN without positives."""
    import numpy as np

    if not y.sum():
        return float("nan")
    order = np.argsort(-p, kind="stable")
    at = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    hits = np.cumsum(y[order])[at]
    gains = np.diff(np.concatenate([[0], hits]))
    return float((hits / (at + 1) * gains).sum() / y.sum())


def confusion(y: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts (true class × said class)."""
    import numpy as np

    return np.bincount(y * classes + labels, minlength=classes * classes).reshape(classes, classes)


def per_class(y: np.ndarray, labels: np.ndarray, classes: int | None = None) -> np.ndarray:
    """Precision, recall and F1 (3 × classes); 0 where undefined. Without `classes`, of those that occur."""
    import numpy as np

    counts = confusion(y, labels, classes or int(max(y.max(), labels.max())) + 1)
    hits, said, true = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    if classes is None:
        there = (said + true) > 0
        hits, said, true = hits[there], said[there], true[there]
    made = [hits / np.maximum(said, 1), hits / np.maximum(true, 1), 2 * hits / np.maximum(said + true, 1)]
    return np.array(made)


def f1_weighted(y: np.ndarray, labels: np.ndarray) -> float:
    import numpy as np

    classes = int(max(y.max(), labels.max())) + 1
    return float(np.average(per_class(y, labels, classes)[2], weights=np.bincount(y, minlength=classes)))


def matthews_corrcoef(y: np.ndarray, labels: np.ndarray) -> float:
    """Correlation of true and said classes (Gorodkin 2004 for more than two); 0 where undefined."""
    counts = confusion(y, labels, int(max(y.max(), labels.max())) + 1).astype(float)
    said, true, n = counts.sum(axis=0), counts.sum(axis=1), counts.sum()
    spread = (n**2 - (said**2).sum()) * (n**2 - (true**2).sum())
    return float((counts.trace() * n - said @ true) / spread**0.5) if spread > 0 else 0.0


def median_absolute_error(y: np.ndarray, p: np.ndarray) -> float:
    import numpy as np

    return float(np.median(np.abs(y - p)))


def mean_absolute_percentage_error(y: np.ndarray, p: np.ndarray) -> float:
    """As scikit-learn's: a share, with a tiny number in place of a true 0."""
    import numpy as np

    return float((np.abs(y - p) / np.maximum(np.abs(y), np.finfo(float).eps)).mean())
