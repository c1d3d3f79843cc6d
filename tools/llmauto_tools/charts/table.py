"""A chart of a relation of any size: the kind is chosen, the numbers are aggregated in DuckDB, then drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmauto_tools.charts.chart import ChartKind
from llmauto_tools.charts.distributions import draw_box, draw_histogram
from llmauto_tools.charts.grouped import draw_grouped
from llmauto_tools.charts.points import draw_scatter
from llmauto_tools.charts.request import Drawn, Source, Wish, is_measure, is_moment
from llmauto_tools.charts.wording import words
from llmauto_tools.columns import find_column, quoted
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.schema import Column

if TYPE_CHECKING:
    from llmauto_tools.toolbox.chart import ChartArguments


def wish_of(source: Source, arguments: ChartArguments) -> Wish:
    """The arguments of the tool with their columns found. Raises InvalidArguments with the nearest names."""

    def column(name: str | None) -> Column | None:
        return find_column(source.table, name) if name is not None else None

    named = [arguments.y] if isinstance(arguments.y, str) else list(arguments.y or ())
    y = tuple(dict.fromkeys(find_column(source.table, name) for name in named))
    x = column(arguments.x)
    if x is not None and arguments.kind in {None, "line", "area"}:
        x = dates_in_text(source, x)
    return Wish(
        arguments.kind, x, y, arguments.aggregate, column(arguments.series), column(arguments.facet),
        arguments.log, arguments.title, arguments.theme,
    )  # fmt: skip


def draw_table(source: Source, wish: Wish) -> Drawn:
    """Draw a relation as asked; what is left out is chosen from its columns.

    Raises InvalidArguments where it is empty or where the columns do not suit the kind.
    """
    source.rows = source.query(f"SELECT count(*) FROM {source.relation}").rows[0][0]
    if not source.rows:
        raise InvalidArguments("There is nothing to draw: no row is left.", "Check the table and `where`.")
    wish = _complete(source, _sides(wish))
    kind = wish.kind or suited(wish)
    if wish.kind is None:
        source.note(f"Drawn as {kind}, which suits these columns.")
    if kind == "histogram" and wish.x is not None and is_moment(wish.x):
        kind, wish = "bar", replace(wish, y=())
        source.note("Dates are counted by period, as bars.")
    if kind == "scatter":
        return draw_scatter(source, wish)
    if kind == "histogram":
        return draw_histogram(source, wish)
    return draw_box(source, wish) if kind == "box" else draw_grouped(source, wish, kind)


def _sides(wish: Wish) -> Wish:
    """The columns on the sides on which they can be drawn: categories along x, numbers along y."""
    if wish.kind == "histogram" and wish.x is None and wish.y:
        return replace(wish, x=wish.y[0], y=())
    rows = wish.kind == "heatmap" and wish.series is None and len(wish.y) == 1
    if rows and (not is_measure(wish.y[0]) or wish.aggregate in {None, "count"}):
        return replace(wish, series=wish.y[0], y=())
    swapped = len(wish.y) == 1 and wish.x is not None and is_measure(wish.x) and not is_measure(wish.y[0])
    if swapped and wish.aggregate != "count" and wish.kind in {None, "bar", "line", "area", "pie"}:
        assert wish.x is not None
        return replace(wish, x=wish.y[0], y=(wish.x,))
    return wish


def _complete(source: Source, wish: Wish) -> Wish:
    """The columns that were left out, where the kind needs them or nothing was named at all."""
    if wish.x is not None or (wish.y and wish.kind == "box"):
        return _with_y(source, wish)
    free = [c for c in source.table.columns if c not in {*wish.y, wish.series, wish.facet}]
    numbers = [c for c in free if c.family == "number" and not _is_id(c)]
    dates = [c for c in free if is_moment(c)]
    texts = [c for c in free if c.family in {"text", "boolean"} and not _is_id(c)]
    order = {
        "histogram": [*numbers, *dates], "box": numbers, "scatter": numbers, "line": [*dates, *numbers],
        "area": [*dates, *numbers],
    }  # fmt: skip
    candidates = order.get(wish.kind or "", [*(dates if wish.y else []), *texts, *numbers, *dates])
    if wish.kind == "box":
        return replace(wish, y=(_first(numbers, "box"),))
    return _with_y(source, replace(wish, x=_first(candidates, wish.kind or "chart")))


def _with_y(source: Source, wish: Wish) -> Wish:
    """The second column of a scatter or heat map that was not named, the first that suits."""
    taken = {wish.x, wish.series, wish.facet, *wish.y}
    free = [c for c in source.table.columns if c not in taken and not _is_id(c)]
    if wish.kind == "scatter" and not wish.y:
        return replace(wish, y=(_first([c for c in free if c.family == "number"], "scatter"),))
    if wish.kind == "heatmap" and wish.series is None:
        return replace(wish, series=_first([c for c in free if c.family in {"text", "boolean"}], "heatmap"))
    if wish.kind == "box" and not any(is_measure(c) for c in (wish.x, *wish.y) if c is not None):
        return replace(wish, y=(_first([c for c in free if c.family == "number"], "box"),))
    if (
        wish.kind in {"line", "area"}
        and not wish.y
        and wish.aggregate is None
        and wish.x
        and not is_moment(wish.x)
    ):
        return replace(wish, y=(_first([c for c in free if c.family == "number"], "line"),))
    return wish


def _first(columns: list[Column], kind: str) -> Column:
    if not columns:
        raise InvalidArguments(f"The table has no column that a {kind} could show.", "Name x and y.")
    return columns[0]


def _is_id(column: Column) -> bool:
    folded = column.name.casefold()
    return folded in {"id", "rowid", "index"} or folded.endswith("_id")


def suited(wish: Wish) -> ChartKind:
    """The kind for columns that somebody named. A pie is drawn on request only."""
    x, y = wish.x, wish.y
    if x is None:
        return "box"
    if not y:
        if wish.aggregate is None and x.family == "number":
            return "histogram"
        both = wish.series is not None and x.family == "text" and wish.series.family == "text"
        return "line" if is_moment(x) else "heatmap" if both and wish.facet is None else "bar"
    if is_moment(x):
        return "line"
    if x.family == "number":
        named = wish.aggregate is not None or len(y) > 1 or "year" in words(x.name).casefold().split()
        return "line" if named else "scatter"
    return "bar"


def dates_in_text(source: Source, column: Column) -> Column:
    """A column of text that holds dates only, as moments of the relation; any other column as it is."""
    if column.family != "text":
        return column
    name = quoted(column.name)
    (row,) = source.query(
        f"SELECT count({name}), count(TRY_CAST({name} AS TIMESTAMP)) FROM {source.relation}"
    ).rows
    if not row[0] or row[0] != row[1]:
        return column
    source.relation = f"(SELECT * REPLACE (TRY_CAST({name} AS TIMESTAMP) AS {name}) FROM {source.relation})"
    source.note(f"The texts of {words(column.name)} are read as dates.")
    return Column(column.name, "TIMESTAMP")
