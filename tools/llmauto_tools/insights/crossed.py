"""Facts about two categories: association, interaction on a measure, and Simpson's reversal."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout, Measure
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.passes import Cells, Moments

MIN_CELL = 8
INTERACTION_LEVELS = 12
NESTED = 0.995
INTERACTION_SURPRISE, SIMPSON_SURPRISE, NESTED_SURPRISE = 1.25, 1.6, 0.12
COMPARED = 4
"""The largest levels of which every two are compared in the search for a reversal."""


def crossed_facts(layout: Layout, all_cells: list[Cells]) -> Iterator[Candidate]:
    """The candidates of every pair of categories."""
    for cells in all_cells:
        a, b = cells.first.column, cells.second.column
        table = contingency(cells)
        nested = is_nested(table)
        if layout.wanted(a, b):
            yield _association(cells, table, nested)
        if nested:
            continue
        for m in layout.measures:
            if m.column in (a, b) or m.column not in cells.moments or not layout.wanted(a, b, m.column):
                continue
            yield from _interaction(cells, m)
            yield from _reversal(cells, m)


def contingency(cells: Cells) -> s.Values:
    """Counts, a row per coded level of the first category; other levels last."""
    a, b = _codes(cells.a), _codes(cells.b)
    table = np.zeros((a.max(initial=0) + 1, b.max(initial=0) + 1))
    np.add.at(table, (a, b), cells.rows)
    return table


def _codes(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The code -1 (other levels) as the one after the last."""
    return np.where(codes < 0, codes.max(initial=-1) + 1, codes)


def is_nested(table: s.Values) -> bool:
    """One column tells the other nearly always: a city and its country."""
    n = table.sum()
    if n == 0:
        return True
    return bool(max(table.max(axis=0).sum(), table.max(axis=1).sum()) >= NESTED * n and min(table.shape) > 1
                and _tells(table))  # fmt: skip


def _tells(table: s.Values) -> bool:
    """Telling is more than naming the most frequent level each time."""
    best = max(
        (table.max(axis=0).sum() - table.sum(axis=1).max()) / max(table.sum() - table.sum(axis=1).max(), 1),
        (table.max(axis=1).sum() - table.sum(axis=0).max()) / max(table.sum() - table.sum(axis=0).max(), 1),
    )
    return bool(best >= NESTED)


def _association(cells: Cells, table: s.Values, nested: bool) -> Candidate:
    p, v, residuals = s.chi_square(table)
    i, j = (int(x) for x in np.unravel_index(int(np.argmax(np.abs(residuals))), residuals.shape))
    first, second = cells.first.coded, cells.second.coded
    if i >= len(first) or j >= len(second):  # the strongest cell is that of the other levels
        inner = np.abs(residuals[: len(first), : len(second)])
        i, j = (int(x) for x in np.unravel_index(int(np.argmax(inner)), inner.shape))
    return Candidate(
        "association", "cells", (cells.first.column, cells.second.column), p, v, "Cramér's V",
        float(table.sum()) / max(cells.read, 1), NESTED_SURPRISE if nested else 1.0,
        facts={"first": first[i], "second": second[j], "nested": nested},
    )  # fmt: skip


def _kept(cells: Cells, moments: Moments) -> NDArray[np.int64]:
    inside = (cells.a >= 0) & (cells.b >= 0) & (cells.a < INTERACTION_LEVELS) & (cells.b < INTERACTION_LEVELS)
    return np.flatnonzero(inside & (moments.n >= MIN_CELL))


def _interaction_test(n: s.Values, a: NDArray[np.int64], b: NDArray[np.int64], moments: Moments, kept: NDArray[np.int64]) -> tuple[float, s.Values, float]:  # fmt: skip
    """p of the F-test for cells beyond additive factors, the deviations of the cells, the pooled variance."""
    mean, variance = moments.mean[kept], moments.variance[kept]
    fit, rank = s.additive_fit(n, a, b, mean)
    df, within_df = len(kept) - rank, float((n - 1).sum())
    within = float(((n - 1) * variance).sum())
    if df < 1 or within <= 0 or within_df < 1:
        return 1.0, mean - fit, 0.0
    pooled = within / within_df
    f = float((n * (mean - fit) ** 2).sum()) / df / pooled
    return s.f_p(f, df, within_df), mean - fit, pooled


def _interaction(cells: Cells, m: Measure) -> Iterator[Candidate]:
    """Two-way analysis of variance from cell means; effects that multiply are no interaction: a measure that
    is positive has to show it in logarithms too."""
    moments = cells.moments[m.column]
    kept = _kept(cells, moments)
    n, a, b = moments.n[kept], cells.a[kept], cells.b[kept]
    if len(kept) < 4:
        return
    p, off, pooled = _interaction_test(n, a, b, moments, kept)
    if p < 1 and m.column in cells.logs:
        p = max(p, _interaction_test(n, a, b, cells.logs[m.column], kept)[0])
    if pooled <= 0:
        yield Candidate("interaction", "cell_mean", (*_pair(cells), m.column), 1.0, 0.0, "", 0.0)
        return
    between = float((n * off**2).sum())
    df = len(kept) - len(np.unique(a)) - len(np.unique(b)) + 1
    partial = max(between - df * pooled, 0) / (between + pooled * float((n - 1).sum()))
    top = int(np.argmax(np.abs(off) * np.sqrt(n)))
    # A cell pulls its own margins along: its distance to the others' additive fit is larger than its residual.
    own = 1 - n[top] / n[a == a[top]].sum() - n[top] / n[b == b[top]].sum() + n[top] / n.sum()
    d = float(off[top]) / math.sqrt(pooled) / max(float(own), 0.1)
    effect = 0.5 * math.sqrt(partial) + 0.5 * s.from_d(d)
    yield Candidate(
        "interaction", "cell_mean", (*_pair(cells), m.column), p, effect, "partial effect of the combination",
        float(n.sum()) / max(cells.read, 1), INTERACTION_SURPRISE,
        (f"{cells.first.column} × {cells.second.column}", f"{cells.first.coded[a[top]]} × {cells.second.coded[b[top]]}"),
        facts={"first": cells.first.coded[a[top]], "second": cells.second.coded[b[top]]},
    )  # fmt: skip


def _pair(cells: Cells) -> tuple[str, str]:
    return cells.first.column, cells.second.column


# ---- Simpson's reversal


def _reversal(cells: Cells, m: Measure) -> Iterator[Candidate]:
    """Two levels whose order by the measure is one way overall and the other way within the second category."""
    moments = cells.moments[m.column]
    for x, z, by, over in (
        (cells.a, cells.b, cells.first, cells.second),
        (cells.b, cells.a, cells.second, cells.first),
    ):
        best: Candidate | None = None
        levels = range(min(COMPARED, len(by.coded)))
        pairs = [(i, j) for i in levels for j in levels if i < j]
        for i, j in pairs:
            found = _compare(moments, x, z, i, j)
            if found is None:
                continue
            p, effect, share = found
            candidate = Candidate(
                "simpsons_reversal", "groups", (by.column, m.column, over.column), s.bounded(p, len(pairs)), effect,
                "smaller of the two standardised differences", share * min(float(moments.n.sum()) / max(cells.read, 1), 1.0),
                SIMPSON_SURPRISE, facts={"first": by.coded[i], "second": by.coded[j]},
            )  # fmt: skip
            if best is None or candidate.p < best.p:
                best = candidate
        if best is not None:
            yield best


def _compare(moments: Moments, x: NDArray[np.int64], z: NDArray[np.int64], i: int, j: int) -> tuple[float, float, float] | None:  # fmt: skip
    """p (the larger of both), effect, share of rows; p is 1 where the signs agree. None without data.

    Within the strata: the difference weighted by 1/(1/n1 + 1/n2), as Mantel and Haenszel do.
    """
    one, two = _by_stratum(moments, x, z, i), _by_stratum(moments, x, z, j)
    both = sorted(k for k in one.keys() & two.keys() if one[k][0] >= MIN_CELL and two[k][0] >= MIN_CELL)
    if len(both) < 2:
        return None
    first, second = np.array([one[k] for k in both]), np.array([two[k] for k in both])
    n1, n2 = first[:, 0], second[:, 0]
    pooled = float(((n1 - 1) * first[:, 2] + (n2 - 1) * second[:, 2]).sum() / (n1 + n2 - 2).sum())
    if pooled <= 0:
        return None
    weight = 1 / (1 / n1 + 1 / n2)
    within = float((weight * (first[:, 1] - second[:, 1])).sum() / weight.sum())
    p_within = s.normal_p(within / math.sqrt(pooled / float(weight.sum())))
    m1, v1 = _overall(first)
    m2, v2 = _overall(second)
    overall = m1 - m2
    p_overall = s.normal_p(overall / math.sqrt(max(v1 / n1.sum() + v2 / n2.sum(), 1e-300)))
    share = float((n1.sum() + n2.sum()) / moments.n.sum())
    agreeing = float(((first[:, 1] - second[:, 1]) * within > 0).mean())
    if within * overall >= 0 or agreeing < 0.75:
        return 1.0, 0.0, share
    smaller = min(abs(within), abs(overall)) / math.sqrt(pooled)
    return max(p_within, p_overall), s.from_d(2 * smaller), share


def _by_stratum(moments: Moments, x: NDArray[np.int64], z: NDArray[np.int64], level: int) -> dict[int, tuple[float, float, float]]:  # fmt: skip
    at = np.flatnonzero((x == level) & (z >= 0))
    return {int(z[k]): (float(moments.n[k]), float(moments.mean[k]), float(moments.variance[k])) for k in at}


def _overall(strata: s.Values) -> tuple[float, float]:
    """Mean and variance of strata taken together: rows (n, mean, variance)."""
    n, mean, variance = strata.T
    centre = float((n * mean).sum() / n.sum())
    spread = float(((n - 1) * variance + n * (mean - centre) ** 2).sum() / max(n.sum() - 1, 1))
    return centre, spread
