"""What every check takes (a Subject) and gives (Findings)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from llmauto_tools.columns import quoted
from llmauto_tools.quality.profile import ColumnStats, Profiler
from llmauto_tools.registry import ToolContext
from llmauto_tools.sampling import sample_sql
from llmauto_tools.schema import Column, Table

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")

MAX_COLUMNS = 300
"""Columns that are checked value by value; missing and constant columns are looked for in all."""

WIDE = 2_000
WIDE_COLUMNS = 20
"""In a table of more than WIDE columns every statement takes a second, so fewer are checked value by value."""

DICTIONARY = 20_000
"""A text column with at most about this many different values is read whole, as values with counts."""

SAMPLE_ROWS = 50_000
"""Rows that are read of other text columns."""

Fix = dict[str, Any]
Values = list[tuple[str, int]]


@dataclass(frozen=True)
class Finding:
    """One fault. `count` of `of` rows (or values, classes, columns: the sentence says which)."""

    check: str
    kind: str
    severity: Severity
    columns: tuple[str, ...]
    count: int
    of: int
    sentence: str
    examples: tuple[str, ...] = ()
    fix: Fix | None = None

    @property
    def share(self) -> float:
        return self.count / self.of if self.of else 0.0


@dataclass(frozen=True)
class Options:
    """The tool's arguments, with the names of columns as the tables spell them."""

    target: str | None = None
    time: str | None = None
    group: str | None = None
    examples: int = 3
    seed: int = 0


@dataclass
class Subject:
    """A table that is checked, with what has been measured on it already."""

    workspace: Workspace
    table: Table
    context: ToolContext
    options: Options = field(default_factory=Options)
    notes: list[str] = field(default_factory=list)
    personal: set[str] = field(default_factory=set)
    """Columns whose values are personal data, so that nobody shows them."""

    @cached_property
    def relation(self) -> str:
        return quoted(self.table.name)

    @cached_property
    def rows(self) -> int:
        return int(self.query(f"SELECT count(*) FROM {self.relation}")[0][0])

    @cached_property
    def columns(self) -> list[Column]:
        """The columns that are checked value by value: the first ones, and those that were named."""
        columns = self.table.columns
        most = MAX_COLUMNS if len(columns) <= WIDE else WIDE_COLUMNS
        if len(columns) > most:
            self.note(
                f"The first {most} of {len(columns):,} columns were checked value by value; missing and constant columns"
                " were looked for in all. Save the columns that matter as a table of their own to have them checked."
            )
        named = {self.options.target, self.options.time, self.options.group}
        return [*columns[:most], *(c for c in columns[most:] if c.name in named)]

    @cached_property
    def stats(self) -> dict[str, ColumnStats]:
        """By column; of those that are not checked value by value, only the counts."""
        profiler = Profiler(self.query, self.relation, self.rows, self.step)
        kept = {c.name for c in self.columns}
        rest = [c for c in self.table.columns if c.name not in kept]
        measured = profiler.measure(self.columns) | profiler.measure_roughly(rest)
        return {c.name: measured[c.name] for c in self.table.columns}

    @cached_property
    def _values(self) -> dict[str, tuple[Values, int]]:
        return {}

    def query(self, sql: str, max_rows: int = 1_000) -> tuple[tuple[Any, ...], ...]:
        """The rows of one statement, at most `max_rows`."""
        self.step("checking")
        return self.workspace.engine.query(sql, max_rows=max_rows, timeout=self.context.timeout).rows

    def step(self, text: str, fraction: float | None = None) -> None:
        self.context.step(text, fraction)

    def family(self, *families: str) -> list[ColumnStats]:
        """The statistics of the columns of these families that hold anything."""
        return [
            self.stats[c.name] for c in self.columns if c.family in families and self.stats[c.name].filled
        ]

    def sample(self, rows: int, columns: str = "*") -> str:
        """A SELECT of about so many rows, the same ones every time."""
        return sample_sql(self.relation, rows, self.rows, self.options.seed, columns)

    def values(self, column: str) -> tuple[Values, int]:
        """The different texts of a column with their counts, most frequent first, and the rows read.

        Exact for columns with at most DICTIONARY different values, else from SAMPLE_ROWS rows.
        """
        if column not in self._values:
            exact = self.stats[column].distinct <= DICTIONARY or self.rows <= SAMPLE_ROWS
            source = self.relation if exact else f"({self.sample(SAMPLE_ROWS, quoted(column))})"
            rows = self.query(
                f"SELECT CAST({quoted(column)} AS VARCHAR) AS v, count(*) AS n FROM {source}"
                f" WHERE {quoted(column)} IS NOT NULL GROUP BY 1 ORDER BY n DESC, v LIMIT {SAMPLE_ROWS * 2}",
                SAMPLE_ROWS * 2,
            )
            values = [(str(v), int(n)) for v, n in rows]
            if not exact:
                self.note(
                    f"Columns of text with many different values were read from a sample of about "
                    f"{SAMPLE_ROWS:,} of {self.rows:,} rows: a fault in one row of 10,000 is seen with 99%"
                    " probability, a rarer one may be missed."
                )
            self._values[column] = values, sum(n for _, n in values)
        return self._values[column]

    def note(self, text: str) -> None:
        """Add a note once."""
        if text not in self.notes:
            self.notes.append(text)

    def fix(self, kind: str, columns: Sequence[str], **settings: Any) -> Fix:
        """The preprocess step that mends a fault."""
        return self._steps([_step(kind, columns, settings)])

    def blank(self, column: str, values: Sequence[str]) -> Fix:
        """The preprocess steps that make these values of a column missing."""
        mapping = dict.fromkeys(values, "")
        steps = [_step("unify", [column], {"mapping": mapping}), _step("trim", [column], {})]
        if self.stats[column].family != "text":
            back = "number" if self.stats[column].family == "number" else "timestamp"
            steps = [
                _step("cast", [column], {"to": "text"}), *steps, _step("cast", [column], {"to": back})
            ]  # fmt: skip
        return self._steps(steps)

    def _steps(self, steps: list[dict[str, Any]]) -> Fix:
        return {"tool": "preprocess", "arguments": {"table": self.table.name, "steps": steps}}


def _step(kind: str, columns: Sequence[str], settings: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind} | ({"columns": list(columns)} if columns else {}) | settings


def shown(value: object, width: int = 40) -> str:
    """A value as an example: on one line, bounded."""
    text = " ".join(str(value).split("\n"))
    return text if len(text) <= width else text[: width - 1] + "…"


def listed(names: Sequence[str], most: int = 4) -> str:
    """'a', 'b' and 3 more."""
    first = [f"'{shown(n)}'" for n in names[:most]]
    if len(names) > most:
        return f"{', '.join(first)} and {len(names) - most:,} more"
    return first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"


def percent(share: float) -> str:
    """A share for a sentence: 12%, 0.4%, less than 0.1%."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    return f"{share:.0%}" if 0.1 <= share <= 0.99 or share in (0, 1) else f"{share:.1%}"


def counted(count: int, noun: str) -> str:
    """'1 row', '3 rows'; nouns in -y become -ies."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"
