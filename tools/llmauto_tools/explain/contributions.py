"""SHAP values (Lundberg and Lee 2017) of a blend, summed per input, in the unit of the prediction.

Each model of the blend has its own exact way: TreeSHAP (Lundberg et al. 2020) for LightGBM and forests,
coefficients times the distance from the mean for linear models, and sampled permutations (Štrumbelj and
Kononenko 2014) for networks and for forests too large for TreeSHAP. links.py carries them from log odds to
probabilities; weights and calibration follow. They add up to the prediction: base + sum = prediction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.explain.links import carry, sigmoid, softmax
from llmauto_tools.extras import require

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Model
    from llmauto_tools.models.blend import Fitted

PERMUTATIONS = 6
FOREST_COST = 4e9
"""Leaves × depth² × rows of a forest above which permutations are faster than TreeSHAP."""

BACKGROUND = 100
LEAST_ROWS = 100
"""Rows that are explained whatever the time, where there are so many."""

_TOLERANCE = 1e-3


@dataclass
class Contributions:
    """values: rows × inputs × outputs; base: outputs; prediction: rows × outputs, base plus their sum.

    Outputs: the positive label's probability, a number, or one probability per label. methods: which way
    was used for how many models.
    """

    values: np.ndarray
    base: np.ndarray
    prediction: np.ndarray
    methods: dict[str, int]


def contributions(
    model: Model, frame: pd.DataFrame, background: pd.DataFrame, seed: int, step: Callable[[float], None]
) -> Contributions:
    """Contributions of every input to every row of `frame` (as `Model.prepare` gives it)."""
    import numpy as np

    names = model.features
    outputs = _outputs(model)
    total = np.zeros((len(frame), len(names), outputs))
    base = np.zeros(outputs)
    methods: dict[str, int] = {}
    count, done = sum(len(m.fitted) for m in model.members), 0
    matrices: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for member in model.members:
        for part in member.fitted:
            step(done / count)
            done += 1
            key = id(part.encoder)
            if key not in matrices:
                matrices[key] = part.encoder.transform(frame), part.encoder.transform(background)
            values, start, method = _of_part(part, *matrices[key], names, outputs, seed)
            weight = member.weight / len(member.fitted)
            total += weight * values
            base += weight * start
            methods[method] = methods.get(method, 0) + 1
    calibration = model.estimator.calibration
    if calibration is not None:
        total, base = carry(total, base, lambda p: _calibrated(calibration, p))
    return Contributions(total, base, base + total.sum(axis=1), methods)


def rows_in_time(model: Model, frame: pd.DataFrame, background: pd.DataFrame, seconds: float) -> int:
    """How many rows `contributions` can explain in about so many seconds, at least 100."""
    few = frame.head(10)
    began = time.monotonic()
    contributions(model, few, background, 0, lambda done: None)
    return max(int(seconds * len(few) / (time.monotonic() - began)), LEAST_ROWS)


def _outputs(model: Model) -> int:
    return len(model.classes) if len(model.classes) > 2 else 1


def _calibrated(calibration: Any, p: np.ndarray) -> np.ndarray:
    import numpy as np

    if p.shape[1] == 1:
        return np.asarray(calibration.apply(np.column_stack([1 - p[:, 0], p[:, 0]]))[:, 1:])
    return np.asarray(calibration.apply(p))


def _of_part(
    part: Fitted, x: np.ndarray, background: np.ndarray, names: Sequence[str], outputs: int, seed: int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Contributions of one model in the unit of its prediction, its base, and the method's name."""
    import numpy as np

    inner = getattr(part.model, "inner", part.model)
    owner = _owners(part.encoder.columns_, names)
    found = None
    if inner.kind == "lightgbm":
        found = _boosted(inner, x, outputs)
    elif inner.kind == "forest":
        found = _forest(inner, x, outputs)
    elif inner.kind == "linear":
        found = _linear(inner, x, background, outputs)
    if found is not None:
        values, base, link, method = found
        grouped = _grouped(values, owner, len(names))
        if link is not None:
            grouped, base = carry(grouped, base, link)
        if inner is not part.model:
            grouped, base = carry(grouped, base, lambda m: np.exp(np.clip(m, -50, 50)))
        reached = base + grouped.sum(axis=1)
        said = _said(part.model.predict(x), outputs)
        if np.abs(reached - said).max() <= _TOLERANCE * max(float(np.abs(said).max()), 1e-9):
            return grouped, base, method
    values, base = _permuted(part.model, x, background, owner, len(names), outputs, seed)
    return values, base, "sampled permutations"


def _owners(columns: Sequence[Any], names: Sequence[str]) -> np.ndarray:
    """For each column of the matrix, the position of the input that it comes from."""
    import numpy as np

    position = {name: i for i, name in enumerate(names)}
    return np.array([position[c.source] for c in columns])


def _grouped(values: np.ndarray, owner: np.ndarray, inputs: int) -> np.ndarray:
    import numpy as np

    made = np.zeros((values.shape[0], inputs, values.shape[2]))
    for column, i in enumerate(owner):
        made[:, i] += values[:, column]
    return made


def _said(prediction: np.ndarray, outputs: int) -> np.ndarray:
    """Predictions as rows × outputs."""
    if prediction.ndim == 1:
        return prediction[:, None]
    return prediction[:, 1:] if outputs == 1 else prediction


Found = tuple["np.ndarray", "np.ndarray", Callable[["np.ndarray"], "np.ndarray"] | None, str]


def _boosted(model: Any, x: np.ndarray, outputs: int) -> Found:
    import numpy as np

    raw = np.asarray(model.booster.predict(x, pred_contrib=True))
    shaped = raw.reshape(len(x), outputs, -1).transpose(0, 2, 1)
    link = None if not model.classes else sigmoid if outputs == 1 else softmax
    return shaped[:, :-1], shaped[0, -1], link, "TreeSHAP"


def _forest(model: Any, x: np.ndarray, outputs: int) -> Found | None:
    """TreeSHAP of a forest; None where it would take too long."""
    import numpy as np

    trees = [e.tree_ for e in model.estimator.estimators_]
    if len(x) * sum(float(t.n_leaves) * t.max_depth**2 for t in trees) > FOREST_COST:
        return None
    shap = require("shap", "Explaining a forest", "ml")
    try:
        explainer = shap.TreeExplainer(model.estimator)
        values = np.asarray(explainer.shap_values(x, check_additivity=False))
    except (TypeError, ValueError, AssertionError):
        return None  # trees of a kind that shap cannot read
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=float))
    if values.ndim == 2:
        return values[:, :, None], base[:1], None, "TreeSHAP"
    if values.shape[2] == outputs:
        return values, base, None, "TreeSHAP"
    return (values[:, :, 1:], base[1:], None, "TreeSHAP") if outputs == 1 and values.shape[2] == 2 else None


def _linear(model: Any, x: np.ndarray, background: np.ndarray, outputs: int) -> Found | None:
    import numpy as np

    coefficients = np.atleast_2d(model.estimator.coef_)
    if coefficients.shape[0] != outputs:
        return None  # a fold that lacked a label
    centre = background.mean(axis=0)
    values = (x - centre)[:, :, None] * coefficients.T[None, :, :]
    base = np.atleast_1d(coefficients @ centre + model.estimator.intercept_)
    if not model.classes:
        return values * model.scale, base * model.scale + model.shift, None, "coefficients"
    return values, base, sigmoid if outputs == 1 else softmax, "coefficients"


def _permuted(
    model: Any,
    x: np.ndarray,
    background: np.ndarray,
    owner: np.ndarray,
    inputs: int,
    outputs: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Shapley values by random orders of the inputs, each order also backwards (antithetic).

    In each order the row's values replace those of a background row, input by input.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    made = np.zeros((len(x), inputs, outputs))
    base = np.zeros((len(x), outputs))
    for _ in range(PERMUTATIONS):
        order = random.permutation(inputs)
        picked = background[random.integers(len(background), size=len(x))]
        for way in (order, order[::-1]):
            current = picked.copy()
            before = _said(model.predict(current), outputs)
            base += before
            for i in way:
                columns = owner == i
                current[:, columns] = x[:, columns]
                after = _said(model.predict(current), outputs)
                made[:, i] += after - before
                before = after
    times = 2 * PERMUTATIONS
    made, base = made / times, base / times
    # One base for all rows: what a row's own background rows differ by goes to its inputs evenly.
    centre = base.mean(axis=0)
    return made + ((base - centre) / inputs)[:, None, :], centre
