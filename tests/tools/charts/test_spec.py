"""Every kind of chart is valid Vega-Lite with the right numbers inside, whatever the columns are called."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Any

import altair as alt
import pytest

from llmauto_tools.charts.chart import CHART_KINDS, MISSING, Chart
from llmauto_tools.charts.data import series_of
from llmauto_tools.charts.spec import vega_lite
from llmauto_tools.errors import QueryInvalid
from llmauto_tools.schema import Column

HOSTILE = 'a.b[0] "c" \\ 城市 🙂'
COLUMNS = (Column(HOSTILE, "VARCHAR"), Column("g", "VARCHAR"), Column("n", "BIGINT"), Column("m.x", "DOUBLE"))
ROWS = (
    ("x", "p", 3, 1.5),
    ("x", "q", 1, None),
    (None, "p", 7, float("nan")),
    ("</script>", "q", decimal.Decimal("2.50"), 4.0),
)
CHARTS = {
    "bar": Chart("bar", HOSTILE, ("n",), horizontal=True, sort="value"),
    "grouped bar": Chart("bar", HOSTILE, ("n",), "g"),
    "stacked bar": Chart("bar", HOSTILE, ("n",), "g", stacked=True, percent=True),
    "two measures": Chart("bar", "g", ("n", "m.x")),
    "line": Chart("line", HOSTILE, ("m.x",), "g", x_type="ordinal"),
    "area": Chart("area", HOSTILE, ("n",), "g", stacked=True, x_type="ordinal"),
    "scatter": Chart("scatter", "n", ("m.x",), "g", x_type="number"),
    "histogram": Chart("histogram", "n", x_type="number"),
    "box": Chart("box", "g", ("n",)),
    "box of all": Chart("box", None, ("n",)),
    "heatmap": Chart("heatmap", HOSTILE, ("n",), "g", percent=True),
    "pie": Chart("pie", HOSTILE, ("n",), notes=("A note.",)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_the_specification_is_valid_and_keeps_column_names_out_of_field_names(name: str) -> None:
    spec = vega_lite(CHARTS[name], COLUMNS, ROWS)
    alt.Chart.from_dict(spec)  # raises SchemaValidationError
    fields = {row_field for row in spec["data"]["values"] for row_field in row}
    assert fields <= {"x", "y", "series"}


def test_every_kind_is_tried() -> None:
    assert {c.kind for c in CHARTS.values()} == set(CHART_KINDS)


def test_bars_by_value_with_the_missing_group_named() -> None:
    chart = Chart("bar", "k", ("n",), horizontal=True, sort="value", max_x=2)
    columns, rows = (("k", "VARCHAR"), ("n", "BIGINT")), (("a", 1), (None, 5), ("c", 3))
    spec = vega_lite(chart, columns, rows)
    assert spec["data"]["values"] == [{"x": MISSING, "y": 5.0}, {"x": "c", "y": 3.0}]
    assert spec["encoding"]["y"]["sort"] == [MISSING, "c"]
    data = series_of(chart, columns, rows)
    assert (data.labels, data.series) == ([MISSING, "c"], [("n", [5.0, 3.0])])


def test_dates_are_written_so_that_no_time_zone_moves_them() -> None:
    chart = Chart("line", "d", ("n",), x_type="time", time_unit="quarter")
    rows = ((dt.date(2024, 4, 1), 2), ("2024-01-01", 1), (dt.datetime(2024, 7, 1), 3))
    spec = vega_lite(chart, (("d", "DATE"), ("n", "BIGINT")), rows)
    alt.Chart.from_dict(spec)
    assert [v["x"] for v in spec["data"]["values"]] == [
        "2024-01-01T00:00:00",
        "2024-04-01T00:00:00",
        "2024-07-01T00:00:00",
    ]
    assert spec["encoding"]["x"]["axis"]["values"][1] == {"year": 2024, "month": 4, "date": 1}
    assert series_of(chart, (("d", "DATE"), ("n", "BIGINT")), rows).labels == [
        "2024-Q1",
        "2024-Q2",
        "2024-Q3",
    ]


def test_series_are_aligned_and_gaps_are_missing() -> None:
    chart = Chart("line", "m", ("n",), "g", x_type="ordinal")
    rows = ((1, "a", 10), (2, "a", 20), (2, "b", 5), (3, "b", 6))
    data = series_of(chart, (("m", "BIGINT"), ("g", "VARCHAR"), ("n", "BIGINT")), rows)
    assert data.labels == ["1", "2", "3"]
    assert data.series == [("a", [10.0, 20.0, None]), ("b", [None, 5.0, 6.0])]


def test_only_the_largest_series_are_kept() -> None:
    chart = Chart("line", "m", ("n",), "g", x_type="ordinal", max_series=2)
    rows = tuple((m, g, n) for m in (1, 2) for g, n in (("small", 1), ("big", 100), ("middle", 10)))
    data = series_of(chart, (("m", "BIGINT"), ("g", "VARCHAR"), ("n", "BIGINT")), rows)
    assert [name for name, _ in data.series] == ["big", "middle"]


def test_several_measures_are_series() -> None:
    chart = Chart("line", "m", ("a", "b"), x_type="ordinal")
    columns, rows = (("m", "BIGINT"), ("a", "DOUBLE"), ("b", "DOUBLE")), ((1, 1.0, 2.0), (2, 3.0, 4.0))
    assert series_of(chart, columns, rows).series == [("a", [1.0, 3.0]), ("b", [2.0, 4.0])]
    values = vega_lite(chart, columns, rows)["data"]["values"]
    assert {v["series"] for v in values} == {"a", "b"}


def test_a_histogram_counts_every_value_once_in_round_bins() -> None:
    rows = tuple((v,) for v in (0, 0.5, 9.99, 10, 55, 100, None, float("inf")))
    data = series_of(Chart("histogram", "v"), (("v", "DOUBLE"),), rows)
    assert data.labels[0] == "0–5"
    assert sum(v or 0 for v in data.series[0][1]) == 6
    assert data.series[0][1][:3] == [2.0, 1.0, 1.0]
    one = series_of(Chart("histogram", "v"), (("v", "DOUBLE"),), ((5,), (5,)))
    assert sum(v or 0 for v in one.series[0][1]) == 2
    assert series_of(Chart("histogram", "v"), (("v", "DOUBLE"),), ((None,),)).labels == []


def test_a_box_plot_has_five_figures() -> None:
    rows = tuple(("a", v) for v in (1, 2, 3, 4, 10))
    data = series_of(Chart("box", "g", ("v",)), (("g", "VARCHAR"), ("v", "BIGINT")), rows)
    assert dict(data.series) == {"min": [1], "q1": [2], "median": [3], "q3": [4], "max": [10]}


def test_scatter_points_leave_out_what_has_no_place() -> None:
    data = series_of(CHARTS["scatter"], COLUMNS, ROWS)
    assert dict(data.points) == {"p": [(3.0, 1.5)], "q": [(2.5, 4.0)]}


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(QueryInvalid, match=r"no column 'm\.y'.*Did you mean 'm\.x'"):
        vega_lite(Chart("bar", "g", ("m.y",)), COLUMNS, ROWS)


def test_percentages_and_notes_reach_the_reader() -> None:
    spec: dict[str, Any] = vega_lite(
        Chart("bar", "g", ("n",), percent=True, notes=("Only 2.",)), COLUMNS, ROWS
    )
    assert spec["encoding"]["y"]["axis"]["format"] == "~%"
    assert spec["title"]["subtitle"] == ["Only 2."]
