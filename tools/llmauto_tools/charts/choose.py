"""Which chart helps to read a result: chosen from the plan, the shape of the result and the request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from llmauto_tools.charts.asked import asked_kind
from llmauto_tools.charts.chart import (
    KIND_WORDS,
    MAX_BARS,
    MAX_SERIES,
    Chart,
    ChartKind,
    ResultLike,
    as_columns,
)  # fmt: skip
from llmauto_tools.charts.fields import Field, Shape, shape_of, shape_of_columns
from llmauto_tools.errors import QueryInvalid
from llmauto_tools.plan.model import Plan

MAX_ORDINAL_BARS = 40
MAX_CELLS = 40
"""Categories on either side of a heat map."""
MAX_SLICES = 12
MIN_SCATTER_ROWS = 5
MAX_SCATTER_COLUMNS = 3
"""A wider listing is there to be read, not drawn, unless a chart is asked for."""
MIN_HISTOGRAM_ROWS = 20


def choose_chart(plan: Plan | None, result: ResultLike, request: str | None = None) -> Chart | None:
    """The chart of a result, or None where a picture would not help (a single number, one row, text).

    `plan` is the plan that the result came from, if one is known: it says which columns are groups.
    A kind that `request` names ("as a pie chart") is drawn if the result has the shape for it; if not,
    a note of the chart says so. A pie is drawn only on request.
    """
    return chart_of_kind(plan, result, asked_kind(request))


def chart_of_kind(plan: Plan | None, result: ResultLike, kind: ChartKind | None) -> Chart | None:
    """The same with the kind that is wanted, or None for the kind that suits."""
    columns = as_columns(result.columns)
    if len(result.rows) < 2 and kind is None:
        return None
    shape = shape_of(plan, columns, result.rows)
    chart = _BUILDERS[kind](shape) if kind is not None else None
    if chart is None:
        suited = _suited(shape)
        chart = _BUILDERS[suited](shape) if suited is not None and len(result.rows) > 1 else None
        if chart is not None and kind is not None:
            chart = _noted(chart, f"{KIND_WORDS[kind]} does not fit this result.")
    if chart is not None and result.truncated:
        total = f" of {result.row_count:,}" if result.row_count is not None else ""
        chart = _noted(chart, f"Drawn from the first {len(result.rows):,}{total} rows.")
    return chart


def chart_of_columns(
    result: ResultLike, kind: ChartKind | None, x: str, y: Sequence[str], series: str | None
) -> Chart | None:
    """A chart of columns that somebody chose, or None where the kind does not suit them.

    Raises QueryInvalid for a column that the result lacks, and where several rows share a place in a
    chart that shows one value per place: summed up in silence, they would lie.
    """
    columns = as_columns(result.columns)
    shape = shape_of_columns(columns, result.rows, kind, x, y, series)
    if kind is None:
        kind = _suited(shape)
    chart = _BUILDERS[kind](shape) if kind is not None else None
    if chart is None and kind not in {"scatter", "histogram", "box"} and not shape.grouped:
        raise QueryInvalid(
            f"Several rows have the same '{x}'" + (f" and '{series}'." if series else "."),
            "Aggregate them in the query: SELECT ... , sum(...) GROUP BY ...",
        )
    return chart


def _noted(chart: Chart, note: str) -> Chart:
    return replace(chart, notes=(*chart.notes, note))


# ---- which kind


def _suited(shape: Shape) -> ChartKind | None:
    if not any(v is not None for f in shape.numbers for v in f.values):
        return None
    if shape.grouped and len(shape.keys) == 1:
        return _suited_to_one_key(shape)
    if shape.grouped and len(shape.keys) == 2:
        return _suited_to_two_keys(shape)
    return _suited_to_rows(shape)


def _suited_to_one_key(shape: Shape) -> ChartKind | None:
    key = shape.keys[0]
    if key.axis == "time" or key.continuous:
        return "line" if shape.rows > 2 else "bar"
    if key.axis == "ordinal":
        return "bar" if key.distinct <= MAX_ORDINAL_BARS else "line"
    if len(shape.numbers) == 2 and shape.rows > 2 * MAX_BARS:
        return "scatter"
    return "bar"


def _suited_to_two_keys(shape: Shape) -> ChartKind | None:
    first, second = _along_and_apart(shape)
    if first.axis == "time" or first.continuous:
        return "line"
    if second.distinct <= 6 and first.distinct <= MAX_BARS:
        return "bar"
    if first.distinct <= MAX_CELLS and second.distinct <= MAX_CELLS:
        return "heatmap"
    return "bar" if second.distinct <= MAX_SERIES else None


def _suited_to_rows(shape: Shape) -> ChartKind | None:
    narrow = len(shape.keys) + len(shape.numbers) <= MAX_SCATTER_COLUMNS
    if len(shape.numbers) >= 2 and shape.rows >= MIN_SCATTER_ROWS and narrow:
        return "scatter"
    if len(shape.numbers) == 1 and shape.rows >= MIN_HISTOGRAM_ROWS and not shape.grouped:
        return "histogram"
    return None


# ---- the kinds


def _bar(shape: Shape) -> Chart | None:
    if not _per_key(shape):
        return None
    key, apart = _along_and_apart(shape)
    few = key.axis == "category" or (key.axis == "ordinal" and key.distinct > MAX_ORDINAL_BARS)
    limit = MAX_BARS if few else None
    grouped = apart is not key
    by_value = key.axis == "category" and not shape.ordered
    values = shape.numbers[:1] if grouped else _comparable(shape.numbers)
    return Chart(
        kind="bar",
        x=key.name,
        y=tuple(f.name for f in values),
        series=apart.name if grouped else None,
        title=_title(values, shape),
        x_type="ordinal" if key.axis == "time" else key.axis,
        horizontal=key.axis == "category" and not grouped,
        stacked=grouped and values[0].function == "share",
        sort="value" if by_value else "given",
        percent=values[0].percent,
        time_unit=key.time_unit,
        max_x=limit,
        notes=(*_left_out(key, limit, by_value), *_left_out_series(apart if grouped else None)),
    )


def _line(shape: Shape) -> Chart | None:
    if not _per_key(shape):
        return None
    key, apart = _along_and_apart(shape)
    grouped = apart is not key
    values = shape.numbers[:1] if grouped else _comparable(shape.numbers)
    return Chart(
        kind="line",
        x=key.name,
        y=tuple(f.name for f in values),
        series=apart.name if grouped else None,
        title=_title(values, shape),
        x_type=key.axis,
        percent=values[0].percent,
        time_unit=key.time_unit,
        notes=_left_out_series(apart if grouped else None),
    )


def _area(shape: Shape) -> Chart | None:
    line = _line(shape)
    return replace(line, kind="area", stacked=line.series is not None) if line else None


def _pie(shape: Shape) -> Chart | None:
    if not _per_key(shape) or len(shape.keys) != 1:
        return None
    key, value = shape.keys[0], shape.numbers[0]
    positive = all(isinstance(v, (int, float)) and v >= 0 for v in _floats(value))
    if not positive or key.distinct > MAX_SLICES:
        return None
    return Chart(
        "pie", key.name, (value.name,), None, _title([value], shape), x_type=key.axis,
        sort="given" if shape.ordered else "value", percent=value.percent, time_unit=key.time_unit,
    )  # fmt: skip


def _scatter(shape: Shape) -> Chart | None:
    if len(shape.numbers) < 2:
        return None
    x, y = shape.numbers[:2]
    apart = next((k for k in shape.keys if 1 < k.distinct <= MAX_SERIES and k.distinct < shape.rows), None)
    title = f"{_words(y.name)} against {_words(x.name)}"
    series = apart.name if apart else None
    return Chart("scatter", x.name, (y.name,), series, title, x_type="number")


def _histogram(shape: Shape) -> Chart | None:
    if not shape.numbers or shape.rows < 2:
        return None
    x = shape.numbers[0]
    return Chart("histogram", x.name, (), None, f"Distribution of {_words(x.name)}", x_type="number")


def _box(shape: Shape) -> Chart | None:
    if not shape.numbers or shape.rows < 2:
        return None
    value = shape.numbers[0]
    repeated = (k for k in shape.keys if k.distinct < shape.rows)
    key = next(repeated, None)
    title = f"Distribution of {_words(value.name)}" + (f" by {_words(key.name)}" if key else "")
    return Chart(
        "box", key.name if key else None, (value.name,), None, title,
        max_x=MAX_BARS, notes=_left_out(key, MAX_BARS, False) if key else (),
    )  # fmt: skip


def _heatmap(shape: Shape) -> Chart | None:
    if not _per_key(shape) or len(shape.keys) != 2:
        return None
    x, rows = _along_and_apart(shape)
    if x.distinct > MAX_CELLS * 2 or rows.distinct > MAX_CELLS * 2:
        return None
    value = shape.numbers[0]
    return Chart(
        "heatmap", x.name, (value.name,), rows.name, _title([value], shape),
        x_type="ordinal" if x.axis == "time" else x.axis, percent=value.percent, time_unit=x.time_unit,
        max_series=MAX_CELLS * 2,
    )  # fmt: skip


_BUILDERS: dict[ChartKind, Callable[[Shape], Chart | None]] = {
    "bar": _bar, "line": _line, "area": _area, "scatter": _scatter, "histogram": _histogram,
    "box": _box, "heatmap": _heatmap, "pie": _pie,
}  # fmt: skip


# ---- parts


def _per_key(shape: Shape) -> bool:
    """Whether there is one number for each of one or two keys."""
    return shape.grouped and 1 <= len(shape.keys) <= 2 and bool(shape.numbers)


def _along_and_apart(shape: Shape) -> tuple[Field, Field]:
    """The key along the axis and the key of the series: time first, else the one with more values."""
    first, second = shape.keys[0], shape.keys[-1]
    if _runs(second) and not _runs(first):
        return second, first
    if not _runs(first) and first.distinct < second.distinct:
        return second, first
    return first, second


def _runs(field: Field) -> bool:
    return field.axis == "time" or field.continuous


def _comparable(numbers: list[Field]) -> list[Field]:
    """The first number, and those of the same kind and size, which can share an axis with it."""
    first = numbers[0]
    alike = [f for f in numbers if f.percent == first.percent and f.function == first.function]
    top = max((abs(v) for v in _floats(first)), default=0.0)
    near = [
        f
        for f in alike
        if f is first or top / 20 <= max((abs(v) for v in _floats(f)), default=0.0) <= top * 20
    ]
    return near[:MAX_SERIES]


def _floats(field: Field) -> list[float]:
    return [float(v) for v in field.values if v is not None and not isinstance(v, str)]


def _left_out(key: Field, limit: int | None, by_value: bool) -> tuple[str, ...]:
    if limit is None or key.distinct <= limit:
        return ()
    return (f"Only the {'largest' if by_value else 'first'} {limit} of {key.distinct:,} are drawn.",)


def _left_out_series(apart: Field | None) -> tuple[str, ...]:
    if apart is None or apart.distinct <= MAX_SERIES:
        return ()
    return (f"Only the {MAX_SERIES} largest of {apart.distinct:,} values of {_words(apart.name)} are drawn.",)


def _title(values: list[Field], shape: Shape) -> str:
    what = ", ".join(_words(f.name) for f in values)
    return f"{what} by " + " and ".join(_words(k.name) for k in shape.keys)


def _words(name: str) -> str:
    return name.replace("_", " ").strip() or name
