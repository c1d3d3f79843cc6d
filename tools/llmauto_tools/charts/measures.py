"""What is measured for each group of a chart: an aggregate of a column, by its name."""

from __future__ import annotations

from dataclasses import dataclass

from llmauto_tools.charts.request import Aggregate, Source, finite, is_measure
from llmauto_tools.charts.wording import AGGREGATE_WORDS, words
from llmauto_tools.columns import quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column


@dataclass(frozen=True)
class Measure:
    """An aggregate in SQL and how it is called. `rank` orders categories by importance."""

    name: str
    sql: str
    rank: str
    aggregate: Aggregate
    percent: bool = False

    @property
    def additive(self) -> bool:
        return self.aggregate in {"count", "sum"}


def measure(source: Source, column: Column | None, aggregate: Aggregate | None) -> Measure:
    """The aggregate of a column: the mean where none is named, the number of rows where no column is.

    Raises InvalidArguments for an aggregate of numbers over text.
    """
    if column is None:
        if aggregate not in {None, "count"}:
            raise InvalidArguments(f"The {aggregate} needs a column to be taken of.", "Name it as y.")
        return Measure("number of rows", "count(*)", "count(*)", "count")
    chosen: Aggregate = aggregate or ("mean" if is_measure(column) else "count")
    if chosen in {"count", "distinct"}:
        return _counted(source, column, chosen)
    if not is_measure(column):
        raise InvalidArguments(
            f"'{column.name}' holds {column.family} values, of which there is no {chosen}.",
            "Use aggregate=count or distinct, or a column of numbers.",
        )
    value = finite(column)
    functions = {"sum": "sum", "mean": "avg", "min": "min", "max": "max", "std": "stddev_samp"}
    if chosen == "median":
        sql = f"median({value})" if source.exact else f"approx_quantile({value}, 0.5)"
        _say_approximate(source, "Medians")
    else:
        sql = f"{functions[chosen]}({value})"
    share = column.family == "boolean" and chosen == "mean"
    name = f"share of {words(column.name)}" if share else f"{AGGREGATE_WORDS[chosen]} {words(column.name)}"
    rank = sql if chosen in {"sum", "max", "min"} else "count(*)"
    return Measure(name, sql, rank, chosen, share)


def _counted(source: Source, column: Column, aggregate: Aggregate) -> Measure:
    name = quoted(column.name)
    if aggregate == "count":
        sql = f"count({name})"
        return Measure(f"count of {words(column.name)}", sql, sql, "count")
    sql = f"count(DISTINCT {name})" if source.exact else f"approx_count_distinct({name})"
    _say_approximate(source, "Distinct counts")
    return Measure(f"distinct {words(column.name)}", sql, sql, "distinct")


def _say_approximate(source: Source, what: str) -> None:
    if not source.exact:
        source.note(f"{what} are approximate, as they are of {source.rows:,} rows.")
