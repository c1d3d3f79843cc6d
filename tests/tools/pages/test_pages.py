"""Pages: self-contained, escaped, accessible, written whole or not at all."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from llmauto_tools.errors import DiskFull
from llmauto_tools.ledger import Evidence
from llmauto_tools.pages import blocks
from llmauto_tools.pages.evidence import evidence_page
from llmauto_tools.pages.words import number_text, share_text, shortened, visible
from llmauto_tools.pages.write import render_page, write_page
from llmauto_tools.results import Section

HOSTILE = "</title></style><script>alert('x')</script>&\"'"
VOID = {"meta", "img", "link", "br", "hr", "input"}


class Reader(HTMLParser):
    """Collects tags, ids and links; fails on tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


EVERYTHING: list[blocks.Block] = [
    blocks.Heading(HOSTILE), blocks.Heading("中文 小节", 3, HOSTILE), blocks.Paragraph(HOSTILE),
    blocks.Notes([HOSTILE]), blocks.Facts([(HOSTILE, HOSTILE), ("n", 1234567), ("none", None)]),
    blocks.DataTable(HOSTILE, [HOSTILE, "n"], [[HOSTILE, 1.5], [None, None]], HOSTILE), blocks.Code(HOSTILE, HOSTILE),
    blocks.Row([blocks.Bars(HOSTILE, [HOSTILE, "b"], [3, 0], [(0, HOSTILE)], HOSTILE)]),
    blocks.Ranking(HOSTILE, [(HOSTILE, 3), ("销售额", 1)], HOSTILE, total=4),
    blocks.Matrix(HOSTILE, [HOSTILE, "b", "c"], [[None, 0.5, 1.0], [0.5, None, 0], [1.0, 0, None]]),
    blocks.Picture("<svg xmlns='http://www.w3.org/2000/svg'/>", HOSTILE), blocks.Bars("empty", [], [], []),
    blocks.Ranking("empty", []),
]  # fmt: skip


def test_every_block_is_escaped_and_closed() -> None:
    page = render_page(HOSTILE, EVERYTHING, HOSTILE)
    reader = read(page)
    assert "script" not in {tag for tag, _ in reader.tags}
    assert "alert('x')" not in page


def test_a_page_asks_for_nothing_and_can_be_read_aloud() -> None:
    page = render_page("Title", EVERYTHING)
    reader = read(page)
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    ids = {a["id"] for _, a in reader.tags if "id" in a}
    links = [(a["href"] or "")[1:] for tag, a in reader.tags if tag == "a"]
    assert len(links) == 3
    assert set(links) <= ids
    assert all(a.get("alt") for tag, a in reader.tags if tag == "img")
    drawings = [a for tag, a in reader.tags if tag == "svg"]
    assert all(set((a["aria-labelledby"] or "").split()) <= ids for a in drawings)
    assert len([tag for tag, _ in reader.tags if tag == "h1"]) == 1


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2.2."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
def test_colours_are_easy_to_tell_apart(theme: int) -> None:
    themes = re.findall(r":root \{(.*?)\}", render_page("t", []), re.DOTALL)
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", themes[theme]))
    pairs = [
        ("ink", "paper"),
        ("faint", "paper"),
        ("accent", "paper"),
        ("on-accent", "accent"),
        ("ink", "warn-paper"),
    ]
    assert {pair: contrast(colors[pair[0]], colors[pair[1]]) >= 4.5 for pair in pairs} == dict.fromkeys(
        pairs, True
    )


def test_words() -> None:
    assert [number_text(v) for v in (1234567, 0.5, 1234.5678, 1e-9, None, True, 2e20)] == [
        "1,234,567", "0.5", "1,234.57", "1e-09", "–", "yes", "2e+20",
    ]  # fmt: skip
    assert [share_text(a, 10_000) for a in (0, 1, 5_000, 9_999)] == ["0%", "<0.1%", "50%", ">99.9%"]
    assert shortened("销售额销售额", 8) == "销售额…"
    assert visible("a\x00\u202eb") == "a␀\ufffdb"


def test_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "page.html"
    write_page(path, "first", [blocks.Paragraph("\ud800 half a character")])
    first = path.read_text()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull):
        write_page(path, "second", [])
    assert path.read_text() == first
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


def evidence(**change: Any) -> Evidence:
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json", "title": {"text": "A <b>chart</b>"},
        "data": {"values": [{"x": "a", "y": 1}]}, "mark": "bar",
        "encoding": {"x": {"field": "x", "type": "nominal"}, "y": {"field": "y", "type": "quantitative"}},
    }  # fmt: skip
    values: dict[str, Any] = {
        "id": "e7", "tool": "train_model", "arguments": {"table": HOSTILE}, "state": "finished",
        "columns": (("model", "VARCHAR"), ("auc", "DOUBLE")), "rows": (("lightgbm", 0.91), (HOSTILE, None)),
        "row_count": 5, "text": HOSTILE, "notes": ("The test set is small.",), "seed": 3,
        "sections": (Section("By group", ("group", "auc"), (("a", 0.8),), "95% intervals"),), "charts": (spec,),
        "sql": "SELECT '<b>'",
    }  # fmt: skip
    return Evidence(**(values | change))


def test_a_page_of_evidence_with_its_chart() -> None:
    pytest.importorskip("vl_convert")
    page = evidence_page(evidence())
    reader = read(page)
    (picture,) = [a for tag, a in reader.tags if tag == "img"]
    assert picture["alt"] == "A <b>chart</b>"
    assert "3 more rows are not shown." in page
    assert "95% intervals" in page
    assert "&lt;b&gt;" in page


def test_without_the_extra_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = evidence_page(evidence())
    read(page)
    assert "The chart is left out." in page
    assert "llmauto[images]" in page
