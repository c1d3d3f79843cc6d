"""Facts about the groups of one category: differences, outliers among them, contributions, concentration."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout, Measure
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.passes import Groups, Moments

MIN_ROWS = 10
"""Smaller groups are left out of a test of means."""
MIN_GROUPS_OUTLIER = 6
PARETO_GROUPS = 20
MANY_ROWS_PER_GROUP = 5
OUTLIER_SURPRISE, SHARE_SURPRISE, TOP_SURPRISE = 1.15, 0.9, 0.8
CONCENTRATION_OF = (0.95, 0.85)
"""Surprise: of the rows; of a total, which follows the rows."""


def group_facts(layout: Layout, all_groups: list[Groups]) -> Iterator[Candidate]:
    """The candidates of every category and measure."""
    for groups in all_groups:
        name = groups.category.column
        if layout.wanted(name) and layout.target is None:
            yield from _of_rows(groups)
        for m in layout.measures:
            if m.column == name or not layout.wanted(name, m.column):
                continue
            moments = groups.moments[m.column]
            yield from _difference(layout, groups, m, moments)
            if not m.rate and m.additive:
                yield from _contributions(groups, m, moments)


def _difference(layout: Layout, groups: Groups, m: Measure, moments: Moments) -> Iterator[Candidate]:
    name, kept = groups.category.column, np.flatnonzero(moments.n >= MIN_ROWS)
    if len(kept) < 2:
        return
    n, mean, variance = moments.n[kept], moments.mean[kept], moments.variance[kept]
    if m.rate:
        yes = n * mean
        p, effect, _ = s.chi_square(np.column_stack([yes, n - yes]))
    else:
        p, effect = s.anova(n, mean, variance)
    levels = [groups.category.levels[i] for i in kept]
    top = int(np.argmax(np.abs(mean - m.mean) * np.sqrt(n)))
    yield Candidate(
        "group_difference", "rate_by_group" if m.rate else "mean_by_group", (name, m.column), p, effect,
        "Cramér's V" if m.rate else "root of omega squared", float(n.sum()) / max(layout.rows, 1), 1.0,
        facts={"level": levels[top]},
    )  # fmt: skip
    if len(kept) >= MIN_GROUPS_OUTLIER:
        yield _outlier(name, m, levels, n, mean, variance, layout.rows)


def _outlier(
    name: str, m: Measure, levels: list[str], n: s.Values, mean: s.Values, variance: s.Values, rows: int
) -> Candidate:
    """The group that is furthest from the others, told against how much these differ among themselves.

    A prediction interval for one more group (Student's t with the tails of the other groups), times the number
    of groups; of a measure that is positive, in logarithms too: means of skewed values are skewed.
    """
    pooled = float(((n - 1) * variance).sum() / max((n - 1).sum(), 1))
    i, p = _furthest(mean, np.sqrt(pooled / n + pooled / np.maximum(n.sum() - n, 1)))
    if m.positive and mean.min() > 0:
        error = np.sqrt(pooled / n) / mean
        j, other = _furthest(np.log(mean), error)
        p = max(p, other) if i == j else 1.0
    d = (float(mean[i]) - float(np.delete(mean, i).mean())) / math.sqrt(pooled) if pooled > 0 else 0.0
    return Candidate(
        "outlier", "group_outlier", (name, m.column), p, s.from_d(d), "standardised difference",
        max(float(n[i]) / max(rows, 1), 0.05), OUTLIER_SURPRISE, (name, levels[i]), {"level": levels[i]},
    )  # fmt: skip


def _furthest(mean: s.Values, error: s.Values) -> tuple[int, float]:
    """The place of the mean furthest from the rest, and Bonferroni's bound of its p."""
    k, best = len(mean), (0.0, 0, 1.0)
    for i in range(k):
        rest = np.delete(mean, i)
        scale = math.sqrt(max(float(rest.var(ddof=1)) * (1 + 1 / (k - 1)), float(error[i]) ** 2))
        t = float(mean[i] - rest.mean()) / scale if scale > 0 else 0.0
        if abs(t) > abs(best[0]):
            best = (t, i, s.t_p(t, min(k - 2, s.tail_df(rest))))
    return best[1], s.bounded(best[2], k)


def _contributions(groups: Groups, m: Measure, moments: Moments) -> Iterator[Candidate]:
    """Who makes up the total: the largest contributor, a share beyond the share of rows, concentration."""
    name, total = groups.category.column, float(moments.total.sum())
    k, rows = len(moments.n), float(moments.n.sum())
    if k < 2 or total <= 0 or rows < 20:
        return
    squares, shares = moments.squares, moments.total / total
    top = int(np.argmax(shares))
    if groups.rows.max() >= MANY_ROWS_PER_GROUP and k > 2:
        # The variance of a sum of a random number of values is their sum of squares (compound Poisson).
        q_all, q_top = float(squares.sum()), float(squares[top])
        error = math.sqrt(max(q_top * (1 - 2 / k) + q_all / k**2, 1e-300))
        p = s.bounded(s.normal_p((float(moments.total[top]) - total / k) / error), k)
        effect = (float(shares[top]) - 1 / k) / (1 - 1 / k)
        yield Candidate(
            "top_contributor", "top_of_total", (name, m.column), p, effect, "share above an equal share", 1.0,
            TOP_SURPRISE, (name, groups.category.levels[top]), {"level": groups.category.levels[top]},
        )  # fmt: skip
    yield from _disproportion(groups, m, moments, shares)
    if k >= PARETO_GROUPS:
        statistic = float(((moments.total - total / k) ** 2).sum() / (float(squares.sum()) / k))
        yield _concentration(name, m.column, s.chi2_p(statistic, k - 1), moments.total)


def _disproportion(groups: Groups, m: Measure, moments: Moments, shares: s.Values) -> Iterator[Candidate]:
    """The group whose share of the total is furthest from its share of the rows (Welch's t against the others)."""
    rows, name = moments.n / moments.n.sum(), groups.category.column
    if len(rows) < 3:
        return  # of two groups, the difference of means says the same
    i = int(np.argmax(np.abs(shares - rows)))
    n, rest = float(moments.n[i]), float(moments.n.sum() - moments.n[i])
    if min(n, rest) < MIN_ROWS:
        return
    others = np.delete(moments.total, i).sum() / rest
    spread = (np.delete(moments.squares, i).sum() - rest * others**2) / (rest - 1)
    error = math.sqrt(max(float(moments.variance[i]) / n + float(spread) / rest, 1e-300))
    p = s.bounded(s.t_p((float(moments.mean[i]) - float(others)) / error, min(n, rest) - 1), len(rows))
    yield Candidate(
        "share", "share_beyond_rows", (name, m.column), p, min(abs(float(shares[i] - rows[i])) * 2, 1.0),
        "share of the total beyond the share of rows", 1.0, SHARE_SURPRISE, (name, groups.category.levels[i]),
        {"level": groups.category.levels[i]},
    )  # fmt: skip


def _of_rows(groups: Groups) -> Iterator[Candidate]:
    """Facts about the numbers of rows: the leading level's share, concentration over many levels."""
    n, name = groups.rows, groups.category.column
    k, rows = len(n), float(n.sum())
    if k < 2 or rows < 20:
        return
    top = float(n.max())
    # The largest of k binomial counts, against equal shares.
    from scipy import stats

    p = s.bounded(2 * float(stats.binom.sf(top - 1, int(rows), 1 / k)), k)
    effect = (top / rows - 1 / k) / (1 - 1 / k)
    level = groups.category.levels[int(np.argmax(n))]
    if not groups.category.boolean or k > 2:
        yield Candidate(
            "share", "share_of_rows", (name,), p, effect, "share above an equal share", 1.0, 0.7, (name, level),
            {"level": level},
        )  # fmt: skip
    if k >= PARETO_GROUPS:
        yield _concentration(name, None, s.chi2_p(float(((n - rows / k) ** 2).sum() / (rows / k)), k - 1), n)


def _concentration(name: str, measure: str | None, p: float, totals: s.Values) -> Candidate:
    columns = (name,) if measure is None else (name, measure)
    return Candidate(
        "concentration", "pareto", columns, p, gini(totals), "Gini coefficient", 1.0, CONCENTRATION_OF[measure is not None],
        facts={"measure": measure},
    )  # fmt: skip


def gini(totals: s.Values) -> float:
    """The Gini coefficient of sizes that are not negative, 0 (equal) to nearly 1 (one has all)."""
    x = np.sort(totals)
    n, total = len(x), float(x.sum())
    if n < 2 or total <= 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ x) / (n * total)
