"""How many of the relevant features come first, where they are known: the consensus beside single measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.datasets import make_classification, make_friedman1

from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.pace import Pace
from llmauto_tools.features.ranking import DEFAULT_METHODS, Data, rank_features
from llmauto_tools.schema import Column

SEEDS = 3
ROWS = 1000


def data_of(x: np.ndarray, y: np.ndarray, order: np.ndarray) -> Data:
    columns = tuple(Column(f"x{i}", "DOUBLE") for i in order)
    matrix = Matrix(columns, (None,) * len(columns), np.ascontiguousarray(x[:, order].T))
    if y.dtype.kind == "i":
        return Data(matrix, "classification", y.astype(np.intp), int(y.max()) + 1)
    return Data(matrix, "regression", y, 0)


def sets(seed: int, n: int = ROWS) -> Iterator[tuple[str, np.ndarray, np.ndarray, int]]:
    """Name, features, target, and how many features are relevant: the first ones."""
    random = np.random.default_rng(seed)
    yield "friedman1 (5 of 30)", *make_friedman1(n, 30, noise=1, random_state=seed), 5
    x, y = make_classification(
        n, 30, n_informative=6, n_redundant=0, flip_y=0.05, shuffle=False, random_state=seed
    )
    yield "make_classification (6 of 30)", x, y, 6
    x = random.normal(size=(n, 20))
    flip = random.random(n) < 0.05
    xor = (x[:, 0] > 0) ^ (x[:, 1] > 0) ^ flip
    yield "XOR (2 of 20)", x, xor.astype(int), 2
    mixed = np.where(random.random(n) < 0.6, xor, x[:, 2] + x[:, 3] > 0)
    yield "XOR and linear (4 of 20)", x, mixed.astype(int), 4
    x = random.normal(size=(n, 40))
    yield "linear (5 of 40)", x, x[:, :5] @ np.array([3, 2, 1, 0.5, 0.25]) + 2 * random.normal(size=n), 5


def recall(peers: str, folder: Path) -> None:
    """Print the share of the k relevant features among the first k (and 2k), mean over seeds."""
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(SEEDS):
        for name, x, y, relevant in sets(seed):
            order = np.random.default_rng(100 + seed).permutation(x.shape[1])
            data = data_of(x, y, order)
            ranking = rank_features(data, DEFAULT_METHODS, seed, Pace())
            row = found.setdefault(name, {})

            def share(best: np.ndarray | list[int], k: int = relevant, order: np.ndarray = order) -> float:
                return sum(bool(order[j] < k) for j in best) / k

            row.setdefault("consensus", []).append(share(ranking.order[:relevant]))
            row.setdefault("in the first 2k", []).append(share(ranking.order[: 2 * relevant]))
            for method in DEFAULT_METHODS:
                scores = ranking.scores[method]
                # Ties in random order: the first columns must not win them.
                noise = np.random.default_rng(seed).random(len(scores))
                best = np.lexsort((noise, -np.nan_to_num(scores, nan=-np.inf)))[:relevant]
                row.setdefault(method, []).append(share(best))
    print(f"\nRecall among the first k of k relevant features, mean of {SEEDS} seeds, {ROWS:,} rows")
    for name, row in found.items():
        print(f"{name}: " + ", ".join(f"{m} {np.mean(v):.2f}" for m, v in row.items()), flush=True)
