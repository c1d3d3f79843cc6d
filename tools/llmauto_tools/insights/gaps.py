"""Facts about missing values: with which groups, numbers and other gaps they go."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from llmauto_tools.insights import significance as s
from llmauto_tools.insights.layout import Layout
from llmauto_tools.insights.model import Candidate
from llmauto_tools.insights.numbers import ranks
from llmauto_tools.insights.passes import Groups, Sample

MIN_MISSING = 10
SURPRISE = 0.95


def gap_facts(layout: Layout, groups: list[Groups], sample: Sample) -> Iterator[Candidate]:
    """The candidates of every column with gaps. Facts over time are in times.py."""
    for gap in layout.gaps:
        if min(gap.missing, layout.rows - gap.missing) < MIN_MISSING:
            continue
        for found in groups:
            name = found.category.column
            if name != gap.column and layout.wanted(gap.column, name):
                yield _by_group(layout, gap.column, found)
        for m in layout.measures:
            if m.column != gap.column and m.column in sample.measures and layout.wanted(gap.column, m.column):
                yield from _by_number(gap.column, m.column, sample)
    for a, b in itertools.combinations([g.column for g in layout.gaps], 2):
        if layout.wanted(a, b):
            yield from _together(a, b, sample)


def _by_group(layout: Layout, column: str, groups: Groups) -> Candidate:
    missing = groups.gaps[column]
    p, v, _ = s.chi_square(np.column_stack([missing, groups.rows - missing]))
    share = missing / np.maximum(groups.rows, 1)
    overall = float(missing.sum() / groups.rows.sum())
    top = int(np.argmax(np.abs(share - overall) * np.sqrt(groups.rows)))
    level = groups.category.levels[top]
    return Candidate(
        "missing_pattern", "by_group", (column, groups.category.column), p, v, "Cramér's V",
        float(groups.rows.sum()) / max(layout.rows, 1), SURPRISE, (groups.category.column, level), {"level": level},
    )  # fmt: skip


def _by_number(column: str, measure: str, sample: Sample) -> Iterator[Candidate]:
    """The ranks of a number where another column is missing, against the rest (Welch's t on ranks)."""
    values, gap = sample.measures[measure], sample.gaps[column]
    known = ~np.isnan(values)
    r, flag = ranks(values[known]), gap[known]
    n1, n2 = int(flag.sum()), int((~flag).sum())
    if min(n1, n2) < MIN_MISSING:
        return
    m1, m2 = float(r[flag].mean()), float(r[~flag].mean())
    v1, v2 = float(r[flag].var(ddof=1)) / n1, float(r[~flag].var(ddof=1)) / n2
    if v1 + v2 <= 0:
        return
    df = (v1 + v2) ** 2 / (v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    p = s.t_p((m1 - m2) / math.sqrt(v1 + v2), df)
    yield Candidate(
        "missing_pattern", "by_number", (column, measure), p, s.from_d(m1 - m2), "standardised difference of ranks",
        float(known.mean()), SURPRISE,
    )  # fmt: skip


def _together(a: str, b: str, sample: Sample) -> Iterator[Candidate]:
    x, y = sample.gaps[a], sample.gaps[b]
    if min(x.sum(), y.sum(), (~x).sum(), (~y).sum()) < MIN_MISSING:
        return
    table = np.array([[(x & y).sum(), (x & ~y).sum()], [(~x & y).sum(), (~x & ~y).sum()]], dtype=float)
    p, v, _ = s.chi_square(table)
    yield Candidate("missing_pattern", "together", (a, b), p, v, "Cramér's V", 1.0, SURPRISE)
