"""Clusters, how many there are, and whether they are more than chance."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Labels = NDArray[np.int64]

TRIED = range(2, 9)
"""Numbers of clusters that are tried where none is asked for."""
MINI_BATCH = 10_000
"""Points from which MiniBatchKMeans takes the place of KMeans."""
STABLE = 0.75
"""Adjusted Rand index from which clusters count as stable (1: the same in every resample; 0: chance)."""
_SCORED = 1_500
_REFERENCES = 4
_RESAMPLES = 8
_LEAST_GAIN = 0.02


@dataclass(frozen=True)
class Choice:
    """Clusters of one size: silhouette (-1 to 1), that of data without clusters, and their stability."""

    clusters: int
    silhouette: float
    chance: float
    """The highest mean silhouette of a reference without clusters."""
    spread: float
    stability: float | None = None

    @property
    def better_than_chance(self) -> bool:
        return self.silhouette > self.chance + max(2 * self.spread, _LEAST_GAIN)

    @property
    def clear(self) -> bool:
        return self.better_than_chance and self.stability is not None and self.stability >= STABLE


def kmeans_centres(points: Points, clusters: int, seed: int) -> tuple[Points, Labels]:
    """Centres and labels of k-means (the best of several starts), the largest cluster first."""
    from sklearn.cluster import KMeans, MiniBatchKMeans

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer distinct points than clusters is checked before
        if len(points) > MINI_BATCH:
            model = MiniBatchKMeans(clusters, n_init=5, batch_size=4_096, random_state=seed).fit(points)
        else:
            model = KMeans(clusters, n_init=5, random_state=seed).fit(points)
    order = np.argsort(-np.bincount(model.labels_, minlength=clusters), kind="stable")
    rank = np.empty(clusters, dtype=np.int64)
    rank[order] = np.arange(clusters)
    return np.asarray(model.cluster_centers_[order], dtype=np.float64), rank[model.labels_]


def silhouette(points: Points, labels: Labels) -> float:
    """The mean silhouette (Rousseeuw 1987) of at most 1,500 evenly taken points; -1 for a single cluster."""
    from sklearn.metrics import silhouette_score

    chosen = np.linspace(0, len(points) - 1, min(_SCORED, len(points))).astype(int)
    if not 1 < len(np.unique(labels[chosen])) < len(chosen):
        return -1.0
    return float(silhouette_score(points[chosen], labels[chosen]))


def choose(
    points: Points, blocks: Sequence[tuple[int, int]], tried: Sequence[int], seed: int,
    step: Callable[[str, float], None],
) -> list[Choice]:  # fmt: skip
    """Every number of clusters with its scores, the best first: clear ones by silhouette, then the others.

    Two references have no clusters: the data with each column shuffled on its own, and a normal
    distribution with the covariance of the data (SigClust; Liu, Hayes, Nobel and Marron 2008). Both have
    to be beaten at the same number of clusters, in the manner of the gap statistic (Tibshirani, Walther
    and Hastie 2001). Stability is the mean adjusted Rand index between the clusters and those of
    bootstrap samples (Hennig 2007), measured in the order of the silhouettes until a clear one is found.
    """
    rng = np.random.default_rng(seed)
    references = _references(points, blocks, rng)
    found = []
    for i, k in enumerate(tried):
        step(f"trying {k} segments", i / (len(tried) + 1))
        _, labels = kmeans_centres(points, k, seed)
        by_kind = [[silhouette(r, kmeans_centres(r, k, seed)[1]) for r in kind] for kind in references]
        means = [float(np.mean(s)) for s in by_kind]
        spreads = [float(np.std(s)) for s in by_kind]
        top = int(np.argmax(means))
        found.append(Choice(k, silhouette(points, labels), means[top], spreads[top]))
    found.sort(key=lambda c: (-c.better_than_chance, -c.silhouette))
    for i, choice in enumerate(found):
        step(f"checking that {choice.clusters} segments are stable", len(tried) / (len(tried) + 1))
        stability = stability_of(points, choice.clusters, rng, seed)
        found[i] = Choice(choice.clusters, choice.silhouette, choice.chance, choice.spread, stability)
        if found[i].clear or not choice.better_than_chance:
            break
    found.sort(key=lambda c: (-c.clear, -c.better_than_chance, -c.silhouette))
    return found


def _references(
    points: Points, blocks: Sequence[tuple[int, int]], rng: np.random.Generator
) -> list[list[Points]]:
    """Data without clusters: shuffled columns (where there are several), and one normal distribution."""
    kept = points[rng.choice(len(points), min(len(points), 2_000), replace=False)]
    kinds: list[list[Points]] = []
    if len(blocks) > 1:
        kinds.append([_shuffled(kept, blocks, rng) for _ in range(_REFERENCES)])
    covariance = np.atleast_2d(np.cov(kept, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    kinds.append([rng.normal(size=kept.shape) @ root.T for _ in range(_REFERENCES)])
    return kinds


def _shuffled(points: Points, blocks: Sequence[tuple[int, int]], rng: np.random.Generator) -> Points:
    made = points.copy()
    for start, end in blocks:
        made[:, start:end] = made[rng.permutation(len(made)), start:end]
    return made


def stability_of(points: Points, clusters: int, rng: np.random.Generator, seed: int) -> float:
    """The mean adjusted Rand index (Hubert and Arabie 1985) over bootstrap samples."""
    from sklearn.metrics import adjusted_rand_score

    used = points[rng.choice(len(points), min(len(points), 4_000), replace=False)]
    base = nearest(used, kmeans_centres(used, clusters, seed)[0])
    scores = []
    for i in range(_RESAMPLES):
        sample = used[rng.integers(0, len(used), len(used))]
        centres, _ = kmeans_centres(sample, clusters, seed + i + 1)
        scores.append(adjusted_rand_score(base, nearest(used, centres)))
    return float(np.mean(scores))


def nearest(points: Points, centres: Points) -> Labels:
    """The closest centre of each point, by squared Euclidean distance."""
    scores = np.sum(centres**2, axis=1) - 2 * points @ centres.T
    return np.asarray(np.argmin(scores, axis=1), dtype=np.int64)


def density_labels(points: Points, seed: int) -> Labels:
    """Labels of HDBSCAN (Campello, Moulavi and Sander 2013), the largest first; -1 belongs to none."""
    from sklearn.cluster import HDBSCAN

    least = max(5, len(points) // 50)
    found = HDBSCAN(min_cluster_size=least, min_samples=min(least, 10), copy=True).fit(points).labels_
    sizes = np.bincount(found[found >= 0]) if (found >= 0).any() else np.empty(0, dtype=int)
    rank = np.full(len(sizes) + 1, -1, dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.asarray(rank[found], dtype=np.int64)
