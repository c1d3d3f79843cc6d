"""What difference a sample of this size could have found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from llmauto_tools.stats.effects import z_of
from llmauto_tools.stats.outcome import Alternative, Kind

EFFICIENCY = 3 / math.pi
"""The asymptotic relative efficiency of a rank test to the t-test on normal data (Hodges and Lehmann 1956)."""


@dataclass(frozen=True)
class Detectable:
    """The smallest true effect that a test finds with the stated chance; `unit` says in what."""

    effect: float
    unit: str
    power: float


def detectable(
    kind: Kind, sizes: Sequence[int], alpha: float, power: float, alternative: Alternative, df: int = 1
) -> Detectable | None:
    """The smallest effect that samples of these sizes find with a chance of `power`, or None where undefined.

    statsmodels.stats.power solves for Cohen's d (t-tests; rank tests with their efficiency of 3/pi on
    normal data), f (analysis of variance), w (chi-square) and h (proportions); correlations by Fisher's z.
    """
    sided = "two-sided" if alternative == "two-sided" else "larger"
    if kind in ("t", "welch", "mann_whitney", "paired_t", "wilcoxon"):
        shrink = EFFICIENCY if kind in ("mann_whitney", "wilcoxon") else 1.0
        d = _of_means([s * shrink for s in sizes], alpha, power, sided)
        unit = "standard deviations of the differences" if kind in ("paired_t", "wilcoxon") else ""
        return Detectable(d, unit or "standard deviations", power) if d is not None else None
    if kind in ("anova", "welch_anova", "kruskal"):
        shrink = EFFICIENCY if kind == "kruskal" else 1.0
        return _of_groups(sum(sizes) * shrink, len(sizes), alpha, power)
    if kind in ("pearson", "spearman", "kendall"):
        return _of_correlation(sizes[0], alpha, power, sided)
    if kind in ("proportions", "fisher", "binomial"):
        return _of_proportions(sizes, alpha, power, sided)
    return _of_counts(sum(sizes), df, alpha, power) if kind == "chi2" else None


def _of_means(sizes: Sequence[float], alpha: float, power: float, sided: str) -> float | None:
    from statsmodels.stats.power import TTestIndPower, TTestPower

    if min(sizes) < 2:
        return None
    if sum(sizes) > 10_000:  # the noncentral t is the normal distribution by now
        scale = math.sqrt(sum(1 / s for s in sizes))
        return _normal_reach(alpha, power, sided) * scale
    if len(sizes) == 1:
        return float(TTestPower().solve_power(nobs=sizes[0], alpha=alpha, power=power, alternative=sided))
    ratio = sizes[1] / sizes[0]
    return float(
        TTestIndPower().solve_power(nobs1=sizes[0], ratio=ratio, alpha=alpha, power=power, alternative=sided)
    )


def _normal_reach(alpha: float, power: float, sided: str) -> float:
    from scipy.stats import norm

    return float(norm.isf(alpha / 2 if sided == "two-sided" else alpha) + norm.ppf(power))


def _of_groups(n: float, groups: int, alpha: float, power: float) -> Detectable | None:
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    df1, df2 = groups - 1, n - groups
    if df2 < 1:
        return None
    critical = float(f.isf(alpha, df1, df2))

    def lack(effect: float) -> float:
        return float(ncf.sf(critical, df1, df2, effect**2 * n)) - power

    high = 1.0 / math.sqrt(n)
    while lack(high) < 0:
        high *= 2
    return Detectable(float(brentq(lack, 0.0, high)), "Cohen's f", power)


def _of_counts(n: int, df: int, alpha: float, power: float) -> Detectable:
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    critical = float(chi2.isf(alpha, df))

    def lack(effect: float) -> float:
        return float(ncx2.sf(critical, df, effect**2 * n)) - power

    high = 1.0 / math.sqrt(n)
    while lack(high) < 0:
        high *= 2
    return Detectable(float(brentq(lack, 0.0, high)), "Cohen's w", power)


def _of_proportions(sizes: Sequence[int], alpha: float, power: float, sided: str) -> Detectable:
    reach = _normal_reach(alpha, power, sided) * math.sqrt(sum(1 / s for s in sizes))
    return Detectable(min(reach, math.pi), "Cohen's h", power)


def _of_correlation(n: int, alpha: float, power: float, sided: str) -> Detectable | None:
    if n <= 3:
        return None
    return Detectable(math.tanh(_normal_reach(alpha, power, sided) / math.sqrt(n - 3)), "correlation", power)


def detectable_partial(n: int, parameters: int, alpha: float, power: float) -> float | None:
    """The partial correlation that a regression with so many coefficients finds with a chance of `power`."""
    from scipy.stats import norm

    left = n - parameters - 1
    if left < 2:
        return None
    return math.tanh((z_of(alpha) + float(norm.ppf(power))) / math.sqrt(left))
