"""Charts as files: specification, picture, page; and pictures with Chinese text, by their pixels."""

from __future__ import annotations

import json
import struct
import sys
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest

from llmauto_tools.charts import fonts
from llmauto_tools.charts.chart import Chart
from llmauto_tools.charts.export import save_chart
from llmauto_tools.charts.spec import vega_lite
from llmauto_tools.errors import InvalidArguments, MissingExtra, WorkspaceError

COLUMNS = (("city", "VARCHAR"), ("n", "BIGINT"))


def spec(*labels: str, title: str = "n by city") -> dict[str, object]:
    rows = [(label, number + 1) for number, label in enumerate(labels)]
    return vega_lite(Chart("bar", "city", ("n",), title=title, horizontal=True), COLUMNS, rows)


def pixels(png: Path) -> tuple[int, int, bytes]:
    """Width, height and raw bytes of an 8-bit RGBA PNG, filters undone (PNG specification, section 9)."""
    data, position, compressed = png.read_bytes(), 8, b""
    width = height = 0
    while position < len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        body = data[position + 8 : position + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert (depth, color) == (8, 6)
        elif kind == b"IDAT":
            compressed += body
        position += length + 12
    return width, height, _unfiltered(zlib.decompress(compressed), width, height)


def _unfiltered(raw: bytes, width: int, height: int) -> bytes:
    stride, previous, rows = width * 4, bytearray(width * 4), []
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for i in range(stride):
            left = line[i - 4] if i >= 4 else 0
            up, corner = previous[i], previous[i - 4] if i >= 4 else 0
            line[i] = (line[i] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 255
        rows.append(bytes(line))
        previous = line
    return b"".join(rows)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda v: abs(guess - v))


def test_a_specification_is_saved_as_it_is(tmp_path: Path) -> None:
    for name in ("a.json", "b.vl.json"):
        assert save_chart(spec("北京"), tmp_path / name) == []
        assert json.loads((tmp_path / name).read_text(encoding="utf-8")) == spec("北京")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "b.vl.json"]


def test_pictures(tmp_path: Path) -> None:
    save_chart(spec("a", "b"), tmp_path / "wide.png")
    assert struct.unpack(">I", (tmp_path / "wide.png").read_bytes()[16:20])[0] >= 1280
    save_chart({**spec("a", "b"), "width": 100}, tmp_path / "sub" / "c.PNG")
    width, height, raw = pixels(tmp_path / "sub" / "c.PNG")
    assert width < 500
    blue = sum(raw[i : i + 3] == b"\x00\x72\xb2" for i in range(0, len(raw), 4))
    assert blue > width * height / 10
    save_chart(spec("a", "<b>"), tmp_path / "c.svg")
    assert ET.parse(tmp_path / "c.svg").getroot().tag.endswith("svg")


def test_a_page_needs_nothing_from_the_network(tmp_path: Path) -> None:
    save_chart(spec("a", "</script><script>alert(1)</script>"), tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "<script src" not in page
    assert "cdn.jsdelivr" not in page
    assert "</script><script>alert(1)" not in page
    assert r"\u003c/script>\u003cscript>alert(1)" in page


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments, match=r"\.json, \.png, \.svg, \.html"):
        save_chart(spec("a"), tmp_path / "c.pdf")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(
        MissingExtra, match=r"Saving a chart as PNG needs the extra 'images'.*llmauto\[images\]"
    ):
        save_chart(spec("a"), tmp_path / "c.png")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        save_chart(spec("a"), tmp_path / "file" / "c.json")


# ---- Chinese text


def _ink_of_label(path: Path, label: str) -> list[tuple[int, ...]]:
    """The columns of dark pixels that the axis label leaves, left of the bars."""
    save_chart({**spec(label, title=""), "width": 60}, path)
    width, height, raw = pixels(path)
    lines = []
    for x in range(width // 3):
        column = tuple(y for y in range(height) if sum(raw[(y * width + x) * 4 :][:3]) < 200)
        lines.append(column)
    return lines


def test_chinese_text_is_drawn_as_characters_and_not_as_boxes(tmp_path: Path) -> None:
    if fonts.package_font_folder() is None and not fonts.system_has_cjk_font():
        pytest.skip(f"no font with Chinese characters on this machine. {fonts.HINT}")
    first, second = _ink_of_label(tmp_path / "1.png", "北京"), _ink_of_label(tmp_path / "2.png", "上海")
    assert first != second  # the empty boxes for missing characters are all alike
    assert sum(map(len, first)) > 0


def test_a_picture_without_a_font_for_its_text_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "package_font_folder", lambda: None)
    monkeypatch.setattr(fonts, "system_has_cjk_font", lambda: False)
    (note,) = save_chart(spec("北京"), tmp_path / "c.png")
    assert "fonts-noto-cjk" in note
    assert save_chart(spec("Zürich"), tmp_path / "d.png") == []


@pytest.mark.parametrize(
    ("text", "needs"), [("北京", True), ("カナ", True), ("서울", True), ("Zürich — 10 €", False)]
)
def test_text_that_needs_a_chinese_font(text: str, needs: bool) -> None:
    assert fonts.needs_cjk(text) is needs
