"""A map of the segments: the first two principal components, counted in cells."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.charts.spec import SCHEMA

CELLS = 32
MAX_MARKS = 900


def principal_components(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    """The points on their first two principal components, and the share of the variance of each."""
    centred = points - points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    total = float(np.sum(sizes**2))
    for axis in axes[:2]:  # the sign is free: let the largest weight be positive
        axis *= 1.0 if axis[np.argmax(np.abs(axis))] >= 0 else -1.0
    shares = [float(s**2 / total) if total > 0 else 0.0 for s in sizes[:2]]
    flat = centred @ axes[:2].T
    if flat.shape[1] == 1:
        return np.column_stack([flat, np.zeros(len(flat))]), [*shares, 0.0]
    return flat, shares


def segment_map(points: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[dict[str, Any], list[float]]:
    """A Vega-Lite bubble map and the variance explained. Points are counted in 32 by 32 cells per segment."""
    flat, shares = principal_components(points)
    low, high = flat.min(axis=0), flat.max(axis=0)
    size = np.where(high > low, high - low, 1.0) / CELLS
    cells = np.minimum(((flat - low) / size).astype(int), CELLS - 1)
    counts = Counter((int(a), int(b), int(s)) for (a, b), s in zip(cells, labels, strict=True))
    values = [
        {
            "x": round(float(low[0] + (a + 0.5) * size[0]), 3), "y": round(float(low[1] + (b + 0.5) * size[1]), 3),
            "segment": f"segment {s + 1}" if s >= 0 else "none", "rows": n,
        }
        for (a, b, s), n in sorted(counts.most_common(MAX_MARKS))
    ]  # fmt: skip
    spec = {
        "$schema": SCHEMA,
        "title": {
            "text": "Map of the segments", "anchor": "start",
            "subtitle": f"two principal components: {100 * sum(shares):.0f}% of the variance; a circle stands for the rows of a cell",
        },
        "width": "container", "height": 320,
        "data": {"values": values},
        "mark": {"type": "circle", "opacity": 0.7},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": f"component 1 ({100 * shares[0]:.0f}%)"},
            "y": {"field": "y", "type": "quantitative", "title": f"component 2 ({100 * shares[1]:.0f}%)"},
            "size": {"field": "rows", "type": "quantitative", "title": "rows"},
            "color": {"field": "segment", "type": "nominal", "title": None},
        },
        "config": {"view": {"stroke": None}},
    }  # fmt: skip
    return spec, shares
