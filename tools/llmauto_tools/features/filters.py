"""Measures that need sums and counts only: one pass over all rows, in batches.

A batch is turned into bins and added to the counts per feature and target, and, for numbers, to the sums
from which F statistics and correlations follow. Memory does not grow with the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.extras import require
from llmauto_tools.features.bins import Binner, bins_for, edges_of
from llmauto_tools.features.information import chi_square, cramers_v, mutual_information
from llmauto_tools.features.matrix import Matrix
from llmauto_tools.features.target import Task

if TYPE_CHECKING:
    import numpy as np


CHANCE = 0.01


@dataclass(frozen=True)
class TargetBins:
    """How the target is counted: its classes, or the bins of an amount."""

    task: Task
    width: int
    edges: np.ndarray | None
    center: float
    spread: float

    @classmethod
    def fit(cls, task: Task, y: np.ndarray) -> TargetBins:
        import numpy as np

        if task == "classification":
            return cls(task, int(y.max()) + 1, None, 0.0, 1.0)
        edges = edges_of(y, bins_for(len(y)))
        return cls(task, len(edges) + 1, edges, float(y.mean()), float(np.std(y)) or 1.0)

    def codes(self, y: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.asarray(y if self.edges is None else np.searchsorted(self.edges, y))

    def moments(self, y: np.ndarray) -> np.ndarray:
        """Columns whose sums over the rows tell the F statistic: classes, or 1, y and y squared."""
        import numpy as np

        if self.edges is None:
            return np.asarray(np.eye(self.width)[y])
        scaled = (y - self.center) / self.spread
        return np.column_stack([np.ones(len(y)), scaled, scaled**2])


class Sums:
    """Sums and counts of features and target over any number of batches.

    fitted: rows from which bins, centres and scales are taken (all rows, or a sample of them).
    counts: also count bins, for what is not an F or a correlation of numbers.
    pairs: also keep what the correlations of the features with each other need (memory: features squared).
    """

    def __init__(
        self, fitted: Matrix, task: Task, y: np.ndarray, *, pairs: bool = True, counts: bool = True
    ) -> None:
        import numpy as np

        self._counted = counts
        self.binner = Binner.fit(fitted)
        self.target = TargetBins.fit(task, y)
        self.rows = 0
        self.names, self.categorical = fitted.names, fitted.categorical
        self._numbers = np.flatnonzero(~self.categorical)
        self._center, self._scale = _scales(fitted.values[self._numbers])
        shape = (len(self._numbers), 3 if task == "regression" else self.target.width)
        self.joint = [np.zeros((w, self.target.width), dtype=np.int64) for w in self.binner.widths]
        self._counts, self._sums, self._squares = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
        self._category_sums = [np.zeros((w, 3)) for w in self.binner.widths] if task == "regression" else []
        self._pairs = np.zeros((4, shape[0], shape[0])) if pairs else None

    def add(self, matrix: Matrix, y: np.ndarray) -> None:
        """Count these rows."""
        self.rows += len(y)
        moments = self.target.moments(y)
        if self._counted:
            codes = self.binner.codes(matrix)
            self._count(codes, self.target.codes(y).astype("int64"))
            if self.target.task == "regression":
                self._add_categories(codes, moments)
        self._add_numbers(matrix.values[self._numbers], moments)

    def _count(self, codes: np.ndarray, target: np.ndarray) -> None:
        import numpy as np

        for j, width in enumerate(self.binner.widths):
            wide = self.target.width
            flat = np.bincount(codes[j] * wide + target, minlength=width * wide)
            self.joint[j] += flat.reshape(width, wide)

    def _add_categories(self, codes: np.ndarray, moments: np.ndarray) -> None:
        import numpy as np

        for j in np.flatnonzero(self.categorical):
            for k in range(3):
                self._category_sums[j][:, k] += np.bincount(
                    codes[j], weights=moments[:, k], minlength=self.binner.widths[j]
                )

    def _add_numbers(self, values: np.ndarray, moments: np.ndarray) -> None:
        import numpy as np

        scaled = (values - self._center[:, None]) / self._scale[:, None]
        missing = np.isnan(scaled)
        holes = bool(missing.any())
        if holes:
            scaled[missing] = 0.0
            self._counts += (~missing).astype(np.float64) @ moments
        else:
            self._counts += moments.sum(axis=0)
        self._sums += scaled @ moments
        self._squares += np.einsum("ij,ij->i", scaled, scaled)
        if self._pairs is not None:
            self._add_pairs(scaled, missing if holes else None)

    def _add_pairs(self, scaled: np.ndarray, missing: np.ndarray | None) -> None:
        """Products, sums, squares and counts over the rows where both features are present."""
        import numpy as np

        assert self._pairs is not None
        # Single precision halves the time; the values are standardised, and a batch's sums are short.
        left = scaled.astype(np.float32)
        right = np.ascontiguousarray(left.T)
        self._pairs[0] += left @ right
        if missing is None:
            self._pairs[1] += scaled.sum(axis=1)[:, None]
            self._pairs[2] += np.einsum("ij,ij->i", scaled, scaled)[:, None]
            self._pairs[3] += scaled.shape[1]
            return
        present = np.ascontiguousarray((~missing).T, dtype=np.float32)
        self._pairs[1] += left @ present
        self._pairs[2] += (left * left) @ present
        self._pairs[3] += np.ascontiguousarray(present.T) @ present

    # ---- what follows from them

    def missing(self) -> np.ndarray:
        """Share of rows without a value, per feature."""
        import numpy as np

        return np.array([j[-1].sum() for j in self.joint]) / max(self.rows, 1)

    def mutual_information(self) -> np.ndarray:
        """Nats with the target, per feature; a missing value counts as a value of its own."""
        import numpy as np

        return np.array([mutual_information(j) for j in self.joint])

    def chi_square(self) -> np.ndarray:
        """Pearson's chi-square with the target (its classes or bins), per feature."""
        import numpy as np

        return np.array([chi_square(j)[0] for j in self.joint])

    def cramers_v(self) -> np.ndarray:
        """Bias-corrected Cramér's V with the target, per feature."""
        import numpy as np

        return np.array([cramers_v(j) for j in self.joint])

    def f_statistic(self) -> np.ndarray:
        """ANOVA F with classes, or F of the regression on an amount, per feature over its present rows.

        As scikit-learn's f_classif and f_regression for numbers. A category with an amount has the ANOVA F
        of the amount over its values; a category with classes has none (NaN).
        """
        import numpy as np

        found = np.full(len(self.names), np.nan)
        if self.target.task == "classification":
            found[self._numbers] = self._f_of_classes()
            return found
        found[self._numbers] = self._f_of_amount()
        for j in np.flatnonzero(self.categorical):
            found[j] = _f_of_groups(self._category_sums[j])
        return found

    def _f_of_classes(self) -> np.ndarray:
        import numpy as np

        counts, sums = self._counts, self._sums
        n, groups = counts.sum(axis=1), (counts > 0).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            overall = sums.sum(axis=1) ** 2 / n
            within_sums = np.where(counts > 0, sums**2 / counts, 0.0).sum(axis=1)
            between = (within_sums - overall) / (groups - 1)
            within = (self._squares - within_sums) / (n - groups)
            return _finite(between / within)

    def _f_of_amount(self) -> np.ndarray:
        import numpy as np

        n, y, yy = self._counts.T
        x, xy = self._sums[:, 0], self._sums[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            covariance = xy - x * y / n
            r2 = covariance**2 / ((self._squares - x**2 / n) * (yy - y**2 / n))
            return _finite(r2 / (1 - r2) * (n - 2))

    def beyond_chance(self) -> np.ndarray:
        """Whether the counts with the target are unlikely (p < CHANCE) if it had nothing to do with a feature."""
        import numpy as np

        chi2 = require("scipy.stats", "Selecting features", "ml").chi2
        found = [chi_square(j) for j in self.joint]
        return np.array([f > 0 and bool(chi2.sf(s, f) < CHANCE) for s, f in found])

    def f_beyond_chance(self) -> np.ndarray:
        """The same for the F statistics; False where there is none."""
        import numpy as np

        f_distribution = require("scipy.stats", "Selecting features", "ml").f
        groups = np.full(len(self.names), 2 if self.target.task == "regression" else self.target.width)
        for j in np.flatnonzero(self.categorical):
            groups[j] = max(int(self.joint[j].any(axis=1).sum()), 2)
        p = f_distribution.sf(self.f_statistic(), groups - 1, np.maximum(self.rows - groups, 1))
        return np.asarray(np.nan_to_num(p, nan=1.0) < CHANCE)

    def correlations(self) -> np.ndarray:
        """Pearson's r of each two features over the rows that have both; NaN where one is a category."""
        import numpy as np

        assert self._pairs is not None, "the correlations were not asked for"
        products, sums, squares, n = self._pairs
        with np.errstate(divide="ignore", invalid="ignore"):
            covariance = products - sums * sums.T / n
            spread = squares - sums**2 / n
            r = covariance / np.sqrt(spread * spread.T)
        found = np.full((len(self.names), len(self.names)), np.nan)
        found[np.ix_(self._numbers, self._numbers)] = np.clip(np.where(np.isfinite(r), r, 0.0), -1, 1)
        return found

    def squared_correlation_with_target(self) -> np.ndarray:
        """r squared with an amount from its F, per feature; 0 for classes."""
        import numpy as np

        if self.target.task == "classification":
            return np.zeros(len(self.names))
        f = np.nan_to_num(self.f_statistic(), posinf=1e300)
        return np.asarray(np.where(self.categorical, 0.0, f / (f + max(self.rows - 2, 1))))


def sums_of(matrix: Matrix, task: Task, y: np.ndarray, *, pairs: bool = True) -> Sums:
    """The sums of rows that are in memory."""
    sums = Sums(matrix, task, y, pairs=pairs)
    sums.add(matrix, y)
    return sums


def _scales(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation per feature, 0 and 1 where there is none."""
    import numpy as np

    present = ~np.isnan(values)
    n = np.maximum(present.sum(axis=1), 1)
    center = np.where(present, values, 0.0).sum(axis=1) / n
    deviation = np.where(present, values - center[:, None], 0.0)
    spread = np.sqrt((deviation**2).sum(axis=1) / n)
    return center, np.where(spread > 0, spread, 1.0)


def _f_of_groups(sums: np.ndarray) -> float:
    import numpy as np

    n, y, yy = sums[sums[:, 0] > 0].T
    if len(n) < 2 or n.sum() <= len(n):
        return 0.0
    within_sums = (y**2 / n).sum()
    between = (within_sums - y.sum() ** 2 / n.sum()) / (len(n) - 1)
    within = (yy.sum() - within_sums) / (n.sum() - len(n))
    return float(_finite(np.array([between / within if within > 0 else np.inf]))[0])


def _finite(f: np.ndarray) -> np.ndarray:
    """0 where there is no F (a constant), the largest float for a perfect separation."""
    import numpy as np

    return np.asarray(np.nan_to_num(np.maximum(f, 0.0), nan=0.0, posinf=np.finfo(np.float64).max))
