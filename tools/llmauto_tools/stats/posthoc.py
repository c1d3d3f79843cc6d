"""Pairs of groups after a test of all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from llmauto_tools.stats.counts import Crosstab, chi_square, fisher
from llmauto_tools.stats.data import Data
from llmauto_tools.stats.means import difference_of, two_means
from llmauto_tools.stats.moments import Moments, pooled
from llmauto_tools.stats.multiple import CORRECTIONS, Correction, corrected
from llmauto_tools.stats.outcome import Kind
from llmauto_tools.stats.ranks import mann_whitney
from llmauto_tools.stats.studentized import range_isf, range_sf


@dataclass(frozen=True)
class Pair:
    """Two groups compared: the effect (first minus second, or an effect size), and both p-values."""

    first: str
    second: str
    effect: float
    low: float | None
    high: float | None
    p: float
    p_corrected: float


@dataclass(frozen=True)
class Pairs:
    """All pairs, how they were tested, and what the effect is."""

    method: str
    effect_name: str
    pairs: tuple[Pair, ...]


def pairs_of_means(
    groups: Sequence[Moments], alpha: float, *, equal_var: bool, correction: Correction | None
) -> Pairs:
    """Tukey-Kramer (equal variances) or Games-Howell; with `correction`, t-tests whose p-values are corrected.

    Tukey equals scipy.stats.tukey_hsd. The intervals of Tukey and Games-Howell hold for all pairs at once,
    those of single t-tests for one.
    """
    if correction is None:
        return _range_pairs(groups, alpha, equal_var=equal_var)
    tests = [(a, b, two_means(a, b, alpha, equal_var=equal_var)) for a, b in combinations(groups, 2)]
    fixed = corrected([t.p for _, _, t in tests], correction)
    found = []
    for (a, b, test), p in zip(tests, fixed, strict=True):
        difference = test.difference
        assert difference is not None
        found.append(Pair(a.label, b.label, difference.value, difference.low, difference.high, test.p, p))
    name = "t-tests" if equal_var else "Welch's t-tests"
    return Pairs(
        f"{name}, p-values corrected by {CORRECTIONS[correction]}", "difference of means", tuple(found)
    )


def _range_pairs(groups: Sequence[Moments], alpha: float, *, equal_var: bool) -> Pairs:
    """The studentized range of k means, the spread of all groups pooled (Tukey) or of the pair (Games-Howell)."""
    n, _, _, within = pooled(groups)
    k = len(groups)
    found = []
    common = range_isf(alpha, k, n - k) if equal_var else math.nan
    for a, b in combinations(groups, 2):
        if equal_var:
            difference, df = a.offset - b.offset, float(n - k)
            se, reach = math.sqrt(within / (n - k) * (1 / a.n + 1 / b.n)), common
        else:
            difference, se, df = difference_of(a, b, equal_var=False)
            reach = range_isf(alpha, k, df)
        p = range_sf(abs(difference) / se * math.sqrt(2), k, df)
        half = reach / math.sqrt(2) * se
        single = two_means(a, b, alpha, equal_var=equal_var).p
        found.append(Pair(a.label, b.label, difference, difference - half, difference + half, single, p))
    method = "Tukey-Kramer" if equal_var else "Games-Howell"
    return Pairs(f"{method}, intervals for all pairs at once", "difference of means", tuple(found))


def pairs_of_ranks(
    data: Data,
    relation: Callable[[Sequence[str]], str],
    labels: Sequence[str],
    alpha: float,
    correction: Correction | None,
) -> Pairs:
    """Mann-Whitney tests of all pairs, corrected (Holm); `relation(labels)` is their (v, g, k)."""
    used = correction or "holm"
    tests = []
    chosen = list(combinations(labels, 2))
    for done, (a, b) in enumerate(chosen):
        data.context.step(f"comparing {a} with {b}", done / len(chosen))
        tests.append(mann_whitney(data, relation((a, b)), (a, b), alpha))
    fixed = corrected([t.p for t in tests], used)
    found = []
    for (a, b), test, p in zip(chosen, tests, fixed, strict=True):
        effect = test.effects[0]
        found.append(Pair(a, b, effect.value, effect.low, effect.high, test.p, p))
    method = f"Mann-Whitney tests, p-values corrected by {CORRECTIONS[used]}"
    return Pairs(method, "rank-biserial (Cliff's delta)", tuple(found))


def pairs_of_rows(table: Crosstab, alpha: float, seed: int, correction: Correction | None) -> Pairs:
    """Each pair of rows of a table: chi-square, or Fisher's test for a 2 × 2 table of few rows; corrected."""
    used = correction or "holm"
    tests = []
    for i, j in combinations(range(len(table.rows)), 2):
        part = _two_rows(table, i, j)
        if len(part.columns) < 2:
            continue  # both rows have one and the same level
        small = part.smallest_expected() < 5
        if len(part.columns) == 2 and small:
            test = fisher(part, alpha)
        else:
            test = chi_square(part, alpha, seed, simulate=small)
        effect = chi_square(part, alpha, seed).effects[0]
        tests.append((part.rows, effect, test.p))
    fixed = corrected([t[2] for t in tests], used)
    found = tuple(
        Pair(rows[0], rows[1], effect.value, effect.low, effect.high, p, q)
        for (rows, effect, p), q in zip(tests, fixed, strict=True)
    )
    return Pairs(f"pairs of rows, p-values corrected by {CORRECTIONS[used]}", "Cramér's V", found)


def _two_rows(table: Crosstab, i: int, j: int) -> Crosstab:
    kept = [c for c in range(len(table.columns)) if table.counts[i][c] + table.counts[j][c]]
    counts = tuple(tuple(table.counts[r][c] for c in kept) for r in (i, j))
    return Crosstab((table.rows[i], table.rows[j]), tuple(table.columns[c] for c in kept), counts)


def has_pairs(kind: Kind) -> bool:
    return kind in ("anova", "welch_anova", "kruskal", "chi2")
