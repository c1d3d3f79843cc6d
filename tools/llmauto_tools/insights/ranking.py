"""From tested candidates to the few that are told: false discoveries, scores, repetitions, diversity."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.numbers import correlation, ranks
from llmauto_tools.insights.passes import Cells, Sample
from llmauto_tools.insights.periods import DAYS, start_of
from llmauto_tools.stats.multiple import corrected

Codes = NDArray[np.int64]

LEAST_EFFECT = 0.05
"""Smaller effects are not worth a sentence, however sure they are in a large table."""
TWINS = 0.9
SAME_KIND, SAME_COLUMN = 0.72, 0.93
_TOPIC = {
    "trend": "course", "change_point": "course", "change": "last", "top_contributor": "make-up", "share": "make-up",
    "concentration": "make-up", "group_difference": "difference", "outlier": "odd",
}  # fmt: skip


def significant(candidates: Sequence[Candidate], fdr: float) -> list[Candidate]:
    """Those that pass Benjamini and Hochberg's procedure over all candidates, with their q and score.

    The tests depend on each other (they share columns); the procedure holds its rate under positive dependence
    (Benjamini and Yekutieli 2001).
    """
    q_values = corrected([c.p for c in candidates], "bh")
    passed = []
    for candidate, q in zip(candidates, q_values, strict=True):
        if q <= fdr and candidate.effect >= LEAST_EFFECT:
            passed.append(replace(candidate, q=q, score=score(candidate, q)))
    return sorted(passed, key=order)


def sure(kept: Sequence[Candidate], tested: int, fdr: float) -> list[Candidate]:
    """Those that pass the procedure again, counted without repetitions.

    One strong pattern passes in many guises, and each of them would let a further chance finding pass.
    """
    by_p = sorted(kept, key=lambda c: c.p)
    allowed = 0
    for place, candidate in enumerate(by_p, 1):
        if candidate.p * tested <= fdr * place:
            allowed = place
    limit = by_p[allowed - 1].p if allowed else -1.0
    return [c for c in kept if c.p <= limit]


def score(candidate: Candidate, q: float) -> float:
    """Effect × root of coverage × surprise × a part between 0.5 and 1 for significance."""
    sure = 0.5 + 0.5 * min(-math.log10(max(q, 1e-12)) / 6, 1.0)
    value = candidate.effect * math.sqrt(min(max(candidate.coverage, 0.0), 1.0)) * candidate.surprise * sure
    return float(f"{value:.6g}")


def order(candidate: Candidate) -> tuple[float, str]:
    return -candidate.score, candidate.key


# ---- repetitions


def topic(candidate: Candidate) -> tuple[str, ...]:
    """Two facts with the same topic say the same thing; the stronger one is told."""
    what = _TOPIC.get(candidate.kind, candidate.kind)
    if candidate.kind == "missing_pattern":
        return what, *sorted(candidate.columns)
    if candidate.form.startswith(("trend_", "change_point_", "outlier_", "last_", "season_")):
        return what, *candidate.columns, str(candidate.group), str(candidate.facts.get("season"))
    if candidate.form == "group_outlier":
        what = "difference"
    return what, *sorted(candidate.columns)


def without_repetitions(
    ranked: Iterable[Candidate], layout: Layout, cells: Sequence[Cells], sample: Sample
) -> list[Candidate]:
    """The candidates that no stronger one tells or implies."""
    kept: list[Candidate] = []
    rules: tuple[Callable[[Candidate, Candidate], bool], ...] = (
        lambda weaker, stronger: topic(weaker) == topic(stronger),
        _same_groups,
        _part_of_reversal,
        _part_of_interaction,
        _same_step,
        _same_make_up,
        lambda weaker, stronger: _twins(weaker, stronger, sample),
        lambda weaker, stronger: _rows_explain(weaker, stronger),
        lambda weaker, stronger: _through_group(weaker, stronger, cells),
    )
    for candidate in ranked:
        if any(rule(candidate, other) for other in kept for rule in rules):
            continue
        if candidate.form == "correlation" and _through_third(candidate, kept, sample):
            continue
        kept.append(candidate)
    return kept


def _same_groups(weaker: Candidate, stronger: Candidate) -> bool:
    """A difference, an odd group and cells of the same columns say much the same."""
    forms = {"mean_by_group", "rate_by_group", "group_outlier", "cells"}
    return weaker.form in forms and stronger.form in forms and set(weaker.columns) == set(stronger.columns)


def _part_of_reversal(weaker: Candidate, stronger: Candidate) -> bool:
    """The two halves of a reversal are told with it."""
    return (
        stronger.kind == "simpsons_reversal"
        and weaker.kind in ("association", "group_difference", "simpsons_reversal", "share", "top_contributor", "interaction")
        and set(weaker.columns) <= set(stronger.columns)
    )  # fmt: skip


def _part_of_interaction(weaker: Candidate, stronger: Candidate) -> bool:
    """Two interactions that share two columns and their group or measure, or the halves of one."""
    if stronger.kind != "interaction":
        return False
    if weaker.kind == "interaction":
        return set(weaker.columns) == set(stronger.columns)
    small = weaker.kind in ("association", "group_difference", "outlier", "share", "top_contributor")
    return small and set(weaker.columns) <= set(stronger.columns) and weaker.effect < 0.6 * stronger.effect


def _same_step(weaker: Candidate, stronger: Candidate) -> bool:
    """A last change that is the odd period, a line whose last step was told, the other levels of a share."""
    timed = "course" in weaker.facts and "course" in stronger.facts
    if not timed:
        return False
    same_columns = set(weaker.columns) == set(stronger.columns)
    if (
        weaker.kind in ("change", "outlier")
        and stronger.kind in ("change", "outlier", "change_point")
        and same_columns
    ):
        return _near(weaker, stronger)
    levels = weaker.group is not None and stronger.group is not None and weaker.group[0] == stronger.group[0]
    return levels and same_columns and _TOPIC.get(weaker.kind) == _TOPIC.get(stronger.kind)


def _near(a: Candidate, b: Candidate) -> bool:
    """Two moments at most one period apart, the longer one where the units differ."""
    moments = [start_of(int(c.facts["at"]), c.facts["unit"]) for c in (a, b)]
    longest = max(DAYS[c.facts["unit"]] for c in (a, b))
    return abs((moments[0] - moments[1]).total_seconds()) <= 86400 * (longest + 1)


def _same_make_up(weaker: Candidate, stronger: Candidate) -> bool:
    """The same group, or the same column, leads by several measures because it has most rows."""
    forms = {"top_of_total", "share_of_rows", "pareto"}
    if weaker.form not in forms or stronger.form not in forms or weaker.columns[0] != stronger.columns[0]:
        return False
    return weaker.group == stronger.group and abs(weaker.effect - stronger.effect) < 0.25


def _twins(weaker: Candidate, stronger: Candidate, sample: Sample) -> bool:
    """The same fact about a measure that goes with the other one nearly row by row."""
    if weaker.kind != stronger.kind or len(weaker.columns) != len(stronger.columns):
        return False
    mine, other = set(weaker.columns) - set(stronger.columns), set(stronger.columns) - set(weaker.columns)
    if len(mine) != 1 or len(other) != 1 or not (mine | other) <= set(sample.measures):
        return False
    return abs(rank_correlation(sample, mine.pop(), other.pop())) >= TWINS


def rank_correlation(sample: Sample, x: str, y: str) -> float:
    """Spearman's rho of two measures of the sample; 0 for fewer than ten common rows."""
    known = ~np.isnan(sample.measures[x]) & ~np.isnan(sample.measures[y])
    if known.sum() < 10:
        return 0.0
    return correlation(ranks(sample.measures[x][known]), ranks(sample.measures[y][known]))


def _rows_explain(weaker: Candidate, stronger: Candidate) -> bool:
    """A total that follows the number of rows, or the mean of the same measure, or another total with it."""
    if (
        weaker.facts.get("course") not in ("total", "mean", "rows")
        or weaker.kind != stronger.kind
        or weaker.group
    ):
        return False
    if (
        "course" not in stronger.facts
        or stronger.group
        or weaker.form.rsplit("_", 1)[0] != stronger.form.rsplit("_", 1)[0]
    ):
        return False
    mine, other = weaker.facts["course"], stronger.facts["course"]
    if weaker.facts.get("season") != stronger.facts.get("season"):
        return False
    if {mine, other} <= {"total", "rows"}:
        return True
    return {mine, other} == {"total", "mean"} and weaker.columns == stronger.columns


def _through_group(weaker: Candidate, stronger: Candidate, cells: Sequence[Cells]) -> bool:
    """A difference between groups that another category, which differs more, leaves nothing of."""
    forms = ("mean_by_group", "rate_by_group")
    if weaker.form not in forms or stronger.form not in forms or weaker.columns[1] != stronger.columns[1]:
        return False
    pair = {weaker.columns[0], stronger.columns[0]}
    found = next((c for c in cells if {c.first.column, c.second.column} == pair), None)
    if found is None or weaker.columns[1] not in found.moments:
        return False
    swap = found.first.column == weaker.columns[0]
    mine, other = (found.a, found.b) if swap else (found.b, found.a)
    moments = found.moments[weaker.columns[1]]
    kept = moments.n >= 5
    return _adds_nothing(moments.n[kept], moments.mean[kept], moments.variance[kept], mine[kept], other[kept])


def _adds_nothing(n: s.Values, mean: s.Values, variance: s.Values, mine: Codes, other: Codes) -> bool:
    """F-test of one factor after another, on cell means; True where less than a tenth of its effect is left."""
    if len(n) < 3:
        return False
    both, rank = s.additive_fit(n, mine, other, mean)
    centre = _level_means(n, mean, other)
    alone = _level_means(n, mean, mine)
    grand = float((n * mean).sum() / n.sum())
    gained = float((n * (mean - centre) ** 2).sum()) - float((n * (mean - both) ** 2).sum())
    own = float((n * (alone - grand) ** 2).sum())
    df = rank - len(np.unique(other))
    within_df = float((n - 1).sum())
    within = float(((n - 1) * variance).sum()) / max(within_df, 1)
    if df < 1:
        return True  # nested in the other
    p = s.f_p(gained / df / within, df, within_df) if within > 0 else 0.0
    return p > 0.01 or gained - df * within < 0.1 * own


def _level_means(n: s.Values, mean: s.Values, codes: Codes) -> s.Values:
    at = np.unique(codes, return_inverse=True)[1]
    return np.asarray((np.bincount(at, n * mean) / np.bincount(at, n))[at])


def _through_third(weaker: Candidate, kept: Sequence[Candidate], sample: Sample) -> bool:
    """A correlation of which little is left given a column that goes with both (partial correlation of ranks)."""
    told = [set(c.columns) for c in kept if c.form == "correlation"]
    x, y = weaker.columns
    for z in {c for pair in told for c in pair} - {x, y}:
        if {x, z} in told and {y, z} in told and _left(sample, x, y, z) < 0.35 * weaker.effect:
            return True
    return False


def _left(sample: Sample, x: str, y: str, z: str) -> float:
    columns = [sample.measures[name] for name in (x, y, z)]
    known = ~np.isnan(np.sum(columns, axis=0))
    u, v, w = (ranks(c[known]) for c in columns)
    a, b, c = correlation(u, v), correlation(u, w), correlation(v, w)
    scale = math.sqrt(max((1 - b * b) * (1 - c * c), 1e-12))
    return abs(a - b * c) / scale


# ---- diversity


def diverse(candidates: Sequence[Candidate], count: int) -> list[Candidate]:
    """At most `count`, taken one by one; each further fact of a kind, or on a column, counts less."""
    left, taken = list(candidates), list[Candidate]()
    kinds: Counter[str] = Counter()
    columns: Counter[str] = Counter()
    while left and len(taken) < count:
        best = min(left, key=lambda c: (-c.score * SAME_KIND ** kinds[c.kind] * _familiar(c, columns), c.key))
        left.remove(best)
        taken.append(best)
        kinds[best.kind] += 1
        columns.update(best.columns)
    return taken


def _familiar(candidate: Candidate, columns: Counter[str]) -> float:
    return float(SAME_COLUMN ** (sum(columns[c] for c in candidate.columns) / max(len(candidate.columns), 1)))
