"""Tests of one distribution's shape and of equal spread."""

from __future__ import annotations

import math
from collections.abc import Sequence

from llmauto_tools.stats.data import Data
from llmauto_tools.stats.means import anova
from llmauto_tools.stats.moments import Moments, moments_by_group
from llmauto_tools.stats.outcome import Effect, Kind, Outcome

SHAPIRO_ROWS = 5_000
"""Royston's p-value of the Shapiro-Wilk test holds up to this many values."""

NORMALITY_ROWS = 50_000


def normality(data: Data, kind: Kind, values: str, sample: Moments, alpha: float, seed: int) -> Outcome:
    """Shapiro-Wilk, Anderson-Darling or Kolmogorov-Smirnov (Lilliefors) against a normal distribution.

    Equals scipy.stats.shapiro and statsmodels' normal_ad and lilliefors, on a stated random sample where
    there are more than SHAPIRO_ROWS (NORMALITY_ROWS) values. The effect is the skewness of all values.
    """
    most = SHAPIRO_ROWS if kind == "shapiro" else NORMALITY_ROWS
    drawn = data.sample(values, most, sample.n, seed)[0][:most]
    statistic, p = _normality(kind, drawn)
    notes: tuple[str, ...] = ()
    if len(drawn) < sample.n:
        notes = (f"Normality was tested on a random sample of {len(drawn):,} of the {sample.n:,} values.",)
    name = {"shapiro": "W", "anderson": "A²", "ks": "D"}[kind]
    return Outcome(
        kind=kind, statistic_name=name, statistic=statistic, p=p, n=len(drawn),
        effects=(skewness(sample, alpha), Effect("excess kurtosis", sample.kurtosis)), notes=notes,
        variant="Lilliefors" if kind == "ks" else "",
    )  # fmt: skip


def _normality(kind: Kind, values: Sequence[float]) -> tuple[float, float]:
    if kind == "shapiro":
        from scipy.stats import shapiro

        found = shapiro(values)
        return float(found.statistic), float(found.pvalue)
    from statsmodels.stats.diagnostic import lilliefors, normal_ad

    statistic, p = normal_ad(values) if kind == "anderson" else lilliefors(values)
    return float(statistic), float(p)


def skewness(sample: Moments, alpha: float) -> Effect:
    """g1 with the normal interval of its standard error under normality (Fisher 1930)."""
    from llmauto_tools.stats.effects import z_of

    n = sample.n
    half = z_of(alpha) * math.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    return Effect("skewness", sample.skew, sample.skew - half, sample.skew + half, "normal")


def levene(data: Data, grouped: str, groups: Sequence[Moments], alpha: float) -> Outcome:
    """Brown and Forsythe's form of Levene's test; equals scipy.stats.levene(center="median").

    It is the analysis of variance of the distances from each group's median. The effect is the ratio of
    the largest to the smallest standard deviation.
    """
    spread = (
        f"WITH d AS ({grouped}), m AS (SELECT g, median(v) AS c FROM d GROUP BY g)"
        " SELECT abs(v - c) AS v, d.g AS g, k FROM d JOIN m ON d.g = m.g"
    )
    distances = moments_by_group(data, spread)
    found = anova(distances, alpha)
    deviations = sorted(g.sd for g in groups if g.n > 1)
    ratio = deviations[-1] / deviations[0] if deviations[0] > 0 else math.inf
    return Outcome(
        kind="levene", statistic_name="W", statistic=found.statistic, p=found.p, n=found.n, df=found.df,
        effects=(Effect("ratio of the largest to the smallest standard deviation", ratio),),
    )  # fmt: skip
