"""Statistics of a table of counts: mutual information, chi-square, the spread between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def mutual_information(joint: np.ndarray) -> float:
    """Mutual information in nats of a table of counts, with the Miller-Madow correction, not below 0.

    The plug-in estimate is biased upwards by about (cells - rows - columns + 1) / 2n, counting those that
    are not empty (Miller, 1955). For two continuous variables in bins it is a lower bound of their
    mutual information: what a bin holds together is not seen.
    """
    import numpy as np

    joint = joint[joint.any(axis=1)][:, joint.any(axis=0)].astype(np.float64)
    total = joint.sum()
    if total == 0 or 1 in joint.shape:
        return 0.0
    filled = joint[joint > 0]
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    # sum n log n over cells, rows and columns: I = (cells - rows - columns) / n + log n
    plain = (_nlogn(filled) - _nlogn(rows) - _nlogn(columns)) / total + np.log(total)
    bias = (len(filled) - len(rows) - len(columns) + 1) / (2 * total)
    return max(0.0, float(plain - bias))


def entropy(counts: np.ndarray) -> float:
    """Entropy in nats of a vector of counts, with the Miller-Madow correction."""
    import numpy as np

    filled = counts[counts > 0].astype(np.float64)
    total = filled.sum()
    return float(np.log(total) - _nlogn(filled) / total + (len(filled) - 1) / (2 * total)) if total else 0.0


def _nlogn(counts: np.ndarray) -> float:
    import numpy as np

    return float((counts * np.log(counts)).sum())


def chi_square(joint: np.ndarray) -> tuple[float, int]:
    """Pearson's chi-square of a table of counts and its degrees of freedom.

    It equals the sum of scikit-learn's `chi2` over the indicator columns of the bins.
    """
    import numpy as np

    joint = joint[joint.any(axis=1)][:, joint.any(axis=0)].astype(np.float64)
    total = joint.sum()
    if total == 0 or 1 in joint.shape:
        return 0.0, 0
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0)) / total
    statistic = float(((joint - expected) ** 2 / expected).sum())
    return statistic, (joint.shape[0] - 1) * (joint.shape[1] - 1)


def cramers_v(joint: np.ndarray) -> float:
    """Cramér's V with the bias correction of Bergsma (2013), 0 to 1: chi-squares of tables of several sizes
    can be compared by it."""
    statistic, freedom = chi_square(joint)
    total = float(joint.sum())
    if freedom == 0 or total < 2:
        return 0.0
    rows, columns = int(joint.any(axis=1).sum()), int(joint.any(axis=0).sum())
    phi = max(0.0, statistic / total - freedom / (total - 1))
    smaller = min(rows - (rows - 1) ** 2 / (total - 1), columns - (columns - 1) ** 2 / (total - 1)) - 1
    return float(min(1.0, (phi / smaller) ** 0.5)) if smaller > 0 else 0.0
