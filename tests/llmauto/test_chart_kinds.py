"""The kinds of the tool `chart` in characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from screens import screen

from llmauto.render.chart import draw_chart
from llmauto.render.text import width
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("kinds")
    lines = [f"{i},{i % 50},{(i * 37) % 101},{['北京', '上海', '广州'][i % 3]}" for i in range(3000)]
    (folder / "t.csv").write_text("id,a,b,c\n" + "\n".join(lines) + "\n", encoding="utf-8")
    with Workspace(folder / "ws") as opened:
        opened.attach(str(folder / "t.csv"))
        yield opened


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"kind": "box", "x": "c", "y": "b"}, "│"),
        ({"kind": "histogram", "x": "b", "series": "c"}, "all c together"),
        ({"kind": "scatter", "x": "a", "y": "b"}, "logarithmic"),
        ({"kind": "heatmap", "x": "c", "series": "a", "y": "b"}, "across"),
        ({"kind": "pie", "x": "c", "y": "a", "aggregate": "sum"}, "■"),
        ({"kind": "histogram", "x": "b", "facet": "c"}, "c: 北京"),
    ],
)
@pytest.mark.parametrize("unicode", [True, False])
def test_kinds_are_drawn(arguments: dict[str, Any], shown: str, unicode: bool, workspace: Workspace) -> None:
    spec = run_tool(workspace, "chart", arguments).charts[0]
    drawn = draw_chart(spec, screen(90, unicode=unicode))
    assert drawn is not None
    assert max(width(line) for line in drawn.splitlines()) <= 90
    if unicode:
        assert shown in drawn
    else:
        assert not set(drawn) & set("■█▓▒░│─…")  # names keep their own letters


def test_a_median_stands_within_its_box(workspace: Workspace) -> None:
    spec = run_tool(workspace, "chart", {"kind": "box", "x": "c", "y": "b"}).charts[0]
    drawn = draw_chart(spec, screen(90)) or ""
    boxes = [line for line in drawn.splitlines() if "█" in line]
    assert len(boxes) == 3
    assert all(line.index("█") < line.index("│") < line.rindex("█") for line in boxes)


def test_what_characters_cannot_show_is_said(workspace: Workspace) -> None:
    spec = run_tool(workspace, "chart", {"kind": "heatmap", "x": "c", "series": "a", "y": "b"}).charts[0]
    assert "the file has it" in (draw_chart({**spec, "data": {"values": []}}, screen(90)) or "")
