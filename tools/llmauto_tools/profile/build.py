"""Put a profile together: plan on a sample, measure the whole table, look for keys and associations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmauto_tools.columns import find_column, find_columns, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.profile.associations import Measured, associate
from llmauto_tools.profile.counts import TOP_VALUES, Counts, count
from llmauto_tools.profile.keys import joins, pair_keys
from llmauto_tools.profile.kinds import Kind, semantic_kinds
from llmauto_tools.profile.model import ColumnProfile, Histogram, Profile
from llmauto_tools.profile.plans import ColumnPlan, plan_columns
from llmauto_tools.profile.sample import Sample, draw_sample
from llmauto_tools.profile.scan import Scanned, scan
from llmauto_tools.profile.times import time_histogram, times_of
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

MAX_COLUMNS = 200
"""Columns of a wider table that are profiled when none are named."""
ASSOCIATED_KINDS = {"number", "money", "geo", "date", "category", "boolean"}
MAX_LEVELS = 1_000
"""Texts with more different values are no categories to associate with."""


def build_profile(
    workspace: Workspace,
    table: Table,
    names: Sequence[str] | None,
    target: str | None,
    associations: bool,
    seed: int,
    context: ToolContext,
) -> Profile:
    """The profile of a table, or of some of its columns.

    Three scans: one draws the sample, one measures, one counts. Raises InvalidArguments for columns that
    the table lacks and for a target that nothing can go with.
    """
    columns = _columns(table, names, target)
    context.step("drawing a sample", 0.0)
    rows = table.row_count
    if rows is None:
        rows = int(
            workspace.engine.scalar(f"SELECT count(*) FROM {quoted(table.name)}", timeout=context.timeout)
        )
    kinds = semantic_kinds(workspace, table.name, [c.name for c in columns], timeout=context.timeout)
    with draw_sample(workspace, table.name, columns, rows, seed, context.timeout) as sample:
        plans = plan_columns(sample)
        rows, scanned, scans = scan(workspace, table.name, columns, plans, context)
        counted, counts = count(workspace, table.name, columns, plans, context)
        profiled = [
            _profiled(c, kinds[c.name], rows, p, s, n)
            for c, p, s, n in zip(columns, plans, scanned, counted, strict=True)
        ]
        goal = _target(table, target, profiled)
        measured = _associations(sample, profiled, goal, context) if associations else Measured((), 0, (), 0)
        pairs, compared = pair_keys(workspace, table.name, profiled, sample, context)
        return Profile(
            table=table.name, rows=rows, all_columns=len(table.columns), columns=tuple(profiled),
            sample_rows=sample.rows, seed=seed, target=goal, associations=measured.associations,
            association_rows=measured.rows, associated=measured.associated, left_out=measured.left_out,
            pair_keys=tuple(pairs), joins=tuple(joins(workspace, table.name)),
            statements=(*scans, *counts, *compared),
        )  # fmt: skip


def _columns(table: Table, names: Sequence[str] | None, target: str | None) -> list[Column]:
    columns = find_columns(table, names)
    if names is None:
        columns = columns[:MAX_COLUMNS]
    if not columns:
        raise InvalidArguments("No column was named.", "Leave `columns` out to profile all of them.")
    if target is not None and (goal := find_column(table, target)) not in columns:
        columns.append(goal)
    return columns


def _profiled(
    column: Column, kind: Kind, rows: int, plan: ColumnPlan, scanned: Scanned, counts: Counts
) -> ColumnProfile:
    by_value = counts.distinct if counts.distinct is not None else scanned.distinct
    distinct = by_value or 0
    unique = scanned.unique or (plan.by_value and 0 < rows == scanned.present == distinct)
    return ColumnProfile(
        column=column, kind=kind, rows=rows, present=scanned.present, distinct=distinct,
        distinct_error=0.0 if counts.distinct is not None else scanned.distinct_error, unique=unique,
        compared_share=1.0 if plan.by_value else scanned.compared_share, numbers=scanned.numbers,
        texts=scanned.texts, times=times_of(column, plan, scanned, counts),
        top=() if unique else (counts.top or scanned.frequent)[:TOP_VALUES], histogram=_histogram(plan, counts),
    )  # fmt: skip


def _histogram(plan: ColumnPlan, counts: Counts) -> Histogram | None:
    if plan.time_unit is not None:
        return time_histogram(plan.time_unit, counts.by_unit or {})
    if plan.bins is None or counts.by_bin is None:
        return None
    inside = tuple(counts.by_bin.get(i, 0) for i in range(plan.bins.count))
    return Histogram(plan.bins.edges, inside, counts.by_bin.get(-1, 0), counts.by_bin.get(plan.bins.count, 0))


# ---- associations


def _target(table: Table, target: str | None, columns: Sequence[ColumnProfile]) -> str | None:
    """The target's name. Raises InvalidArguments where nothing can go with it."""
    if target is None:
        return None
    name = find_column(table, target).name
    goal = next(c for c in columns if c.name == name)
    if goal.kind in ("constant", "empty") or goal.distinct < 2:
        has = "no value" if goal.present == 0 else "one value only"
        raise InvalidArguments(
            f"The target '{name}' has {has}, so nothing can go with it.", "Choose a target that varies."
        )
    if not _takes_part(goal, goal=True):
        raise InvalidArguments(
            f"The target '{name}' has {goal.distinct:,} different values of kind '{goal.kind}'; associations need a"
            " number, a date or a category.",
            "Choose another target, or leave it out.",
        )
    return name


def _takes_part(column: ColumnProfile, goal: bool = False) -> bool:
    if column.distinct < 2 or column.column.family in ("other", "time"):
        return False
    is_number = column.column.family in ("number", "date")
    if not is_number and column.distinct > MAX_LEVELS:
        return False
    return column.kind in ASSOCIATED_KINDS or (goal and not column.unique)


def _associations(
    sample: Sample, columns: Sequence[ColumnProfile], target: str | None, context: ToolContext
) -> Measured:
    taking_part = [i for i, c in enumerate(columns) if c.name == target or _takes_part(c)]
    goal = sample.position(target) if target is not None else None
    if len(taking_part) < 2:
        return Measured((), 0, (), 0)
    return associate(sample, taking_part, goal, context.step)
