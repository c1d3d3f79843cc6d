"""Missing values by a model: SQL cannot express it, so these run on batches of rows."""

from __future__ import annotations

from typing import Any, Literal


def make_imputer(strategy: Literal["knn", "iterative"] | str, seed: int) -> Any:
    """scikit-learn's KNNImputer (5 neighbours) or IterativeImputer (Bayesian ridge, 10 rounds)."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401 (makes the next import work)
    from sklearn.impute import IterativeImputer, KNNImputer

    if strategy == "knn":
        return KNNImputer(keep_empty_features=True)
    return IterativeImputer(random_state=seed, keep_empty_features=True)
