from __future__ import annotations

from typing import Any

import pytest
from screens import screen

from llmauto.render.chart import draw_chart
from llmauto.render.text import width


def bar(pairs: list[tuple[Any, Any]], flat: bool = True) -> dict[str, Any]:
    category = {"field": "c", "type": "nominal", "title": "city"}
    measure = {"field": "v", "type": "quantitative", "title": "total"}
    return {
        "mark": {"type": "bar"},
        "encoding": {"x": measure, "y": category} if flat else {"x": category, "y": measure},
        "data": {"values": [{"c": c, "v": v} for c, v in pairs]},
    }


def line(series: bool = False) -> dict[str, Any]:
    encoding = {"x": {"field": "m", "type": "temporal"}, "y": {"field": "v", "type": "quantitative"}}
    values: list[dict[str, Any]] = [{"m": f"2024-{m:02}-01", "v": m * m, "s": "a"} for m in range(1, 13)]
    if series:
        encoding["color"] = {"field": "s", "type": "nominal"}
        values += [{"m": f"2024-{m:02}-01", "v": 5 * m, "s": "二"} for m in range(1, 13)]
    return {"mark": "line", "encoding": encoding, "data": {"values": values}}


CITIES = [("北京市", 120), ("New York", 240.5), ("Köln", 60), (None, 12)]


@pytest.mark.parametrize("flat", [True, False])
def test_a_bar_is_as_long_as_its_value(flat: bool) -> None:
    drawn = draw_chart(bar(CITIES, flat), screen(80))
    assert drawn is not None
    lengths = [text.count("■") for text in drawn.splitlines()[1:]]
    assert lengths[1] == max(lengths)
    assert lengths[0] == pytest.approx(lengths[1] / 2, abs=1)
    assert "240.5" in drawn
    assert "NULL" in drawn


def test_labels_in_wide_characters_are_aligned() -> None:
    drawn = draw_chart(bar(CITIES), screen(80))
    assert drawn is not None
    starts = {width(text[: text.index("■")]) for text in drawn.splitlines()[1:]}
    assert len(starts) == 1


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize(
    "spec", [bar(CITIES), bar([("x" * 90, 1), ("y", 1_000_000.5)]), line(), line(series=True)]
)
def test_charts_fit_the_width(spec: dict[str, Any], columns: int) -> None:
    drawn = draw_chart(spec, screen(columns))
    assert drawn is not None
    assert max(width(text) for text in drawn.splitlines()) <= columns


def test_negative_bars_are_drawn() -> None:
    drawn = draw_chart(bar([("a", -5), ("b", 10)]), screen(80))
    assert drawn is not None
    assert "-5" in drawn
    assert all("■" in text for text in drawn.splitlines()[1:])


def test_colour_only_where_there_is_colour() -> None:
    plain, colored = draw_chart(line(True), screen(80)), draw_chart(line(True), screen(80, color=True))
    assert plain is not None
    assert colored is not None
    assert "\x1b" not in plain
    assert "\x1b" in colored


@pytest.mark.parametrize("spec", [bar([("a", 1), ("b", 2)]), line(series=False)])
def test_ascii_terminals_get_ascii(spec: dict[str, Any]) -> None:
    drawn = draw_chart(spec, screen(80, unicode=False))
    assert drawn is not None
    assert drawn.isascii()


def test_time_is_labelled_briefly() -> None:
    drawn = draw_chart(line(), screen(80))
    assert drawn is not None
    assert "2024-01" in drawn
    assert "2024-01-01" not in drawn


def test_many_bars_are_bounded() -> None:
    drawn = draw_chart(bar([(f"c{i}", i + 1) for i in range(50)]), screen(80))
    assert drawn is not None
    assert drawn.splitlines()[-1] == "… 30 more"


def test_labels_cannot_reach_the_terminal() -> None:
    drawn = draw_chart(bar([("a\x1b[2Jb", 1), ("c", 2)]), screen(80))
    assert drawn is not None
    assert "\x1b" not in drawn


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {
            "mark": "rect",
            "encoding": {"x": {"field": "a"}, "y": {"field": "b"}},
            "data": {"values": [{}] * 9},
        },
        bar([("only", 1)]),
        bar([("a", None), ("b", None)]),
        {**bar(CITIES), "data": {"url": "elsewhere.csv"}},
    ],
)
def test_what_characters_cannot_draw_is_left_to_the_picture(spec: dict[str, Any]) -> None:
    assert draw_chart(spec, screen(80)) is None


def test_a_screen_too_narrow_for_a_chart_gets_none() -> None:
    assert draw_chart(bar(CITIES), screen(25)) is None
