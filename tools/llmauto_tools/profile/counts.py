"""Rows counted by value, by bin and by unit of time, for all columns in one scan (grouping sets)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmauto_tools.columns import quoted
from llmauto_tools.profile.plans import Bins, ColumnPlan
from llmauto_tools.profile.sample import CUT_CHARACTERS, finite, moment
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace

TOP_VALUES = 10
SETS = 40
"""Grouping sets of one statement."""
STATEMENT_CHARACTERS = 60_000
MAX_GROUPS = 200_000


@dataclass(frozen=True)
class Counts:
    """What was counted of one column: (value, rows) for the most frequent values, the number of different
    ones (where all were counted), rows by bin (-1 is below, Bins.count above) or by unit (seconds since
    1970)."""

    top: tuple[tuple[str, int], ...] = ()
    distinct: int | None = None
    by_bin: dict[int, int] | None = None
    by_unit: dict[int, int] | None = None


@dataclass(frozen=True)
class _Set:
    column: int
    what: str
    expression: str


def count(
    workspace: Workspace,
    table: str,
    columns: Sequence[Column],
    plans: Sequence[ColumnPlan],
    context: ToolContext,
) -> tuple[list[Counts], list[str]]:
    """The counts of each column, and the statements."""
    sets = [s for i, (c, p) in enumerate(zip(columns, plans, strict=True)) for s in _sets(i, c, p)]
    found: list[dict[str, dict[str, int]]] = [{} for _ in columns]
    groups: dict[int, int] = {}
    statements = []
    parts = _in_statements(sets)
    for number, part in enumerate(parts):
        context.step("counting values", 0.5 + 0.2 * number / len(parts))
        sql = _statement(table, part)
        statements.append(sql)
        result = workspace.engine.query(
            sql, max_rows=MAX_GROUPS, timeout=context.timeout, progress=context.progress
        )
        for at, value, rows, different in result.rows:
            one = part[at]
            found[one.column].setdefault(one.what, {})[value] = rows
            if one.what == "value":
                groups[one.column] = different
    return [_counts(columns[i], plans[i], f, groups.get(i)) for i, f in enumerate(found)], statements


def _counts(
    column: Column, plan: ColumnPlan, found: dict[str, dict[str, int]], distinct: int | None
) -> Counts:
    values = found.get("value", {})
    if column.dtype in ("FLOAT", "DOUBLE"):
        values = {value.removesuffix(".0"): rows for value, rows in values.items()}
    top = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    return Counts(
        top=tuple(top),
        distinct=(distinct or 0) if plan.by_value else None,
        by_bin={int(k): n for k, n in found["bin"].items()} if "bin" in found else None,
        by_unit={int(k): n for k, n in found["unit"].items()} if "unit" in found else None,
    )


def _sets(i: int, column: Column, plan: ColumnPlan) -> list[_Set]:
    sets = []
    if plan.by_value:
        sets.append(_Set(i, "value", quoted(column.name)))
    if plan.bins is not None:
        sets.append(_Set(i, "bin", _bin(finite(column), plan.bins)))
    if plan.time_unit is not None:
        at = f"epoch(date_trunc('{plan.time_unit}', {moment(column)}))"
        sets.append(_Set(i, "unit", f"CAST({at} AS BIGINT)"))
    return sets


def _bin(value: str, bins: Bins) -> str:
    """The number of the bin; the last one holds its upper edge too."""
    place = f"floor(({value} - ({bins.start!r})) / {bins.width!r})"
    end = bins.edges[-1]
    return (
        f"CASE WHEN {value} = {end!r} THEN {bins.count - 1}"
        f" ELSE CAST(least(greatest({place}, -1), {bins.count}) AS SMALLINT) END"
    )


def _in_statements(sets: Sequence[_Set]) -> list[list[_Set]]:
    parts: list[list[_Set]] = []
    length = 0
    for one in sets:
        size = len(one.expression) + 120
        if not parts or length + size > STATEMENT_CHARACTERS or len(parts[-1]) == SETS:
            parts.append([])
            length = 0
        parts[-1].append(one)
        length += size
    return parts


def _statement(table: str, sets: Sequence[_Set]) -> str:
    """One row per group: the set's number, the value as text, its rows, and the groups of its set.

    Of values only the most frequent come back; of bins and units all.
    """
    inner = ", ".join(f"{s.expression} AS k{i}" for i, s in enumerate(sets))
    which = " ".join(f"WHEN grouping(k{i}) = 0 THEN {i}" for i in range(len(sets)))
    value = " ".join(
        f"WHEN grouping(k{i}) = 0 THEN left(CAST(k{i} AS VARCHAR), {CUT_CHARACTERS})"
        for i in range(len(sets))
    )
    by_value = ", ".join(str(i) for i, s in enumerate(sets) if s.what == "value") or "-1"
    return (
        'SELECT part, "value", n, count(*) OVER (PARTITION BY part) AS groups FROM ('
        f'SELECT CASE {which} END AS part, CASE {value} END AS "value", count(*) AS n'
        f" FROM (SELECT {inner} FROM {quoted(table)})"
        f" GROUP BY GROUPING SETS ({', '.join(f'(k{i})' for i in range(len(sets)))}))"
        ' WHERE "value" IS NOT NULL'
        f" QUALIFY part NOT IN ({by_value}) OR"
        f' row_number() OVER (PARTITION BY part ORDER BY n DESC, "value") <= {TOP_VALUES}'
        ' ORDER BY part, n DESC, "value"'
    )
