"""The models that are tried, behind one shape: `fit(...) -> model` and `model.predict(matrix)`.

Every fit is given a clock: it stops in time with what it has, and at once when a person stops the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass
class Clock:
    """A time limit: `end` in seconds of time.monotonic. `check` raises when a person has stopped the run."""

    end: float
    check: Callable[[], None] = lambda: None

    def left(self) -> float:
        """Seconds left; negative when the time is over."""
        return self.end - time.monotonic()

    def within(self, seconds: float) -> Clock:
        """A clock that ends in so many seconds, or with this one if that is earlier."""
        return Clock(min(self.end, time.monotonic() + seconds), self.check)


@dataclass
class Problem:
    """What is learned. classes: their number, 0 for a regression; stop: LightGBM's name of the metric
    that ends its training; loss: its objective."""

    classes: int
    stop: str
    loss: str
    threads: int = 2


@dataclass
class Data:
    """One fold as a matrix of one kind. y: class numbers, or floats for a regression."""

    x: np.ndarray
    y: np.ndarray
    x_valid: np.ndarray
    y_valid: np.ndarray
    categorical: Sequence[int] = ()


@dataclass(frozen=True)
class Candidate:
    """A model with its settings. kind: the encoder's; rows: the most that it is fitted on."""

    name: str
    family: str
    kind: str
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    rows: int | None = None
    log_target: bool = False

    def fit(self, data: Data, problem: Problem, clock: Clock, seed: int) -> Any:
        """Fit on data.x; data.x_valid may be used to stop early. The model has `predict` and `kind`."""
        data = _sampled(data, self.rows, seed)
        if self.log_target:
            import numpy as np

            logged = Data(data.x, np.log(data.y), data.x_valid, np.log(data.y_valid), data.categorical)
            inner = _FITS[self.family](self.settings, logged, problem, clock, seed)
            return Exponential(inner, *_bounds(logged.y, 0.1))
        return _FITS[self.family](self.settings, data, problem, clock, seed)


def _sampled(data: Data, rows: int | None, seed: int) -> Data:
    import numpy as np

    if rows is None or len(data.y) <= rows:
        return data
    picked = np.sort(np.random.default_rng(seed).choice(len(data.y), rows, replace=False))
    return Data(data.x[picked], data.y[picked], data.x_valid, data.y_valid, data.categorical)


def _bounds(y: np.ndarray, margin: float) -> tuple[float, float]:
    """The range of the training target, widened on both sides by a share of it."""
    low, high = float(y.min()), float(y.max())
    return low - margin * (high - low), high + margin * (high - low)


class Exponential:
    """A model of the logarithm of the target: its predictions are raised back.

    They are held within `low` and `high` first: a linear model that goes a little too far on the
    logarithm's scale is off by a multiple on the target's, and one such row can ruin a squared error.
    """

    def __init__(self, inner: Any, low: float, high: float) -> None:
        self.inner = inner
        self.kind = inner.kind
        self.low = low
        self.high = high

    def predict(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.asarray(np.exp(np.clip(self.inner.predict(x), self.low, self.high)))


# ---- LightGBM


class Boosted:
    """A LightGBM booster (Ke et al. 2017), cut at its best iteration."""

    kind = "lightgbm"

    def __init__(self, booster: Any, classes: int, rounds: int) -> None:
        self.booster = booster
        self.classes = classes
        self.rounds = rounds

    def predict(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        values = np.asarray(self.booster.predict(x))
        return np.column_stack([1 - values, values]) if self.classes == 2 else values


def fit_lightgbm(settings: dict[str, Any], data: Data, problem: Problem, clock: Clock, seed: int) -> Boosted:
    """Boost until the validation score has not improved for `patience` rounds, or the time is over."""
    import lightgbm as lgb

    options = dict(settings)
    rounds, patience = options.pop("rounds", 3_000), options.pop("patience", 50)
    native = options.pop("native_categories", True)
    parameters = {
        "objective": problem.loss, "metric": problem.stop, "num_threads": problem.threads, "verbosity": -1,
        "seed": seed, "deterministic": True, "force_col_wise": True, "feature_pre_filter": False,
        "min_data_per_group": 20, "cat_smooth": 10, **options,
    }  # fmt: skip
    if problem.classes > 2:
        parameters["num_class"] = problem.classes
    categorical = list(data.categorical) if native else []
    train = lgb.Dataset(data.x, data.y, categorical_feature=categorical, params=parameters)
    booster = lgb.Booster(parameters, train)
    if len(data.y_valid):
        booster.add_valid(
            lgb.Dataset(data.x_valid, data.y_valid, reference=train, params=parameters), "valid"
        )
    rate = float(parameters.get("learning_rate", 0.1))
    best = _boost(booster, rounds, patience, bool(len(data.y_valid)), clock, rate)
    text = booster.model_to_string(num_iteration=best)
    booster.free_dataset()
    return Boosted(lgb.Booster(model_str=text), problem.classes, best)


_PROBE_ROWS = 10_000
_PROBE_ROUNDS = 5


def fastest_threads(data: Data, problem: Problem) -> int:
    """The number of threads, all or one, with which LightGBM is faster on this machine as it is now.

    On a machine that is shared, or has less processor than cores, threads that wait for each other cost
    several times what they save.
    """
    import lightgbm as lgb

    x, y = data.x[:_PROBE_ROWS], data.y[:_PROBE_ROWS]

    def seconds(threads: int, most: float) -> float:
        """Of a few rounds; ends early where they take longer than `most`."""
        parameters = {"objective": problem.loss, "num_threads": threads, "verbosity": -1, "metric": "none"}
        if problem.classes > 2:
            parameters["num_class"] = problem.classes
        began = time.monotonic()
        booster = lgb.Booster(parameters, lgb.Dataset(x, y, params=parameters))
        for _ in range(_PROBE_ROUNDS):
            booster.update()
            if time.monotonic() - began > most:
                break
        return time.monotonic() - began

    alone = seconds(1, float("inf"))
    return problem.threads if seconds(problem.threads, alone) < alone else 1


_TRIED_ROUNDS = 3
_ENOUGH = 3.0
"""Learning rate × rounds with which boosting has left the mean behind: exp(-3) of the way is to go."""

_FASTEST = 0.5


def _boost(booster: Any, rounds: int, patience: int, watched: bool, clock: Clock, rate: float) -> int:
    """Add trees; returns the number of the best iteration, from 1.

    Where the time is too short for the learning rate, as the first rounds show, it is raised: a model
    that is cut off after a few small steps predicts little but the mean.
    """
    best, at, began = None, 1, time.monotonic()
    for i in range(1, rounds + 1):
        clock.check()
        if i == _TRIED_ROUNDS + 1:
            fitting = max(clock.left(), 0) * _TRIED_ROUNDS / max(time.monotonic() - began, 1e-9)
            if fitting * rate < _ENOUGH:
                booster.reset_parameter({"learning_rate": min(_ENOUGH / max(fitting, 1.0), _FASTEST)})
        finished = booster.update()
        if watched:
            _, _, value, greater = booster.eval_valid()[0]
            value = value if greater else -value
            if best is None or value > best + 1e-9:
                best, at = value, i
            if i - at >= patience:
                break
        else:
            at = i
        if finished or clock.left() < 0:
            break
    return at


# ---- forests


class Forest:
    """Random forest (Breiman 2001) or extra trees (Geurts et al. 2006) of scikit-learn."""

    kind = "forest"

    def __init__(self, estimator: Any, classes: int) -> None:
        self.estimator = estimator
        self.classes = classes

    def predict(self, x: np.ndarray) -> np.ndarray:
        return predicted(self.estimator, x, self.classes)


def predicted(estimator: Any, x: np.ndarray, classes: int) -> np.ndarray:
    """Probabilities with a column for every class (also those that a fold lacked), or numbers."""
    import numpy as np

    if not classes:
        return np.asarray(estimator.predict(x), dtype=float)
    found = estimator.predict_proba(x)
    if found.shape[1] == classes:
        return np.asarray(found, dtype=float)
    whole = np.zeros((len(x), classes))
    whole[:, estimator.classes_.astype(int)] = found
    return whole


def fit_forest(settings: dict[str, Any], data: Data, problem: Problem, clock: Clock, seed: int) -> Forest:
    """Grow trees in small groups until there are enough or the time is over."""
    import sklearn.ensemble as ensembles

    options = dict(settings)
    trees, kind = options.pop("trees"), options.pop("method")
    name = kind + ("Classifier" if problem.classes else "Regressor")
    leaf = max(options.pop("min_samples_leaf", 1), len(data.y) // 8_000)
    estimator = getattr(ensembles, name)(
        n_estimators=0,
        warm_start=True,
        n_jobs=problem.threads,
        random_state=seed,
        min_samples_leaf=leaf,
        **options,
    )
    step, began = max(problem.threads, min(10, 200_000 // max(len(data.y), 1))), time.monotonic()
    while estimator.n_estimators < trees:
        clock.check()
        estimator.n_estimators = min(trees, estimator.n_estimators + step)
        estimator.fit(data.x, data.y)
        per_tree = (time.monotonic() - began) / estimator.n_estimators
        if clock.left() < per_tree * step:
            break
    return Forest(estimator, problem.classes)


# ---- linear models


class Linear:
    """Logistic or ridge regression, or a network, of scikit-learn.

    A regression's predictions stay within `low` and `high`, half a range of the training target beyond
    its ends: a row unlike all others must not get a number unlike all others.
    """

    kind = "linear"

    def __init__(
        self,
        estimator: Any,
        classes: int,
        shift: float = 0.0,
        scale: float = 1.0,
        low: float = -float("inf"),
        high: float = float("inf"),
    ) -> None:
        self.estimator = estimator
        self.classes = classes
        self.shift = shift
        self.scale = scale
        self.low = low
        self.high = high

    def predict(self, x: np.ndarray) -> np.ndarray:
        values = predicted(self.estimator, x, self.classes) * self.scale + self.shift
        return values if self.classes else values.clip(self.low, self.high)


def fit_linear(settings: dict[str, Any], data: Data, problem: Problem, clock: Clock, seed: int) -> Linear:
    """Ridge with its strength by leave-one-out, or logistic regression in steps of some iterations."""
    import warnings

    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, RidgeCV

    if not problem.classes:
        shift, scale = float(data.y.mean()), float(data.y.std()) or 1.0
        ridge = RidgeCV(alphas=np.logspace(-1, 4, 11)).fit(data.x, (data.y - shift) / scale)
        return Linear(ridge, 0, shift, scale, *_bounds(data.y, 0.5))
    model = LogisticRegression(C=settings.get("C", 1.0), max_iter=40, warm_start=True)
    for _ in range(8):
        clock.check()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(data.x, data.y)
        if int(np.max(model.n_iter_)) < 40 or clock.left() < 0:
            break
    return Linear(model, problem.classes)


# ---- networks


def fit_network(settings: dict[str, Any], data: Data, problem: Problem, clock: Clock, seed: int) -> Linear:
    """A small network, trained epoch by epoch; the weights of the best validation epoch are kept."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    shift, scale = (0.0, 1.0) if problem.classes else (float(data.y.mean()), float(data.y.std()) or 1.0)
    y = data.y if problem.classes else ((data.y - shift) / scale).astype("float32")
    made = MLPClassifier if problem.classes else MLPRegressor
    network = made(
        hidden_layer_sizes=settings["layers"], alpha=settings.get("alpha", 1e-3), random_state=seed,
        batch_size=min(settings.get("batch", 128), len(y)), learning_rate_init=settings.get("rate", 1e-3),
    )  # fmt: skip
    best, kept, since = -np.inf, None, 0
    for _ in range(settings.get("epochs", 60)):
        clock.check()
        more = {"classes": np.arange(problem.classes)} if problem.classes else {}
        network.partial_fit(data.x, y, **more)
        value = _network_score(network, data, problem, shift, scale)
        if value > best:
            best, since = value, 0
            kept = [w.copy() for w in network.coefs_], [b.copy() for b in network.intercepts_]
        else:
            since += 1
        if since >= settings.get("patience", 6) or clock.left() < 0:
            break
    if kept is not None:
        network.coefs_, network.intercepts_ = kept
    bounds = () if problem.classes else _bounds(data.y, 0.5)
    wrapped = Linear(network, problem.classes, shift, scale, *bounds)
    wrapped.kind = "network"
    return wrapped


def _network_score(network: Any, data: Data, problem: Problem, shift: float, scale: float) -> float:
    import numpy as np

    if not problem.classes:
        return -float(((network.predict(data.x_valid) * scale + shift - data.y_valid) ** 2).mean())
    p = network.predict_proba(data.x_valid)[np.arange(len(data.y_valid)), data.y_valid]
    return float(np.log(np.clip(p, 1e-9, 1)).mean())


_FITS: dict[str, Callable[[dict[str, Any], Data, Problem, Clock, int], Any]] = {
    "lightgbm": fit_lightgbm, "forest": fit_forest, "linear": fit_linear, "network": fit_network,
}  # fmt: skip
