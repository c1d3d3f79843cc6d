"""Bar, line, area, pie and heat map of a relation: grouped in DuckDB, then drawn like any result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from llmauto_tools.charts.chart import MISSING, Chart, ChartKind
from llmauto_tools.charts.dimensions import (
    Dimension,
    categories,
    dimension,
    moments,
    next_period,
    numbers,
)
from llmauto_tools.charts.measures import Measure, measure
from llmauto_tools.charts.panels import MAX_PANELS
from llmauto_tools.charts.request import Drawn, Source, Wish, is_moment
from llmauto_tools.charts.spec import vega_lite
from llmauto_tools.charts.wording import number_words, words
from llmauto_tools.errors import InvalidArguments

TOP = 20
DWARFED = 3.0
"""A bar of "other" that is so many times as long as the longest is left out."""
TOP_SERIES = 7
TOP_SLICES = 8
TOP_CELLS = 30
MAX_POINTS = 1_200
"""Points of all lines of all panels together."""
Row = tuple[Any, ...]


def draw_grouped(source: Source, wish: Wish, kind: ChartKind) -> Drawn:
    """Aggregate and draw. Raises InvalidArguments where the columns do not suit the kind."""
    _check(wish, kind)
    measures = [measure(source, column, wish.aggregate) for column in wish.y or (None,)]
    facet = _facet(source, wish)
    split = wish.series
    series = None
    if split is not None:
        limit = TOP_CELLS if kind == "heatmap" else TOP_SERIES
        series = dimension(source, split, limit, measures[0].rank)
    x = _x(source, wish, kind, measures[0], series, facet)
    rows = _rows(source, x, series, facet, measures)
    rows = _ordered(rows, x, series, kind, measures[0])
    rows = _filled(source, rows, x, len(measures), measures[0], kind)
    return _drawn(source, wish, kind, x, series, facet, measures, rows)


def _check(wish: Wish, kind: ChartKind) -> None:
    if wish.x is None:
        raise InvalidArguments(f"A {kind} chart needs a column along x.", "Name it: x=...")
    if wish.log_x or (wish.log_y and kind != "line"):
        raise InvalidArguments(
            f"A {kind} chart has no logarithmic axis here: its bars or areas start at zero, which such an axis "
            "lacks." if kind != "line" else "Only the y axis of a line can be logarithmic.",
            "Use kind=line, scatter, box or histogram.",
        )  # fmt: skip
    if len(wish.y) > 1 and (wish.series is not None or kind in {"pie", "heatmap"}):
        raise InvalidArguments("Several y columns are series already.", "Name one y, or leave series out.")
    if kind in {"line", "area"} and not (is_moment(wish.x) or wish.x.family == "number"):
        raise InvalidArguments(
            f"A {kind} needs dates or numbers along x, and '{wish.x.name}' is {wish.x.family}.",
            "Use kind=bar.",
        )
    if kind == "heatmap" and wish.series is None:
        raise InvalidArguments("A heat map needs two columns that tell the rows apart.", "Name x and series.")


def _facet(source: Source, wish: Wish) -> Dimension | None:
    if wish.facet is None:
        return None
    if wish.facet.family in {"number", "date"}:
        return dimension(source, wish.facet, MAX_PANELS, "count(*)")
    return categories(source, wish.facet, MAX_PANELS, "count(*)", others=False)


def _x(
    source: Source,
    wish: Wish,
    kind: ChartKind,
    first: Measure,
    series: Dimension | None,
    facet: Dimension | None,
) -> Dimension:
    assert wish.x is not None
    if kind in {"line", "area"}:
        lines = (TOP_SERIES + 1 if series else max(1, len(wish.y))) * (MAX_PANELS if facet else 1)
        most = max(40, min(400, MAX_POINTS // lines))
        if is_moment(wish.x):
            return moments(source, wish.x, most)
        return numbers(source, wish.x, most, few=most)
    if is_moment(wish.x):
        return moments(source, wish.x, 40 if kind in {"bar", "heatmap"} else TOP_SLICES)
    if wish.x.family == "number":
        return numbers(source, wish.x, TOP)
    limit = {"pie": TOP_SLICES, "heatmap": TOP_CELLS}.get(kind, TOP)
    return categories(source, wish.x, limit, first.rank)


def _rows(
    source: Source, x: Dimension, series: Dimension | None, facet: Dimension | None, measures: list[Measure]
) -> list[Row]:
    """Rows of ((x key, state), series, facet, values): one for each group."""
    parts = [d for d in (x, series, facet) if d is not None]
    keys = ", ".join(f"{d.key} AS k{i}, {d.state} AS s{i}" for i, d in enumerate(parts))
    values = ", ".join(m.sql for m in measures)
    found = source.query(f"SELECT {keys}, {values} FROM {source.relation} GROUP BY ALL").rows
    rows = []
    for row in found:
        groups = [(row[2 * i], row[2 * i + 1]) for i in range(len(parts))]
        one = iter(groups[1:])
        in_series = next(one) if series is not None else None
        in_facet = next(one) if facet is not None else None
        if facet is not None and facet.extra.get("dropped") and in_facet is not None and in_facet[1] == 2:
            continue
        rows.append((groups[0], in_series, in_facet, row[2 * len(parts) :]))
    return rows


def _position(x: Dimension, by_value: dict[Any, float] | None) -> Callable[[tuple[Any, int]], Any]:
    """The order of groups: their own, or by value; other and missing last."""

    def place(group: tuple[Any, int]) -> Any:
        key, state = group
        last = {1: 0, 2: 1, 0: 2}[state]
        if state != 1:
            return (last, 0.0, "")
        if by_value is not None:
            return (0, -by_value.get(key, 0.0), str(key))
        return (0, x.order.index(key) if x.order else key, "")

    return place


def _ordered(
    rows: list[Row], x: Dimension, series: Dimension | None, kind: ChartKind, first: Measure
) -> list[Row]:
    by_value: dict[Any, float] | None = None
    if x.axis == "category" and kind != "heatmap":
        by_value = {}
        for (key, _), _, _, values in rows:
            by_value[key] = by_value.get(key, 0.0) + float(values[0] or 0.0)
        if series is not None and not first.additive:  # means do not add up: keep the order of importance
            by_value = None
    place = _position(x, by_value)
    apart = _position(series, None) if series is not None else None
    return sorted(rows, key=lambda r: (place(r[0]), apart(r[1]) if apart else 0))


def _filled(
    source: Source, rows: list[Row], x: Dimension, count: int, first: Measure, kind: ChartKind
) -> list[Row]:
    """A line breaks where a period has no rows (a count is 0 there); missing moments are said, not drawn."""
    if x.axis != "time" and kind not in {"line", "area"}:
        return rows
    missing = [r for r in rows if r[0][1] == 0]
    if missing:
        source.note(f"Rows whose {words(x.column.name)} is missing or outside of the picture are not drawn.")
    rows = [r for r in rows if r[0][1] != 0]
    if not x.cut or not rows or x.time_unit is None:
        return rows
    if first.additive:
        source.note(f"The first and the last {x.time_unit} may be partial.")
    combinations = dict.fromkeys((r[1], r[2]) for r in rows)
    have = {(r[0][0], r[1], r[2]): r for r in rows}
    nothing = (0 if first.aggregate == "count" else None,) * count
    at, last, filled = rows[0][0][0], max(r[0][0] for r in rows), []
    while at <= last:
        filled += [have.get((at, s, f), ((at, 1), s, f, nothing)) for s, f in combinations]
        at = next_period(at, x.time_unit)
    return filled


def _drawn(
    source: Source, wish: Wish, kind: ChartKind, x: Dimension, series: Dimension | None, facet: Dimension | None,
    measures: list[Measure], rows: list[Row],
) -> Drawn:  # fmt: skip
    names = ["x", *(["series"] if series else []), *(["facet"] if facet else [])]
    names += [f"y{i}" for i in range(len(measures))]
    flat = []
    for key, in_series, in_facet, values in rows:
        labels = [x.label(*key)]
        labels += [series.label(*in_series)] if series else []
        labels += [facet.label(*in_facet)] if facet else []
        flat.append((*labels, *(_plain(v) for v in values)))
    if not flat or all(v is None for r in flat for v in r[len(names) - len(measures) :]):
        raise InvalidArguments("There is nothing to draw: all values are missing.")
    if kind == "bar" and series is None and facet is None and x.others:
        flat = _without_dwarfing(source, flat, x)
    if kind == "pie":
        _check_pie(flat, measures[0])
    chart = _chart(kind, x, series, facet, measures, wish)
    chart = replace(chart, notes=tuple(source.notes), title=wish.title or _title(measures, x, series, facet))
    if any(MISSING in row[: len(names) - len(measures)] for row in flat):
        source.note(f"{MISSING} are rows without a value there.")
    spec = vega_lite(chart, [(name, "VARCHAR") for name in names], flat)
    headings = [chart.titles.get(name, name) for name in names]
    return Drawn(kind, chart.title, spec, tuple(headings), tuple(flat))


def _chart(
    kind: ChartKind, x: Dimension, series: Dimension | None, facet: Dimension | None, measures: list[Measure],
    wish: Wish,
) -> Chart:  # fmt: skip
    bar = kind == "bar"
    numeric_line = kind in {"line", "area"} and x.axis == "ordinal" and x.bins is None
    titles = {"x": words(x.column.name)} | {f"y{i}": m.name for i, m in enumerate(measures)}
    if series is not None:
        titles["series"] = words(series.column.name)
    if facet is not None:
        titles["facet"] = words(facet.column.name)
    additive = all(m.additive for m in measures)
    return Chart(
        kind, "x", tuple(f"y{i}" for i in range(len(measures))), "series" if series else None,
        x_type="number" if numeric_line else ("ordinal" if x.axis == "time" and bar else x.axis),
        horizontal=bar and x.axis == "category" and series is None and len(measures) == 1,
        stacked=(bar or kind == "area") and series is not None and additive,
        percent=all(m.percent for m in measures), time_unit=x.time_unit, max_x=None, max_series=TOP_CELLS + 2,
        facet="facet" if facet else None, titles=titles, log_y=wish.log_y, theme=wish.theme,
    )  # fmt: skip


def _without_dwarfing(source: Source, flat: list[Row], x: Dimension) -> list[Row]:
    """The bars without "other" where it is so long that the rest could not be read; a note says its value."""
    name = x.label(None, 2)
    other = next((row[-1] or 0 for row in flat if row[0] == name), 0)
    largest = max((abs(row[-1] or 0) for row in flat if row[0] != name), default=0)
    if abs(other) <= DWARFED * largest:
        return flat
    source.note(f"{name} has {number_words(other)} in all; its bar would dwarf the rest and is left out.")
    return [row for row in flat if row[0] != name]


def _check_pie(flat: list[Row], first: Measure) -> None:
    if not first.additive:
        raise InvalidArguments(
            f"The slices of a pie add up to a whole, and values of '{first.aggregate}' do not.",
            "Use aggregate=sum or count, or kind=bar.",
        )
    if any((row[-1] or 0) < 0 for row in flat):
        raise InvalidArguments("A pie cannot show negative values.", "Use kind=bar.")


def _title(measures: list[Measure], x: Dimension, *others: Dimension | None) -> str:
    by = [words(d.column.name) for d in (x, *others) if d is not None]
    what = ", ".join(m.name for m in measures)
    return f"{what[:1].upper()}{what[1:]} by {' and '.join([', '.join(by[:-1]), by[-1]] if by[1:] else by)}"


def _plain(value: Any) -> Any:
    if value is None:
        return None
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else float(f"{number:.10g}")
