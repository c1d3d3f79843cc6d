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
    counts: np.ndarray | None = None
    """On how many folds each row was scored."""
    predicting: float = 0.0
    """Seconds that all its models together take to predict a row."""

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
        return np.eye(self.classes)[y] if self.classes > 2 else np.asarray(y, dtype=float)[:, None]


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
        by_time: bool = False,
    ) -> None:
        self.by_time = by_time
        self.rows = rows
        self.folds = folds
        self.problem = problem
        self.metric = metric
        self.seed = seed
        self.tried: list[Tried] = []
        self.make_encoder = make_encoder
        self.spare: list[Fold] = []
        """Folds that were made but did not fit into the time."""
        self._probed = 0.0
        self._more: list[Fold] = []
        self._first: tuple[Candidate, Any] | None = None
        self._data: dict[tuple[int, str], tuple[Any, Data]] = {}

    def data(self, k: int, kind: Kind) -> tuple[Any, Data]:
        """The encoder and the matrices of a fold, made once."""
        if (k, kind) not in self._data:
            train, valid = self._fold(k)
            encoder = self.make_encoder(kind, self.seed)
            x = encoder.fit_transform(self.rows.frame.iloc[train], self.rows.encoded_target(train))
            made = Data(x, self.rows.y[train], encoder.transform(self.rows.frame.iloc[valid]),
                        self.rows.y[valid], encoder.categorical_)  # fmt: skip
            self._data[k, kind] = encoder, made
        return self._data[k, kind]

    def attempt(
        self,
        candidate: Candidate,
        clock: Clock,
        prune: Callable[[int, float], bool] | None = None,
        must: bool = False,
    ) -> Tried | None:
        """Fit the candidate on every fold and keep it in `tried`; None where the time was too short.

        prune: called after each fold with its number and the utility so far; True gives the candidate up.
        must: go on to the last fold however late it is.
        """
        import numpy as np

        began = time.monotonic()
        tried = Tried(candidate, [], 0.0, self._empty(), [], np.zeros(len(self.rows.y)))
        for k in range(len(self.folds)):
            clock.check()
            if k and not must and clock.left() < 0.3 * (len(self.folds) - k) * (time.monotonic() - began) / k:
                return None
            first = self._first if k == 0 and self._first is not None else (None, None)
            share = clock.within(max(clock.left(), 0.05) / (len(self.folds) - k))
            if must:  # as long as the first fold took, or preprocessing that is slow would leave it no time
                share = Clock(max(share.end, time.monotonic() + self._probed), clock.check)
            if not self._add(tried, k, share, first[1] if first[0] is candidate else None):
                return None
            if prune is not None and prune(k, self.metric.utility(tried.score)):
                return None
        tried.seconds = time.monotonic() - began
        self.tried.append(tried)
        return tried

    def extend(self, tried: Tried, folds: list[Fold], clock: Clock) -> bool:
        """Fit a candidate on another round of folds as well: more models to average, steadier predictions.

        False where the time was too short; what was added stays.
        """
        began = time.monotonic()
        start = self._number(folds)
        for k in range(start, start + len(folds)):
            clock.check()
            if clock.left() < tried.seconds / len(self.folds) or not self._add(tried, k, clock):
                return False
        tried.seconds += time.monotonic() - began
        return True

    def _number(self, folds: list[Fold]) -> int:
        """The number of the first of some further folds, which `data` then knows."""
        if not any(f is folds[0] for f in self._more):
            self._more += folds
        return len(self.folds) + next(i for i, f in enumerate(self._more) if f is folds[0])

    def _add(self, tried: Tried, k: int, clock: Clock, model: Any = None) -> bool:
        """Fit (unless a model is given) and score the candidate on one fold."""
        import numpy as np

        encoder, data = self.data(k, tried.candidate.kind)  # type: ignore[arg-type]
        model = model or tried.candidate.fit(data, self.problem, clock, self.seed + k)
        began = time.monotonic()
        predicted = model.predict(data.x_valid)
        tried.predicting += (time.monotonic() - began) / max(len(data.y_valid), 1)
        score = self.metric.of(data.y_valid, predicted)
        if not np.isfinite(predicted).all() or not np.isfinite(score):
            return False
        valid = self._fold(k)[1]
        assert tried.counts is not None
        before = tried.counts[valid]
        known = np.where(np.isfinite(tried.predictions[valid]), tried.predictions[valid], 0.0)
        weight = before.reshape(-1, 1) if self.rows.classes else before
        tried.predictions[valid] = (known * weight + predicted) / (weight + 1)
        tried.counts[valid] += 1
        tried.scores.append(score)
        tried.fitted.append(Fitted(encoder, model))
        return True

    def _fold(self, k: int) -> Fold:
        return self.folds[k] if k < len(self.folds) else self._more[k - len(self.folds)]

    def probe(self, candidate: Candidate, clock: Clock) -> float:
        """Fit the candidate on the first fold; returns the seconds. `attempt` does not fit it again there."""
        _, data = self.data(0, candidate.kind)  # type: ignore[arg-type]
        began = time.monotonic()
        self._first = candidate, candidate.fit(data, self.problem, clock, self.seed)
        self._probed = time.monotonic() - began
        return self._probed

    def _empty(self) -> np.ndarray:
        import numpy as np

        return np.full(
            (len(self.rows.y), self.rows.classes) if self.rows.classes else len(self.rows.y), np.nan
        )

    def ranked(self) -> list[Tried]:
        """What was tried, best first."""
        return sorted(self.tried, key=lambda t: -self.metric.utility(t.score))

    def best(self, family: str | None = None) -> Tried | None:
        """The best that was tried, of a family or of all."""
        return next((t for t in self.ranked() if family in (None, t.candidate.family)), None)


def default_encoder(inputs: list[Input]) -> MakeEncoder:
    """The preprocessing of this package for these inputs."""
    return lambda kind, seed: Encoder(inputs, kind, seed)
