"""Tests of means, from moments alone: exact whatever the size of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from llmauto_tools.stats.effects import standardised_difference, standardised_mean, variance_shares
from llmauto_tools.stats.moments import Moments, pooled
from llmauto_tools.stats.outcome import Alternative, Effect, Outcome


def tail(t: float, df: float, alternative: Alternative) -> float:
    """The p-value of a t statistic."""
    from scipy.stats import t as distribution

    if alternative == "two-sided":
        return float(2 * distribution.sf(abs(t), df))
    return float(distribution.sf(t, df) if alternative == "greater" else distribution.cdf(t, df))


def two_means(
    a: Moments, b: Moments, alpha: float, *, equal_var: bool, alternative: Alternative = "two-sided"
) -> Outcome:
    """Student's (equal_var) or Welch's t-test of the mean of a against the mean of b.

    Equals scipy.stats.ttest_ind. The difference a - b has the two-sided interval of the test.
    """
    difference, se, df = difference_of(a, b, equal_var=equal_var)
    t = difference / se
    g, d = standardised_difference(a, b, alpha)
    half = _quantile(alpha, df) * se
    return Outcome(
        kind="t" if equal_var else "welch",
        statistic_name="t",
        statistic=t,
        p=tail(t, df, alternative),
        n=a.n + b.n,
        df=(df,),
        effects=(g, d),
        difference=Effect("difference of means", difference, difference - half, difference + half, "t"),
    )


def difference_of(a: Moments, b: Moments, *, equal_var: bool) -> tuple[float, float, float]:
    """(difference of means, its standard error, degrees of freedom: n - 2, or Welch-Satterthwaite)."""
    va, vb = a.var / a.n, b.var / b.n
    if equal_var:
        df = float(a.n + b.n - 2)
        variance = ((a.n - 1) * a.var + (b.n - 1) * b.var) / df
        return a.offset - b.offset, math.sqrt(variance * (1 / a.n + 1 / b.n)), df
    df = (va + vb) ** 2 / (va**2 / (a.n - 1) + vb**2 / (b.n - 1))
    return a.offset - b.offset, math.sqrt(va + vb), df


def one_mean(
    sample: Moments, alpha: float, *, paired: bool, alternative: Alternative = "two-sided"
) -> Outcome:
    """The t-test of one mean against the anchor of the sample's moments; paired: of the mean difference against 0.

    Equals scipy.stats.ttest_1samp and ttest_rel.
    """
    difference = sample.offset
    se, df = sample.sd / math.sqrt(sample.n), sample.n - 1
    t = difference / se
    g, d = standardised_mean(difference, sample.sd, sample.n, alpha)
    half = _quantile(alpha, df) * se
    name = "mean of the differences" if paired else "difference from the number"
    return Outcome(
        kind="paired_t" if paired else "t",
        statistic_name="t",
        statistic=t,
        p=tail(t, df, alternative),
        n=sample.n,
        df=(float(df),),
        effects=(g, d),
        difference=Effect(name, difference, difference - half, difference + half, "t"),
    )


def anova(groups: Sequence[Moments], alpha: float) -> Outcome:
    """One-way analysis of variance; equals scipy.stats.f_oneway."""
    from scipy.stats import f as distribution

    n, _, between, within = pooled(groups)
    df1, df2 = len(groups) - 1, n - len(groups)
    f = between / df1 / (within / df2)
    return Outcome(
        kind="anova",
        statistic_name="F",
        statistic=f,
        p=float(distribution.sf(f, df1, df2)),
        n=n,
        df=(float(df1), float(df2)),
        effects=variance_shares(between, within, len(groups), n, alpha),
    )


def welch_anova(groups: Sequence[Moments], alpha: float) -> Outcome:
    """Welch's (1951) analysis of variance, for unequal variances; equals statsmodels' anova_oneway.

    The effect is the share of the variance of all values, whose interval assumes equal variances.
    """
    from scipy.stats import f as distribution

    k = len(groups)
    weights = [g.n / g.var for g in groups]
    total = math.fsum(weights)
    centre = math.fsum(w * g.offset for w, g in zip(weights, groups, strict=True)) / total
    between = math.fsum(w * (g.offset - centre) ** 2 for w, g in zip(weights, groups, strict=True)) / (k - 1)
    lack = math.fsum((1 - w / total) ** 2 / (g.n - 1) for w, g in zip(weights, groups, strict=True))
    f = between / (1 + 2 * (k - 2) / (k**2 - 1) * lack)
    df2 = (k**2 - 1) / (3 * lack)
    n, _, ss_between, ss_within = pooled(groups)
    return Outcome(
        kind="welch_anova",
        statistic_name="F",
        statistic=f,
        p=float(distribution.sf(f, k - 1, df2)),
        n=n,
        df=(float(k - 1), df2),
        effects=variance_shares(ss_between, ss_within, k, n, alpha),
    )


def equivalence(difference: float, se: float, df: float, margin: float) -> float:
    """The p-value of two one-sided t-tests that a difference is outside (-margin, margin).

    Small means: the difference is smaller than the margin (Schuirmann 1987). Equals statsmodels' ttost_ind.
    """
    return max(tail((difference + margin) / se, df, "greater"), tail((difference - margin) / se, df, "less"))


def mean_interval(group: Moments, alpha: float) -> tuple[float, float]:
    """The t interval of a group's mean; the mean itself where there is one value."""
    if group.n < 2:
        return group.mean, group.mean
    half = _quantile(alpha, group.n - 1) * group.sd / math.sqrt(group.n)
    return group.mean - half, group.mean + half


def _quantile(alpha: float, df: float) -> float:
    from scipy.stats import t as distribution

    return float(distribution.isf(alpha / 2, df))
