"""Every test equals scipy's or statsmodels' to 1e-9, with nulls, ties and unequal sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats import contingency_tables, diagnostic, multitest, oneway, proportion, weightstats

from llmauto_tools.ledger import Evidence
from llmauto_tools.stats.studentized import range_isf, range_sf

from .conftest import Run

SIDES = ("two-sided", "less", "greater")


def close(a: float, b: float, tolerance: float = 1e-9) -> None:
    assert math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-300), (a, b)


def same(evidence: Evidence, statistic: float, p: float) -> None:
    close(evidence.figures["statistic"], float(statistic))
    close(evidence.figures["p_value"], float(p))


def groups(frame: pd.DataFrame, value: str, by: str) -> list[np.ndarray[Any, Any]]:
    kept = frame[[value, by]].dropna()
    if value == "x":  # so that the reference, too, loses no digits to the large mean
        kept["x"] -= 1e6
    return [part[value].to_numpy() for _, part in kept.groupby(by)]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("value", ["x", "tied", "z"])
def test_two_groups(run: Run, frame: pd.DataFrame, value: str, side: Any) -> None:
    a, b = groups(frame, value, "two")
    same(run(value=value, by="two", kind="t", alternative=side), *stats.ttest_ind(a, b, alternative=side))
    welch = run(value=value, by="two", kind="welch", alternative=side)
    same(welch, *stats.ttest_ind(a, b, equal_var=False, alternative=side))
    ranks = run(value=value, by="two", kind="mann_whitney", alternative=side)
    same(ranks, *stats.mannwhitneyu(a, b, alternative=side))


def test_the_interval_of_a_difference(run: Run, frame: pd.DataFrame) -> None:
    a, b = groups(frame, "x", "two")
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    figures = run(value="x", by="two", kind="welch").figures
    close(figures["difference_low"], interval.low)
    close(figures["difference_high"], interval.high)


@pytest.mark.parametrize("value", ["x", "tied", "z"])
def test_several_groups(run: Run, frame: pd.DataFrame, value: str) -> None:
    parts = groups(frame, value, "g")
    same(run(value=value, by="g", kind="anova"), *stats.f_oneway(*parts))
    welch = oneway.anova_oneway(parts, use_var="unequal")
    same(run(value=value, by="g", kind="welch_anova"), welch.statistic, welch.pvalue)
    same(run(value=value, by="g", kind="kruskal"), *stats.kruskal(*parts))
    same(run(value=value, by="g", kind="levene"), *stats.levene(*parts, center="median"))


@pytest.mark.parametrize("side", SIDES)
def test_pairs(run: Run, frame: pd.DataFrame, side: Any) -> None:
    kept = frame[["y", "tied"]].dropna()
    t = run(value="y", other="tied", kind="paired_t", alternative=side)
    same(t, *stats.ttest_rel(kept["y"], kept["tied"], alternative=side))
    w = run(value="y", other="tied", kind="wilcoxon", alternative=side)
    same(w, *stats.wilcoxon(kept["y"] - kept["tied"], alternative=side))


@pytest.mark.parametrize("n", [6, 12, 40, 51])
def test_wilcoxon_of_few_pairs(run_on: Run, n: int) -> None:
    r = np.random.default_rng(n)
    made = pd.DataFrame({"a": r.integers(0, 9, n).astype(float), "b": r.integers(0, 9, n).astype(float)})
    same(run_on(made, value="a", other="b", kind="wilcoxon"), *stats.wilcoxon(made["a"] - made["b"]))


@pytest.mark.parametrize(("n1", "n2"), [(5, 7), (8, 30), (9, 9)])
def test_mann_whitney_of_few_values(run_on: Run, n1: int, n2: int) -> None:
    r = np.random.default_rng(n1)
    v = r.normal(size=n1 + n2)
    made = pd.DataFrame({"v": v, "g": ["p"] * n1 + ["q"] * n2})
    same(run_on(made, value="v", by="g", kind="mann_whitney"), *stats.mannwhitneyu(v[:n1], v[n1:]))


@pytest.mark.parametrize("side", SIDES)
def test_correlations(run: Run, frame: pd.DataFrame, side: Any) -> None:
    kept = frame[["x", "y", "tied"]].dropna()
    x, y = kept["x"] - 1e6, kept["y"]
    found = run(value="x", other="y", kind="pearson", where="tied is not null", alternative=side)
    same(found, *stats.pearsonr(x, y, alternative=side))
    for kind, reference in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
        both = frame[["tied", "y"]].dropna()
        expected = reference(both["tied"], both["y"], alternative=side)
        same(run(value="tied", other="y", kind=kind, alternative=side), *expected)


def test_the_interval_of_a_correlation(run: Run, frame: pd.DataFrame) -> None:
    kept = frame[["x", "y"]].dropna()
    interval = stats.pearsonr(kept["x"] - 1e6, kept["y"]).confidence_interval()
    figures = run(value="x", other="y", kind="pearson").figures
    close(figures["ci_low"], interval.low)
    close(figures["ci_high"], interval.high)


def test_one_column(run: Run, frame: pd.DataFrame) -> None:
    y = frame["y"].dropna()
    same(run(value="y", mean=0.3, kind="t"), *stats.ttest_1samp(y, 0.3))
    same(run(value="y", mean=0.3, kind="wilcoxon"), *stats.wilcoxon(y - 0.3))
    same(run(value="y", kind="shapiro"), *stats.shapiro(y))
    same(run(value="z", kind="anderson"), *diagnostic.normal_ad(frame["z"].to_numpy()))
    same(run(value="y", kind="ks"), *diagnostic.lilliefors(y.to_numpy()))


def test_two_distributions(run: Run, frame: pd.DataFrame) -> None:
    a, b = groups(frame, "tied", "two")
    same(run(value="tied", by="two", kind="ks"), *stats.ks_2samp(a, b))


def test_ks_of_many_rows_takes_its_distance_from_duckdb(run_on: Run) -> None:
    r = np.random.default_rng(3)
    made = pd.DataFrame({"v": np.round(r.normal(size=24_000), 2), "g": r.choice(["a", "b"], 24_000)})
    a, b = groups(made, "v", "g")
    same(run_on(made, value="v", by="g", kind="ks"), *stats.ks_2samp(a, b))


def test_tables(run: Run, frame: pd.DataFrame) -> None:
    table = pd.crosstab(frame["g"], frame["colour"])
    chi2, p, _, _ = stats.chi2_contingency(table, correction=False)
    found = run(value="colour", by="g", kind="chi2")
    same(found, chi2, p)
    v = stats.contingency.association(table.to_numpy(), "cramer")
    close(found.figures["effect"], float(v))


def two_by_two(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    return pd.crosstab(frame["two"], frame["yes"]).reindex(columns=[True, False]).to_numpy()


@pytest.mark.parametrize("side", SIDES)
def test_two_shares(run: Run, frame: pd.DataFrame, side: Any) -> None:
    table = two_by_two(frame)
    name = {"two-sided": "two-sided", "less": "smaller", "greater": "larger"}[side]
    z = proportion.proportions_ztest(table[:, 0], table.sum(axis=1), alternative=name)
    same(run(value="yes", by="two", kind="proportions", alternative=side), *z)
    same(
        run(value="yes", by="two", kind="fisher", alternative=side),
        *stats.fisher_exact(table, alternative=side),
    )


def test_effects_of_two_shares(run: Run, frame: pd.DataFrame) -> None:
    table = two_by_two(frame)
    found = run(value="yes", by="two", kind="proportions")
    effects = {r[0]: r[1:4] for s in found.sections if s.title == "effect sizes" for r in s.rows}
    (a, _), (c, _) = table
    n1, n2 = table.sum(axis=1)
    low, high = proportion.confint_proportions_2indep(a, n1, c, n2, method="newcomb", compare="diff")
    reference = contingency_tables.Table2x2(table)
    for name, value, interval in (
        ("risk difference", a / n1 - c / n2, (low, high)),
        ("odds ratio", reference.oddsratio, reference.oddsratio_confint()),
        ("risk ratio", reference.riskratio, reference.riskratio_confint()),
    ):
        for ours, theirs in zip(effects[name], (value, *interval), strict=True):
            close(ours, float(theirs))


def test_one_share(run: Run, frame: pd.DataFrame) -> None:
    count, n = int(frame["bit"].sum()), len(frame)
    found = run(value="bit", proportion=0.45)
    assert found.figures["test"] == "binomial"
    close(found.figures["p_value"], float(stats.binomtest(count, n, 0.45).pvalue))
    low, high = proportion.proportion_confint(count, n, method="wilson")
    close(found.figures["ci_low"], low)
    close(found.figures["ci_high"], high)
    same(run(value="bit", proportion=0.45, kind="proportions"),
         *proportion.proportions_ztest(count, n, 0.45, prop_var=0.45))  # fmt: skip


def test_equal_shares(run: Run, frame: pd.DataFrame) -> None:
    same(run(value="colour"), *stats.chisquare(frame["colour"].value_counts()))


@pytest.mark.parametrize("n", [30, 300])
def test_mcnemar(run_on: Run, n: int) -> None:
    r = np.random.default_rng(n)
    first = r.random(n) < 0.5
    made = pd.DataFrame({"first": first, "second": np.where(r.random(n) < 0.4, ~first, first)})
    table = pd.crosstab(made["first"], made["second"])
    found = run_on(made, value="first", other="second", paired=True)
    exact = table.to_numpy()[0, 1] + table.to_numpy()[1, 0] < 25
    reference = contingency_tables.mcnemar(table, exact=exact)
    assert found.figures["test"] == "mcnemar"
    same(found, reference.statistic, reference.pvalue)


def test_pairs_of_groups(run: Run, frame: pd.DataFrame) -> None:
    parts = groups(frame, "tied", "g")
    tukey = stats.tukey_hsd(*parts)
    interval = tukey.confidence_interval()
    rows = section_rows(run(value="tied", by="g", kind="anova"), "pairs")
    names = "abcd"
    assert len(rows) == 6
    for first, second, difference, low, high, _, p in rows:
        i, j = names.index(first), names.index(second)
        close(difference, parts[i].mean() - parts[j].mean())
        close(p, tukey.pvalue[i, j], 1e-6)  # the studentized range is itself integrated to about 1e-7
        close(low, interval.low[i, j], 1e-6)
        close(high, interval.high[i, j], 1e-6)


@pytest.mark.parametrize(
    ("correction", "method"), [("holm", "holm"), ("bh", "fdr_bh"), ("bonferroni", "bonferroni")]
)
def test_corrections(run: Run, frame: pd.DataFrame, correction: str, method: str) -> None:
    rows = section_rows(run(value="tied", by="g", kind="kruskal", correction=correction), "pairs")
    expected = multitest.multipletests([r[5] for r in rows], method=method)[1]
    for row, p in zip(rows, expected, strict=True):
        close(row[6], float(p))


def test_many_columns(run: Run, frame: pd.DataFrame) -> None:
    found = run(value=["tied", "x", "z"], by="two", kind="welch", correction="bh")
    raw = {v: stats.ttest_ind(*groups(frame, v, "two"), equal_var=False).pvalue for v in ("tied", "x", "z")}
    fixed = dict(zip(raw, multitest.multipletests(list(raw.values()), method="fdr_bh")[1], strict=True))
    assert {r[0] for r in found.rows} == set(raw)
    at = [c[0] for c in found.columns].index("p_corrected")
    for row in found.rows:
        close(row[at], float(fixed[row[0]]))


def test_equivalence(run: Run, frame: pd.DataFrame) -> None:
    a, b = groups(frame, "tied", "two")
    p = weightstats.ttost_ind(a, b, -1.0, 1.0, usevar="unequal")[0]
    found = run(value="tied", by="two", kind="welch", margin=1.0)
    close(found.figures["equivalence_p"], float(p))
    assert found.figures["equivalent"] is bool(p < 0.05)
    y = frame["y"].dropna()
    paired = frame[["y", "tied"]].dropna()
    p = weightstats.ttost_paired(paired["y"], paired["tied"], -9, 9)[0]
    close(run(value="y", other="tied", kind="paired_t", margin=9).figures["equivalence_p"], float(p))
    p = max(
        stats.ttest_1samp(y, -0.2, alternative="greater").pvalue,
        stats.ttest_1samp(y, 0.2, alternative="less").pvalue,
    )
    close(run(value="y", mean=0, kind="t", margin=0.2).figures["equivalence_p"], float(p))


def section_rows(evidence: Evidence, title: str) -> Sequence[Sequence[Any]]:
    return next(s.rows for s in evidence.sections if s.title == title)


@pytest.mark.parametrize(
    ("q", "k", "df"), [(3.3, 5, 40), (1.2, 2, 3), (6.0, 12, 9.5), (4.4, 50, 2_000), (0.4, 3, 1)]
)
def test_studentized_range(q: float, k: int, df: float) -> None:
    close(range_sf(q, k, df), float(stats.studentized_range.sf(q, k, df)), 1e-8)
    close(range_isf(range_sf(q, k, df), k, df), q, 1e-8)
