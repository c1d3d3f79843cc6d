"""Rank tests, exact on any number of rows: DuckDB counts the values, and ranks are sums of counts.

Ranks are doubled so that the mean rank of a tie is a whole number; sums are HUGEINT and lose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from llmauto_tools.stats.data import Data, text
from llmauto_tools.stats.effects import cliffs_delta, matched_rank_biserial, rank_share
from llmauto_tools.stats.outcome import Alternative, Effect, Outcome

EXACT_MANN_WHITNEY = 8
"""Up to this many values in the smaller group, without ties, scipy's p-value is exact."""

EXACT_OTHER = 500
"""The larger group's size up to which the exact distribution is computed."""

EXACT_WILCOXON = 50


def mann_whitney(
    data: Data, grouped: str, labels: tuple[str, str], alpha: float, alternative: Alternative = "two-sided"
) -> Outcome:
    """The Mann-Whitney U test of two groups of a relation (v, g, k); equals scipy.stats.mannwhitneyu.

    The statistic is U of the first group. The p-value is exact for a group of at most 8 values without
    ties, else normal with the corrections for ties and continuity (Mann and Whitney 1947).
    """
    n1, n2, doubled, ties, dots, dots_own = _two_groups(data, grouped, labels)
    u = doubled / 2 - n1 * (n1 + 1) / 2
    small = min(n1, n2) <= EXACT_MANN_WHITNEY and max(n1, n2) <= EXACT_OTHER and ties == 0
    if small:
        p = _exact_mann_whitney(data, grouped, labels, alternative)
    else:
        p = _normal_mann_whitney(u, n1, n2, ties, alternative)
    delta = 2 * u / (n1 * n2) - 1
    effect = cliffs_delta(delta, _variance_of_delta(delta, n1, n2, dots, dots_own), n1, n2, alpha)
    chance = Effect("chance that a value of the first group is larger", u / (n1 * n2))
    return Outcome(
        kind="mann_whitney", statistic_name="U", statistic=u, p=p, n=n1 + n2, effects=(effect, chance),
        variant="exact" if small else "",
    )  # fmt: skip


def _two_groups(
    data: Data, grouped: str, labels: tuple[str, str]
) -> tuple[int, int, int, int, tuple[int, int], int]:
    """n1, n2, twice the rank sum of the first group, sum of t³ - t, and sums for the variance of delta."""
    first, second = (text(label) for label in labels)
    row = data.row(
        f"WITH c AS (SELECT v, count(*) FILTER (g = {first})::HUGEINT AS a,"
        f" count(*) FILTER (g = {second})::HUGEINT AS b FROM ({grouped}) GROUP BY v),"
        " r AS (SELECT a, b, a + b AS t, sum(a) OVER w AS ca, sum(b) OVER w AS cb, sum(a) OVER () AS na,"
        " sum(b) OVER () AS nb FROM c WINDOW w AS (ORDER BY v))"
        " SELECT sum(a)::HUGEINT, sum(b)::HUGEINT, sum(a * (2 * (ca + cb) - t + 1))::HUGEINT,"
        " sum(t * t * t - t)::HUGEINT,"
        " sum(a * (2 * cb - b - nb) * (2 * cb - b - nb))::HUGEINT,"
        " sum(b * (2 * ca - a - na) * (2 * ca - a - na))::HUGEINT, sum(a * b)::HUGEINT FROM r"
    )
    n1, n2, doubled, ties, dot1, dot2, equal = (int(x) for x in row)
    return n1, n2, doubled, ties, (dot1, dot2), n1 * n2 - equal


def _exact_mann_whitney(data: Data, grouped: str, labels: tuple[str, str], alternative: Alternative) -> float:
    from scipy.stats import mannwhitneyu

    a, b = (data.arrays(f"SELECT v FROM ({grouped}) WHERE g = {text(label)}")[0] for label in labels)
    return float(mannwhitneyu(a, b, alternative=alternative, method="exact").pvalue)


def _normal_mann_whitney(u: float, n1: int, n2: int, ties: int, alternative: Alternative) -> float:
    from scipy.stats import norm

    n = n1 + n2
    spread = math.sqrt(n1 * n2 / 12 * ((n + 1) - ties / (n * (n - 1))))
    largest = {"greater": u, "less": n1 * n2 - u, "two-sided": max(u, n1 * n2 - u)}[alternative]
    z = (largest - n1 * n2 / 2 - 0.5) / spread
    return min(float(norm.sf(z)) * (2 if alternative == "two-sided" else 1), 1.0)


def _variance_of_delta(delta: float, n1: int, n2: int, dots: tuple[int, int], unequal: int) -> float:
    """Cliff's (1993) consistent variance, from the sums of squares of each value's own dominance."""
    if n1 < 2 or n2 < 2:
        return 1.0
    rows = dots[0] / n2**2 - n1 * delta**2
    columns = dots[1] / n1**2 - n2 * delta**2
    cells = unequal - n1 * n2 * delta**2
    variance = (n2**2 * rows + n1**2 * columns - cells) / (n1 * n2 * (n1 - 1) * (n2 - 1))
    return max(variance, (1 - delta**2) / (n1 * n2 - 1))


def kruskal(data: Data, grouped: str, alpha: float) -> Outcome:
    """The Kruskal-Wallis test of the groups of a relation (v, g, k); equals scipy.stats.kruskal."""
    from scipy.stats import chi2

    rows = data.rows(_rank_sums(grouped))
    n = sum(int(r[1]) for r in rows)
    ties = int(rows[0][3])
    squares = math.fsum((int(r[2]) / 2) ** 2 / int(r[1]) for r in rows)
    h = (12 / (n * (n + 1)) * squares - 3 * (n + 1)) / (1 - ties / (n**3 - n))
    df = len(rows) - 1
    return Outcome(
        kind="kruskal", statistic_name="H", statistic=h, p=float(chi2.sf(h, df)), n=n, df=(float(df),),
        effects=(rank_share(h, len(rows), n, alpha),),
    )  # fmt: skip


def _rank_sums(grouped: str) -> str:
    """g, n, twice the rank sum, and the tie term of all groups together."""
    return (
        f"WITH c AS (SELECT v, g, count(*)::HUGEINT AS n FROM ({grouped}) GROUP BY v, g),"
        " t AS (SELECT v, sum(n)::HUGEINT AS t FROM c GROUP BY v),"
        " r AS (SELECT v, t, 2 * sum(t) OVER (ORDER BY v) - t + 1 AS doubled FROM t)"
        " SELECT g, sum(n)::HUGEINT, sum(n * doubled)::HUGEINT,"
        " (SELECT sum(t * t * t - t)::HUGEINT FROM t) FROM c JOIN r USING (v) GROUP BY g ORDER BY g"
    )


def wilcoxon(data: Data, differences: str, alpha: float, alternative: Alternative = "two-sided") -> Outcome:
    """Wilcoxon's signed-rank test of a relation of differences v; equals scipy.stats.wilcoxon.

    Differences of zero are left out. Up to 50 pairs scipy computes the p-value (exact where it can be),
    beyond it is normal with the correction for ties. The statistic is the smaller rank sum of a two-sided
    test, else the sum of the positive ranks.
    """
    row = data.row(
        "WITH c AS (SELECT abs(v) AS m, count(*) FILTER (v > 0)::HUGEINT AS a, count(*)::HUGEINT AS t"
        f" FROM ({differences}) WHERE v <> 0 GROUP BY m),"
        " r AS (SELECT a, t, 2 * sum(t) OVER (ORDER BY m) - t + 1 AS doubled FROM c)"
        " SELECT sum(t)::HUGEINT, sum(a * doubled)::HUGEINT, sum(t * t * t - t)::HUGEINT,"
        f" (SELECT count(*) FROM ({differences})) FROM r"
    )
    n, doubled, ties, pairs = (int(x or 0) for x in row)
    plus = doubled / 2
    minus = n * (n + 1) / 2 - plus
    variant = ""
    if pairs <= EXACT_WILCOXON:
        p = _small_wilcoxon(data, differences, alternative)
        variant = "exact" if not ties and n == pairs else ""
    else:
        p = _normal_wilcoxon(plus, n, ties, alternative)
    return Outcome(
        kind="wilcoxon", statistic_name="W", n=pairs, p=p, variant=variant,
        statistic=min(plus, minus) if alternative == "two-sided" else plus,
        effects=(matched_rank_biserial(plus, minus, n, alpha),),
        notes=(f"{pairs - n:,} differences of zero count for neither side.",) if n < pairs else (),
    )  # fmt: skip


def _small_wilcoxon(data: Data, differences: str, alternative: Alternative) -> float:
    from scipy.stats import wilcoxon as reference

    return float(reference(data.arrays(differences)[0], alternative=alternative).pvalue)


def _normal_wilcoxon(plus: float, n: int, ties: int, alternative: Alternative) -> float:
    from scipy.stats import norm

    spread = math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24)
    z = (plus - n * (n + 1) / 4) / spread
    if alternative == "two-sided":
        return float(2 * norm.sf(abs(z)))
    return float(norm.sf(z) if alternative == "greater" else norm.cdf(z))


def kolmogorov_smirnov(data: Data, grouped: str, labels: tuple[str, str], sizes: tuple[int, int]) -> Outcome:
    """The two-sample Kolmogorov-Smirnov test; equals scipy.stats.ks_2samp.

    Exact up to 10,000 values a group; beyond, the distance is still exact and its p-value Smirnov's.
    """
    from scipy.stats import ks_2samp, kstwo

    if max(sizes) <= 10_000:
        a, b = (data.arrays(f"SELECT v FROM ({grouped}) WHERE g = {text(label)}")[0] for label in labels)
        found = ks_2samp(a, b)
        distance, p = float(found.statistic), float(found.pvalue)
    else:
        distance = float(data.row(_largest_gap(grouped, labels))[0])
        p = float(min(max(kstwo.sf(distance, round(sizes[0] * sizes[1] / sum(sizes))), 0.0), 1.0))
    return Outcome(
        kind="ks", statistic_name="D", statistic=distance, p=p, n=sum(sizes),
        effects=(Effect("largest gap between the distributions", distance),),
    )  # fmt: skip


def _largest_gap(grouped: str, labels: Sequence[str]) -> str:
    first, second = (text(label) for label in labels)
    return (
        f"WITH c AS (SELECT v, count(*) FILTER (g = {first}) AS a, count(*) FILTER (g = {second}) AS b"
        f" FROM ({grouped}) GROUP BY v),"
        " r AS (SELECT sum(a) OVER w AS ca, sum(b) OVER w AS cb, sum(a) OVER () AS na,"
        " sum(b) OVER () AS nb FROM c WINDOW w AS (ORDER BY v))"
        " SELECT max(abs(ca / na - cb / nb)) FROM r"
    )
