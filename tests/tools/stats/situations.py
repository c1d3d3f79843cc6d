"""Situations with the test that a textbook chooses, written down before the rules that are tested.

Each has the data, the question, the choice and why. Sources: Agresti, "Categorical Data Analysis" (A);
Altman, "Practical Statistics for Medical Research" (B); Conover, "Practical Nonparametric Statistics" (C);
Delacre, Lakens and Leys 2017 and 2019 on Welch's tests (D); Cochran 1954 and 1977 (E).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Made = Callable[[np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Situation:
    name: str
    data: Made | str
    """A maker, or the name of an example table."""
    asked: dict[str, Any]
    textbook: str
    why: str
    where: str | None = field(default=None)


def groups(draw: Callable[[np.random.Generator, int, int], Any], *sizes: int) -> Made:
    """v in groups g0, g1, ...; draw(generator, group, size)."""

    def make(r: np.random.Generator) -> pd.DataFrame:
        parts = [pd.DataFrame({"v": draw(r, i, n), "g": f"g{i}"}) for i, n in enumerate(sizes)]
        return pd.concat(parts, ignore_index=True)

    return make


def normal(spread: float = 1.0) -> Callable[[np.random.Generator, int, int], Any]:
    return lambda r, i, n: r.normal(0.5 * i, spread**i, n)


def skewed(r: np.random.Generator, i: int, n: int) -> Any:
    return r.lognormal(0.3 * i, 1.2, n)


def marks(r: np.random.Generator, i: int, n: int) -> Any:
    return r.integers(1, 6, n)


def exactly(*rows: tuple[Any, Any, int]) -> Made:
    """Columns v and g with counts of each pair."""

    def make(r: np.random.Generator) -> pd.DataFrame:
        return pd.DataFrame([(v, g) for v, g, n in rows for _ in range(n)], columns=["v", "g"])

    return make


def columns(**draw: Callable[[np.random.Generator], Any]) -> Made:
    return lambda r: pd.DataFrame({name: make(r) for name, make in draw.items()})


def line(noise: Callable[[np.random.Generator, int], Any], n: int) -> Made:
    def make(r: np.random.Generator) -> pd.DataFrame:
        x = r.normal(size=n)
        return pd.DataFrame({"v": x, "w": 0.5 * x + noise(r, n)})

    return make


def measured_twice(change: Callable[[np.random.Generator, int], Any], n: int) -> Made:
    def make(r: np.random.Generator) -> pd.DataFrame:
        v = r.normal(10, 2, n)
        return pd.DataFrame({"v": v, "w": v + change(r, n)})

    return make


def answered_twice(n: int, changed: float) -> Made:
    def make(r: np.random.Generator) -> pd.DataFrame:
        v = r.random(n) < 0.5
        return pd.DataFrame({"v": v, "w": np.where(r.random(n) < changed, ~v, v)})

    return make


BY = {"value": "v", "by": "g"}
WITH = {"value": "v", "other": "w"}

SITUATIONS = [
    Situation("two large normal groups", groups(normal(), 60, 60), BY, "welch", "D: Welch by default"),
    Situation("two normal groups, unequal spreads", groups(normal(3), 50, 80), BY, "welch", "D: unequal variances"),
    Situation("two small normal groups", groups(normal(), 12, 14), BY, "welch", "B: shape not against it, D"),
    Situation("two unequal large groups", groups(normal(), 40, 900), BY, "welch", "D: unequal sizes"),
    Situation("two small skewed groups", groups(skewed, 18, 20), BY, "mann_whitney", "C: few and not normal"),
    Situation("skewed and not so large", groups(skewed, 45, 50), BY, "mann_whitney", "E: n below 25 g1²"),
    Situation("mildly skewed and very large", groups(lambda r, i, n: r.gamma(4, 1 + 0.1 * i, n), 900, 900), BY,
              "welch", "E: n above 25 g1², the mean is of interest"),
    Situation("heavy tails", groups(lambda r, i, n: r.standard_t(1, n) + i, 80, 80), BY, "mann_whitney",
              "C: means of Cauchy-like values say nothing"),
    Situation("marks of 1 to 5 in two groups", groups(marks, 40, 45), BY, "mann_whitney", "C: ordinal"),
    Situation("one group constant", groups(lambda r, i, n: np.full(n, 3.0) if i else r.normal(0, 1, n), 40, 40), BY,
              "mann_whitney", "no variance to estimate in one group"),
    Situation("two groups of yes and no", exactly(("y", "a", 40), ("n", "a", 60), ("y", "b", 55), ("n", "b", 45)), BY,
              "proportions", "A: two shares, expected counts of 5 and more"),
    Situation("two groups of a 0/1 column", exactly((1, "a", 40), (0, "a", 60), (1, "b", 55), (0, "b", 45)), BY,
              "proportions", "A: 0 and 1 are two categories"),
    Situation("two groups of a boolean", exactly((True, "a", 40), (False, "a", 60), (True, "b", 30), (False, "b", 45)),
              BY, "proportions", "A"),
    Situation("rare events in two groups", exactly(("y", "a", 1), ("n", "a", 19), ("y", "b", 6), ("n", "b", 14)), BY,
              "fisher", "A: an expected count below 5"),
    Situation("a tiny 2 × 2 table", exactly(("y", "a", 3), ("n", "a", 1), ("y", "b", 1), ("n", "b", 3)), BY, "fisher",
              "A: Fisher's tea"),
    Situation("an empty cell, large margins", exactly(("y", "a", 0), ("n", "a", 50), ("y", "b", 12), ("n", "b", 50)), BY,
              "proportions", "A: the expected count, not the observed one, has to be 5"),
    Situation("three groups, two answers", exactly(*[(v, g, 20 + i) for i, (v, g) in enumerate(
        [(v, g) for v in "yn" for g in "abc"])]), BY, "chi2", "A"),
    Situation("four by three categories", exactly(*[(v, g, 10 + i) for i, (v, g) in enumerate(
        [(v, g) for v in "wxyz" for g in "abc"])]), BY, "chi2", "A"),
    Situation("a sparse table", exactly(*[(v, g, 1 + (i % 3)) for i, (v, g) in enumerate(
        [(v, g) for v in "wxyz" for g in "abc"])]), BY, "chi2", "E: the p-value from random tables"),
    Situation("three normal groups", groups(normal(), 40, 40, 40), BY, "welch_anova", "D 2019: Welch by default"),
    Situation("three groups, unequal spreads", groups(normal(2), 40, 60, 80), BY, "welch_anova", "D 2019"),
    Situation("three small normal groups", groups(normal(), 10, 12, 11), BY, "welch_anova", "shape not against it"),
    Situation("three small skewed groups", groups(skewed, 15, 15, 15), BY, "kruskal", "C"),
    Situation("marks in four groups", groups(marks, 30, 30, 30, 30), BY, "kruskal", "C: ordinal"),
    Situation("one of three groups has an outlier", groups(
        lambda r, i, n: np.append(r.normal(0, 1, n - 1), 60.0 if i == 1 else 0.0), 35, 35, 35), BY, "kruskal",
              "C: an outlier spoils the mean"),
    Situation("before and after, normal differences", measured_twice(lambda r, n: r.normal(0.5, 1, n), 25),
              WITH | {"paired": True}, "paired_t", "B"),
    Situation("before and after, many rows", measured_twice(lambda r, n: r.normal(0.1, 1, n), 400),
              WITH | {"paired": True}, "paired_t", "B"),
    Situation("before and after, skewed differences", measured_twice(lambda r, n: r.lognormal(0, 1.3, n), 25),
              WITH | {"paired": True}, "wilcoxon", "C"),
    Situation("before and after on a scale", columns(v=lambda r: r.integers(1, 6, 40), w=lambda r: r.integers(1, 6, 40)),
              WITH | {"paired": True}, "wilcoxon", "C: ordinal"),
    Situation("two answers of the same people, many changes", answered_twice(300, 0.3), WITH | {"paired": True},
              "mcnemar", "A: matched pairs"),
    Situation("two answers of the same people, few changes", answered_twice(60, 0.1), WITH | {"paired": True},
              "mcnemar", "A: matched pairs, exact"),
    Situation("two normal columns", line(lambda r, n: r.normal(size=n), 80), WITH, "pearson", "B"),
    Situation("two normal columns, few rows", line(lambda r, n: r.normal(size=n), 15), WITH, "pearson", "B"),
    Situation("a skewed column", columns(v=lambda r: r.lognormal(0, 1.2, 90), w=lambda r: r.normal(size=90)), WITH,
              "spearman", "B: ranks where a column is skewed"),
    Situation("an outlier in a column", columns(v=lambda r: np.append(r.normal(size=59), 40), w=lambda r: r.normal(size=60)),
              WITH, "spearman", "B"),
    Situation("marks against a number", columns(v=lambda r: r.integers(1, 6, 80), w=lambda r: r.normal(size=80)), WITH,
              "spearman", "C: ordinal"),
    Situation("few skewed pairs", columns(v=lambda r: r.lognormal(0, 2, 10), w=lambda r: r.normal(size=10)), WITH,
              "kendall", "C: small samples"),
    Situation("a mean against a number", columns(v=lambda r: r.normal(5, 1, 50)), {"value": "v", "mean": 5.2}, "t", "B"),
    Situation("a small normal sample against a number", columns(v=lambda r: r.normal(5, 1, 9)),
              {"value": "v", "mean": 5.2}, "t", "B"),
    Situation("a skewed sample against a number", columns(v=lambda r: r.lognormal(0, 1.3, 30)),
              {"value": "v", "mean": 1.0}, "wilcoxon", "C"),
    Situation("is it normal", columns(v=lambda r: r.normal(size=200)), {"value": "v"}, "shapiro",
              "the most powerful up to 5,000 values"),
    Situation("is it normal, many rows", columns(v=lambda r: r.normal(size=8_000)), {"value": "v"}, "anderson",
              "Shapiro-Wilk's p-value ends at 5,000"),
    Situation("a share against a number", exactly((1, "a", 30), (0, "a", 20)), {"value": "v", "proportion": 0.5},
              "binomial", "A: exact"),
    Situation("a die", lambda r: pd.DataFrame({"v": list("abcdef") * 10}), {"value": "v"}, "chi2", "A: equal shares"),
    Situation("body mass of two species", "penguins", {"value": "Body Mass (g)", "by": "Species"}, "welch",
              "D", where="Species not like 'Gentoo%'"),
    Situation("body mass of three species", "penguins", {"value": "Body Mass (g)", "by": "Species"}, "welch_anova", "D"),
    Situation("sex and species", "penguins", {"value": "Sex", "by": "Species"}, "chi2", "A"),
    Situation("flipper length and body mass", "penguins", {"value": "Flipper Length (mm)", "other": "Body Mass (g)"},
              "pearson", "B"),
    Situation("life expectancy of the same countries", "gapminder",
              {"value": "lifeExp", "by": "year", "subject": "country", "paired": True}, "paired_t", "B",
              where="year IN (1952, 2007)"),
    Situation("income of the continents", "gapminder", {"value": "gdpPercap", "by": "continent"}, "kruskal",
              "E: far too skewed for the size of some continents"),
    Situation("income and life expectancy", "gapminder", {"value": "gdpPercap", "other": "lifeExp"}, "spearman",
              "B: monotone and curved"),
]  # fmt: skip
