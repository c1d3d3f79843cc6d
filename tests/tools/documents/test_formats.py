"""Markdown, PDF and DOCX of one document, opened again by other programs."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from document_parts import whole_document

from llmauto_tools.documents.markdown import render_markdown
from llmauto_tools.documents.model import Document, Heading, Meta, Paragraph, Text
from llmauto_tools.documents.write import write_document
from llmauto_tools.errors import DiskFull, InvalidArguments, MissingExtra

EVIL = "a | b <script> `x` [y](z) *w* # 1. \\ \x07"


def evil_document() -> Document:
    return Document(
        title=EVIL, blocks=(Heading(pieces=(Text(text=EVIL),)), Paragraph(pieces=(Text(text=EVIL),)))
    )


def test_markdown_has_every_part_and_its_pictures(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    files = write_document(whole_document(), tmp_path / "r.md")
    assert [f.name for f in files] == ["r.md", "chart-1.png"]
    assert files[1].read_bytes().startswith(b"\x89PNG")
    text = files[0].read_text("utf-8")
    assert "[1,234.5](#ev-e1)" in text
    assert '<a id="ev-e1"></a>' in text
    assert "![Bars: a 1](r_files/chart-1.png)" in text
    assert "| North | 25.0% |" in text
    assert "42 **\\[not verified\\]**" in text


def test_markdown_shows_markup_and_does_not_obey_it() -> None:
    markdown_it = pytest.importorskip("markdown_it")
    page = (
        markdown_it.MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .render(render_markdown(evil_document()))
    )
    assert page.count("<h1>") == page.count("<h2>") == page.count("<p>") == 1
    assert not re.search("<(script|code|a|em|table|ol)", page)


def test_a_pdf_has_pages_contents_and_chinese_text() -> None:
    pytest.importorskip("typst", reason="PDF needs the extra 'report'")
    pytest.importorskip("vl_convert")
    pypdf = pytest.importorskip("pypdf")
    from llmauto_tools.documents.pdf import render_pdf

    content = render_pdf(whole_document())
    reader = pypdf.PdfReader(io.BytesIO(content))
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert "1 / 2" in text or "1 / 3" in text
    assert "Contents" in text
    assert "1,234.5" in text
    assert "<script>alert(1)</script>" in text
    assert reader.metadata is not None
    assert "2024" in str(reader.metadata.title)
    assert render_pdf(whole_document()) == content


def test_chinese_text_is_set_with_a_font_that_has_it() -> None:
    pytest.importorskip("typst", reason="PDF needs the extra 'report'")
    pypdf = pytest.importorskip("pypdf")
    from llmauto_tools.charts import fonts
    from llmauto_tools.documents.pdf import render_pdf

    if fonts.package_font_folder() is None and not fonts.system_has_cjk_font():
        pytest.skip("no font with Chinese characters is installed")
    document = Document(
        title="销售月报", meta=Meta(language="zh"), blocks=(Paragraph(pieces=(Text(text="销售额上升。"),)),)
    )
    [*pages] = pypdf.PdfReader(io.BytesIO(render_pdf(document))).pages
    assert "销售额上升" in "".join(page.extract_text() for page in pages)


def test_a_docx_has_native_headings_tables_and_links() -> None:
    docx = pytest.importorskip("docx", reason="DOCX needs the extra 'report'")
    pytest.importorskip("vl_convert")
    from llmauto_tools.documents.docx import render_docx

    content = render_docx(whole_document())
    opened = docx.Document(io.BytesIO(content))
    styles = {p.style.name for p in opened.paragraphs}
    assert {"Heading 1", "Heading 2", "Caption", "List Number"} <= styles
    assert [c.text for c in opened.tables[0].rows[1].cells] == ["North", "25.0%"]
    assert len(opened.inline_shapes) == 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
    assert 'w:anchor="ev_e1"' in body
    assert 'w:name="ev_e1"' in body
    assert 'descr="Bars: a 1"' in body
    assert render_docx(whole_document()) == content


def test_control_characters_do_not_break_a_docx() -> None:
    docx = pytest.importorskip("docx", reason="DOCX needs the extra 'report'")
    from llmauto_tools.documents.docx import render_docx

    opened = docx.Document(io.BytesIO(render_docx(evil_document())))
    assert any("<script>" in p.text for p in opened.paragraphs)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtra, match="'report'"):
        write_document(evil_document(), tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_and_a_place_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidArguments, match=r"cannot be written as 'r.txt'"):
        write_document(evil_document(), tmp_path / "r.txt")
    (tmp_path / "file").write_text("x")
    with pytest.raises(DiskFull):
        write_document(evil_document(), tmp_path / "file" / "r.json")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "r.json"
    write_document(evil_document(), target)
    before = target.read_bytes()

    def broken(self: Path, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(DiskFull, match="No space"):
        write_document(whole_document(), target)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]
