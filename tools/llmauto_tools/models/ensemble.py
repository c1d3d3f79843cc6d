"""Ensemble selection: the weights of a blend from out-of-fold predictions.

Caruana, Niculescu-Mizil, Crew and Ksikes (2004), "Ensemble selection from libraries of models": add the
model that helps most, again and again, with repetition. It starts from the best model alone, so that
the blend is not worse than it on these rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from llmauto_tools.models.learners import Clock
    from llmauto_tools.models.metrics import Metric
    from llmauto_tools.models.search import Search, Tried

ROUNDS = 30
MOST = 14
"""Models that the selection may choose from: the best ones, and the best of each family."""

SCORED_ROWS = 20_000


def select_blend(search: Search, metric: Metric, clock: Clock, seed: int) -> list[tuple[Tried, float]]:
    """The models of the blend with their weights, which sum to 1.

    At most 20,000 out-of-fold rows are scored. When the time is over, the best blend so far stands.
    """
    import numpy as np

    library = _library(search)
    scored = np.flatnonzero(_finite(library))
    if len(scored) > SCORED_ROWS:
        scored = np.random.default_rng(seed).choice(scored, SCORED_ROWS, replace=False)
    y = search.rows.y[scored]
    stacked = [t.predictions[scored] for t in library]
    chosen = _greedy(stacked, y, metric, clock)
    counts = np.bincount(chosen, minlength=len(library)) / len(chosen)
    return [(t, float(w)) for t, w in zip(library, counts, strict=True) if w > 0]


def _library(search: Search) -> list[Tried]:
    """Best first."""
    ranked = search.ranked()
    families: dict[str, Tried] = {}
    for t in ranked:
        families.setdefault(t.candidate.family, t)
    kept = {id(t) for t in [*ranked[:MOST], *families.values()]}
    return [t for t in ranked if id(t) in kept]


def _finite(library: list[Tried]) -> np.ndarray:
    import numpy as np

    ok = [np.isfinite(t.predictions.reshape(len(t.predictions), -1)).all(axis=1) for t in library]
    return np.asarray(np.logical_and.reduce(ok))


def _greedy(stacked: list[np.ndarray], y: np.ndarray, metric: Metric, clock: Clock) -> list[int]:
    """The chosen models' positions, with repetition, up to the round with the best score."""
    import numpy as np

    chosen, total = [0], stacked[0].copy()
    best, length = metric.utility(metric.of(y, total)), 1
    for n in range(1, ROUNDS):
        clock.check()
        if clock.left() < 0 or len(stacked) == 1:
            break
        scores = [metric.utility(metric.of(y, (total + p) / (n + 1))) for p in stacked]
        at = int(np.nanargmax(scores))
        chosen.append(at)
        total += stacked[at]
        if scores[at] > best + 1e-7:
            best, length = scores[at], n + 1
    return chosen[:length]


def blended(members: list[tuple[Tried, float]]) -> np.ndarray:
    """The blend's out-of-fold predictions; NaN where a member has none."""
    import numpy as np

    return np.asarray(sum(weight * t.predictions for t, weight in members))
