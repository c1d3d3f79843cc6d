"""The passes over the table: groups, pairs of groups, and a sample for what needs ranks.

Numbers are summed as (x - mean) / deviation, so that sums of squares lose no digits to a large mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from llmauto_tools.columns import quoted
from llmauto_tools.insights.layout import MAX_LEVELS, Category, Layout, Measure
from llmauto_tools.sampling import sample_sql

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

Values = NDArray[np.float64]

PAIR_ROWS = 2_000_000
"""Pairs of categories are screened on a sample of a larger table."""
PAIR_MEASURES = 6
PAIRED = 6
"""Categories of which every pair is looked at."""
SAMPLE_ROWS = 50_000
RANKED_MEASURES = 12


@dataclass(frozen=True)
class Moments:
    """Rows with a value, their mean and their variance (n - 1), per group."""

    n: Values
    mean: Values
    variance: Values

    @property
    def total(self) -> Values:
        return self.n * self.mean

    @property
    def squares(self) -> Values:
        """The sum of squares."""
        return self.variance * np.maximum(self.n - 1, 0) + self.n * self.mean**2


@dataclass(frozen=True)
class Groups:
    """The levels of a category, most rows first, with moments per measure and missing values per column."""

    category: Category
    rows: Values
    moments: dict[str, Moments]
    gaps: dict[str, Values]


@dataclass(frozen=True)
class Cells:
    """The cells of two categories: long arrays of codes (-1: other levels), rows, and moments per measure.

    `logs` holds the moments of the logarithm of measures that are positive.
    """

    first: Category
    second: Category
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    rows: Values
    moments: dict[str, Moments]
    logs: dict[str, Moments]
    read: float
    """All rows that were read, those without a value too."""


@dataclass(frozen=True)
class Sample:
    """Rows in memory: measures (NaN: missing), codes of categories (-1: other, -2: missing), gaps."""

    rows: int
    of: int
    measures: dict[str, Values]
    codes: dict[str, NDArray[np.int64]]
    gaps: dict[str, NDArray[np.bool_]]

    @property
    def whole(self) -> bool:
        return self.rows == self.of


def standard(measure: Measure) -> str:
    """A measure in deviations from its mean."""
    return f"(({measure.sql}) - {measure.mean!r}::DOUBLE) / {measure.std!r}::DOUBLE"


def sums(measures: Sequence[Measure]) -> str:
    """Select list: n{i}, s{i}, q{i} of the columns z{i}."""
    return "".join(
        f", count(z{i})::DOUBLE AS n{i}, sum(z{i}) AS s{i}, sum(z{i} * z{i}) AS q{i}"
        for i in range(len(measures))
    )


def moments_of(measure: Measure, n: Values, s: Values, q: Values) -> Moments:
    """Back from the sums of standardised values; variance 0 below two rows."""
    s, q = np.nan_to_num(s), np.nan_to_num(q)
    mean = np.divide(s, n, out=np.zeros_like(s), where=n > 0)
    spread = np.maximum(q - n * mean**2, 0)
    variance = np.divide(spread, n - 1, out=np.zeros_like(s), where=n > 1)
    variance[variance < 1e-20] = 0
    return Moments(n, measure.mean + measure.std * mean, measure.std**2 * variance)


def _columns(table: Any) -> dict[str, Any]:
    return {
        name: column.to_numpy(zero_copy_only=False)
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def read_groups(workspace: Workspace, layout: Layout, context: ToolContext) -> tuple[Layout, list[Groups]]:
    """Every category in one scan; the layout with its levels. One with too many levels becomes an entity."""
    if not layout.categories:
        return layout, []
    context.step("comparing groups", 0.12)
    few, many = _split_by_levels(workspace, layout, context)
    layout = replace(layout, categories=tuple(few), entities=(*many, *layout.entities)[:3])
    if not few:
        return layout, []
    inner = [f"({c.sql}) AS g{i}" for i, c in enumerate(few)]
    inner += [f"{standard(m)} AS z{i}" for i, m in enumerate(layout.measures)]
    inner += [f"({quoted(g.column)} IS NULL)::INT AS k{i}" for i, g in enumerate(layout.gaps)]
    which = " ".join(f"WHEN grouping(g{i}) = 0 THEN {i}" for i in range(len(few)))
    level = " ".join(f"WHEN grouping(g{i}) = 0 THEN g{i}" for i in range(len(few)))
    gaps = "".join(f", sum(k{i})::DOUBLE AS k{i}" for i in range(len(layout.gaps)))
    sql = (
        f"SELECT CASE {which} END AS category, CASE {level} END AS level, count(*)::DOUBLE AS n{sums(layout.measures)}{gaps}"
        f" FROM (SELECT {', '.join(inner)} FROM {quoted(layout.table.name)})"
        f" GROUP BY GROUPING SETS ({', '.join(f'(g{i})' for i in range(len(few)))})"
        " ORDER BY category, n DESC, level"
    )
    found = _columns(workspace.engine.arrow(sql, timeout=context.timeout))
    groups = [_groups(layout, c, found, i) for i, c in enumerate(few)]
    groups = [g for g in groups if len(g.category.levels) >= 2]
    return replace(layout, categories=tuple(g.category for g in groups)), groups


def _split_by_levels(
    workspace: Workspace, layout: Layout, context: ToolContext
) -> tuple[list[Category], list[Category]]:
    counted = ", ".join(f"approx_count_distinct({c.sql})" for c in layout.categories)
    found = workspace.engine.query(
        f"SELECT {counted} FROM {quoted(layout.table.name)}", max_rows=1, timeout=context.timeout
    ).rows[0]
    few = [c for c, n in zip(layout.categories, found, strict=True) if n <= MAX_LEVELS]
    return few, [c for c in layout.categories if c not in few]


def _groups(layout: Layout, category: Category, found: dict[str, Any], at: int) -> Groups:
    mine = np.flatnonzero(
        (found["category"] == at) & np.array([v is not None for v in found["level"]], dtype=bool)
    )
    take = {name: values[mine] for name, values in found.items()}
    category = replace(
        category, levels=tuple(str(v) for v in take["level"]), counts=tuple(int(n) for n in take["n"])
    )
    moments = {
        m.column: moments_of(m, take[f"n{i}"], take[f"s{i}"].astype(float), take[f"q{i}"].astype(float))
        for i, m in enumerate(layout.measures)
    }
    gaps = {g.column: take[f"k{i}"].astype(float) for i, g in enumerate(layout.gaps)}
    return Groups(category, take["n"].astype(float), moments, gaps)


def read_cells(
    workspace: Workspace, layout: Layout, context: ToolContext, seed: int
) -> tuple[list[Cells], int]:
    """Every pair of the first categories, and the rows that were read: a sample of a very large table."""
    categories = layout.categories[:PAIRED]
    pairs = [(i, j) for i in range(len(categories)) for j in range(i + 1, len(categories))]
    if not pairs:
        return [], layout.rows
    context.step("comparing pairs of groups", 0.3)
    measures = layout.measures[:PAIR_MEASURES]
    inner = [f"({c.code_sql})::SMALLINT AS g{i}" for i, c in enumerate(categories)]
    inner += [f"{standard(m)} AS z{i}" for i, m in enumerate(measures)]
    logged = [i for i, m in enumerate(measures) if m.positive]
    inner += [f"ln({measures[i].sql}) AS l{i}" for i in logged]
    logs = "".join(f", avg(l{i}) AS la{i}, var_samp(l{i}) AS lv{i}" for i in logged)
    which = " ".join(f"WHEN grouping(g{i}) + grouping(g{j}) = 0 THEN {k}" for k, (i, j) in enumerate(pairs))
    codes = ", ".join(f"g{i}" for i in range(len(categories)))
    body = f"SELECT {', '.join(inner)} FROM "
    relation = quoted(layout.table.name)
    if layout.rows > PAIR_ROWS:
        relation = f"({sample_sql(relation, PAIR_ROWS // 2, layout.rows, seed)})"
    sql = (
        f"SELECT CASE {which} END AS pair, {codes}, count(*)::DOUBLE AS n{sums(measures)}{logs} FROM ({body}{relation})"
        f" GROUP BY GROUPING SETS ({', '.join(f'(g{i}, g{j})' for i, j in pairs)}) ORDER BY ALL"
    )
    found = _columns(workspace.engine.arrow(sql, timeout=context.timeout))
    cells = [_cells(measures, categories[i], categories[j], found, k, i, j) for k, (i, j) in enumerate(pairs)]
    return cells, min(layout.rows, PAIR_ROWS // 2 if layout.rows > PAIR_ROWS else layout.rows)


def _cells(
    measures: Sequence[Measure],
    first: Category,
    second: Category,
    found: dict[str, Any],
    pair: int,
    i: int,
    j: int,
) -> Cells:
    a, b = found[f"g{i}"].astype(float), found[f"g{j}"].astype(float)
    mine = (found["pair"] == pair) & ~np.isnan(a) & ~np.isnan(b)
    take = {name: values[mine].astype(float) for name, values in found.items()}
    moments, logs = {}, {}
    for k, m in enumerate(measures):
        moments[m.column] = moments_of(m, take[f"n{k}"], take[f"s{k}"], take[f"q{k}"])
        if f"la{k}" in take:
            logs[m.column] = Moments(
                take[f"n{k}"], np.nan_to_num(take[f"la{k}"]), np.nan_to_num(take[f"lv{k}"])
            )
    read = float(found["n"][found["pair"] == pair].sum())
    return Cells(first, second, a[mine].astype(int), b[mine].astype(int), take["n"], moments, logs, read)


def read_sample(workspace: Workspace, layout: Layout, context: ToolContext, seed: int) -> Sample:
    """Some rows, the same for the same seed; the whole of a table that is small enough."""
    context.step("drawing a sample", 0.45)
    measures = layout.measures[:RANKED_MEASURES]
    selected = [f"{m.sql} AS m{i}" for i, m in enumerate(measures)]
    selected += [f"({c.code_sql})::SMALLINT AS c{i}" for i, c in enumerate(layout.categories)]
    selected += [f"({quoted(g.column)} IS NULL) AS k{i}" for i, g in enumerate(layout.gaps)]
    if not selected:
        return Sample(0, layout.rows, {}, {}, {})
    sql = sample_sql(quoted(layout.table.name), SAMPLE_ROWS, layout.rows, seed, ", ".join(selected))
    table = workspace.engine.arrow(sql, timeout=context.timeout)
    found = _columns(table)
    codes = {
        c.column: np.nan_to_num(found[f"c{i}"].astype(float), nan=-2).astype(int)
        for i, c in enumerate(layout.categories)
    }
    return Sample(
        table.num_rows, layout.rows, {m.column: found[f"m{i}"].astype(float) for i, m in enumerate(measures)}, codes,
        {g.column: found[f"k{i}"].astype(bool) for i, g in enumerate(layout.gaps)},
    )  # fmt: skip
