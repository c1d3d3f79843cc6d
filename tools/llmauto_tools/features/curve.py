"""The score as a function of the number of features, with the selection inside the folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.features.folds import Fold
from llmauto_tools.features.models import fit_trees, score_trees
from llmauto_tools.features.pace import Pace
from llmauto_tools.features.ranking import Data

if TYPE_CHECKING:
    import numpy as np

_ALL_UP_TO = 10
_POINTS = 11


@dataclass(frozen=True)
class Curve:
    """Held-out scores: `scores` has shape (folds, counts); `orders` the ranking that each fold made."""

    counts: tuple[int, ...]
    scores: np.ndarray
    orders: tuple[list[int], ...]
    planned: int
    """Folds that were asked for; there are fewer rows in `scores` where the time ran out."""

    @property
    def mean(self) -> np.ndarray:
        import numpy as np

        return np.asarray(self.scores.mean(axis=0))

    @property
    def error(self) -> np.ndarray:
        """Standard error of the mean over the folds."""
        import numpy as np

        return np.asarray(self.scores.std(axis=0, ddof=1) / len(self.scores) ** 0.5)

    def one_standard_error(self) -> int:
        """The fewest features whose mean score is within one standard error of the best.

        Breiman, Friedman, Olshen and Stone (1984).
        """
        mean = self.mean
        best = int(mean.argmax())
        enough = mean >= mean[best] - self.error[best]
        return self.counts[int(enough.argmax())]

    def at(self, count: int) -> tuple[float, float]:
        """Mean score and its standard error with `count` features."""
        i = self.counts.index(count)
        return float(self.mean[i]), float(self.error[i])

    def times_chosen(self, feature: int, count: int) -> int:
        """In how many folds the feature was among the first `count`."""
        return sum(feature in order[:count] for order in self.orders)


def counts_for(features: int, asked: int | None) -> tuple[int, ...]:
    """The numbers of features that are tried: each up to 10, then growing by a constant factor."""
    import numpy as np

    if features <= _ALL_UP_TO:
        tried = set(range(1, features + 1))
    else:
        tried = {1, 2, 3, *(round(float(c)) for c in np.geomspace(4, features, _POINTS - 3))}
    return tuple(sorted(tried | ({asked} if asked is not None else set())))


def score_curve(
    data: Data,
    folds: Sequence[Fold],
    counts: tuple[int, ...],
    rank: Callable[[Data], list[int]],
    seed: int,
    pace: Pace,
) -> Curve:
    """Rank the features on each fold's training rows, and score the best k on its test rows.

    Stops after two or more folds where the next one would end behind `pace`'s deadline.
    """
    import numpy as np

    report = pace.within(None)
    scores: list[list[float]] = []
    orders: list[list[int]] = []
    began = time.monotonic()
    for i, (train, test) in enumerate(folds):
        each = (time.monotonic() - began) / max(i, 1)
        if i >= 2 and pace.deadline is not None and time.monotonic() + each > pace.deadline:
            break
        report.step(f"scoring, fold {i + 1} of {len(folds)}", i / len(folds))
        learned, judged = data.rows(train), data.rows(test)
        order = rank(learned)
        orders.append(order)
        scores.append(_scores(learned, judged, order, counts, seed))
    return Curve(counts, np.array(scores), tuple(orders), len(folds))


def _scores(learned: Data, judged: Data, order: list[int], counts: tuple[int, ...], seed: int) -> list[float]:
    """The score with the first k features for each k, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda k: _score(learned.keep(order[:k]), judged.keep(order[:k]), seed), counts))


def _score(learned: Data, judged: Data, seed: int) -> float:
    booster = fit_trees(learned.matrix, learned.task, learned.y, learned.classes, seed)
    return score_trees(booster, judged.matrix, judged.task, judged.y, judged.classes)
