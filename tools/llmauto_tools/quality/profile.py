"""Statistics of every column, by one pass over the table per batch of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_tools.columns import quoted
from llmauto_tools.quality.names import tokens
from llmauto_tools.schema import Column, TypeFamily

BATCH = 100
"""Columns per statement (a statement may be 100,000 characters long)."""

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


def profile(
    query: Callable[[str, int], Sequence[tuple[Any, ...]]],
    relation: str,
    columns: Sequence[Column],
    exact: bool,
    step: Callable[[str, float | None], None],
) -> Iterator[ColumnStats]:
    """The statistics of the columns of `relation` (a quoted name); exact: count different values exactly."""
    for start in range(0, len(columns), BATCH):
        step("measuring columns", start / len(columns))
        batch = columns[start : start + BATCH]
        measures = [
            _measures(c, "count(DISTINCT {})" if exact else "approx_count_distinct({})") for c in batch
        ]
        items = ", ".join(f"[{', '.join(m)}]" for m in measures)
        row = query(f"SELECT count(*), {items} FROM {relation}", 1)[0]
        for column, (filled, distinct, *rest) in zip(batch, row[1:], strict=True):
            yield _stats(column, int(row[0]), int(filled), int(distinct), rest)


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
