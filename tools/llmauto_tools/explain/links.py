"""Carry contributions through a link: from log odds to probabilities, through a calibration, through exp.

Contributions sum to m(x) - m(base) before the link g. Afterwards they have to sum to g(m(x)) - g(m(base)).
Each is multiplied by the mean slope of g on the straight line between the two (the rescale rule of
Shrikumar et al. 2017; for several outputs the mean Jacobian, as in Aumann and Shapley 1974).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

POINTS = 16
_STEP = 1e-4


def carry(
    parts: np.ndarray, base: np.ndarray, link: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Contributions after the link, and the new base.

    parts: rows × inputs × outputs; base: outputs; link: (rows × outputs) to (rows × outputs).
    """
    import numpy as np

    total = parts.sum(axis=1)
    start = link(base[None, :])[0]
    wanted = link(base + total) - start
    made = np.zeros_like(parts)
    for j in range(len(base)):
        slope = _mean_slope(base, total, j, link)
        made += parts[:, :, j, None] * slope[:, None, :]
    return _settled(made, parts, wanted), start


def _mean_slope(
    base: np.ndarray, total: np.ndarray, j: int, link: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The mean over the line of the derivative of every output by input j (rows × outputs)."""
    import numpy as np

    step = np.zeros(len(base))
    step[j] = _STEP
    slopes = np.zeros_like(total)
    for t in (np.arange(POINTS) + 0.5) / POINTS:
        at = base + t * total
        slopes += (link(at + step) - link(at - step)) / (2 * _STEP)
    return slopes / POINTS


def _settled(made: np.ndarray, parts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The rest that the numeric mean leaves goes to the inputs by the size of their contributions."""
    import numpy as np

    rest = wanted - made.sum(axis=1)
    size = np.abs(parts).sum(axis=2)
    share = size / np.maximum(size.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(made + share[:, :, None] * rest[:, None, :])


def sigmoid(m: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.asarray(1 / (1 + np.exp(-np.clip(m, -500, 500))))


def softmax(m: np.ndarray) -> np.ndarray:
    import numpy as np

    raised = np.exp(m - m.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
