"""A document as DOCX that a person can go on editing: Word's own headings, lists, tables and captions.

Every number is a link to the bookmark of its evidence. The same document gives the same bytes: what a zip
archive says of the time of writing is set to the document's date.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from llmauto_tools.documents.cells import cell_text, left_out, numeric_columns, table_texts
from llmauto_tools.documents.model import (
    Appendix,
    Block,
    Callout,
    Chart,
    Code,
    Document,
    Heading,
    ListBlock,
    Paragraph,
    Pieces,
    Record,
    Table,
)
from llmauto_tools.documents.words import word
from llmauto_tools.extras import require
from llmauto_tools.pages.words import visible

_EPOCH = dt.datetime(1980, 1, 1)
"""The earliest time that a zip archive can say."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LATIN, _CJK = "Calibri", "Microsoft YaHei"
_ACCENT, _WARN, _FAINT = "1F5F99", "7A4B00", "57606A"
_PICTURE_INCHES = 5.6
_CELL = 300


def render_docx(document: Document) -> bytes:
    """The file. Needs the extra 'report' (python-docx, and vl-convert for charts): MissingExtra."""
    require("docx", "Writing a report as DOCX", "report")
    return _Writer(document).bytes()


class _Writer:
    def __init__(self, document: Document) -> None:
        import docx

        self._document = document
        self._language = document.meta.language
        self._docx: Any = docx.Document()
        self._bookmarks = 0
        self._records = set(document.records())

    def bytes(self) -> bytes:
        self._set_up()
        self._docx.add_heading(_xml(self._document.title), level=0)
        meta = self._document.meta
        about = " · ".join(x for x in (meta.created, ", ".join(meta.sources)) if x)
        self._note(about)
        self._contents()
        for block in self._document.blocks:
            self._block(block)
        buffer = io.BytesIO()
        self._docx.save(buffer)
        return _dated(buffer.getvalue(), self._moment())

    # ---- the whole

    def _set_up(self) -> None:
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        moment = self._moment()
        core = self._docx.core_properties
        core.title, core.author = _xml(self._document.title), "llmauto"
        core.created = core.modified = moment
        core.last_modified_by, core.revision = "llmauto", 1
        core.language = "zh-CN" if self._language == "zh" else "en-US"
        for section in self._docx.sections:
            section.left_margin = section.right_margin = Cm(2.2)
            section.top_margin = section.bottom_margin = Cm(2.0)
            _page_number(section.footer.paragraphs[0])
        for style in self._docx.styles:
            if style.type == 1 and style.element.rPr is not None:
                _set_fonts(style.element.rPr)
        normal = self._docx.styles["Normal"]
        normal.font.name, normal.font.size = _LATIN, Pt(10.5)
        normal.element.rPr.rFonts.set(qn("w:eastAsia"), _CJK)

    def _moment(self) -> dt.datetime:
        try:
            return dt.datetime.fromisoformat(self._document.meta.created).replace(tzinfo=None)
        except ValueError:
            return _EPOCH

    def _contents(self) -> None:
        """A table of contents that Word fills in when the file is opened (right click: update)."""
        self._docx.add_paragraph(
            word(self._language, "contents"), style="TOC Heading" if _has(self._docx, "TOC Heading") else None
        )
        entries = [b for b in self._document.blocks if isinstance(b, Heading) and b.level == 2]
        paragraph = self._docx.add_paragraph()
        _field(
            paragraph,
            'TOC \\o "1-2" \\h \\z \\u',
            "\n".join(_xml("".join(p.text for p in e.pieces)) for e in entries),
        )

    # ---- blocks

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self._inline(self._docx.add_heading(level=block.level - 1), block.pieces)
        elif isinstance(block, Paragraph):
            self._inline(self._docx.add_paragraph(), block.pieces)
        elif isinstance(block, ListBlock):
            for item in block.items:
                self._inline(
                    self._docx.add_paragraph(style="List Number" if block.ordered else "List Bullet"), item
                )
        elif isinstance(block, Callout):
            self._callout(block)
        elif isinstance(block, Code):
            self._code(block.title, block.text)
        elif isinstance(block, Chart):
            self._chart(block)
        elif isinstance(block, Table):
            self._table(block.caption, block.columns, table_texts(block), block.rows, block.note)
        elif isinstance(block, Appendix):
            for record in block.records:
                self._record(record)

    def _inline(self, paragraph: Any, pieces: Pieces) -> None:
        for piece in pieces:
            text = _xml(piece.text)
            if piece.kind == "figure":
                self._linked(paragraph, text, piece.evidence)
                continue
            run = paragraph.add_run(text)
            if piece.kind == "emphasis":
                run.bold, run.italic = piece.strong or None, (not piece.strong) or None
            elif piece.kind == "code":
                _set_font(run, "Consolas")
            elif piece.kind == "unverified":
                run.font.highlight_color = 7  # yellow
                _colour(paragraph.add_run(f" [{word(self._language, 'unverified')}]"), _WARN)

    def _linked(self, paragraph: Any, text: str, evidence: str) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        run = paragraph.add_run(text)
        if evidence not in self._records:
            return
        _colour(run, _ACCENT)
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), f"ev_{evidence}")
        link.set(qn("w:history"), "1")
        paragraph._p.append(link)
        link.append(run._r)

    def _callout(self, block: Callout) -> None:
        from docx.shared import Cm

        table = self._docx.add_table(rows=1, cols=1)
        table.autofit = True
        cell = table.cell(0, 0)
        _shade(cell, "F5F7F9" if block.tone == "note" else "FFF6E5")
        head = cell.paragraphs[0]
        head.paragraph_format.left_indent = Cm(0.2)
        run = head.add_run(_xml(block.title or word(self._language, block.tone)))
        run.bold = True
        _colour(run, _ACCENT if block.tone == "note" else _WARN)
        for pieces in block.paragraphs:
            self._inline(cell.add_paragraph(), pieces)
        self._docx.add_paragraph()

    def _code(self, title: str, text: str) -> None:
        if title:
            self._note(title)
        paragraph = self._docx.add_paragraph()
        for i, line in enumerate(text.splitlines()):
            run = paragraph.add_run(_xml(visible(line.expandtabs(4))))
            _set_font(run, "Consolas", 8.0)
            if i < len(text.splitlines()) - 1:
                run.add_break()

    def _chart(self, chart: Chart) -> None:
        from docx.shared import Inches

        from llmauto_tools.documents.specs import picture

        self._caption(chart.title)
        shape = self._docx.add_picture(io.BytesIO(picture(chart)), width=Inches(_PICTURE_INCHES))
        properties = shape._inline.docPr
        properties.set("descr", _xml(chart.alt))
        properties.set("title", _xml(chart.title))
        self._note(" ".join(chart.notes))

    def _table(
        self,
        caption: str,
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
        rows: Sequence[Sequence[Any]],
        note: str,
    ) -> None:
        if caption:
            self._caption(caption)
        numeric = numeric_columns(rows, len(columns))
        table = self._docx.add_table(rows=1, cols=len(columns), style="Light List Accent 1")
        table.autofit = True
        for cell, name, right in zip(table.rows[0].cells, columns, numeric, strict=True):
            _fill(cell, name, bold=True, right=right)
        _repeat_head(table.rows[0])
        for row in cells:
            for cell, text, right in zip(table.add_row().cells, row, numeric, strict=True):
                _fill(cell, text[:_CELL], right=right)
        self._note(note)

    def _caption(self, text: str) -> None:
        paragraph = self._docx.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = True
        paragraph.add_run(_xml(text))

    def _note(self, text: str) -> None:
        from docx.shared import Pt

        if text:
            run = self._docx.add_paragraph().add_run(_xml(text))
            run.font.size = Pt(9)
            _colour(run, _FAINT)

    def _record(self, record: Record) -> None:
        title = " · ".join(x for x in (record.id, record.tool, record.title) if x)
        heading = self._docx.add_heading(_xml(title), level=2)
        self._bookmarks += 1
        _bookmark(heading, f"ev_{record.id}", self._bookmarks)
        if record.figures:
            cells = [[f.name, json.dumps(f.value, ensure_ascii=False)] for f in record.figures]
            self._table(word(self._language, "figures"), ("", ""), cells, cells, "")
        for table in record.tables:
            texts = [[cell_text(v) for v in row] for row in table.rows]
            self._table(table.title, table.columns, texts, table.rows, left_out(table, self._language))
        for statement in record.statements:
            self._code(statement.title or word(self._language, "sql"), statement.sql)


# ---- small parts of Word's XML


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", visible(text))


def _has(document: Any, style: str) -> bool:
    return style in [s.name for s in document.styles]


def _set_fonts(properties: Any) -> None:
    from docx.oxml.ns import qn

    if properties.rFonts is not None:
        for attribute in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            properties.rFonts.attrib.pop(qn(attribute), None)
        properties.rFonts.set(qn("w:ascii"), _LATIN)
        properties.rFonts.set(qn("w:hAnsi"), _LATIN)
        properties.rFonts.set(qn("w:eastAsia"), _CJK)


def _set_font(run: Any, name: str, size: float | None = None) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run.font.name = name
    run._r.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), _CJK)
    if size is not None:
        run.font.size = Pt(size)


def _colour(run: Any, colour: str) -> None:
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(colour)


def _fill(cell: Any, text: str, *, bold: bool = False, right: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(_xml(text))
    run.bold = bold
    run.font.size = Pt(8.5)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _shade(cell: Any, colour: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", colour)):
        shade.set(qn(name), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _repeat_head(row: Any) -> None:
    """Repeat the head of a table on each page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _bookmark(paragraph: Any, name: str, number: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    paragraph._p.insert(1 if paragraph._p.pPr is not None else 0, start)
    paragraph._p.append(end)


def _page_number(paragraph: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _field(paragraph, "PAGE", "1")


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    """A field that Word computes; `shown` stands there until it does."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", "instruction", "separate", "shown", "end"):
        run = paragraph.add_run()
        if kind == "instruction":
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = f" {instruction} "
            run._r.append(text)
        elif kind == "shown":
            for i, line in enumerate(shown.split("\n")):
                if i:
                    run.add_break()
                run.add_text(line)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)


def _dated(content: bytes, moment: dt.datetime) -> bytes:
    """The archive with every part dated the same."""
    at = max(moment, _EPOCH).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(buffer, "w") as written:
        for part in given.infolist():
            entry = zipfile.ZipInfo(part.filename, at)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            written.writestr(entry, given.read(part.filename))
    return buffer.getvalue()
