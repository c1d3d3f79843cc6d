"""Equal-frequency bins: the same for a sample and for all rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.features.matrix import Matrix

if TYPE_CHECKING:
    import numpy as np

MOST_BINS = 32
FEWEST_BINS = 5
MOST_VALUES = 128
"""Different values that get a bin each where there are a hundred rows for each of them."""


def bins_for(rows: int) -> int:
    """Bins for so many rows: their cube root, between FEWEST_BINS and MOST_BINS."""
    return int(min(MOST_BINS, max(FEWEST_BINS, round(rows ** (1 / 3)))))


def edges_of(values: np.ndarray, bins: int) -> np.ndarray:
    """Inner edges of at most `bins` bins with about as many values each; NaN is ignored.

    A value x belongs to bin `searchsorted(edges, x, side="left")`. Few different values get a bin each.
    """
    import numpy as np

    present = np.sort(values[~np.isnan(values)])
    if not len(present):
        return present
    different = present[np.concatenate(([True], present[1:] != present[:-1]))]
    if len(different) <= max(bins, min(MOST_VALUES, len(present) // 100)):
        return np.asarray((different[1:] + different[:-1]) / 2)
    places = (np.arange(1, bins) * len(present)) // bins
    return np.unique(present[places - 1])


@dataclass(frozen=True)
class Binner:
    """Turns features into small whole numbers. `widths[j]` counts feature j's bins, its last for missing."""

    edges: tuple[np.ndarray | None, ...]
    widths: tuple[int, ...]

    @classmethod
    def fit(cls, matrix: Matrix, bins: int | None = None) -> Binner:
        """Learn the edges from these rows."""
        count = bins_for(matrix.values.shape[1]) if bins is None else bins
        edges = tuple(
            edges_of(row, count) if levels is None else None
            for row, levels in zip(matrix.values, matrix.levels, strict=True)
        )
        widths = tuple(
            len(levels) + 2 if levels is not None else len(edge if edge is not None else ()) + 2
            for edge, levels in zip(edges, matrix.levels, strict=True)
        )
        return cls(edges, widths)

    def codes(self, matrix: Matrix) -> np.ndarray:
        """The bin of each value, uint16, shape (features, rows)."""
        import numpy as np

        codes = np.empty(matrix.values.shape, dtype=np.uint16)

        def code(j: int) -> None:
            row, edges = matrix.values[j], self.edges[j]
            missing = np.isnan(row)
            if edges is None:
                codes[j] = np.where(missing, self.widths[j] - 1, row)
            else:
                codes[j] = np.searchsorted(edges, row)  # NaN sorts last
            codes[j][missing] = self.widths[j] - 1

        with ThreadPoolExecutor(2) as pool:  # searchsorted lets other threads run
            list(pool.map(code, range(len(codes))))
        return codes
