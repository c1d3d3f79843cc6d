"""Charts of whole tables: what DuckDB aggregates for them, and what they say about what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import altair as alt
import duckdb
import numpy as np
import pytest

from llmauto_tools.errors import InvalidArguments, LlmautoError
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

ROWS = 20_000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("charts")
    duckdb.execute(f"""COPY (SELECT i AS id, TIMESTAMP '2022-01-01' + INTERVAL (i) HOUR AS at,
        ['北京', '</script>', 'a.b[0]', NULL][1 + (i % 4)] AS "c ""1", 'k' || (i % 2000) AS many,
        CASE WHEN i % 10 > 0 THEN sin(i) * 10 + (i % 7) END AS body_mass_g, cos(i) * (i % 100) AS v,
        CASE i WHEN 0 THEN 1e12 WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE ELSE exp(sin(i * 1.7)) END AS wild,
        i % 5 AS stars, i % 2 = 0 AS paid, CAST(DATE '2024-01-01' + (i % 40)::INT AS VARCHAR) AS day
        FROM range({ROWS}) r(i)) TO '{folder}/t.parquet'""")
    with Workspace(folder / "ws") as opened:
        opened.attach(f"{folder}/t.parquet")
        yield opened


def draw(workspace: Workspace, **arguments: Any) -> Evidence:
    made = run_tool(workspace, "chart", {"table": "t", **arguments})
    alt.Chart.from_dict(made.charts[0])  # raises SchemaValidationError
    assert len(json.dumps(made.charts[0])) < 150_000
    return made


def values(made: Evidence) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.charts[0]["data"]["values"]
    return found


CASES: list[dict[str, Any]] = [
    {"kind": "bar", "x": 'c "1', "y": "v", "aggregate": "sum"},
    {"kind": "bar", "x": "many", "series": 'c "1', "facet": "paid"},
    {"kind": "bar", "x": "at"},
    {"kind": "line", "x": "at", "y": "v", "series": "many", "facet": 'c "1'},
    {"kind": "line", "x": "stars", "y": ["v", "body_mass_g"], "aggregate": "max", "log": "y"},
    {"kind": "area", "x": "at", "aggregate": "count", "series": "paid"},
    {"kind": "histogram", "x": "v", "series": "paid", "facet": 'c "1'},
    {"kind": "histogram", "x": "wild", "log": "x"},
    {"kind": "box", "x": "many", "y": "v"},
    {"kind": "box", "x": "paid", "y": "wild", "facet": 'c "1', "log": "y"},
    {"kind": "heatmap", "x": 'c "1', "series": "stars", "y": "v", "aggregate": "median"},
    {"kind": "scatter", "x": "v", "y": "body_mass_g", "series": "paid"},
    {"kind": "scatter", "x": "v", "y": "body_mass_g", "series": "paid", "where": "id < 500 -- few"},
    {"kind": "scatter", "x": "wild", "y": "v", "log": "x", "theme": "dark"},
    {"kind": "pie", "x": "stars", "y": "id", "aggregate": "sum"},
]


@pytest.mark.parametrize("arguments", CASES, ids=lambda a: "-".join(map(str, a.values())))
def test_every_kind_of_a_table_is_valid_and_small(arguments: dict[str, Any], workspace: Workspace) -> None:
    made = draw(workspace, **arguments)
    assert made.figures["kind"] == arguments["kind"]
    assert values(made)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"x": "many"}, "bar"), ({"x": "v"}, "histogram"), ({"x": "at", "y": "v"}, "line"), ({}, "bar"),
        ({"x": "v", "y": "body_mass_g"}, "scatter"), ({"x": "stars", "y": "v", "aggregate": "mean"}, "line"),
        ({"x": "v", "y": "many"}, "bar"), ({"x": "day", "y": "v"}, "line"),
    ],
)  # fmt: skip
def test_the_kind_suits_the_columns(arguments: dict[str, Any], kind: str, workspace: Workspace) -> None:
    made = draw(workspace, **arguments)
    assert made.figures["kind"] == kind
    assert any("which suits these columns" in note for note in made.notes)


def test_a_scatter_counts_every_row_once(workspace: Workspace) -> None:
    made = draw(workspace, kind="scatter", x="v", y="body_mass_g")
    counted = sum(v.get("n", 1) for v in values(made))
    (drawn,) = run_tool(workspace, "query", {"sql": "SELECT count(v + body_mass_g) FROM t"}).rows[0]
    assert counted == drawn
    assert any("counted in cells" in note for note in made.notes)
    assert any("2,000 of 20,000 values of body mass (g) are missing" in note for note in made.notes)


def test_an_extreme_value_does_not_flatten_the_picture_and_is_told(workspace: Workspace) -> None:
    made = draw(workspace, kind="histogram", x="wild")
    assert sum(v["y"] for v in values(made)) == ROWS - 3
    assert len(values(made)) > 5
    assert any("1 values of wild lie outside" in n and "1,000,000,000,000" in n for n in made.notes)
    assert any("2 of 20,000 values of wild are missing or not finite" in n for n in made.notes)


def test_histogram_bins_are_about_numpys_freedman_diaconis(workspace: Workspace) -> None:
    made = draw(workspace, kind="histogram", x="body_mass_g")
    data = run_tool(workspace, "query", {"sql": "SELECT body_mass_g FROM t"})
    column = workspace.engine.arrow("SELECT body_mass_g FROM t WHERE body_mass_g IS NOT NULL")[0].to_numpy()
    edges = np.histogram_bin_edges(column, "fd")
    width = values(made)[0]["x2"] - values(made)[0]["x"]
    assert 0.9 <= width / (edges[1] - edges[0]) <= 2.5  # widened to a round number
    assert sum(v["y"] for v in values(made)) == column.size == data.row_count - ROWS // 10  # type: ignore[operator]


def test_boxes_are_numpys_quartiles_and_tukeys_whiskers(workspace: Workspace) -> None:
    (box,) = [v for v in values(draw(workspace, kind="box", x="paid", y="v")) if v["x"] == "true"]
    column = workspace.engine.arrow("SELECT v FROM t WHERE paid")[0].to_numpy()
    q1, median, q3 = np.quantile(column, [0.25, 0.5, 0.75])
    assert (box["q1"], box["median"], box["q3"]) == pytest.approx((q1, median, q3))
    inside = column[(column >= q1 - 1.5 * (q3 - q1)) & (column <= q3 + 1.5 * (q3 - q1))]
    assert (box["low"], box["high"]) == pytest.approx((inside.min(), inside.max()))


def test_many_categories_become_the_largest_and_other(workspace: Workspace) -> None:
    made = draw(workspace, kind="bar", x="many", y="v", aggregate="mean")
    assert len(values(made)) == 21
    assert values(made)[-1]["x"] == "other (1,980)"
    counted = draw(workspace, kind="bar", x="many")
    assert len(values(counted)) == 20
    assert any("other (1,980) has 19,800 in all; its bar would dwarf" in n for n in counted.notes)


def test_missing_groups_are_named_and_a_text_of_a_tag_stays_text(workspace: Workspace) -> None:
    made = draw(workspace, kind="bar", x='c "1')
    assert {v["x"] for v in values(made)} == {"北京", "</script>", "a.b[0]", "(missing)"}
    page = draw(workspace, kind="bar", x='c "1', path="c.html")
    assert '</script>":' not in (workspace.path / page.artifacts[0]).read_text(encoding="utf-8")


def test_times_are_put_together_and_sums_are_kept(workspace: Workspace) -> None:
    made = draw(workspace, kind="line", x="at", aggregate="count")
    assert sum(v["y"] for v in values(made)) == ROWS
    assert 40 <= len(values(made)) <= 400
    assert any("put together by week" in note for note in made.notes)
    assert any("may be partial" in note for note in made.notes)


def test_headings_and_formats_are_readable(workspace: Workspace) -> None:
    made = draw(workspace, kind="bar", x="stars", y="id", aggregate="sum")
    assert made.charts[0]["encoding"]["y"]["axis"]["labelExpr"]
    assert made.charts[0]["title"]["text"] == "Total id by stars"
    share = draw(workspace, kind="bar", x="stars", y="paid").charts[0]["encoding"]["y"]
    assert (share["title"], share["axis"]["format"]) == ("share of paid", "~%")
    box = draw(workspace, kind="box", y="body_mass_g").charts[0]
    assert box["title"]["text"] == "Distribution of body mass (g)"


def test_panels_are_bounded(workspace: Workspace) -> None:
    made = draw(workspace, kind="histogram", x="v", facet="many")
    assert len({v["facet"] for v in values(made)}) == 9
    assert any("Only 9 of 2,000 values of many" in note for note in made.notes)


def test_a_statement_of_many_rows_is_aggregated_too(workspace: Workspace) -> None:
    made = run_tool(
        workspace, "chart", {"sql": "SELECT v, id FROM t;", "kind": "scatter", "x": "id", "y": "v"}
    )
    assert made.figures["binned"] is True
    assert made.figures["rows"] == ROWS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "bar", "x": "manny"}, "Did you mean 'many'"),
        ({"kind": "line", "x": "many", "y": "v"}, "needs dates or numbers along x"),
        ({"kind": "histogram", "x": "many"}, "needs a column of numbers"),
        ({"kind": "scatter", "x": "v", "y": "many"}, "needs a column of numbers as x and one as y"),
        ({"kind": "pie", "x": "stars", "y": "v", "aggregate": "mean"}, "add up to a whole"),
        ({"kind": "pie", "x": "stars", "y": "v", "aggregate": "sum"}, "negative"),
        ({"kind": "bar", "x": "stars", "y": "v", "log": "y"}, "start at zero"),
        ({"kind": "bar", "x": "many", "y": "day", "aggregate": "sum"}, "there is no sum"),
        ({"x": "v", "where": "false"}, "no row is left"),
        ({"x": "v", "where": "1=1) UNION SELECT (1"}, "."),
        ({"x": "v", "aggregate": "mean"}, "needs a column"),
    ],
)
def test_what_a_table_cannot_show(arguments: dict[str, Any], message: str, workspace: Workspace) -> None:
    with pytest.raises(LlmautoError, match=message) as raised:
        draw(workspace, **arguments)
    assert raised.value.kind in {"invalid_arguments", "query_invalid", "query_rejected"}


def test_the_only_table_need_not_be_named(workspace: Workspace) -> None:
    assert run_tool(workspace, "chart", {"kind": "bar", "x": "stars"}).figures["kind"] == "bar"
    with (
        Workspace(workspace.path.parent / "empty") as other,
        pytest.raises(InvalidArguments, match="Attach a source"),
    ):
        run_tool(other, "chart", {"kind": "bar", "x": "stars"})
