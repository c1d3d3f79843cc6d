"""The rows of a question: expressions over a table, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto_tools.columns import quoted
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.registry import ToolContext
    from llmauto_tools.workspace import Workspace


def number_sql(column: Column) -> str:
    """A column as a DOUBLE, its infinite values and NaN as NULL; false and true are 0 and 1.

    Adding 0 makes one zero of two: -0.0 and 0.0 are equal, but not for a hash.
    """
    inner = f"CAST({quoted(column.name)} AS TINYINT)" if column.family == "boolean" else quoted(column.name)
    value = f"CAST({inner} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} + 0.0 END"


def label_sql(column: Column) -> str:
    """A column as the text of its value; NaN is no value."""
    text = f"CAST({quoted(column.name)} AS VARCHAR)"
    if column.dtype in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({quoted(column.name)}) THEN {text} END"
    return text


@dataclass(frozen=True)
class Data:
    """A table, cut by a condition, on the engine of a workspace."""

    workspace: Workspace
    table: Table
    where: str | None
    context: ToolContext

    @property
    def source(self) -> str:
        """The rows as a relation. The line breaks keep a comment in the condition from eating the bracket."""
        if not self.where:
            return quoted(self.table.name)
        return f"(SELECT * FROM {quoted(self.table.name)} WHERE (\n{self.where}\n))"

    def rows(self, sql: str, limit: int = 100_000) -> tuple[tuple[Any, ...], ...]:
        """At most `limit` rows of a statement, as Python values."""
        return self.workspace.engine.query(sql, max_rows=limit, timeout=self.context.timeout).rows

    def row(self, sql: str) -> tuple[Any, ...]:
        """The only row of an aggregate."""
        return self.rows(sql, 1)[0]

    def arrays(self, sql: str) -> list[Any]:
        """Each column of a statement as a NumPy array, in memory: for bounded results only."""
        found = self.workspace.engine.arrow(sql, timeout=self.context.timeout)
        return [c.to_numpy() for c in found.columns]

    def sample(self, relation: str, rows: int, of: int, seed: int) -> list[Any]:
        """About `rows` of the `of` rows of a relation as NumPy arrays, the same ones each time."""
        return self.arrays(sample_sql(f"({relation})", rows, of, seed))

    # ---- relations that the tests read

    def values(self, value: Column) -> str:
        """v: the finite values of one column."""
        return f"SELECT v FROM (SELECT {number_sql(value)} AS v FROM {self.source}) WHERE v IS NOT NULL"

    def grouped(self, value: Column, by: Column, only: Sequence[str] = ()) -> str:
        """v, g, k: values, the label of their group, and what the labels are sorted by."""
        kept = f" AND g IN ({', '.join(text(label) for label in only)})" if only else ""
        return (
            f"SELECT v, g, k FROM (SELECT {number_sql(value)} AS v, {label_sql(by)} AS g,"
            f" {quoted(by.name)} AS k FROM {self.source}) WHERE v IS NOT NULL AND g IS NOT NULL{kept}"
        )

    def pairs(self, first: Column, second: Column) -> str:
        """x, y: the finite pairs of two columns of numbers."""
        return (
            f"SELECT x, y FROM (SELECT {number_sql(first)} AS x, {number_sql(second)} AS y"
            f" FROM {self.source}) WHERE x IS NOT NULL AND y IS NOT NULL"
        )

    def labels(self, first: Column, second: Column) -> str:
        """a, b, ka, kb: the labels of two columns of categories, and what they are sorted by."""
        return (
            f"SELECT a, b, ka, kb FROM (SELECT {label_sql(first)} AS a, {label_sql(second)} AS b,"
            f" {quoted(first.name)} AS ka, {quoted(second.name)} AS kb FROM {self.source})"
            " WHERE a IS NOT NULL AND b IS NOT NULL"
        )


def text(label: str) -> str:
    return "'" + label.replace("'", "''") + "'"
