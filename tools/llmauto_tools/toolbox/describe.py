"""Profile the columns of a table in two passes over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from llmauto_tools.registry import ToolContext, ToolSpec
from llmauto_tools.results import JsonValue, QueryResult, ToolResult, to_json_value
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

EXACT_CELLS = 5_000_000
"""Cells up to which distinct values are counted rather than estimated."""
MAX_COLUMNS = 200
"""Columns of a wide table that are described when none are named."""

TOP_MAX_DISTINCT = 1_000
"""The most frequent values are counted for columns with at most about this many different ones."""

TOP_MAX_COLUMNS = 40
SHOWN_CHARACTERS = 100
"""Longer texts are cut to this length in minimum, maximum and frequent values."""


class DescribeArguments(BaseModel):
    """Arguments of `describe`."""

    model_config = ConfigDict(extra="forbid")

    table: str = Field(description="The table's name.")
    columns: list[str] | None = Field(default=None, description="Only these columns (all, where left out).")
    top: int = Field(default=5, ge=0, le=50, description="How many of the most frequent values to count.")


def describe(workspace: Workspace, arguments: DescribeArguments, context: ToolContext) -> ToolResult:
    """One row per column: type, nulls, distinct values, minimum, maximum, mean.

    `figures` has the number of rows and, for columns with few different values, the most frequent ones
    with their counts. Up to EXACT_CELLS cells, distinct values are counted (`distinct`); beyond, HyperLogLog
    estimates them (`distinct_approx`), which a note says.
    """
    table = workspace.table(arguments.table)
    chosen = _chosen(table, arguments.columns)
    described = chosen[:MAX_COLUMNS]
    exact = table.row_count is not None and table.row_count * len(described) <= EXACT_CELLS
    profile = workspace.engine.query(
        profile_sql(table.name, described, exact),
        max_rows=len(described),
        timeout=context.timeout,
        progress=context.progress,
    )
    rows = profile.rows[0][0]
    figures: dict[str, JsonValue] = {"rows": rows, "columns": len(table.columns)}
    few = [c for c, row in zip(described, profile.rows, strict=True) if _has_few_values(c, row)]
    if arguments.top and few:
        sql = top_sql(table.name, few[:TOP_MAX_COLUMNS], arguments.top)
        counted = workspace.engine.query(sql, max_rows=len(few) * arguments.top, timeout=context.timeout)
        figures["top_values"] = _top_values(counted)
        figures["top_values_sql"] = sql
    notes = (
        []
        if exact
        else ["Distinct values are estimated (HyperLogLog): mostly a few percent off, at worst a third."]
    )
    if len(chosen) > len(described):
        notes.append(
            f"The first {MAX_COLUMNS} of {len(chosen):,} columns are described; name others with `columns`."
        )
    text = f"{table.name}: {rows:,} rows × {len(table.columns)} columns"
    return ToolResult(table=profile, figures=figures, text=text, notes=notes)


def _chosen(table: Table, names: Sequence[str] | None) -> list[Column]:
    from llmauto_tools.errors import QueryInvalid, did_you_mean

    if names is None:
        return list(table.columns)
    chosen = []
    for name in names:
        column = table.column(name)
        if column is None:
            hint = did_you_mean(name, (c.name for c in table.columns))
            raise QueryInvalid(f"The table '{table.name}' has no column '{name}'.", hint)
        chosen.append(column)
    return chosen


def profile_sql(table: str, columns: Sequence[Column], exact: bool) -> str:
    """One pass over the table, then one row per column from the aggregates; exact: distinct values are counted."""
    heading = "distinct" if exact else "distinct_approx"
    measures = ["count(*) AS n"]
    rows = []
    for i, column in enumerate(columns):
        q, low, high, mean = _quoted(column.name), "NULL", "NULL", "NULL"
        distinct = f"count(DISTINCT {q})" if exact else f"approx_count_distinct({q})"
        measures += [f"count({q}) AS c{i}", f"{distinct} AS d{i}"]
        if column.family != "other":
            measures += [f"min({q}) AS lo{i}", f"max({q}) AS hi{i}"]
            low, high = (f"left(CAST({side}{i} AS VARCHAR), {SHOWN_CHARACTERS})" for side in ("lo", "hi"))
        if column.family in ("number", "boolean"):
            measures.append(f"avg(CAST({q} AS DOUBLE)) AS m{i}")
            mean = f"m{i}"
        rows.append(
            f'SELECT n AS "rows", {i + 1} AS "position", {_text(column.name)} AS "column",'
            f' {_text(column.dtype)} AS "type", n - c{i} AS "nulls", d{i} AS "{heading}",'
            f' {low} AS "min", {high} AS "max", {mean} AS "mean" FROM stats'
        )
    union = "\nUNION ALL ".join(rows)
    return f'WITH stats AS (SELECT {", ".join(measures)} FROM {_quoted(table)})\n{union}\nORDER BY "position"'


def top_sql(table: str, columns: Sequence[Column], count: int) -> str:
    """The most frequent values of several columns, all counted in one pass (grouping sets)."""
    quoted = [_quoted(c.name) for c in columns]
    which = " ".join(
        f"WHEN grouping({q}) = 0 THEN {_text(c.name)}" for q, c in zip(quoted, columns, strict=True)
    )
    value = " ".join(f"WHEN grouping({q}) = 0 THEN CAST({q} AS VARCHAR)" for q in quoted)
    sets = ", ".join(f"({q})" for q in quoted)
    return (
        f'SELECT "column", left("value", {SHOWN_CHARACTERS}) AS "value", "count" FROM ('
        f'SELECT CASE {which} END AS "column", CASE {value} END AS "value", count(*) AS "count"'
        f" FROM {_quoted(table)} GROUP BY GROUPING SETS ({sets}))"
        ' WHERE "value" IS NOT NULL'
        f' QUALIFY row_number() OVER (PARTITION BY "column" ORDER BY "count" DESC, "value") <= {count}'
        ' ORDER BY "column", "count" DESC, "value"'
    )


def _has_few_values(column: Column, row: tuple[object, ...]) -> bool:
    distinct = row[5]
    return column.family != "other" and isinstance(distinct, int) and 0 < distinct <= TOP_MAX_DISTINCT


def _top_values(counted: QueryResult) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for column, value, count in counted.rows:
        found.setdefault(column, []).append([to_json_value(value), count])
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


TOOL = ToolSpec(
    name="describe",
    summary=(
        "Describe a table: type, nulls, distinct count, minimum, maximum and mean of each column, "
        "and the most frequent values."
    ),
    arguments=DescribeArguments,
    function=describe,
    example={"table": "orders"},
)
