"""Corrections of p-values for many tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Correction = Literal["holm", "bh", "bonferroni"]

CORRECTIONS: dict[Correction, str] = {
    "holm": "Holm",
    "bh": "Benjamini-Hochberg",
    "bonferroni": "Bonferroni",
}


def corrected(p_values: Sequence[float], correction: Correction) -> list[float]:
    """The corrected p-values, in the same order; equals statsmodels' multipletests.

    holm and bonferroni bound the chance of any false finding, bh the expected share of false ones
    (Holm 1979; Benjamini and Hochberg 1995).
    """
    m = len(p_values)
    if correction == "bonferroni":
        return [min(p * m, 1.0) for p in p_values]
    order = sorted(range(m), key=lambda i: p_values[i], reverse=correction == "bh")
    result, bound = [0.0] * m, 1.0 if correction == "bh" else 0.0
    for position, i in enumerate(order):
        if correction == "holm":
            bound = max(bound, min(p_values[i] * (m - position), 1.0))
        else:
            bound = min(bound, p_values[i] * m / (m - position))
        result[i] = bound
    return result
