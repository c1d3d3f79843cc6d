"""Statistics of every column, by one pass over the table per batch of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.quality.names import tokens
from llmauto_tools.schema import Column, TypeFamily

BATCH = 100
WIDE_BATCH = 600
"""Columns per statement, at most (a statement may be 100,000 characters long)."""

NAME_CHARACTERS = 40
EXACT_DISTINCT = 100_000
"""Rows of a table whose different values are counted exactly; HyperLogLog estimates them in larger ones."""

COUNTED_ROWS = 30_000_000
NEARLY_UNIQUE = 0.6

Query = Callable[[str, int], Sequence[tuple[Any, ...]]]
Step = Callable[[str, float | None], None]

_ID_WORDS = {"id", "uuid", "guid", "key", "index", "idx", "rownum", "no", "number", "nr", "ref", "编号"}


@dataclass(frozen=True)
class ColumnStats:
    """What one pass tells about a column. Numbers leave NaN and infinite values out."""

    name: str
    dtype: str
    family: TypeFamily
    rows: int
    filled: int
    """Rows with a value (NaN counts as missing)."""
    distinct: int
    """Different values; in a large table by HyperLogLog, a few percent off."""
    low: Any = None
    high: Any = None
    mean: float | None = None
    negative: int = 0
    infinite: int = 0
    length: float | None = None
    """Mean length of texts, in characters."""
    spaced: float = 0.0
    """Share of texts of several words."""

    @property
    def missing(self) -> int:
        return self.rows - self.filled

    @property
    def is_integer(self) -> bool:
        return "INT" in self.dtype or self.dtype.endswith(",0)")

    @property
    def looks_unique(self) -> bool:
        """About as many different values as rows (HyperLogLog's error allowed for)."""
        return self.filled > 1 and self.distinct >= 0.9 * self.filled

    @property
    def is_id(self) -> bool:
        """Whether the column numbers or names its rows, rather than measuring something."""
        if not self.looks_unique:
            return False
        named = bool(_ID_WORDS & set(tokens(self.name)))
        if self.family == "number":
            dense = self.is_integer and self.low is not None and self.high - self.low < 1.2 * self.filled
            return (named and self.is_integer) or (dense and self.filled >= 20)
        return self.family == "text" and self.spaced < 0.5 and (self.length or 0) <= 40


class Profiler:
    """Measures the columns of a table. `relation` is a quoted name, `rows` its number of rows."""

    def __init__(self, query: Query, relation: str, rows: int, step: Step) -> None:
        self._query = query
        self._relation = relation
        self._rows = rows
        self._step = step

    def measure(self, columns: Sequence[Column]) -> dict[str, ColumnStats]:
        """All statistics, by column."""
        exact = self._rows <= EXACT_DISTINCT
        found = {}
        for batch in self._batches(columns, BATCH):
            measures = [
                _measures(c, "count(DISTINCT {})" if exact else "approx_count_distinct({})") for c in batch
            ]
            row = self._one(f"[{', '.join(m)}]" for m in measures)
            for column, (filled, distinct, *rest) in zip(batch, row, strict=True):
                found[column.name] = _stats(column, self._rows, int(filled), int(distinct), rest)
        return found if exact else found | self._count_unique(list(found.values()))

    def _count_unique(self, stats: Sequence[ColumnStats]) -> dict[str, ColumnStats]:
        """Columns that HyperLogLog takes for nearly unique, counted: it is off by a tenth and more."""
        close = [
            s
            for s in stats
            if s.filled > 1 and s.distinct >= NEARLY_UNIQUE * s.filled and s.family != "other"
        ]
        if not close or self._rows > COUNTED_ROWS:
            return {}
        row = self._one(f"count(DISTINCT {quoted(s.name)})" for s in close)
        return {s.name: replace(s, distinct=int(n)) for s, n in zip(close, row, strict=True)}

    def measure_roughly(self, columns: Sequence[Column]) -> dict[str, ColumnStats]:
        """Only how many rows have a value, and about how many values there are: for very wide tables."""
        found = {}
        for batch in self._batches(columns, WIDE_BATCH):
            row = self._one(
                f"[CAST(count({q}) AS DOUBLE), approx_count_distinct({q})]"
                for q in (quoted(c.name) for c in batch)
            )
            for column, (filled, distinct) in zip(batch, row, strict=True):
                found[column.name] = ColumnStats(
                    column.name, column.dtype, column.family, self._rows, int(filled), int(distinct)
                )
        return found

    def _batches(self, columns: Sequence[Column], most: int) -> Iterator[Sequence[Column]]:
        """Batches of at most so many columns, smaller where names are long (a statement has a limit)."""
        batch: list[Column] = []
        characters = 0
        for i, column in enumerate(columns):
            size = len(column.name) + 10
            if batch and (len(batch) == most or characters + size > NAME_CHARACTERS * most):
                self._step("measuring columns", i / len(columns))
                yield batch
                batch, characters = [], 0
            batch.append(column)
            characters += size
        if batch:
            yield batch

    def _one(self, items: Iterable[str]) -> tuple[Any, ...]:
        return self._query(f"SELECT {', '.join(items)} FROM {self._relation}", 1)[0]


def _measures(column: Column, distinct: str) -> list[str]:
    """Aggregates of one column, all DOUBLE so that they fit into one list."""
    q = quoted(column.name)
    if column.family == "number":
        x = f"CAST({q} AS DOUBLE)"
        fine = f"FILTER (WHERE isfinite({x}))"
        return [
            f"CAST(count(*) FILTER (WHERE NOT isnan({x})) AS DOUBLE)", distinct.replace("{}", q),
            f"min({x}) {fine}", f"max({x}) {fine}", f"avg({x}) {fine}",
            f"count(*) FILTER (WHERE {x} < 0)", f"count(*) FILTER (WHERE isinf({x}))",
        ]  # fmt: skip
    if column.family == "date":
        seconds = f"epoch(CAST({q} AS TIMESTAMP))"
        fine = f"FILTER (WHERE isfinite({q}))"
        return [f"CAST(count({q}) AS DOUBLE)", distinct.replace("{}", q), f"min({seconds}) {fine}",
                f"max({seconds}) {fine}"]  # fmt: skip
    if column.family == "text":
        t = f"CAST({q} AS VARCHAR)"
        return [f"CAST(count({q}) AS DOUBLE)", distinct.replace("{}", t), f"avg(length({t}))",
                f"avg(CAST(contains(trim({t}), ' ') AS INTEGER))"]  # fmt: skip
    return [f"CAST(count({q}) AS DOUBLE)", distinct.replace("{}", q)]


def _stats(column: Column, rows: int, filled: int, distinct: int, rest: Sequence[Any]) -> ColumnStats:
    stats = ColumnStats(column.name, column.dtype, column.family, rows, filled, distinct)
    if column.family == "number":
        low, high, mean, negative, infinite = rest
        return replace(stats, low=low, high=high, mean=mean, negative=int(negative), infinite=int(infinite))
    if column.family == "date":
        return replace(stats, low=rest[0], high=rest[1])
    if column.family == "text":
        return replace(stats, length=rest[0], spaced=rest[1] or 0.0)
    return stats
