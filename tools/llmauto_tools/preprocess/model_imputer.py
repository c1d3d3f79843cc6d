"""Missing values by a model of the other columns.

IterativeImputer's model is linear, so that each of its rounds is an expression over the columns and SQL can
apply it. KNNImputer needs the training rows themselves: SQL cannot express it, only a pipeline can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.preprocess.changes import Change, Form, Output
from llmauto_tools.preprocess.kinds import number
from llmauto_tools.sampling import sample_sql

if TYPE_CHECKING:
    from llmauto_tools.preprocess.fitter import Fitter

FIT_ROWS = 50_000
"""Training rows that the models are fitted on; of more, this many are drawn."""
MAX_COLUMNS = 12
ROUNDS = 10


def make_imputer(strategy: str, seed: int) -> Any:
    """scikit-learn's KNNImputer (5 neighbours) or IterativeImputer (Bayesian ridge, 10 rounds)."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next import work)
    from sklearn.impute import IterativeImputer, KNNImputer

    if strategy == "knn":
        return KNNImputer(keep_empty_features=True)
    return IterativeImputer(max_iter=ROUNDS, random_state=seed, keep_empty_features=True)


def learn_model(strategy: str, columns: list[str], fitter: Fitter) -> dict[str, Any]:
    """The initial values and the linear models of each round, as numbers.

    Raises InvalidArguments for knn, and for fewer than two or more than twelve columns; MissingExtra
    without scikit-learn.
    """
    if strategy == "knn":
        raise InvalidArguments(
            "SQL cannot express imputation by nearest neighbours.",
            "Use 'iterative' or 'group' here, or put 'knn' in a recipe's scikit-learn pipeline.",
        )
    if not 2 <= len(columns) <= MAX_COLUMNS:
        raise InvalidArguments(
            f"Iterative imputation takes 2 to {MAX_COLUMNS} columns of numbers, not {len(columns)}.",
            "Name the columns that tell about each other.",
        )
    from llmauto_tools.extras import require

    require("sklearn", "Iterative imputation", "ml")
    values = _training_values(columns, fitter)
    imputer = make_imputer(strategy, fitter.seed).fit(values)
    models = [
        [int(s.feat_idx), [int(i) for i in s.neighbor_feat_idx], [float(c) for c in s.estimator.coef_],
         float(s.estimator.intercept_)]
        for s in imputer.imputation_sequence_
    ]  # fmt: skip
    start = [float(v) for v in imputer.initial_imputer_.statistics_]
    return {"fit_rows": len(values), "start": [0.0 if v != v else v for v in start], "models": models}


def _training_values(columns: list[str], fitter: Fitter) -> Any:
    import numpy as np

    select = ", ".join(f"CAST({quoted(c)} AS DOUBLE) AS c{i}" for i, c in enumerate(columns))
    sql = f"SELECT {select} FROM (\n{fitter.train_sql(columns)}\n)"
    if fitter.train_rows > FIT_ROWS:
        sql = sample_sql(f"({sql})", FIT_ROWS, fitter.train_rows, fitter.seed)
        fitter.notes.append(f"The models of missing values are fitted on about {FIT_ROWS:,} training rows.")
    table = fitter.runner.arrow(sql)
    return np.column_stack([table[f"c{i}"].to_numpy().astype(float) for i in range(len(columns))])


def model_changes(columns: list[str], learned: dict[str, Any], flags: list[Output]) -> list[Change]:
    """A stage that fills the initial values and remembers the gaps, then one for each model."""
    gaps = [f"llmauto gap {i}" for i in range(len(columns))]
    first = list(flags)
    for column, gap, start in zip(columns, gaps, learned["start"], strict=True):
        q = quoted(column)
        first.append(Output(gap, "boolean", Form(f"{q} IS NULL", (column,))))
        filled = f"coalesce(CAST({q} AS DOUBLE), {number(start)})"
        first.append(Output(column, "number", Form(filled, (column,))))
    changes = [Change("impute", tuple(first))]
    for at, others, weights, intercept in learned["models"]:
        terms = "".join(
            f" + {number(w)} * {quoted(columns[i])}" for i, w in zip(others, weights, strict=True)
        )
        sql = f"CASE WHEN {quoted(gaps[at])} THEN {number(intercept)}{terms} ELSE {quoted(columns[at])} END"
        reads = (columns[at], gaps[at], *(columns[i] for i in others))
        changes.append(Change("model", (Output(columns[at], "number", Form(sql, reads)),)))
    return [*changes, Change("gaps", drops=tuple(gaps))]
