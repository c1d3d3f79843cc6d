"""The search: read the table, test every candidate, keep what passes, tell the best."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.extras import require
from llmauto_tools.insights import (
    crossed,
    entities,
    gaps,
    groups,
    layout,
    numbers,
    passes,
    periods,
    ranking,
    tell_crossed,
    tell_gaps,
    tell_groups,
    tell_numbers,
    tell_times,
    times,
    words,
)
from llmauto_tools.insights.evidence import MAX_ROWS, Desk, Told
from llmauto_tools.insights.model import Candidate, Insight
from llmauto_tools.registry import ToolContext

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Teller = Callable[[Desk, Candidate], Told | None]
MIN_ROWS = 20


@dataclass(frozen=True)
class Request:
    """What is asked for; the fields are the arguments of `insights.find`."""

    table: str
    target: str | None = None
    time: str | None = None
    groups: tuple[str, ...] | None = None
    count: int = 10
    fdr: float = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Findings:
    """The insights, and what they were chosen from."""

    insights: tuple[Insight, ...]
    layout: layout.Layout
    tested: int
    passed: int
    notes: tuple[str, ...]
    candidates: tuple[Candidate, ...] = ()
    """All that were tested."""


_TELLERS: dict[str, Teller] = {
    "mean_by_group": tell_groups.mean_by_group, "rate_by_group": tell_groups.mean_by_group,
    "group_outlier": tell_groups.group_outlier, "top_of_total": tell_groups.make_up,
    "share_beyond_rows": tell_groups.make_up, "share_of_rows": tell_groups.share_of_rows, "pareto": tell_groups.pareto,
    "cells": tell_crossed.cells, "cell_mean": tell_crossed.cell_mean, "groups": tell_crossed.reversal,
    "correlation": tell_numbers.correlation, "curve": tell_numbers.curve, "slopes": tell_numbers.slopes,
    "slopes_reversed": tell_numbers.slopes_reversed, "by_group": tell_gaps.by_group, "by_number": tell_gaps.by_number,
    "together": tell_gaps.together,
}  # fmt: skip
_TIMED: tuple[tuple[str, Teller], ...] = (
    ("trend_", tell_times.trend), ("change_point_", tell_times.change_point), ("outlier_", tell_times.outlier),
    ("last_", tell_times.last_change), ("season_", tell_times.season),
)  # fmt: skip


def search(workspace: Workspace, request: Request, context: ToolContext | None = None) -> Findings:
    """Find what stands out. Raises as `insights.find` does."""
    require("scipy", "Finding insights", "ml")
    context = context or ToolContext("insights")
    table = workspace.table(request.table)
    plan = layout.lay_out(workspace, table, request.target, request.time, request.groups, context)
    if plan.rows < MIN_ROWS:
        return Findings(
            (), plan, 0, 0, (*plan.notes, f"{plan.rows} rows are too few to tell a pattern from chance.")
        )
    plan, grouped = passes.read_groups(workspace, plan, context)
    timeline = periods.read_timeline(workspace, plan, context)
    cells, cell_rows = passes.read_cells(workspace, plan, context, request.seed)
    sample = passes.read_sample(workspace, plan, context, request.seed)
    context.step("testing", 0.55)
    tested = [
        *groups.group_facts(plan, grouped),
        *times.time_facts(plan, timeline, lambda: context.step("testing courses", 0.65)),
        *crossed.crossed_facts(plan, cells),
        *numbers.number_facts(plan, sample),
        *gaps.gap_facts(plan, grouped, sample),
        *entities.entity_facts(workspace, plan, context),
    ]
    passed = ranking.significant(tested, request.fdr)
    kept = ranking.without_repetitions(passed, plan, cells, sample)
    kept = ranking.sure(kept, len(tested), request.fdr)

    def run(sql: str) -> tuple[tuple[object, ...], ...]:
        return workspace.engine.query(sql, max_rows=MAX_ROWS, timeout=context.timeout).rows

    desk = Desk(plan, sample, timeline, run)
    insights = _told(desk, kept, request.count, context)
    return Findings(
        insights,
        plan,
        len(tested),
        len(passed),
        (*plan.notes, *_notes(plan, timeline, sample, cell_rows)),
        tuple(tested),
    )


def _told(desk: Desk, kept: list[Candidate], count: int, context: ToolContext) -> tuple[Insight, ...]:
    """The best in words. What the numbers of the whole table do not bear out is passed over for the next."""
    told: list[Insight] = []
    for candidate, words_of in _tellable(desk, ranking.diverse(kept, len(kept)), context, count):
        told.append(_insight(f"i{len(told) + 1}", candidate, words_of))
        if len(told) == count:
            break
    return tuple(told)


def _tellable(
    desk: Desk, ranked: list[Candidate], context: ToolContext, count: int
) -> Iterator[tuple[Candidate, Told]]:
    for i, candidate in enumerate(ranked):
        context.step("telling", 0.75 + 0.24 * min(i / max(count, 1), 1.0))
        told = teller_of(candidate)(desk, candidate)
        if told is not None:
            yield candidate, told


def teller_of(candidate: Candidate) -> Teller:
    """The function that tells a candidate of this form."""
    found = _TELLERS.get(candidate.form)
    return found or next(teller for start, teller in _TIMED if candidate.form.startswith(start))


def _insight(name: str, c: Candidate, told: Told) -> Insight:
    return Insight(
        id=name, kind=c.kind, title_en=told.title_en, title_zh=told.title_zh, sentence_en=told.sentence_en,
        sentence_zh=told.sentence_zh, caveat_en=" ".join(en for en, _ in told.caveats),
        caveat_zh="".join(zh for _, zh in told.caveats), values=told.values, formats=told.formats,
        score=words.rounded(c.score, 6), p=words.rounded(c.p, 6), q=words.rounded(c.q, 6),
        effect=words.rounded(c.effect, 6), effect_name=c.effect_name, coverage=words.rounded(c.coverage, 6),
        columns=c.columns, group=c.group, form=c.form, section=told.section, chart=told.chart, sql=told.sql,
    )  # fmt: skip


def _notes(
    plan: layout.Layout, timeline: periods.Timeline | None, sample: passes.Sample, cell_rows: int
) -> Iterator[str]:
    if plan.time is not None and timeline is None:
        yield f"'{plan.time.label}' spans too few periods with rows; nothing was looked for over time."
    if not sample.whole and sample.measures:
        error = 2 / math.sqrt(sample.rows)
        yield f"Correlations were tested on a sample of {sample.rows:,} of {sample.of:,} rows (good to about ±{error:.2g})."
    if cell_rows < plan.rows:
        yield f"Pairs of groups were tested on a sample of about {cell_rows:,} of {plan.rows:,} rows; the numbers told are of all rows."
