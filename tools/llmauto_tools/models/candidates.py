"""Which models are tried first, with settings that are known to do well.

The settings follow the defaults of AutoGluon (Erickson et al. 2020) and of the libraries; what is left
of the time goes to the search in tune.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmauto_tools.models.learners import Candidate

if TYPE_CHECKING:
    import numpy as np

LINEAR_CELLS = 12_000_000
FOREST_ROWS = 100_000
NETWORK_ROWS = 30_000


def presets(rows: int, columns: int, classes: int, log_target: bool, by_time: bool) -> list[Candidate]:
    """The candidates for a table of so many training rows and inputs, in the order of trial.

    classes: 0 for a regression. log_target: the target is positive and skewed, so that its logarithm is
    worth a try. by_time: no networks, whose number of epochs could not be carried over to later rows.
    """
    linear_rows = max(2_000, LINEAR_CELLS // (12 * max(columns, 1)))
    leaves = 31 if rows > 2_000 else 15
    boosted = {"learning_rate": 0.05, "num_leaves": leaves, "min_data_in_leaf": 20 if rows > 2_000 else 10,
               "feature_fraction": 0.9, "bagging_fraction": 0.9, "bagging_freq": 1}  # fmt: skip
    random_splits = {**boosted, "extra_trees": True}
    large = {
        **boosted,
        "learning_rate": 0.03,
        "num_leaves": 4 * leaves,
        "min_data_in_leaf": 5,
        "feature_fraction": 0.7,
    }
    few = {"trees": 100 if rows > 5_000 else 150, "max_features": "sqrt" if classes else 0.5}
    leaf = 3 if rows > 1_000 else 2
    made = [
        Candidate("LightGBM", "lightgbm", "tree", boosted),
        Candidate("ridge" if not classes else "logistic", "linear", "linear", {"C": 0.3}, linear_rows),
        Candidate("extra trees", "forest", "tree",
                  {"method": "ExtraTrees", "min_samples_leaf": leaf if classes else 1, **few}, FOREST_ROWS),
        Candidate("LightGBM, random splits", "lightgbm", "tree", random_splits),
    ]  # fmt: skip
    if log_target:
        made.append(Candidate("LightGBM of the logarithm", "lightgbm", "tree", boosted, log_target=True))
        made.append(Candidate("ridge of the logarithm", "linear", "linear", {}, linear_rows, log_target=True))
    made.append(Candidate("LightGBM, large", "lightgbm", "tree", large))
    if not by_time:
        network = {"layers": (128, 64), "batch": 64 if rows < 5_000 else 256, "alpha": 1e-3}
        made.append(Candidate("network", "network", "linear", network, NETWORK_ROWS))
    made.append(
        Candidate("random forest", "forest", "tree",
                  {"method": "RandomForest", "min_samples_leaf": leaf if classes else 2, **few}, FOREST_ROWS)
    )  # fmt: skip
    if classes:
        made.append(Candidate("logistic, strong penalty", "linear", "linear", {"C": 0.01}, linear_rows))
    return made


def wants_logarithm(y: np.ndarray) -> bool:
    """Whether a regression's target is positive and skewed to the right."""
    import numpy as np
    from scipy.stats import skew

    return bool((y > 0).all() and skew(y) > 1 and abs(skew(np.log(y))) < skew(y))
