"""Effect sizes and their intervals, from summary statistics."""

from __future__ import annotations

import math
from collections.abc import Callable

from llmauto_tools.stats.moments import Moments
from llmauto_tools.stats.outcome import Effect

LARGE = 1_000
"""Beyond this many degrees of freedom the normal approximation of d is used: it is off by under 1e-3."""


def z_of(alpha: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(alpha / 2))


def hedges_correction(df: float) -> float:
    """The exact factor J that makes d unbiased (Hedges 1981)."""
    return math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)


def standardised_difference(a: Moments, b: Moments, alpha: float) -> tuple[Effect, Effect]:
    """(Hedges' g, Cohen's d) of two groups, the spread pooled.

    The interval inverts the noncentral t distribution (Steiger and Fouladi 1997); above LARGE degrees of
    freedom it is the normal one of Hedges and Olkin (1985).
    """
    df = a.n + b.n - 2
    sd = math.sqrt(((a.n - 1) * a.var + (b.n - 1) * b.var) / df)
    d = (a.offset - b.offset) / sd
    scale = math.sqrt(1 / a.n + 1 / b.n)
    low, high = _interval_of_d(d, scale, df, math.sqrt(scale**2 + d**2 / (2 * df)), alpha)
    return _both(d, low, high, hedges_correction(df) if df > 1 else 1.0)


def standardised_mean(mean: float, sd: float, n: int, alpha: float) -> tuple[Effect, Effect]:
    """(Hedges' g, Cohen's d) of one sample, or of the differences of pairs (d_z)."""
    d = mean / sd
    df = n - 1
    scale = math.sqrt(1 / n)
    low, high = _interval_of_d(d, scale, df, math.sqrt(1 / n + d**2 / (2 * df)), alpha)
    return _both(d, low, high, hedges_correction(df) if df > 1 else 1.0)


def _both(d: float, low: float, high: float, j: float) -> tuple[Effect, Effect]:
    method = "noncentral t (Steiger and Fouladi 1997)"
    return Effect("Hedges' g", j * d, j * low, j * high, method), Effect("Cohen's d", d, low, high, method)


def _interval_of_d(d: float, scale: float, df: float, se: float, alpha: float) -> tuple[float, float]:
    if df > LARGE:
        z = z_of(alpha)
        return d - z * se, d + z * se
    from scipy.stats import nct

    t = d / scale

    def level(nc: float) -> float:
        found = float(nct.cdf(t, df, nc))
        # Boost gives NaN where the tail is below the smallest number.
        return found if math.isfinite(found) else float(nc < t)

    reach = 5 * math.sqrt(1 + t**2 / (2 * df))
    low = _solve(lambda nc: level(nc) - (1 - alpha / 2), t - reach, t)
    high = _solve(lambda nc: level(nc) - alpha / 2, t, t + reach)
    return low * scale, high * scale


def _solve(f: Callable[[float], float], low: float, high: float) -> float:
    """The zero of a decreasing function, the bracket widened until it holds one."""
    from scipy.optimize import brentq

    step = max(high - low, 1.0)
    for _ in range(60):
        if f(low) > 0:
            break
        low -= step
        step *= 2
    step = max(high - low, 1.0)
    for _ in range(60):
        if f(high) < 0:
            break
        high += step
        step *= 2
    return float(brentq(f, low, high, xtol=1e-12, rtol=1e-12))


def _noncentrality(cdf: Callable[[float], float], guess: float, level: float) -> float:
    """The noncentrality at which the distribution function is `level`, or 0 where none is that high."""
    if cdf(0.0) <= level:
        return 0.0
    return max(_solve(lambda nc: cdf(max(nc, 0.0)) - level, 0.0, max(guess, 1.0)), 0.0)


def variance_shares(
    between: float, within: float, groups: int, n: int, alpha: float
) -> tuple[Effect, Effect]:
    """(omega squared, eta squared) of a one-way layout.

    The intervals invert the noncentral F distribution (Steiger 2004), which assumes equal variances.
    """
    df1, df2 = groups - 1, n - groups
    mean_square = within / df2
    eta = between / (between + within)
    omega = (between - df1 * mean_square) / (between + within + mean_square)

    low, high = share_interval(eta, df1, df2, n, alpha)
    method = "noncentral F (Steiger 2004)"
    return (
        Effect("omega squared", max(omega, 0.0), low, high, method),
        Effect("eta squared", eta, low, high, method),
    )


def share_interval(share: float, df1: int, df2: int, n: int, alpha: float) -> tuple[float, float]:
    """The interval of an R squared whose regressors are fixed, by the noncentral F (Steiger 2004)."""
    from scipy.stats import ncf

    f = share / df1 / ((1 - share) / df2) if share < 1 else math.inf
    if not math.isfinite(f):
        return 1.0, 1.0

    def level(nc: float) -> float:
        return float(ncf.cdf(f, df1, df2, nc))

    low, high = (_noncentrality(level, f * df1, p) for p in (1 - alpha / 2, alpha / 2))
    return low / (low + n), max(high / (high + n), share)


def rank_share(h: float, groups: int, n: int, alpha: float) -> Effect:
    """Epsilon squared of a Kruskal-Wallis test, H / (n - 1) (Kelley 1935; Tomczak and Tomczak 2014)."""
    low, high = _chi2_interval(h, groups - 1, alpha)
    value = h / (n - 1)
    return Effect(
        "epsilon squared", value, min(low / (n - 1), 1.0), min(high / (n - 1), 1.0),
        "noncentral chi-square, approximate",
    )  # fmt: skip


def cramers_v(chi2: float, rows: int, columns: int, n: int, alpha: float) -> tuple[Effect, Effect]:
    """(Cramér's V, V corrected for its bias), the interval by the noncentral chi-square (Smithson 2003).

    The correction is Bergsma's (2013).
    """
    df, k = (rows - 1) * (columns - 1), min(rows, columns) - 1
    low, high = _chi2_interval(chi2, df, alpha)
    phi2 = max(0.0, chi2 / n - df / (n - 1)) if n > 1 else 0.0
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    corrected = math.sqrt(phi2 / smaller) if smaller > 0 else 0.0
    return (
        Effect(
            "Cramér's V", math.sqrt(chi2 / (n * k)), min(math.sqrt(low / (n * k)), 1.0),
            min(math.sqrt(high / (n * k)), 1.0), "noncentral chi-square (Smithson 2003)",
        ),
        Effect("Cramér's V, bias-corrected", min(corrected, 1.0)),
    )  # fmt: skip


def _chi2_interval(chi2: float, df: int, alpha: float) -> tuple[float, float]:
    """The noncentrality parameters whose distributions have chi2 at their upper and lower alpha/2.

    Widened to hold chi2 itself: chance alone makes an effect that is computed from it too large.
    """
    from scipy.stats import ncx2

    def level(nc: float) -> float:
        return float(ncx2.cdf(chi2, df, nc))

    low, high = (_noncentrality(level, chi2, p) for p in (1 - alpha / 2, alpha / 2))
    return min(low, chi2), max(high, chi2)


def cliffs_delta(delta: float, variance: float, n1: int, n2: int, alpha: float) -> Effect:
    """Cliff's delta, which for two groups is the rank-biserial correlation.

    The asymmetric interval of Feng and Cliff (2004) from the consistent variance of delta.
    """
    z2 = z_of(alpha) ** 2
    method = "Feng and Cliff 2004"
    if abs(delta) >= 1 - 1e-12:
        smaller = min(n1, n2)
        inner = (smaller - z2) / (smaller + z2)
        low, high = (inner, 1.0) if delta > 0 else (-1.0, -inner)
        return Effect("rank-biserial (Cliff's delta)", delta, low, high, method)
    root = math.sqrt(z2 * variance * ((1 - delta**2) ** 2 + z2 * variance))
    bottom = 1 - delta**2 + z2 * variance
    low, high = ((delta - delta**3 + sign * root) / bottom for sign in (-1, 1))
    return Effect("rank-biserial (Cliff's delta)", delta, max(low, -1.0), min(high, 1.0), method)


def matched_rank_biserial(plus: float, minus: float, n: int, alpha: float) -> Effect:
    """The matched-pairs rank-biserial correlation (Kerby 2014).

    The interval is on Fisher's scale with the standard error of the signed-rank sum, as in JASP.
    """
    value = (plus - minus) / (plus + minus)
    se = math.sqrt((2 * n**3 + 3 * n**2 + n) / 6) / ((n**2 + n) / 2)
    low, high = _fisher(value, se, alpha)
    return Effect("rank-biserial (matched pairs)", value, low, high, "Fisher's z (Kerby 2014)")


def correlation_interval(kind: str, r: float, n: int, alpha: float) -> Effect:
    """A correlation with an interval on Fisher's scale.

    Standard errors: Pearson 1/sqrt(n - 3); Spearman sqrt((1 + r²/2)/(n - 3)) (Bonett and Wright 2000);
    Kendall sqrt(0.437/(n - 4)) (Fieller, Hartley and Pearson 1957). None where n is too small for it.
    """
    name = {"pearson": "Pearson's r", "spearman": "Spearman's rho", "kendall": "Kendall's tau-b"}[kind]
    if n <= (4 if kind == "kendall" else 3):
        return Effect(name, r)
    variance = {"pearson": 1 / (n - 3), "spearman": (1 + r**2 / 2) / (n - 3)}.get(kind)
    se = math.sqrt(0.437 / (n - 4) if variance is None else variance)
    low, high = _fisher(r, se, alpha)
    return Effect(name, r, low, high, "Fisher's z")


def _fisher(r: float, se: float, alpha: float) -> tuple[float, float]:
    if abs(r) >= 1:
        return r, r
    z, half = math.atanh(r), z_of(alpha) * se
    return math.tanh(z - half), math.tanh(z + half)
