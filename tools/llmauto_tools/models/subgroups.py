"""A model's scores by subgroup: the values of a column, or bins of a number or a date."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.assess import Scored, rounded
from llmauto_tools.models.bootstrap import interval_of, resamples
from llmauto_tools.models.learners import Clock
from llmauto_tools.models.metrics import Metric
from llmauto_tools.results import Section, section

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_GROUPS = 15
SMALL_GROUP = 50
RESAMPLES = 200
LEAST_ROWS = 5


@dataclass
class Subgroups:
    """The table of subgroups, the sentence and warnings about it, and named values."""

    section: Section
    text: str
    figures: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def subgroup_rows(
    name: str, values: pd.Series, scored: Scored, metric: Metric, bins: int, clock: Clock, seed: int
) -> Subgroups:
    """One row per subgroup: rows, score with its 95% interval, and what is specific to the task.

    Two labels: share of true and of said positives, recall and false positive rate. Numbers: the mean of
    true minus predicted.
    """
    labels, shortened = group_labels(values, bins)
    order = _ordered(labels)
    rows, scores, small = [], {}, []
    for label in order:
        clock.check()
        picked = labels == label
        count = int(picked.sum())
        if count < LEAST_ROWS:
            small.append(label)
            continue
        score, low, high = _score(scored, picked, metric, seed)
        rows.append([label, count, rounded(score), rounded(low), rounded(high), *_details(scored, picked)])
        if score == score and count >= SMALL_GROUP:
            scores[label] = (score, low, high)
        elif count < SMALL_GROUP:
            small.append(label)
    names = [name, "rows", metric.name, "low", "high", *_detail_names(scored)]
    note = f"95% intervals from {RESAMPLES} bootstrap resamples per group."
    if shortened:
        note += f" Rare values are together in 'other' ({shortened:,} values)."
    notes = []
    if small:
        shown = ", ".join(f"'{s}'" for s in small[:5])
        notes.append(f"Groups with fewer than {SMALL_GROUP} rows say little: {shown}.")
    text, figures = _widest(name, scores, metric)
    return Subgroups(section(f"By {name}", names, rows, note), text, figures, notes)


def group_labels(values: pd.Series, bins: int) -> tuple[np.ndarray, int]:
    """A label per row; how many rare values share 'other'. Numbers and dates are cut at quantiles."""
    import numpy as np
    import pandas as pd

    missing = values.isna().to_numpy()
    cuttable = pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(
        values.dtype
    )
    if cuttable and values.nunique() > bins:
        parts = pd.qcut(values, bins, duplicates="drop")
        names = {c: _interval_words(c) for c in parts.cat.categories}
        labels = np.array([names.get(c, "missing") for c in parts], dtype=object)
        return labels, 0
    texts = np.array([_plain(v) for v in values.astype(object)], dtype=object)
    texts[missing] = "missing"
    counts = pd.Series(texts).value_counts()
    rare = list(counts.index[MAX_GROUPS:])
    if rare:
        texts[np.isin(texts, rare)] = "other"
    return texts, len(rare)


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:60]


def _interval_words(interval: Any) -> str:
    low, high = interval.left, interval.right
    if hasattr(low, "date"):
        return f"{low.date()} to {high.date()}"
    return f"{low:.6g} to {high:.6g}"


def _ordered(labels: np.ndarray) -> list[str]:
    """Largest first; bins in their order."""
    import pandas as pd

    counts = pd.Series(labels).value_counts()
    names = [str(n) for n in counts.index]
    if all(" to " in n or n == "missing" for n in names):
        return sorted(names, key=_start)
    return names


def _start(name: str) -> tuple[int, float, str]:
    first = name.split(" to ")[0]
    try:
        return (0, float(first), "")
    except ValueError:
        return (1, 0.0, first)


def _score(scored: Scored, picked: np.ndarray, metric: Metric, seed: int) -> tuple[float, float, float]:
    import numpy as np

    y, p = scored.y[picked], scored.prediction[picked]
    groups = None if scored.groups is None else scored.groups[picked]
    value = metric.of(y, p, scored.threshold)
    made = [
        metric.of(y[r], p[r], scored.threshold)
        for r in resamples(y, len(scored.classes), groups, RESAMPLES, seed)
    ]
    low, high = interval_of(np.array(made))
    return value, low, high


def _detail_names(scored: Scored) -> list[str]:
    if len(scored.classes) == 2:
        return ["true_share", "said_share", "recall", "false_positive_rate"]
    return [] if scored.classes else ["mean_residual"]


def _details(scored: Scored, picked: np.ndarray) -> list[float | None]:
    import numpy as np

    y = scored.y[picked]
    if len(scored.classes) == 2:
        said = scored.said[picked]
        yes, no = said[y == 1], said[y == 0]
        rates = [y.mean(), said.mean(), yes.mean() if len(yes) else np.nan, no.mean() if len(no) else np.nan]
        return [rounded(float(r)) for r in rates]
    return [] if scored.classes else [rounded(float((y - scored.prediction[picked]).mean()))]


def _widest(
    name: str, scores: dict[str, tuple[float, float, float]], metric: Metric
) -> tuple[str, dict[str, Any]]:
    """The sentence about the best and the worst group, and whether their intervals are apart."""
    if len(scores) < 2:
        return f"Too few groups of '{name}' have enough rows to compare.", {"by": name}
    worst = min(scores, key=lambda k: metric.utility(scores[k][0]))
    best = max(scores, key=lambda k: metric.utility(scores[k][0]))
    low, high = scores[worst], scores[best]
    apart = low[2] < high[1] if metric.greater_is_better else low[1] > high[2]
    figures = {"by": name, "worst_group": worst, "worst_score": rounded(low[0]), "best_group": best,
               "best_score": rounded(high[0]), "groups_apart": bool(apart)}  # fmt: skip
    text = (
        f"By '{name}' it is worst for '{worst}' ({rounded(low[0])}) and best for '{best}' ({rounded(high[0])})"
        f"{'' if apart else '; their intervals overlap'}."
    )
    return text, figures
