"""Fit candidates on the folds and keep their out-of-fold predictions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.models.blend import Fitted
from llmauto_tools.models.encode import Encoder, Kind
from llmauto_tools.models.learners import Candidate, Clock, Data, Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from llmauto_tools.models.artifact import Input
    from llmauto_tools.models.metrics import Metric
    from llmauto_tools.models.splits import Fold

MakeEncoder = Callable[[Kind, int], Any]
"""Gives an unfitted encoder of a kind; the number is a seed."""


@dataclass
class Tried:
    """A candidate with what came of it. predictions: rows × classes, or rows; NaN where no fold scored."""

    candidate: Candidate
    scores: list[float]
    seconds: float
    predictions: np.ndarray
    fitted: list[Fitted] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The mean over the folds."""
        return sum(self.scores) / len(self.scores)


@dataclass
class Rows:
    """The training rows: the inputs, the target as numbers, and the columns for target encoding."""

    frame: pd.DataFrame
    y: np.ndarray
    classes: int

    def encoded_target(self, picked: np.ndarray) -> np.ndarray:
        """The target of some rows as `Encoder.fit_transform` wants it (rows × outputs, float)."""
        import numpy as np

        y = self.y[picked]
        if self.classes > 2:
            return np.eye(self.classes)[y]
        return y.astype(float)[:, None]


class Search:
    """Tries candidates on the same folds. `tried` holds those that were scored on every fold."""

    def __init__(
        self,
        rows: Rows,
        folds: list[Fold],
        problem: Problem,
        metric: Metric,
        make_encoder: MakeEncoder,
        seed: int,
    ) -> None:
        self.rows = rows
        self.folds = folds
        self.problem = problem
        self.metric = metric
        self.seed = seed
        self.tried: list[Tried] = []
        self.failures: dict[str, str] = {}
        self._make_encoder = make_encoder
        self._data: dict[tuple[int, str], tuple[Any, Data]] = {}

    def data(self, k: int, kind: Kind) -> tuple[Any, Data]:
        """The encoder and the matrices of a fold, made once."""
        if (k, kind) not in self._data:
            train, valid = self.folds[k]
            encoder = self._make_encoder(kind, self.seed)
            x = encoder.fit_transform(self.rows.frame.iloc[train], self.rows.encoded_target(train))
            made = Data(x, self.rows.y[train], encoder.transform(self.rows.frame.iloc[valid]),
                        self.rows.y[valid], encoder.categorical_)  # fmt: skip
            self._data[k, kind] = encoder, made
        return self._data[k, kind]

    def attempt(
        self, candidate: Candidate, clock: Clock, prune: Callable[[int, float], bool] | None = None
    ) -> Tried | None:
        """Fit the candidate on every fold and keep it in `tried`; None where the time was too short.

        prune: called after each fold with its number and the utility so far; True gives the candidate up.
        """
        import numpy as np

        began = time.monotonic()
        sums, counts = self._empty(), np.zeros(len(self.rows.y))
        scores: list[float] = []
        fitted: list[Fitted] = []
        for k, (_, valid) in enumerate(self.folds):
            clock.check()
            if k and clock.left() < 0.3 * (len(self.folds) - k) * (time.monotonic() - began) / k:
                return None
            encoder, data = self.data(k, candidate.kind)  # type: ignore[arg-type]
            share = clock.within(max(clock.left(), 0.05) / (len(self.folds) - k))
            model = candidate.fit(data, self.problem, share, self.seed + k)
            predicted = model.predict(data.x_valid)
            if not np.isfinite(predicted).all():
                return None
            scores.append(self.metric.of(data.y_valid, predicted))
            sums[valid] += predicted
            counts[valid] += 1
            fitted.append(Fitted(encoder, model))
            if prune is not None and prune(k, self.metric.utility(float(np.nanmean(scores)))):
                return None
        shape = (-1, 1) if self.rows.classes else (-1,)
        with np.errstate(invalid="ignore", divide="ignore"):
            predictions = sums / counts.reshape(shape)
        scores = [s for s in scores if np.isfinite(s)]
        if not scores:
            return None
        self.tried.append(Tried(candidate, scores, time.monotonic() - began, predictions, fitted))
        return self.tried[-1]

    def _empty(self) -> np.ndarray:
        import numpy as np

        return np.zeros((len(self.rows.y), self.rows.classes) if self.rows.classes else len(self.rows.y))

    def ranked(self) -> list[Tried]:
        """What was tried, best first."""
        return sorted(self.tried, key=lambda t: -self.metric.utility(t.score))

    def best(self, family: str | None = None) -> Tried | None:
        """The best that was tried, of a family or of all."""
        return next((t for t in self.ranked() if family in (None, t.candidate.family)), None)


def default_encoder(inputs: list[Input]) -> MakeEncoder:
    """The preprocessing of this package for these inputs."""
    return lambda kind, seed: Encoder(inputs, kind, seed)
