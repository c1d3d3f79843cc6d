"""What somebody asked to see of a relation, before the data are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from llmauto_tools.charts.chart import ChartKind
from llmauto_tools.charts.theme import Theme
from llmauto_tools.columns import quoted
from llmauto_tools.registry import ToolContext
from llmauto_tools.results import QueryResult
from llmauto_tools.schema import Column, Table
from llmauto_tools.sql.engine import Engine

Aggregate = Literal["count", "sum", "mean", "median", "min", "max", "std", "distinct"]
LogAxis = Literal["x", "y", "both"]
EXACT_ROWS = 2_000_000
"""Beyond so many rows, quantiles and distinct counts are approximate (t-digest, HyperLogLog), and said so."""


@dataclass(frozen=True)
class Wish:
    """The arguments that say what is drawn; columns are those of the relation, already found."""

    kind: ChartKind | None = None
    x: Column | None = None
    y: tuple[Column, ...] = ()
    aggregate: Aggregate | None = None
    series: Column | None = None
    facet: Column | None = None
    log: LogAxis | None = None
    title: str | None = None
    theme: Theme = "light"

    @property
    def log_x(self) -> bool:
        return self.log in {"x", "both"}

    @property
    def log_y(self) -> bool:
        return self.log in {"y", "both"}


@dataclass
class Source:
    """A relation in DuckDB and how to ask it. `relation` is a quoted table or a SELECT in parentheses."""

    engine: Engine
    table: Table
    relation: str
    context: ToolContext
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The statements that ran, for the evidence."""
    tables: set[str] = field(default_factory=set)

    def query(self, sql: str, max_rows: int = 50_000) -> QueryResult:
        """Run one aggregating statement."""
        self.context.step("aggregating for the chart")
        found = self.engine.query(
            sql, max_rows=max_rows, timeout=self.context.timeout, progress=self.context.progress
        )
        self.asked.append(found.sql)
        self.tables |= set(found.tables)
        return found

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @property
    def exact(self) -> bool:
        return self.rows <= EXACT_ROWS


@dataclass(frozen=True)
class Drawn:
    """A finished chart: its specification, and what it says."""

    kind: ChartKind
    title: str
    spec: dict[str, Any]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    """The aggregated numbers behind it; none for a binned scatter, whose cells nobody reads."""
    figures: dict[str, Any] = field(default_factory=dict)


def finite(column: Column) -> str:
    """SQL: the numbers of a column; NaN, infinities and NULL are NULL, true is 1."""
    name = quoted(column.name)
    if column.family == "boolean":
        return f"CAST({name} AS INTEGER)"
    if column.dtype.upper() in {"FLOAT", "DOUBLE"}:
        return f"CASE WHEN isfinite({name}) THEN CAST({name} AS DOUBLE) END"
    return name


def as_double(column: Column) -> str:
    """SQL: the same as a DOUBLE, so that bins of decimals and of huge integers are computed alike."""
    return f"CAST({finite(column)} AS DOUBLE)"


def is_measure(column: Column) -> bool:
    """Whether a column can be added up or put on an axis of numbers."""
    return column.family in {"number", "boolean"}


def is_moment(column: Column) -> bool:
    return column.family == "date"
