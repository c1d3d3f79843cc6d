"""Which test fits a question, from what is known of the data.

The rules, and where they come from:

- Means of two or more groups are compared without assuming equal variances (Welch; Delacre, Lakens and
  Leys 2017): it costs next to nothing where they are equal.
- A mean can be tested on skewed data once n > 25 g1² (Cochran 1977, g1 the skewness); below 30 values the
  Shapiro-Wilk test is asked instead. Otherwise, and for scales of a few ranks, ranks are compared.
- Counts use the chi-square approximation where Cochran's (1954) rule on expected counts allows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llmauto_tools.stats.counts import MCNEMAR_EXACT, Crosstab
from llmauto_tools.stats.moments import Moments
from llmauto_tools.stats.outcome import Check, Choice, Kind

SMALL = 30
"""Below this many values the shape is judged by a test, above by the skewness and the size."""

NORMALITY_LEVEL = 0.05
SPREAD_RATIO = 2.0
"""Standard deviations that differ by more than this factor are called unequal, whatever the p-value."""


@dataclass(frozen=True)
class Sample:
    """One group's moments, and the Shapiro-Wilk p-value where it is small enough to ask."""

    moments: Moments
    shapiro_p: float | None = None

    @property
    def is_fit_for_means(self) -> bool:
        """Whether the mean is a fair summary, and its t distribution to be trusted."""
        if self.moments.n < SMALL:
            return self.shapiro_p is None or self.shapiro_p >= NORMALITY_LEVEL
        return self.moments.n > 25 * self.moments.skew**2

    def check(self, name: str) -> Check:
        m = self.moments
        assumption = f"shape: {name}"
        if m.n >= SMALL:
            verdict = (
                "large enough for a test of means" if self.is_fit_for_means else "too skewed for its size"
            )
            return Check(assumption, f"n = {m.n:,}, skewness {m.skew:.2f}", verdict)
        if self.shapiro_p is None:
            return Check(assumption, f"n = {m.n:,}", "too few values to judge")
        verdict = "no sign against a normal shape" if self.is_fit_for_means else "not normal"
        return Check(assumption, f"n = {m.n:,}, Shapiro-Wilk p = {self.shapiro_p:.3g}", verdict)


def choose_one_number(sample: Sample, is_scale: bool, has_mean: bool) -> Choice:
    """One column of numbers: its mean against a number, or else whether it is normal."""
    if not has_mean:
        if sample.moments.n <= 5_000:
            return Choice(
                "shapiro", "no number was given to compare with, so its shape is tested", "anderson"
            )
        return Choice("anderson", "no number was given to compare with, so its shape is tested", "ks")
    return _one_sample(sample, is_scale, "t", "the values")


def choose_pairs(sample: Sample, is_scale: bool) -> Choice:
    """Two measurements of the same subjects; `sample` is of the differences."""
    return _one_sample(sample, is_scale, "paired_t", "the differences")


def _one_sample(sample: Sample, is_scale: bool, mean_test: Kind, what: str) -> Choice:
    checks = (sample.check(what),)
    if is_scale:
        return Choice("wilcoxon", f"{what} are on a scale of a few ranks", mean_test, checks)
    if sample.is_fit_for_means:
        reason = f"{what} are {_fit_words([sample])}"
        return Choice(mean_test, reason, "wilcoxon", checks)
    return Choice("wilcoxon", f"{what} are {_unfit_words(sample)}", mean_test, checks)


def choose_groups(samples: Sequence[Sample], is_scale: bool, levene_p: float | None) -> Choice:
    """Numbers in two or more groups."""
    means: Kind = "welch" if len(samples) == 2 else "welch_anova"
    ranks: Kind = "mann_whitney" if len(samples) == 2 else "kruskal"
    checks = [s.check(s.moments.label) for s in samples[:10]]
    if levene_p is not None:
        checks.append(_spread_check(samples, levene_p))
    found = tuple(checks)
    if is_scale:
        return Choice(ranks, "the values are on a scale of a few ranks", means, found)
    if any(s.moments.var == 0 for s in samples):
        return Choice(ranks, "one group has one and the same value throughout", None, found)
    unfit = [s for s in samples if not s.is_fit_for_means]
    if unfit:
        reason = f"the values of {unfit[0].moments.label} are {_unfit_words(unfit[0])}"
        return Choice(ranks, reason, means, found)
    reason = f"the groups are {_fit_words(samples)}, and equal variances need not be assumed"
    return Choice(means, reason, ranks, found)


def _spread_check(samples: Sequence[Sample], p: float) -> Check:
    deviations = [s.moments.sd for s in samples]
    low, high = min(deviations), max(deviations)
    ratio = high / low if low > 0 else float("inf")
    unequal = p < NORMALITY_LEVEL or ratio > SPREAD_RATIO
    found = f"standard deviations {low:.4g} to {high:.4g}, Levene p = {p:.3g}"
    return Check("equal variances", found, "unequal" if unequal else "no sign against it")


def _fit_words(samples: Sequence[Sample]) -> str:
    if all(s.moments.n >= SMALL for s in samples):
        return "large enough for a test of means"
    return "small, without a sign against a normal shape"


def _unfit_words(sample: Sample) -> str:
    return "not normal and few" if sample.moments.n < SMALL else "too skewed for a test of means at this size"


def choose_numbers(x: Sample, y: Sample, is_scale: bool, names: tuple[str, str]) -> Choice:
    """Two columns of numbers: their correlation."""
    checks = tuple(s.check(name) for s, name in zip((x, y), names, strict=True))
    n = x.moments.n
    if is_scale:
        return Choice("spearman", "one of the columns is a scale of a few ranks", "kendall", checks)
    if _is_plain(x) and _is_plain(y):
        return Choice("pearson", "both columns are near enough to a normal shape", "spearman", checks)
    if n < 20:
        return Choice("kendall", "there are few pairs and a column is not normal", "spearman", checks)
    return Choice("spearman", "a column is skewed or has values far out", "pearson", checks)


def _is_plain(sample: Sample) -> bool:
    """Near enough to normal for r to summarise: skewness and tails, or the Shapiro-Wilk test when small."""
    if sample.shapiro_p is not None and sample.moments.n < SMALL:
        return sample.is_fit_for_means
    return abs(sample.moments.skew) <= 1 and sample.moments.kurtosis <= 3


def choose_table(table: Crosstab) -> Choice:
    """Two columns of categories."""
    smallest = table.smallest_expected()
    found = f"smallest expected count {smallest:.3g}"
    if (len(table.rows), len(table.columns)) == (2, 2):
        if smallest < 5:
            check = Check("expected counts", found, "below 5: no approximation")
            return Choice("fisher", "an expected count is small", "chi2", (check,))
        check = Check("expected counts", found, "at least 5")
        return Choice(
            "proportions", "shares are compared and the expected counts are large enough", "fisher", (check,)
        )
    share = table.share_below(5)
    found += f", {share:.0%} of the cells below 5"
    if smallest < 1 or share > 0.2:
        check = Check("expected counts", found, "too small: the p-value comes from random tables")
        return Choice(
            "chi2", "many expected counts are small, so random tables give the p-value", "chi2", (check,)
        )
    check = Check("expected counts", found, "large enough")
    return Choice(
        "chi2", "the columns are categories and the expected counts are large enough", "chi2", (check,)
    )


def needs_random_tables(table: Crosstab) -> bool:
    """Cochran's rule: a table larger than 2 × 2 with an expected count below 1 or a fifth of them below 5."""
    return table.smallest_expected() < 1 or table.share_below(5) > 0.2


def choose_one_category(levels: int) -> Choice:
    """One column of categories: a share against a number, or equal shares."""
    if levels == 2:
        return Choice("binomial", "the exact test needs no approximation", "proportions")
    return Choice("chi2", "there are several categories, tested against equal shares", None)


def choose_paired_table(table: Crosstab) -> Choice:
    """Two answers of yes and no by the same subjects."""
    changed = table.counts[0][1] + table.counts[1][0]
    verdict = "exact" if changed < MCNEMAR_EXACT else "enough for the chi-square approximation"
    check = Check("pairs that changed", f"{changed:,} of {table.n:,}", verdict)
    return Choice("mcnemar", "the two answers are of the same rows", None, (check,))
