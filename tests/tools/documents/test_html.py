"""The HTML page: complete in itself, and what it shows cannot act on it."""

from __future__ import annotations

import json
import re

import pytest
from document_parts import whole_document

from llmauto_tools.documents.html import render_html
from llmauto_tools.documents.model import Chart, Document, Paragraph, Text

pytest.importorskip("vl_convert", reason="charts need the extra 'images'")


def test_every_number_leads_to_a_place_in_the_appendix() -> None:
    page = render_html(whole_document())
    refs = set(re.findall(r'class="n"[^>]*data-ref="([^"]+)"', page))
    places = set(re.findall(r'<(?:td|dd)[^>]*data-ref="([^"]+)"', page))
    assert refs
    assert refs <= places
    assert 'id="ev-e1"' in page


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = render_html(whole_document())
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r'(?:src|href)="(?!#|data:)', markup)
    assert "default-src 'none'" in page
    assert len(page.encode()) < 3_000_000


def test_markup_in_data_is_shown_and_not_obeyed() -> None:
    page = render_html(whole_document())
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Sales &lt;b&gt;of&lt;/b&gt; 2024 销售" in page


def test_a_cell_cannot_end_the_chart_data() -> None:
    chart = Chart(spec={"data": {"values": [{"x": "</script><b>"}]}, "mark": "bar"}, title="t", alt="a")
    page = render_html(Document(title="t", blocks=(chart,)))
    data = re.search(r'id="data">(.*?)</script>', page, re.S)
    assert data is not None
    assert json.loads(data[1])["charts"][0]["data"]["values"][0]["x"] == "</script><b>"


def test_a_page_without_charts_has_no_chart_library() -> None:
    page = render_html(Document(title="t", blocks=(Paragraph(pieces=(Text(text="x"),)),)))
    assert len(page) < 40_000


def test_the_page_is_the_same_every_time() -> None:
    assert render_html(whole_document()) == render_html(whole_document())
