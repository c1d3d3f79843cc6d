"""Cutting an axis of numbers into bins, from figures that DuckDB computes in one pass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_tools.charts.request import Source, as_double
from llmauto_tools.charts.wording import number_words, words
from llmauto_tools.columns import quoted
from llmauto_tools.schema import Column

_LEVELS = (0.005, 0.25, 0.75, 0.995)
FAR = 4.0
"""An axis that would be so many times as long as its inner 99% is cut there, and says what is outside."""
MAX_BINS = 100


@dataclass(frozen=True)
class Spread:
    """Of one column: finite values, missing or not finite, extremes, inner quantiles, distinct (approximate)."""

    column: Column
    count: int
    missing: int
    low: float
    high: float
    quantiles: tuple[float, float, float, float]
    distinct: int
    log: bool = False

    @property
    def whole(self) -> bool:
        return not self.log and self.column.dtype.upper().endswith(("INT", "INTEGER"))


@dataclass(frozen=True)
class Bins:
    """Equal bins from `start`, on the logarithm (base 10) of the values where `log`."""

    start: float
    width: float
    count: int
    log: bool = False
    outside: bool = False
    """Whether there are values outside that are not drawn."""

    @property
    def stop(self) -> float:
        return self.start + self.width * self.count

    def edge(self, position: int) -> float:
        value = float(f"{self.start + position * self.width:.12g}")
        return float(f"{10**value:.12g}") if self.log else value

    def index(self, value: str) -> str:
        """SQL: the bin of a value, from 0. The last bin has its upper edge too."""
        return f"least(CAST(floor(({value} - {self.start!r}) / {self.width!r}) AS INTEGER), {self.count - 1})"

    def within(self, value: str) -> str:
        return f"{value} BETWEEN {self.start!r} AND {self.stop!r}"


def axis_sql(column: Column, log: bool) -> str:
    """SQL: where a value lies on its axis; NULL where it has no place there."""
    value = as_double(column)
    return f"CASE WHEN {value} > 0 THEN log10({value}) END" if log else value


def spreads(source: Source, columns: Sequence[tuple[Column, bool]]) -> list[Spread]:
    """The spread of columns (each with whether its axis is logarithmic), all in one pass."""
    parts = ["count(*)"]
    for column, log in columns:
        value = axis_sql(column, log)
        levels = ", ".join(str(level) for level in _LEVELS)
        parts += [
            f"count({value})", f"min({value})", f"max({value})", f"approx_quantile({value}, [{levels}])",
            f"approx_count_distinct({quoted(column.name)})",
        ]  # fmt: skip
    (row,) = source.query(f"SELECT {', '.join(parts)} FROM {source.relation}").rows
    source.rows = row[0]
    found = []
    for number, (column, log) in enumerate(columns):
        count, low, high, quantiles, distinct = row[1 + 5 * number : 6 + 5 * number]
        four = tuple(float(q) for q in quantiles) if count else (0.0,) * 4
        found.append(
            Spread(column, count, row[0] - count, low or 0.0, high or 0.0, four, distinct, log)  # type: ignore[arg-type]
        )
    return found


def note_missing(source: Source, found: Sequence[Spread]) -> None:
    """Say what is left out because it is missing, not finite or, on a log axis, not positive."""
    for spread in found:
        if spread.missing:
            why = "missing, not finite or not above 0" if spread.log else "missing or not finite"
            name = words(spread.column.name)
            source.note(f"{spread.missing:,} of {source.rows:,} values of {name} are {why} and not drawn.")


def drawn_range(spread: Spread) -> tuple[float, float, bool]:
    """The part of an axis that is drawn, and whether values are outside of it."""
    low, high = spread.low, spread.high
    first, _, _, last = spread.quantiles
    inner = last - first
    if inner <= 0 or (high - low) <= FAR * inner:
        return low, high, False
    return max(low, first - inner / 4), min(high, last + inner / 4), True


def freedman_diaconis(spread: Spread, most: int = MAX_BINS) -> Bins:
    """Bins of about 2 IQR / n^(1/3) (Freedman and Diaconis 1981), widened to a round number.

    Without an interquartile range, Sturges' number of bins (1926). Whole numbers get whole bins.
    """
    low, high, outside = drawn_range(spread)
    span = high - low
    iqr = spread.quantiles[2] - spread.quantiles[1]
    count = max(spread.count, 1)
    raw = 2 * iqr / count ** (1 / 3) if iqr > 0 else span / (math.ceil(math.log2(count)) + 1)
    return _rounded(spread, low, high, max(raw, span / most), outside)


def grid(spread: Spread, count: int) -> Bins:
    """About `count` bins over what is drawn of an axis."""
    low, high, outside = drawn_range(spread)
    return _rounded(spread, low, high, (high - low) / count, outside)


def _rounded(spread: Spread, low: float, high: float, raw: float, outside: bool) -> Bins:
    if high <= low or raw <= 0:
        width = 1.0 if spread.whole or low == 0 else abs(low) / 10
        start = low - width / 2 if not spread.whole else low
        return Bins(start, width, 1, spread.log, outside)
    width = nice_width(raw)
    if spread.whole:
        width = max(1.0, math.ceil(width))
    start = math.floor(low / width) * width
    bins = math.floor((high - start) / width + 1e-9) + 1
    if bins > 1 and not spread.whole and math.isclose(start + (bins - 1) * width, high):
        bins -= 1  # the largest value is an edge, and the last bin has its upper edge
    return Bins(float(f"{start:.12g}"), width, bins, spread.log, outside)


def nice_width(raw: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    size = 10.0 ** math.floor(math.log10(raw))
    return next(float(f"{size * m:.12g}") for m in (1, 2, 2.5, 5, 10) if size * m >= raw * 0.999)


def note_outside(source: Source, spread: Spread, outside: int) -> None:
    """Say how many values lie beyond the axis, and how far they go."""
    if outside:
        low, high = (10**spread.low, 10**spread.high) if spread.log else (spread.low, spread.high)
        source.note(
            f"{outside:,} values of {words(spread.column.name)} lie outside of the picture"
            f" (they go from {number_words(low)} to {number_words(high)})."
        )


def scale(log: bool, *, zero: bool = False) -> dict[str, Any]:
    """The scale of an axis (Vega-Lite)."""
    return {"type": "log"} if log else {"zero": zero}
