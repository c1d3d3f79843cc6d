"""The rows of a table as points: numbers scaled, categories as 0/1, missing values filled, all in SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import find_columns, literal, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

MAX_COLUMNS = 60
MAX_LEVELS = 10
"""Levels of a category that get a dimension of their own; the others share one."""
MAX_DISTINCT = 50
"""A text column with more levels is left out unless it is named."""
CLIP = 4.0
"""Scaled numbers end here: one extreme value must not make a segment."""
_SKEWED = 2.0
_ID = re.compile(
    r"(.*[_ .-])?(id|ids|key|code|zip|index|idx|row|uuid|number|nr|no)|编号|序号|.*[a-z]I[dD]", re.IGNORECASE
)


@dataclass(frozen=True)
class Feature:
    """One column and the expressions of its dimensions (one for a number, one per level for a category)."""

    name: str
    kind: str
    """"number", "logarithm" (a number whose logarithm is scaled) or "category"."""
    dimensions: tuple[str, ...]
    levels: tuple[str, ...] = ()
    missing: int = 0


@dataclass
class Encoding:
    """How the rows of a table become points."""

    table: str
    rows: int
    features: list[Feature]
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        return sum(len(f.dimensions) for f in self.features)

    def select(self) -> str:
        """The dimensions as a select list: d0, d1, ..."""
        dimensions = [d for f in self.features for d in f.dimensions]
        return ", ".join(f"CAST({d} AS DOUBLE) AS d{i}" for i, d in enumerate(dimensions))

    def blocks(self) -> list[tuple[int, int]]:
        """The first and the last-plus-one dimension of each column."""
        found, start = [], 0
        for f in self.features:
            found.append((start, start + len(f.dimensions)))
            start += len(f.dimensions)
        return found


def encode(workspace: Workspace, table: Table, names: Sequence[str] | None, context: ToolContext) -> Encoding:
    """Choose the columns and how each becomes dimensions, from one pass over the table.

    Numbers: the median where missing, the logarithm where skewed and never negative, then mean 0 and
    deviation 1, cut at 4. Categories: 0/1 per level; missing is a level. A different level counts at most as much
    as two rows one deviation apart in a number. Raises InvalidArguments where no column is left.
    """
    chosen = find_columns(table, names)
    notes: list[str] = []
    usable = _usable(chosen, names is not None, notes)
    if not usable:
        raise InvalidArguments(
            f"The table '{table.name}' has no columns of numbers or categories to segment by.",
            "Name columns with `columns`.",
        )
    context.step("measuring the columns", 0.05)
    stats, rows = _statistics(workspace, table.name, usable, context)
    features = []
    left_out: dict[str, list[str]] = {}
    for column, values in zip(usable, stats, strict=True):
        made, why = _feature(workspace, table.name, column, values, rows, names is not None)
        if made is None:
            left_out.setdefault(why, []).append(column.name)
        else:
            features.append(made)
    notes += [
        f"Left out, {why}: {', '.join(n[:40] for n in gone[:8])}{' and more' if len(gone) > 8 else ''}."
        for why, gone in left_out.items()
    ]
    if not features:
        raise InvalidArguments(
            f"No column of '{table.name}' can tell rows apart: {notes[-1] if notes else 'all are empty'}",
            "Name columns that vary with `columns`.",
        )
    missing = [f for f in features if f.missing]
    if missing:
        notes.append(_missing_note(missing))
    return Encoding(table.name, rows, features, notes)


def _usable(chosen: Sequence[Column], named: bool, notes: list[str]) -> list[Column]:
    kinds = [c for c in chosen if c.family in ("number", "boolean", "text")]
    others = [c.name for c in chosen if c not in kinds]
    ids = [c.name for c in kinds if not named and _ID.fullmatch(c.name.strip())]
    kept = [c for c in kinds if c.name not in ids]
    if others:
        notes.append(f"Left out, neither numbers nor categories: {', '.join(n[:40] for n in others[:8])}.")
    if ids:
        notes.append(f"Left out, ids by their names: {', '.join(n[:40] for n in ids[:8])}.")
    if len(kept) > MAX_COLUMNS:
        notes.append(
            f"The first {MAX_COLUMNS} of {len(kept):,} columns are used; name others with `columns`."
        )
    return kept[:MAX_COLUMNS]


def _statistics(
    workspace: Workspace, table: str, columns: Sequence[Column], context: ToolContext
) -> tuple[list[tuple[Any, ...]], int]:
    """(known, distinct, minimum, maximum, median, skewness) of each column, and the number of rows."""
    measures = ["count(*)"]
    for c in columns:
        q = _finite(c)
        measures += [f"count({q})", f"approx_count_distinct({q})"]
        if c.family != "number":
            measures += ["NULL"] * 4
        else:
            # The fourth power of values beyond 1e70 would overflow; such a column is not skewed but broken.
            measures += [f"min({q})", f"max({q})", f"approx_quantile({q}, 0.5)"]
            measures.append(f"CASE WHEN max(abs({q})) < 1e70 THEN skewness({q}) END")
    row = workspace.engine.query(
        f"SELECT {', '.join(measures)} FROM {quoted(table)}",
        timeout=context.timeout,
        progress=context.progress,
    ).rows[0]
    return [tuple(row[1 + 6 * i : 7 + 6 * i]) for i in range(len(columns))], int(row[0])


def _finite(column: Column) -> str:
    q = quoted(column.name)
    if column.family != "number":
        return f"nullif(trim(CAST({q} AS VARCHAR)), '')"
    number = f"CAST({q} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _feature(
    workspace: Workspace, table: str, column: Column, stats: tuple[Any, ...], rows: int, named: bool
) -> tuple[Feature | None, str]:
    known, distinct, low, high, median, skewness = stats
    if not known:
        return None, "empty"
    missing = rows - int(known)
    if column.family != "number":
        if distinct > MAX_DISTINCT and not named:
            return None, f"more than {MAX_DISTINCT} different texts"
        return _category(workspace, table, column, missing)
    if low == high:
        return None, "the same value in every row"
    if (
        column.family == "number"
        and not named
        and distinct > 0.95 * rows > 50
        and _counts_up(column, low, high, rows)
    ):
        return None, "a running number"
    return _number(workspace, table, column, missing, (low, float(median), skewness)), ""


def _counts_up(column: Column, low: float, high: float, rows: int) -> bool:
    return "INT" in column.dtype and high - low <= 1.1 * rows


def _number(
    workspace: Workspace, table: str, column: Column, missing: int, shape: tuple[float, float, float | None]
) -> Feature:
    low, median, skewness = shape
    q = f"coalesce({_finite(column)}, {median!r})"
    logarithm = skewness is not None and skewness > _SKEWED and low >= 0
    value = f"ln(1 + {q})" if logarithm else q
    mean, deviation = workspace.engine.query(
        f"SELECT avg(x), stddev_pop(x) FROM (SELECT {value} AS x FROM {quoted(table)})"
    ).rows[0]
    scaled = f"greatest(-{CLIP}, least({CLIP}, ({value} - {mean!r}) / {deviation!r}))"
    return Feature(column.name, "logarithm" if logarithm else "number", (scaled,), missing=missing)


def _category(workspace: Workspace, table: str, column: Column, missing: int) -> tuple[Feature | None, str]:
    q = _finite(column)
    counted = workspace.engine.query(
        f"SELECT {q} AS level, count(*) AS n FROM {quoted(table)} WHERE {q} IS NOT NULL"
        f" GROUP BY 1 ORDER BY n DESC, level LIMIT {MAX_LEVELS + 1}"
    ).rows
    levels = [r[0] for r in counted[:MAX_LEVELS]]
    if len(levels) < 2 and not missing:
        return None, "the same value in every row"
    tests = [f"coalesce({q} = {literal(v)}, false)" for v in levels]
    if missing:
        tests.append(f"{q} IS NULL")
    if len(counted) > MAX_LEVELS:
        listed = ", ".join(literal(v) for v in levels)
        tests.append(f"coalesce({q} NOT IN ({listed}), false)")
    return Feature(
        column.name, "category", tuple(f"CAST({t} AS INTEGER)" for t in tests), tuple(levels), missing
    ), ""


def _missing_note(features: Sequence[Feature]) -> str:
    numbers = [f"{f.name[:40]} ({f.missing:,})" for f in features if f.kind != "category"]
    texts = [f"{f.name[:40]} ({f.missing:,})" for f in features if f.kind == "category"]
    parts = []
    if numbers:
        parts.append(f"numbers get the column's median: {', '.join(numbers[:6])}")
    if texts:
        parts.append(f"a missing category is a level of its own: {', '.join(texts[:6])}")
    return f"Missing values: {'; '.join(parts)}."
