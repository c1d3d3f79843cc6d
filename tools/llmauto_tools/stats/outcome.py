"""What a test gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Alternative = Literal["two-sided", "less", "greater"]

Kind = Literal[
    "t", "welch", "mann_whitney", "paired_t", "wilcoxon", "anova", "welch_anova", "kruskal", "chi2",
    "fisher", "proportions", "binomial", "shapiro", "anderson", "ks", "levene", "pearson", "spearman",
    "kendall", "mcnemar",
]  # fmt: skip

TITLES: dict[Kind, str] = {
    "t": "Student's t-test",
    "welch": "Welch's t-test",
    "mann_whitney": "Mann-Whitney U test",
    "paired_t": "paired t-test",
    "wilcoxon": "Wilcoxon signed-rank test",
    "anova": "one-way analysis of variance",
    "welch_anova": "Welch's analysis of variance",
    "kruskal": "Kruskal-Wallis test",
    "chi2": "chi-square test",
    "fisher": "Fisher's exact test",
    "proportions": "z-test of proportions",
    "binomial": "exact binomial test",
    "shapiro": "Shapiro-Wilk test",
    "anderson": "Anderson-Darling test",
    "ks": "Kolmogorov-Smirnov test",
    "levene": "Levene's test (Brown-Forsythe)",
    "pearson": "Pearson correlation",
    "spearman": "Spearman rank correlation",
    "kendall": "Kendall rank correlation",
    "mcnemar": "McNemar's test",
}


@dataclass(frozen=True)
class Effect:
    """How large something is, with the interval at the confidence of 1 - alpha where there is one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    method: str = ""
    """How the interval was computed, with its source."""


@dataclass(frozen=True)
class Outcome:
    """One test. `effects` has the main one first; `difference` is in the unit of the values."""

    kind: Kind
    statistic_name: str
    statistic: float
    p: float
    n: int
    df: tuple[float, ...] = ()
    effects: tuple[Effect, ...] = ()
    difference: Effect | None = None
    variant: str = ""
    """How the p-value was computed where there are several ways, such as "exact"."""
    notes: tuple[str, ...] = ()

    @property
    def effect(self) -> Effect | None:
        return self.effects[0] if self.effects else None

    @property
    def title(self) -> str:
        return f"{TITLES[self.kind]} ({self.variant})" if self.variant else TITLES[self.kind]


@dataclass(frozen=True)
class Check:
    """One assumption that was looked at: what was found, and what it means for the test."""

    assumption: str
    found: str
    verdict: str


@dataclass(frozen=True)
class Choice:
    """A test, why it, and the test that would have been the alternative."""

    kind: Kind
    reason: str
    alternative: Kind | None
    checks: tuple[Check, ...] = field(default=())
