"""The search for LightGBM's settings in the time that is left (Optuna: Akiba et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmauto_tools.extras import require
from llmauto_tools.models.learners import Candidate, Clock

if TYPE_CHECKING:
    from llmauto_tools.models.search import Search

MAX_TRIALS = 80
PATIENCE = 35
"""The search ends after so many trials without a better one."""


def tune(search: Search, clock: Clock, rows: int | None, log_target: bool, exactly: int | None = None) -> int:
    """Try LightGBM with settings that Optuna's TPE sampler proposes; returns the number of trials.

    A trial is given up after a fold in which its mean is below the median of the earlier ones. rows: the
    most that a trial is fitted on. exactly: so many trials, whatever the time. What was scored on every
    fold is in `search.tried`.
    """
    optuna = require("optuna", "Searching for settings", "ml")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=search.seed, n_startup_trials=8),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=0),
    )
    best, since, trials = search.best("lightgbm"), 0, 0
    longest = best.seconds if best else 1.0

    def go_on() -> bool:
        if exactly is not None:
            return trials < exactly
        return trials < MAX_TRIALS and since < PATIENCE and clock.left() > 0.5 * longest

    while go_on():
        clock.check()
        trial = study.ask()
        candidate = Candidate(
            f"LightGBM, tuned {trials + 1}", "lightgbm", "tree", _settings(trial, log_target), rows,
            log_target and trial.suggest_categorical("log_target", [False, True]),
        )  # fmt: skip

        def prune(fold: int, utility: float, trial: Any = trial) -> bool:
            trial.report(utility, fold)
            return bool(trial.should_prune())

        limit = clock if exactly is not None else clock.within(max(3 * longest, 1.0))
        made = search.attempt(candidate, limit, prune)
        trials += 1
        if made is None:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, search.metric.utility(made.score))
        since = 0 if made is not None and search.best("lightgbm") is made else since + 1
    return trials


def _settings(trial: Any, log_target: bool) -> dict[str, Any]:
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.12, log=True),
        "num_leaves": trial.suggest_int("num_leaves", 4, 160, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 2, 80, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.3, 1.0),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
        "bagging_freq": 1,
        "lambda_l1": trial.suggest_float("lambda_l1", 1e-4, 5.0, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 1e-4, 20.0, log=True),
        "cat_l2": trial.suggest_float("cat_l2", 1.0, 30.0, log=True),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        "native_categories": trial.suggest_categorical("native_categories", [True, False]),
    }
