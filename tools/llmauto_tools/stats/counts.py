"""Tests of counts: contingency tables, proportions, and pairs of yes and no."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.stats.data import Data
from llmauto_tools.stats.effects import cramers_v, z_of
from llmauto_tools.stats.outcome import Alternative, Effect, Outcome

SIMULATED = 9_999
"""Tables that are drawn where the chi-square approximation would be poor."""

MCNEMAR_EXACT = 25
"""Below this many discordant pairs McNemar's p-value is exact."""


@dataclass(frozen=True)
class Crosstab:
    """Counts of two columns: `counts[i][j]` rows have label rows[i] of the first and columns[j] of the second."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def row_sums(self) -> list[int]:
        return [sum(r) for r in self.counts]

    @property
    def column_sums(self) -> list[int]:
        return [sum(c) for c in zip(*self.counts, strict=True)]

    def expected(self) -> list[list[float]]:
        n = self.n
        return [[r * c / n for c in self.column_sums] for r in self.row_sums]

    def smallest_expected(self) -> float:
        return min(min(row) for row in self.expected())

    def share_below(self, limit: float) -> float:
        cells = [e for row in self.expected() for e in row]
        return sum(e < limit for e in cells) / len(cells)

    def transposed(self) -> Crosstab:
        return Crosstab(self.columns, self.rows, tuple(zip(*self.counts, strict=True)))


def crosstab(data: Data, labels: str, limit: int) -> Crosstab:
    """The counts of a relation (a, b, ka, kb), labels in the order of their values; at most limit² cells."""
    found = data.rows(f"SELECT a, b, count(*), min(ka), min(kb) FROM ({labels}) GROUP BY a, b", limit * limit)
    rows = _ordered((r[0], r[3]) for r in found)
    columns = _ordered((r[1], r[4]) for r in found)
    cells = {(r[0], r[1]): int(r[2]) for r in found}
    counts = tuple(tuple(cells.get((a, b), 0) for b in columns) for a in rows)
    return Crosstab(tuple(rows), tuple(columns), counts)


def _ordered(pairs: Any) -> list[str]:
    keys: dict[str, Any] = {}
    for label, key in pairs:
        keys[label] = min(keys[label], key) if label in keys else key
    return sorted(keys, key=lambda label: (keys[label], label))


def chi_square(table: Crosstab, alpha: float, seed: int, *, simulate: bool = False) -> Outcome:
    """Pearson's chi-square test of independence, without Yates' correction.

    Equals scipy.stats.chi2_contingency(correction=False). `simulate` takes the p-value from random tables
    with the same margins (Patefield 1981), for small expected counts.
    """
    from scipy.stats import chi2

    expected = table.expected()
    statistic = math.fsum(
        (o - e) ** 2 / e
        for os, es in zip(table.counts, expected, strict=True)
        for o, e in zip(os, es, strict=True)
    )
    r, c = len(table.rows), len(table.columns)
    df = (r - 1) * (c - 1)
    p = _simulated(table, statistic, seed) if simulate else float(chi2.sf(statistic, df))
    effects: tuple[Effect, ...] = cramers_v(statistic, r, c, table.n, alpha)
    if (r, c) == (2, 2):
        effects = (*effects, *two_by_two(table, alpha))
    return Outcome(
        kind="chi2", statistic_name="chi-square", statistic=statistic, p=p, n=table.n, df=(float(df),),
        effects=effects, variant="p-value from random tables" if simulate else "",
    )  # fmt: skip


def _simulated(table: Crosstab, statistic: float, seed: int) -> float:
    import numpy as np
    from scipy.stats import random_table

    expected = np.array(table.expected())
    draws = random_table.rvs(table.row_sums, table.column_sums, size=SIMULATED, random_state=seed)
    larger = ((draws - expected) ** 2 / expected).sum(axis=(1, 2)) >= statistic * (1 - 1e-12)
    return float((larger.sum() + 1) / (SIMULATED + 1))


def goodness_of_fit(labels: Sequence[str], counts: Sequence[int], alpha: float) -> Outcome:
    """The chi-square test that all levels are equally frequent; equals scipy.stats.chisquare.

    The effect is Cohen's w, its interval from the noncentral chi-square.
    """
    from scipy.stats import chi2

    n, k = sum(counts), len(counts)
    expected = n / k
    statistic = math.fsum((c - expected) ** 2 / expected for c in counts)
    v, _ = cramers_v(statistic, k, 2, n, alpha)  # df = k - 1 and V = sqrt(chi2 / n), which is w
    return Outcome(
        kind="chi2", statistic_name="chi-square", statistic=statistic, p=float(chi2.sf(statistic, k - 1)),
        n=n, df=(float(k - 1),), effects=(Effect("Cohen's w", v.value, v.low, v.high, v.method),),
        variant="against equal shares",
    )  # fmt: skip


def fisher(table: Crosstab, alpha: float, alternative: Alternative = "two-sided") -> Outcome:
    """Fisher's exact test of a 2 × 2 table; equals scipy.stats.fisher_exact.

    The statistic is the sample's odds ratio; the effect the conditional one with its exact interval.
    """
    from scipy.stats import fisher_exact
    from scipy.stats.contingency import odds_ratio

    found = fisher_exact(table.counts, alternative=alternative)
    conditional = odds_ratio([list(r) for r in table.counts], kind="conditional")
    interval = conditional.confidence_interval(1 - alpha)
    effect = Effect(
        "odds ratio (conditional)", float(conditional.statistic), float(interval.low), float(interval.high),
        "exact (Fisher)",
    )  # fmt: skip
    return Outcome(
        kind="fisher", statistic_name="odds ratio", statistic=float(found.statistic), p=float(found.pvalue),
        n=table.n, effects=(effect, *two_by_two(table, alpha)[1:]),
        difference=risk_difference(table, alpha),
    )  # fmt: skip


def proportions(table: Crosstab, alpha: float, alternative: Alternative = "two-sided") -> Outcome:
    """The z-test of the share of the first level of the columns in the two rows, the variance pooled.

    Equals statsmodels' proportions_ztest; two-sided it is the chi-square test of the same table.
    """
    (a, _), (c, _) = table.counts
    n1, n2 = table.row_sums
    pooled = (a + c) / (n1 + n2)
    z = (a / n1 - c / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    ratio, risk, _ = two_by_two(table, alpha)
    difference = risk_difference(table, alpha)
    return Outcome(
        kind="proportions", statistic_name="z", statistic=z, p=normal_tail(z, alternative), n=n1 + n2,
        effects=(difference, ratio, risk, _cohens_h(a / n1, c / n2, n1, n2, alpha)), difference=difference,
    )  # fmt: skip


def normal_tail(z: float, alternative: Alternative) -> float:
    from scipy.stats import norm

    if alternative == "two-sided":
        return float(2 * norm.sf(abs(z)))
    return float(norm.sf(z) if alternative == "greater" else norm.cdf(z))


def two_by_two(table: Crosstab, alpha: float) -> tuple[Effect, Effect, Effect]:
    """(odds ratio, risk ratio, risk difference) of the first column in the first row against the second.

    Intervals: Woolf's, Katz's, and Newcombe's hybrid score interval. Half a case is added to each cell
    where one is empty (Haldane 1956; Anscombe 1956).
    """
    (a, b), (c, d) = ((float(x) for x in row) for row in table.counts)
    fix = 0.5 if 0 in (a, b, c, d) else 0.0
    a, b, c, d = a + fix, b + fix, c + fix, d + fix
    z = z_of(alpha)
    added = ", half a case added to each cell" if fix else ""
    odds, se = math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    risk = math.log(a / (a + b) / (c / (c + d)))
    risk_se = math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    return (
        Effect("odds ratio", math.exp(odds), math.exp(odds - z * se), math.exp(odds + z * se),
               "Woolf 1955" + added),
        Effect("risk ratio", math.exp(risk), math.exp(risk - z * risk_se), math.exp(risk + z * risk_se),
               "Katz 1978" + added),
        risk_difference(table, alpha),
    )  # fmt: skip


def risk_difference(table: Crosstab, alpha: float) -> Effect:
    """The difference of the two rows' shares of the first column (Newcombe 1998, method 10)."""
    (a, _), (c, _) = table.counts
    n1, n2 = table.row_sums
    p1, p2 = a / n1, c / n2
    (l1, u1), (l2, u2) = wilson(a, n1, alpha), wilson(c, n2, alpha)
    low = p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return Effect("risk difference", p1 - p2, low, high, "Newcombe 1998")


def _cohens_h(p1: float, p2: float, n1: int, n2: int, alpha: float) -> Effect:
    h = 2 * math.asin(math.sqrt(p1)) - 2 * math.asin(math.sqrt(p2))
    half = z_of(alpha) * math.sqrt(1 / n1 + 1 / n2)
    return Effect("Cohen's h", h, h - half, h + half, "normal, arcsine scale")


def wilson(count: int, n: int, alpha: float) -> tuple[float, float]:
    """Wilson's score interval of a share; equals statsmodels' proportion_confint(method="wilson")."""
    z = z_of(alpha)
    p = count / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def binomial(
    count: int, n: int, share: float, alpha: float, alternative: Alternative = "two-sided"
) -> Outcome:
    """The exact test of one share against a number; equals scipy.stats.binomtest."""
    from scipy.stats import binomtest

    p = float(binomtest(count, n, share, alternative=alternative).pvalue)
    return Outcome(
        kind="binomial", statistic_name="share", statistic=count / n, p=p, n=n,
        effects=(Effect("share", count / n, *wilson(count, n, alpha), "Wilson 1927"),),
    )  # fmt: skip


def one_proportion(
    count: int, n: int, share: float, alpha: float, alternative: Alternative = "two-sided"
) -> Outcome:
    """The z-test of one share, its variance under the hypothesis (proportions_ztest with prop_var)."""
    z = (count / n - share) / math.sqrt(share * (1 - share) / n)
    return Outcome(
        kind="proportions", statistic_name="z", statistic=z, p=normal_tail(z, alternative), n=n,
        effects=(Effect("share", count / n, *wilson(count, n, alpha), "Wilson 1927"),),
    )  # fmt: skip


def mcnemar(table: Crosstab, alpha: float) -> Outcome:
    """McNemar's test of a 2 × 2 table of pairs; equals statsmodels' mcnemar.

    Exact below 25 discordant pairs, else chi-square with the continuity correction. The effect is the
    ratio of the discordant counts, its interval from the exact one of their share (Clopper-Pearson).
    """
    from scipy.stats import binom, binomtest, chi2

    b, c = table.counts[0][1], table.counts[1][0]
    exact = b + c < MCNEMAR_EXACT
    if exact:
        statistic = float(min(b, c))
        p = min(2 * float(binom.cdf(min(b, c), b + c, 0.5)), 1.0) if b + c else 1.0
    else:
        statistic = (abs(b - c) - 1) ** 2 / (b + c)
        p = float(chi2.sf(statistic, 1))
    effects: tuple[Effect, ...] = ()
    if b + c:
        interval = binomtest(b, b + c).proportion_ci(1 - alpha)
        low, high = (_odds(float(x)) for x in (interval.low, interval.high))
        effects = (Effect("odds ratio (pairs)", _odds(b / (b + c)), low, high, "Clopper-Pearson"),)
    n = table.n
    shift = (b - c) / n
    half = z_of(alpha) * math.sqrt(max(b + c - (b - c) ** 2 / n, 0.0)) / n
    return Outcome(
        kind="mcnemar", statistic_name="smaller count" if exact else "chi-square", statistic=statistic, p=p,
        n=n, df=() if exact else (1.0,), effects=effects, variant="exact" if exact else "",
        difference=Effect("difference of the shares", shift, shift - half, shift + half, "Wald, paired"),
    )  # fmt: skip


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf
