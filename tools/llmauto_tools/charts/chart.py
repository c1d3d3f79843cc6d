"""What a chart is, before it is Vega-Lite or characters in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from llmauto_tools.charts.theme import Theme
from llmauto_tools.schema import Column

ChartKind = Literal["bar", "line", "area", "scatter", "histogram", "box", "heatmap", "pie"]
AxisType = Literal["category", "ordinal", "time", "number"]
"""category: no order of its own; ordinal: few values in a fixed order, such as months or age groups."""

CHART_KINDS: tuple[ChartKind, ...] = ("bar", "line", "area", "scatter", "histogram", "box", "heatmap", "pie")
KIND_WORDS: dict[ChartKind, str] = {
    "bar": "A bar chart", "line": "A line chart", "area": "An area chart", "scatter": "A scatter plot",
    "histogram": "A histogram", "box": "A box plot", "heatmap": "A heat map", "pie": "A pie chart",
}  # fmt: skip
MAX_BARS = 20
MAX_SERIES = 8
MISSING = "(missing)"
"""The label of a group whose value is NULL."""


class ResultLike(Protocol):
    """A QueryResult or an Evidence: both can be drawn."""

    @property
    def columns(self) -> Columns: ...
    @property
    def rows(self) -> tuple[tuple[Any, ...], ...]: ...
    @property
    def row_count(self) -> int | None: ...
    @property
    def truncated(self) -> bool: ...


@dataclass(frozen=True)
class Chart:
    """What to draw from a result. `x`, `y` and `series` are names of its columns."""

    kind: ChartKind
    x: str | None
    """The categories, times or numbers along the axis; None for one box plot of everything."""
    y: tuple[str, ...] = ()
    """The values; several columns become several series. Empty for a histogram, which counts x."""
    series: str | None = None
    """The column that tells the series apart (the rows of a heat map)."""
    title: str = ""
    x_type: AxisType = "category"
    horizontal: bool = False
    """Bars lie, so that long labels can be read."""
    stacked: bool = False
    sort: Literal["given", "value"] = "given"
    """The order of categories: as the rows come, or by value, largest first."""
    percent: bool = False
    """The values are fractions that are read as percentages."""
    time_unit: Literal["year", "quarter", "month", "week", "day", "hour"] | None = None
    max_x: int | None = None
    """How many categories are drawn; `notes` says how many there are."""
    max_series: int = MAX_SERIES
    notes: tuple[str, ...] = ()
    """What a reader of the picture has to know, such as what was left out."""
    facet: str | None = None
    """The column of which each value has a panel of its own."""
    titles: dict[str, str] = field(default_factory=dict)
    """Headings of columns that are not made from their names."""
    log_y: bool = False
    theme: Theme = "light"


@dataclass(frozen=True)
class ChartData:
    """The numbers of a chart in the order in which they are drawn.

    Every series has one value per label; None where there is none. A scatter has `points` instead.
    A histogram's labels are its bins; a box plot's series are min, q1, median, q3 and max.
    """

    labels: list[str]
    series: list[tuple[str, list[float | None]]]
    points: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)


Columns = Sequence[Column] | Sequence[tuple[str, str]]
"""The columns of a QueryResult, or of Evidence, which keeps them as (name, type)."""


def as_columns(columns: Columns) -> tuple[Column, ...]:
    return tuple(c if isinstance(c, Column) else Column(c[0], c[1]) for c in columns)
