"""The few columns whose distribution tells most, as Vega-Lite."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from llmauto_tools.charts.chart import Chart
from llmauto_tools.charts.spec import vega_lite
from llmauto_tools.profile.model import ColumnProfile, Histogram, Profile
from llmauto_tools.profile.times import written
from llmauto_tools.schema import Column

CHARTS = 5
NUMBERS = 2
BARS = 8


def telling_charts(profile: Profile) -> list[dict[str, Any]]:
    """Charts of the target, of a date, and of the numbers and categories that go most with others."""
    return [spec for c in _telling(profile) if (spec := chart_of(c)) is not None][:CHARTS]


def _telling(profile: Profile) -> list[ColumnProfile]:
    strength: dict[str, float] = {}
    for association in profile.associations:
        for name in (association.first, association.second):
            strength[name] = max(strength.get(name, 0.0), association.strength)
    varied = [
        c for c in profile.columns if c.distinct > 1 and c.kind not in ("id", "constant", "empty", "geo")
    ]
    by_strength = sorted(varied, key=lambda c: -round(strength.get(c.name, 0.0), 1))
    target = [c for c in varied if c.name == profile.target]
    times = [c for c in varied if c.kind == "date" and c.histogram][:1]
    numbers = [c for c in by_strength if c.numbers and c.histogram][:NUMBERS]
    categories = [c for c in by_strength if c.kind in ("category", "boolean") and c.top]
    return list({c.name: c for c in [*target, *times, *numbers, *categories]}.values())


def chart_of(column: ColumnProfile) -> dict[str, Any] | None:
    """A histogram, or bars of the most frequent values; None where neither says anything."""
    if column.histogram is not None and column.kind not in ("category", "boolean"):
        return _histogram(column.name, column.histogram)
    return _frequent(column) if column.top else None


def _histogram(name: str, histogram: Histogram) -> dict[str, Any]:
    labels = bin_labels(histogram)
    outside = histogram.below + histogram.above
    notes = (f"{outside:,} rows lie outside",) if outside else ()
    chart = Chart("bar", "bin", ("rows",), title=f"Rows by {name}", x_type="ordinal", notes=notes)
    spec = vega_lite(chart, _columns(), list(zip(labels, histogram.counts, strict=True)))
    spec["encoding"]["x"]["title"] = name
    return spec


def _frequent(column: ColumnProfile) -> dict[str, Any]:
    rows = [(value, count) for value, count in column.top[:BARS]]
    rest = column.present - sum(count for _, count in rows)
    notes = (f"{rest:,} more rows have other values",) if rest > 0 else ()
    chart = Chart(
        "bar", "bin", ("rows",), title=f"Most frequent values of {column.name}", horizontal=True, notes=notes
    )
    spec = vega_lite(chart, _columns(), rows)
    spec["encoding"]["y"]["title"] = column.name
    return spec


def _columns() -> Sequence[Column]:
    return Column("bin", "VARCHAR"), Column("rows", "BIGINT")


def bin_labels(histogram: Histogram) -> list[str]:
    """What each bin counts: "20–40", "3" for a bin of one whole number, the first day of a span of time."""
    edges = histogram.edges
    if histogram.time_unit is not None:
        return [written(edge, histogram.time_unit) for edge in edges[:-1]]
    if is_by_number(histogram):
        return [f"{edge:g}" for edge in edges[:-1]]
    return [f"{edge_text(a)}–{edge_text(b)}" for a, b in itertools.pairwise(edges)]


def is_by_number(histogram: Histogram) -> bool:
    """Each bin holds one whole number."""
    edges = histogram.edges
    return histogram.time_unit is None and edges[1] - edges[0] == 1 and all(e == int(e) for e in edges)


def edge_text(value: float) -> str:
    """An edge without the digits that adding widths leaves behind."""
    return f"{value:.10g}"
