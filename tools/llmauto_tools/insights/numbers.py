"""Facts about two columns of numbers, on ranks: association, curves, slopes that differ, Simpson's reversal.

Ranks are taken within a sample (the whole of a table of up to 50,000 rows), so that a few extreme values
make no association; a correlation of ranks is Spearman's rho (1904).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.passes import Sample

MIN_ROWS = 30
MIN_GROUP = 15
BINS = 8
SAME = 0.995
"""A stronger correlation means one column told twice."""
SAME_SURPRISE, SLOPES_SURPRISE, SIMPSON_SURPRISE, CURVE_SURPRISE = 0.4, 1.2, 1.5, 1.1


def number_facts(layout: Layout, sample: Sample) -> Iterator[Candidate]:
    """The candidates of every pair of measures that are no rates."""
    names = [m.column for m in layout.measures if not m.rate and m.column in sample.measures]
    for x, y in itertools.combinations(names, 2):
        if layout.wanted(x, y):
            yield from _of_pair(layout, sample, x, y)


def _of_pair(layout: Layout, sample: Sample, x: str, y: str) -> Iterator[Candidate]:
    both = np.flatnonzero(~np.isnan(sample.measures[x]) & ~np.isnan(sample.measures[y]))
    if len(both) < MIN_ROWS:
        return
    u, v = ranks(sample.measures[x][both]), ranks(sample.measures[y][both])
    coverage = len(both) / max(sample.rows, 1)
    rho = correlation(u, v)
    p = s.correlation_p(rho, len(both))
    same = SAME_SURPRISE if abs(rho) > SAME else 1.0
    yield Candidate(
        "association", "correlation", (x, y), p, abs(rho), "Spearman's rho", coverage, same,
        facts={"rho": rho},
    )  # fmt: skip
    for a, b, ra, rb in ((x, y, u, v), (y, x, v, u)):
        p_curve, eta = curve(ra, rb)
        gain = math.sqrt(max(eta**2 - rho**2, 0.0))
        yield Candidate(
            "association", "curve", (a, b), p_curve, gain, "root of the variance beyond a line", coverage,
            CURVE_SURPRISE, facts={"eta": eta, "rho": rho},
        )  # fmt: skip
    if abs(rho) > SAME:
        return
    for category in layout.categories:
        if category.column not in (x, y):
            yield from _by_group(sample.codes[category.column][both], category.column, category.coded, x, y, u, v, rho, coverage)  # fmt: skip


def ranks(values: s.Values) -> s.Values:
    """Average ranks, centred and scaled to variance 1."""
    from scipy import stats

    r = np.asarray(stats.rankdata(values), dtype=np.float64)
    deviation = float(r.std())
    return (r - r.mean()) / deviation if deviation > 0 else np.zeros_like(r)


def correlation(u: s.Values, v: s.Values) -> float:
    return float(np.clip((u * v).mean(), -1, 1))


def curve(u: s.Values, v: s.Values) -> tuple[float, float]:
    """Lack of fit of a line through the ranks: p of the F-test, and eta (corrected) of v over bins of u."""
    n = len(u)
    edges = np.quantile(u, np.linspace(0, 1, BINS + 1)[1:-1])
    at = np.searchsorted(edges, u, side="right")
    count = np.bincount(at, minlength=BINS).astype(float)
    used = count > 0
    k = int(used.sum())
    if k < 4 or n < 10 * k:
        return 1.0, 0.0
    mean_v = np.bincount(at, v, BINS)[used] / count[used]
    mean_u = np.bincount(at, u, BINS)[used] / count[used]
    total = float(((v - v.mean()) ** 2).sum())
    between = float((count[used] * mean_v**2).sum())
    slope = float((count[used] * mean_u * mean_v).sum() / (count[used] * mean_u**2).sum())
    off = float((count[used] * (mean_v - slope * mean_u) ** 2).sum())
    within = (total - between) / (n - k)
    if within <= 0:
        return 1.0, 1.0
    eta2 = max((between - (k - 1) * within) / total, 0.0) if total > 0 else 0.0
    return s.f_p(off / (k - 2) / within, k - 2, n - k), math.sqrt(min(eta2, 1.0))


def _by_group(
    codes: NDArray[np.int64], column: str, levels: tuple[str, ...], x: str, y: str, u: s.Values, v: s.Values,
    rho: float, coverage: float,
) -> Iterator[Candidate]:  # fmt: skip
    """Correlations within the levels: whether they differ (Fisher's z), and whether all turn the sign."""
    inside = codes >= 0
    g, u, v = codes[inside], u[inside], v[inside]
    if len(g) < MIN_ROWS:
        return
    n = np.bincount(g, minlength=len(levels)).astype(float)
    r = _within(g, u, v, n)
    kept = np.flatnonzero((n >= MIN_GROUP) & ~np.isnan(r))
    if len(kept) < 2:
        return
    z, weight = np.arctanh(np.clip(r[kept], -0.999999, 0.999999)), n[kept] - 3
    # Of ranks the variance of z is 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957).
    centre = float((weight * z).sum() / weight.sum())
    statistic = float((weight * (z - centre) ** 2).sum()) / 1.06
    top = int(kept[np.argmax(np.abs(z - centre) * np.sqrt(weight))])
    share = float(n[kept].sum()) / max(len(codes), 1) * coverage
    spread = math.sqrt(max(statistic - (len(kept) - 1), 0) / float(weight.sum()))
    own = float(weight[kept.tolist().index(top)] / weight.sum())
    largest = abs(math.tanh(float(z[kept.tolist().index(top)]) - centre)) / max(1 - own, 0.3)
    yield Candidate(
        "interaction", "slopes", (x, y, column), s.chi2_p(statistic, len(kept) - 1),
        min(0.5 * math.tanh(spread) + 0.25 * largest, 1.0), "spread of the correlations", share, SLOPES_SURPRISE,
        (column, levels[top]), {"level": levels[top]},
    )  # fmt: skip
    p_within = s.normal_p(centre * math.sqrt(float(weight.sum()) / 1.06))
    p_overall = s.correlation_p(rho, len(codes))
    reverses = centre * rho < 0 and float((z * centre > 0).mean()) >= 0.75
    yield Candidate(
        "simpsons_reversal", "slopes_reversed", (x, y, column), max(p_within, p_overall) if reverses else 1.0,
        math.sqrt(abs(rho * math.tanh(centre))) if reverses else 0.0, "smaller of the two correlations", share,
        SIMPSON_SURPRISE, facts={},
    )  # fmt: skip


def _within(g: NDArray[np.int64], u: s.Values, v: s.Values, n: s.Values) -> s.Values:
    """The correlation of u and v in each group; NaN where one of them does not vary."""
    k = len(n)
    safe = np.maximum(n, 1)
    su, sv = np.bincount(g, u, k) / safe, np.bincount(g, v, k) / safe
    suu, svv = np.bincount(g, u * u, k) / safe - su**2, np.bincount(g, v * v, k) / safe - sv**2
    suv = np.bincount(g, u * v, k) / safe - su * sv
    scale = np.sqrt(np.maximum(suu * svv, 0))
    return np.asarray(np.divide(suv, scale, out=np.full(k, np.nan), where=scale > 1e-9))
