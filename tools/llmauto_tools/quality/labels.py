"""Rows whose class is probably wrong: confident learning (cleanlab) on out-of-fold probabilities.

Northcutt, Jiang and Chuang, Confident Learning, JAIR 70 (2021). The probabilities come from a random
forest (scikit-learn) in five folds. A row is reported where cleanlab's two rules agree, the model gives
its class at most 15% and another at least 80%, and the model is a good one (balanced accuracy of at least
0.8): a target that cannot be predicted well gives no ground to call a label wrong.
"""

from __future__ import annotations

from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.extras import require
from llmauto_tools.quality.base import Finding, Severity, Subject, counted, percent, shown
from llmauto_tools.quality.imbalance import is_classes
from llmauto_tools.quality.profile import ColumnStats
from llmauto_tools.sampling import sample_sql

ROWS = 10_000
COLUMNS = 60
MIN_PER_CLASS = 10
FOLDS = 5
GOOD = 0.8
GIVEN = 0.15
OTHER = 0.8


def find(subject: Subject) -> list[Finding]:
    """Needs a target of classes and the extra `ml`. Raises MissingExtra without it."""
    target = subject.options.target
    if target is None or not is_classes(subject.stats[target]):
        return []
    require("sklearn", "The search for wrong labels", "ml")
    require("cleanlab", "The search for wrong labels", "ml")
    features = [s for s in subject.family("number", "text", "boolean") if s.name != target and s.distinct > 1]
    features = [s for s in features if not s.is_id and not (s.family == "text" and s.looks_unique)][:COLUMNS]
    if not features:
        return []
    x, y, names, positions = _data(subject, features, target)
    if len(names) < 2:
        return []
    subject.step("training a model to judge the labels")
    probabilities = _out_of_fold(x, y, subject.options.seed)
    accuracy = _balanced_accuracy(y, probabilities)
    if accuracy < GOOD:
        subject.note(
            f"Labels were not judged: the target can be predicted with a balanced accuracy of {accuracy:.2f} only."
        )
        return []
    return _report(subject, y, probabilities, names, positions)


def _data(subject: Subject, features: list[ColumnStats], target: str) -> tuple[Any, Any, list[str], Any]:
    """Features (rows × columns, codes for texts), class numbers, class names, row positions (from 1)."""
    import numpy as np

    items = [
        f"CAST({quoted(s.name)} AS {'DOUBLE' if s.family == 'number' else 'VARCHAR'}) AS f{i}"
        for i, s in enumerate(features)
    ]
    relation = f"(SELECT *, row_number() OVER () AS llmauto_position FROM {subject.relation})"
    columns = ", ".join([*items, f"CAST({quoted(target)} AS VARCHAR) AS y", "llmauto_position AS position"])
    sql = sample_sql(relation, ROWS, subject.rows, subject.options.seed, columns)
    table = subject.workspace.engine.arrow(sql, timeout=subject.context.timeout)
    y = np.asarray(table["y"].to_pylist(), dtype=object)
    given = np.array([v is not None for v in y])
    names, counts = np.unique(y[given].astype(str), return_counts=True)
    kept = [str(n) for n, c in zip(names, counts, strict=True) if c >= MIN_PER_CLASS]
    rows = np.array([v in set(kept) for v in y])
    matrix = np.column_stack([_numbers(table[f"f{i}"], s) for i, s in enumerate(features)])[rows]
    codes = np.array([kept.index(v) for v in y[rows]])
    return matrix, codes, kept, np.asarray(table["position"].to_pylist())[rows]


def _numbers(column: Any, s: ColumnStats) -> Any:
    """A column as floats: numbers as they are, the 200 most frequent texts as codes, others as one."""
    import numpy as np

    if s.family == "number":
        values = np.asarray(column.to_numpy(), dtype=float)
        return np.where(np.isfinite(values), values, np.nan)
    texts = column.to_pylist()
    levels: dict[Any, int] = {}
    for value in texts:
        levels[value] = levels.get(value, 0) + 1
    order = sorted((v for v in levels if v is not None), key=lambda v: (-levels[v], v))[:200]
    codes = {v: float(i) for i, v in enumerate(order)}
    return np.array([np.nan if v is None else codes.get(v, 200.0) for v in texts])


def _out_of_fold(x: Any, y: Any, seed: int) -> Any:
    """Class probabilities (rows × classes) of models that have not seen the row."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    model = RandomForestClassifier(n_estimators=100, min_samples_leaf=2, random_state=seed, n_jobs=1)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return cross_val_predict(model, x, y, cv=folds, method="predict_proba")


def _balanced_accuracy(y: Any, probabilities: Any) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(y, probabilities.argmax(axis=1)))


def _report(subject: Subject, y: Any, probabilities: Any, names: list[str], positions: Any) -> list[Finding]:
    import numpy as np
    from cleanlab.filter import find_label_issues

    ranked = find_label_issues(
        labels=y,
        pred_probs=probabilities,
        return_indices_ranked_by="self_confidence",
        filter_by="both",
        n_jobs=1,
    )
    given = probabilities[np.arange(len(y)), y]
    sure = [i for i in ranked if given[i] <= GIVEN and probabilities[i].max() >= OTHER]
    if not sure:
        return []
    target = subject.options.target or ""
    examples = tuple(
        f"row {positions[i]:,}: {shown(names[y[i]], 20)}, rather {shown(names[probabilities[i].argmax()], 20)}"
        for i in sure[: subject.options.examples]
    )
    share = len(sure) / len(y)
    sentence = (
        f"{counted(len(sure), 'label')} of '{target}' ({percent(share)} of {len(y):,} rows) {'is' if len(sure) == 1 else 'are'}"
        " probably wrong: a model that had not seen them is confident of another class. Look before changing any."
    )
    severity: Severity = "medium" if share >= 0.01 and len(sure) >= 5 else "low"
    return [Finding("labels", "labels", severity, (target,), len(sure), len(y), sentence, examples)]
