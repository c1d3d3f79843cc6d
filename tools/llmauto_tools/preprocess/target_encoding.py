"""Target encoding with cross-fitting, as scikit-learn's TargetEncoder does it.

A level's code is its mean target, drawn towards the overall mean: by `smooth` rows, or by the empirical
Bayes estimate of D. Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes,
SIGKDD Explorations 3(1), 2001, equations 5 and 6. A training row's code comes from the other folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmauto_tools.columns import literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import POSITION, ROLE, Form, Output
from llmauto_tools.preprocess.fitter import AS_DOUBLE, Fitter, find, is_level
from llmauto_tools.preprocess.kinds import Schema, number, text_sql, unique_name
from llmauto_tools.preprocess.lookups import lookup_text
from llmauto_tools.preprocess.recipe import Encode

Learned = dict[str, Any]
MAX_CLASSES = 50
Sums = tuple[float, float, float]
"""Rows, sum, and sum of squares of the target."""


def fold_sql(folds: int, seed: int) -> str:
    """The fold of a row, 0 to folds - 1, by a hash of its position."""
    return f"CAST(hash({quoted(POSITION)}, {seed}) % {folds} AS BIGINT)"


def target_kind(step: Encode, fitter: Fitter, target: str) -> tuple[str, list[str]]:
    """binary, continuous or multiclass, and the classes as sorted text.

    Numbers with more than two values are continuous. Raises InvalidArguments for a target with one value.
    """
    kind = fitter.schema[target]
    levels, left_out = fitter.levels(target, MAX_CLASSES)
    classes = sorted(v for v, _ in levels if v is not None)
    if len(classes) < 2 and not left_out:
        raise InvalidArguments(
            f"The target '{target}' has the same value in every training row.",
            "Choose another target, or encode without it.",
        )
    numeric = kind in ("integer", "number")
    if numeric:
        classes.sort(key=float)
    chosen = step.target_type
    if chosen == "auto":
        two = len(classes) == 2 and not left_out
        chosen = "binary" if two else "continuous" if numeric else "multiclass"
    if chosen == "continuous" and not numeric:
        raise InvalidArguments(f"The target '{target}' holds no numbers.", "Use target_type auto.")
    if chosen != "continuous" and left_out:
        raise InvalidArguments(
            f"The target '{target}' has more than {MAX_CLASSES} classes.", "Encode by frequency instead."
        )
    if chosen == "binary" and len(classes) != 2:
        raise InvalidArguments(f"The target '{target}' has {len(classes)} classes, not two.", None)
    return chosen, [] if chosen == "continuous" else classes


def learn_target(step: Encode, columns: list[str], fitter: Fitter, taken: set[str]) -> Learned:
    if fitter.target is None:
        raise InvalidArguments("Target encoding needs a target.", "Name the target, or encode by frequency.")
    target = find(fitter.schema, fitter.target, "encode")
    kind, classes = target_kind(step, fitter, target)
    outcomes = [None] if kind == "continuous" else classes[1:] if kind == "binary" else classes
    learned: Learned = {"columns": columns, "type": kind, "classes": classes, "parts": [], "target": target}
    learned["seed"] = fitter.seed
    for column in columns:
        for outcome in outcomes:
            fitter.step(f"encoding {column} by the target")
            name = f"{column}_{outcome}" if kind == "multiclass" else column
            part = _part(step, column, target, outcome, fitter)
            learned["parts"].append({"column": column, "name": unique_name(name, taken), **part})
    return learned


def outcome_sql(target: str, schema: Schema, outcome: str | None) -> str:
    """The number whose mean is taken: the target itself, or whether it is this class."""
    if outcome is None:
        return f"CAST({quoted(target)} AS DOUBLE)"
    is_it = f"{text_sql(target, schema[target])} = {literal(outcome)}"
    return f"CASE WHEN {quoted(target)} IS NULL THEN NULL WHEN {is_it} THEN 1e0 ELSE 0e0 END"


def _part(step: Encode, column: str, target: str, outcome: str | None, fitter: Fitter) -> Learned:
    """The codes of one output column: for all training rows, and for each fold from the others."""
    y = outcome_sql(target, fitter.schema, outcome)
    centre = 0.0
    if outcome is None:  # so that squares of large numbers keep their digits
        centre = float(fitter.aggregate([target], [f"avg({AS_DOUBLE})"])[target][0] or 0.0)
        y = f"{y} - {number(centre)}"
    source = fitter.train_sql([*dict.fromkeys([column, target, POSITION])])
    rows = fitter.query(
        f"SELECT v, f, count(y), coalesce(sum(y), 0), coalesce(sum(y * y), 0) FROM ("
        f"SELECT {text_sql(column, fitter.schema[column])} AS v, {fold_sql(step.folds, fitter.seed)} AS f,"
        f" {y} AS y FROM (\n{source}\n)) WHERE y IS NOT NULL GROUP BY v, f ORDER BY v, f"
    )
    levels = _most_frequent(rows, step.level_limit, column, fitter)
    codes, mean = _codes(rows, levels, step.smooth, centre)
    folds = []
    for fold in range(step.folds):
        others = [r for r in rows if r[1] != fold]
        folds.append(_codes(others or rows, levels, step.smooth, centre))
    return {
        "mean": mean,
        "levels": [[v, codes.get(v, mean)] for v in levels],
        "fold_means": [m for _, m in folds],
        "fold_codes": [[c.get(v, m) for c, m in folds] for v in levels],
    }


def _most_frequent(
    rows: Sequence[tuple[Any, ...]], limit: int, column: str, fitter: Fitter
) -> list[str | None]:
    from llmauto_tools.preprocess.steps_encode import note_left_out

    counts: dict[str | None, int] = {}
    for level, _, n, _, _ in rows:
        counts[level] = counts.get(level, 0) + n
    texts = [v for v in counts if v is not None and is_level(v)]
    kept = sorted(texts, key=lambda v: (-counts[v], v))[:limit]
    note_left_out(column, len([v for v in counts if v is not None]) - len(kept), limit, fitter)
    return [*([None] if None in counts else []), *sorted(kept)]


def _codes(
    rows: Sequence[tuple[Any, ...]], levels: list[str | None], smooth: float | None, centre: float
) -> tuple[dict[str | None, float], float]:
    """The code of each level that has rows, and the mean of all rows, levels that are not kept too."""
    sums: dict[str | None, Sums] = {}
    for level, _, n, s, q in rows:
        before = sums.get(level, (0.0, 0.0, 0.0))
        sums[level] = (before[0] + n, before[1] + s, before[2] + q)
    n, s, q = (sum(v[i] for v in sums.values()) for i in range(3))
    mean = s / n
    variance = max(q / n - mean * mean, 0.0)
    codes = {v: _code(sums[v], mean, variance, smooth) + centre for v in levels if v in sums}
    return codes, mean + centre


def _code(sums: Sums, mean: float, variance: float, smooth: float | None) -> float:
    n, s, q = sums
    own = s / n
    if smooth is not None:
        return (s + smooth * mean) / (n + smooth)
    within = max(q - s * own, 0.0) / n
    weight = variance * n + within
    if weight == 0:
        return mean
    share = variance * n / weight
    return share * own + (1 - share) * mean


def target_outputs(step: Encode, learned: Learned, keys: dict[str, str]) -> list[Output]:
    """One output per part; keys: the column that holds each column as text."""
    outputs = []
    for part in learned["parts"]:
        key = keys[part["column"]]
        codes = {v: number(c) for v, c in part["levels"]}
        form = Form(_looked_up(quoted(key), codes, number(part["mean"])), (key,))
        outputs.append(Output(part["name"], "number", form, _cross_fitted(step, learned, part, key)))
    return outputs


def _looked_up(q: str, codes: dict[str | None, str], otherwise: str) -> str:
    known = [(v, c) for v, c in codes.items() if v is not None]
    missing = codes.get(None, otherwise)
    return f"CASE WHEN {q} IS NULL THEN {missing} ELSE {lookup_text(q, known, otherwise)} END"


def _cross_fitted(step: Encode, learned: Learned, part: Learned, key: str) -> Form:
    """Lists of the code from all training rows and the codes from all folds but one; the fold picks one."""
    codes = {v: _list([c, *codes]) for (v, c), codes in zip(part["levels"], part["fold_codes"], strict=True)}
    lists = _looked_up(quoted(key), codes, _list([part["mean"], *part["fold_means"]]))
    which = f"CASE WHEN {quoted(ROLE)} = 'train' THEN 2 + {fold_sql(step.folds, learned['seed'])} ELSE 1 END"
    return Form(f"({lists})[{which}]", (key, POSITION))


def _list(values: Sequence[float]) -> str:
    return f"[{', '.join(number(v) for v in values)}]"
