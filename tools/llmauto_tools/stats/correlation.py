"""Correlations of two columns of numbers."""

from __future__ import annotations

import math

from llmauto_tools.stats.data import Data
from llmauto_tools.stats.effects import correlation_interval
from llmauto_tools.stats.means import tail
from llmauto_tools.stats.outcome import Alternative, Outcome

KENDALL_ROWS = 50_000
"""Kendall's tau is computed on at most about this many pairs."""


def pearson(data: Data, pairs: str, alpha: float, alternative: Alternative = "two-sided") -> Outcome:
    """Pearson's correlation of a relation (x, y); equals scipy.stats.pearsonr.

    The sums are of deviations from the means, so that large means lose no digits.
    """
    n, sxx, syy, sxy = data.row(
        f"WITH d AS ({pairs}), m AS (SELECT favg(x) AS mx, favg(y) AS my FROM d)"
        " SELECT count(*), fsum((x - mx) ** 2), fsum((y - my) ** 2), fsum((x - mx) * (y - my)) FROM d, m"
    )
    r = max(min(sxy / math.sqrt(sxx) / math.sqrt(syy), 1.0), -1.0)
    return _outcome("pearson", r, int(n), alpha, _p_of_pearson(r, int(n), alternative))


def _p_of_pearson(r: float, n: int, alternative: Alternative) -> float:
    """From r's own distribution under independence, a beta distribution on (-1, 1), as scipy does."""
    from scipy.stats import beta

    distribution = beta(n / 2 - 1, n / 2 - 1, loc=-1, scale=2)
    if alternative == "two-sided":
        return float(2 * distribution.sf(abs(r)))
    return float(distribution.sf(r) if alternative == "greater" else distribution.cdf(r))


def spearman(data: Data, pairs: str, alpha: float, alternative: Alternative = "two-sided") -> Outcome:
    """Spearman's correlation with mean ranks of ties; equals scipy.stats.spearmanr.

    Ranks come from DuckDB's windows and are whole numbers (doubled), so that their sums are exact. The
    p-value is Student's t with n - 2 degrees of freedom.
    """
    n, sx, sy, sxx, syy, sxy = (
        int(x)
        for x in data.row(
            "WITH r AS (SELECT (2 * rank() OVER (ORDER BY x) + count(*) OVER (PARTITION BY x) - 1)::HUGEINT"
            " AS x, (2 * rank() OVER (ORDER BY y) + count(*) OVER (PARTITION BY y) - 1)::HUGEINT AS y"
            f" FROM ({pairs}))"
            " SELECT count(*), sum(x)::HUGEINT, sum(y)::HUGEINT, sum(x * x)::HUGEINT, sum(y * y)::HUGEINT,"
            " sum(x * y)::HUGEINT FROM r"
        )
    )
    r = (n * sxy - sx * sy) / math.sqrt(n * sxx - sx * sx) / math.sqrt(n * syy - sy * sy)
    r = max(min(r, 1.0), -1.0)
    if abs(r) == 1:
        p = _certain(r, alternative)
    else:
        p = tail(r * math.sqrt((n - 2) / ((1 + r) * (1 - r))), n - 2, alternative)
    return _outcome("spearman", r, n, alpha, p)


def _certain(r: float, alternative: Alternative) -> float:
    return 0.0 if alternative in ("two-sided", "greater" if r > 0 else "less") else 1.0


def kendall(
    data: Data, pairs: str, n: int, alpha: float, seed: int, alternative: Alternative = "two-sided"
) -> Outcome:
    """Kendall's tau-b; equals scipy.stats.kendalltau. On a sample of KENDALL_ROWS pairs where there are more."""
    from scipy.stats import kendalltau

    x, y = data.sample(pairs, KENDALL_ROWS, n, seed)
    found = kendalltau(x, y, alternative=alternative)
    notes: tuple[str, ...] = ()
    if len(x) < n:
        notes = (f"Kendall's tau is of a random sample of {len(x):,} of the {n:,} pairs.",)
    effect = correlation_interval("kendall", float(found.statistic), len(x), alpha)
    return Outcome(
        kind="kendall", statistic_name="tau", statistic=float(found.statistic), p=float(found.pvalue),
        n=len(x), effects=(effect,), notes=notes,
    )  # fmt: skip


def _outcome(kind: str, r: float, n: int, alpha: float, p: float) -> Outcome:
    return Outcome(
        kind="pearson" if kind == "pearson" else "spearman",
        statistic_name="r" if kind == "pearson" else "rho",
        statistic=r, p=p, n=n, df=(float(n - 2),), effects=(correlation_interval(kind, r, n, alpha),),
    )  # fmt: skip
