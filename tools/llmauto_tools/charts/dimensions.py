"""What the rows of an aggregated chart are grouped by: categories, periods of time, bins of numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from llmauto_tools.charts.bins import Bins, freedman_diaconis, grid, spreads
from llmauto_tools.charts.chart import MISSING, AxisType
from llmauto_tools.charts.fields import TimeUnit
from llmauto_tools.charts.request import Source, is_moment
from llmauto_tools.charts.wording import shortened, words
from llmauto_tools.columns import literal, quoted
from llmauto_tools.schema import Column

CELL_CHARACTERS = 300
"""Of a text cell, the characters that tell it from others in a chart."""
MAX_NUMBERS = 40
"""Different numbers that stand side by side as they are; more are binned."""
_UNITS: tuple[tuple[TimeUnit, int], ...] = (
    ("hour", 3_600), ("day", 86_400), ("week", 604_800), ("month", 2_629_746), ("quarter", 7_889_238),
    ("year", 31_556_952),
)  # fmt: skip


@dataclass(frozen=True)
class Dimension:
    """A grouping: SQL expressions `key` and `state` (0 missing, 1 itself, 2 one of the others)."""

    column: Column
    key: str
    state: str
    axis: AxisType
    time_unit: TimeUnit | None = None
    bins: Bins | None = None
    order: tuple[Any, ...] = ()
    """The keys as they are drawn; empty where the values themselves have an order."""
    others: int = 0
    """How many categories are together in "other"."""
    cut: bool = False
    """Whether moments were put together into periods, of which the outer ones may be partial."""
    extra: dict[str, Any] = field(default_factory=dict)

    def label(self, key: Any, state: int) -> Any:
        """What is written for a group; a moment stays one."""
        if state == 0:
            return MISSING
        if state == 2:
            taken = {shortened(str(k)) for k in self.order}
            text = f"other ({self.others:,})"
            return text if text not in taken else f"all {text}"
        if self.bins is not None:
            return f"{self.bins.edge(key):,g} – {self.bins.edge(key + 1):,g}"
        if isinstance(key, (dt.date, dt.datetime)):
            return key
        return shortened(str(key)) if str(key).strip() else '""'


def category_key(column: Column) -> str:
    """SQL: a category as bounded text."""
    return f"left(CAST({quoted(column.name)} AS VARCHAR), {CELL_CHARACTERS})"


def categories(source: Source, column: Column, limit: int, rank: str, *, others: bool = True) -> Dimension:
    """The `limit` categories with the largest `rank` (a SQL aggregate), and the rest as "other".

    Without `others`, the rest is left out and a note says so.
    """
    key, name = category_key(column), quoted(column.name)
    found = source.query(
        f"SELECT k, count(*) OVER () AS groups FROM (SELECT {key} AS k, {rank} AS r FROM {source.relation}"
        f" WHERE {name} IS NOT NULL GROUP BY 1) ORDER BY abs(r) DESC NULLS LAST, k LIMIT {limit}"
    ).rows
    kept = tuple(row[0] for row in found)
    total = found[0][1] if found else 0
    axis: AxisType = "category"
    if total <= limit:
        state = f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END"
        return Dimension(column, key, state, axis, order=kept)
    inside = f"{key} IN ({', '.join(literal(k) for k in kept)})"
    state = f"CASE WHEN {name} IS NULL THEN 0 WHEN {inside} THEN 1 ELSE 2 END"
    if not others:
        source.note(f"Only {limit} of {total:,} values of {words(column.name)} are drawn, the largest.")
        key = f"CASE WHEN {inside} THEN {key} END"
        return Dimension(column, key, state, axis, order=kept, extra={"dropped": True})
    source.note(f"The {limit} largest of {total:,} values of {words(column.name)}; the rest is in other.")
    return Dimension(
        column, f"CASE WHEN {inside} THEN {key} END", state, axis, order=kept, others=total - limit
    )


def moments(source: Source, column: Column, most: int) -> Dimension:
    """Moments as they are where they are few, else the finest of hour to year with at most `most` periods."""
    name = quoted(column.name)
    moment = f"CAST({name} AS TIMESTAMP)"
    inside = f"isfinite({name})"
    (row,) = source.query(
        f"SELECT approx_count_distinct({name}) FILTER ({inside}), min({moment}) FILTER ({inside}),"
        f" max({moment}) FILTER ({inside}), bool_and({moment} = date_trunc('day', {moment})) FILTER ({inside}),"
        f" bool_and({moment} = date_trunc('month', {moment})) FILTER ({inside}),"
        f" bool_and({moment} = date_trunc('year', {moment})) FILTER ({inside}) FROM {source.relation}"
    ).rows
    distinct, first, last, days, months, years = row
    state = f"CASE WHEN {inside} THEN 1 ELSE 0 END"
    own: TimeUnit = "year" if years else "month" if months else "day" if days else "hour"
    if first is None or distinct <= most:
        return Dimension(column, f"CASE WHEN {inside} THEN {moment} END", state, "time", own)
    seconds = (last - first).total_seconds()
    unit: TimeUnit = next((u for u, size in _UNITS if seconds / size < most), "year")
    source.note(f"Times are put together by {unit} ({first:%Y-%m-%d} to {last:%Y-%m-%d}).")
    key = f"CASE WHEN {inside} THEN date_trunc('{unit}', {moment}) END"
    ends = {"first": first, "last": last}
    return Dimension(column, key, state, "time", unit, cut=True, extra=ends)


def numbers(source: Source, column: Column, most: int, *, few: int = MAX_NUMBERS) -> Dimension:
    """Numbers as they are where at most `few` differ, else in at most about `most` bins."""
    (spread,) = spreads(source, [(column, False)])
    name = quoted(column.name)
    if spread.distinct <= few and source.rows:
        found = source.query(
            f"SELECT DISTINCT {name} FROM {source.relation} WHERE {name} IS NOT NULL LIMIT 500"
        ).rows
        if len(found) <= few * 1.2:
            state = f"CASE WHEN {name} IS NULL THEN 0 ELSE 1 END"
            return Dimension(column, name, state, "ordinal", order=tuple(sorted(row[0] for row in found)))
    cut = freedman_diaconis(spread, most) if most <= 20 else grid(spread, most)
    value = f"CAST({name} AS DOUBLE)"
    inside = cut.within(value)
    key = f"CASE WHEN {inside} THEN {cut.index(value)} END"
    state = f"CASE WHEN {inside} THEN 1 ELSE 0 END"
    source.note(f"{words(column.name)} is put together in {cut.count} bins.")
    return Dimension(column, key, state, "ordinal", bins=cut, order=tuple(range(cut.count)))


def dimension(source: Source, column: Column, limit: int, rank: str, *, others: bool = True) -> Dimension:
    """The grouping that suits the type of a column, with at most about `limit` groups."""
    if is_moment(column):
        return moments(source, column, limit * 3)
    if column.family == "number":
        return numbers(source, column, limit)
    return categories(source, column, limit, rank, others=others)


def next_period(at: dt.datetime, unit: TimeUnit) -> dt.datetime:
    """The start of the period after the one that starts at `at`."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(unit)
    if months is None:
        return at + {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}.get(
            unit, dt.timedelta(weeks=1)
        )
    month = at.month - 1 + months
    return at.replace(year=at.year + month // 12, month=month % 12 + 1)
