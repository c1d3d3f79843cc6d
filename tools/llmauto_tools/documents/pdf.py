"""A document as PDF, set by Typst: title, contents, page numbers, pictures of the charts.

Text goes to Typst as strings, never as its markup, so that no cell can act. Fonts are those of the system,
Typst's own, and a package with Chinese characters where one is installed (charts.fonts).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
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
    Language,
    ListBlock,
    Paragraph,
    Pieces,
    Record,
    Table,
)
from llmauto_tools.documents.words import word
from llmauto_tools.extras import require
from llmauto_tools.pages.words import visible, width

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
MAX_COLUMNS = 10
"""Columns of a table on a page; the others are named below it."""
_CELL = 60
_SQL_LINES = 60
_CROWDED = 7
"""Columns from which long words may be broken anywhere."""


def render_pdf(document: Document) -> bytes:
    """The PDF. Needs the extra 'report' (typst, and vl-convert for charts): MissingExtra."""
    typst = require("typst", "Writing a report as PDF", "report")
    with tempfile.TemporaryDirectory(prefix="llmauto-pdf-") as name:
        folder = Path(name)
        source = folder / "report.typ"
        source.write_text(typst_source(document, folder), encoding="utf-8", errors="backslashreplace")
        content = typst.compile(
            str(source), root=str(folder), font_paths=_fonts(), format="pdf", timestamp=_moment(document)
        )
    return bytes(content)


def _fonts() -> list[str]:
    from llmauto_tools.charts import fonts

    folder = fonts.package_font_folder()
    return [str(folder)] if folder is not None else []


def _moment(document: Document) -> int:
    """The date of the document as Unix seconds: the PDF says it, and nothing of the clock."""
    try:
        day = dt.datetime.fromisoformat(document.meta.created)
    except ValueError:
        return 0
    return int(day.replace(tzinfo=day.tzinfo or dt.UTC).timestamp())


def typst_source(document: Document, folder: Path) -> str:
    """The text that Typst sets. The charts' pictures are written into the folder."""
    meta = document.meta
    head = _call(
        "#show: report.with",
        title=_string(document.title),
        language=_string(meta.language),
        date=_string(meta.created),
        sources=_string(", ".join(meta.sources)),
        contents=_string(word(meta.language, "contents")),
    )
    writer = _Writer(meta.language, folder)
    return "\n".join([_TEMPLATE.read_text("utf-8"), head, *(writer.block(b) for b in document.blocks)]) + "\n"


def _string(text: str) -> str:
    """Text as a Typst string."""
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(text: str) -> str:
    """Text of several lines as a Typst string."""
    shown = "\n".join(visible(line.expandtabs(4)) for line in text.splitlines())
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _call(name: str, *positional: str, **named: str) -> str:
    parts = [*positional, *(f"{k}: {v}" for k, v in named.items())]
    return f"{name}({', '.join(parts)})"


def _tuple(items: Sequence[str]) -> str:
    return "(" + "".join(f"{item}, " for item in items) + ")"


class _Writer:
    def __init__(self, language: Language, folder: Path) -> None:
        self._language: Language = language
        self._folder = folder
        self._charts = 0

    def block(self, block: Block) -> str:
        if isinstance(block, Heading):
            return f"#heading(level: {block.level - 1})[{self._inline(block.pieces)}]"
        if isinstance(block, Paragraph):
            return f"#par[{self._inline(block.pieces)}]"
        if isinstance(block, ListBlock):
            items = "".join(f"[{self._inline(item)}], " for item in block.items)
            return f"#{'enum' if block.ordered else 'list'}({items})"
        if isinstance(block, Callout):
            body = "".join(f"#par[{self._inline(p)}]" for p in block.paragraphs)
            title = _string(block.title or word(self._language, block.tone))
            return f"#callout({title}, {_string(block.tone)})[{body}]"
        if isinstance(block, Code):
            return self._code(block.title, block.text)
        if isinstance(block, Chart):
            return self._chart(block)
        if isinstance(block, Table):
            return self._table(block.caption, block.columns, table_texts(block), block.rows, block.note)
        return self._appendix(block)

    def _inline(self, pieces: Pieces) -> str:
        return "".join(self._piece(p) for p in pieces)

    def _piece(self, piece: Any) -> str:
        text = _string(piece.text)
        if piece.kind == "figure":
            return f"#num({text}, <ev-{piece.evidence}>)"
        if piece.kind == "code":
            return f"#raw({text})"
        if piece.kind == "unverified":
            return f"#doubt({text}, {_string(word(self._language, 'unverified'))})"
        if piece.kind == "emphasis":
            return f"#{'strong' if piece.strong else 'emph'}({text})"
        return f"#{text}" if piece.text else ""

    def _chart(self, chart: Chart) -> str:
        from llmauto_tools.documents.specs import picture

        self._charts += 1
        name = f"chart-{self._charts}.png"
        (self._folder / name).write_bytes(picture(chart))
        notes = _string(" ".join(chart.notes))
        return _call("#chart", _string(name), _string(chart.title), _string(chart.alt), notes)

    def _table(
        self,
        caption: str,
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
        rows: Sequence[Sequence[Any]],
        note: str,
    ) -> str:
        kept = range(min(len(columns), MAX_COLUMNS))
        numeric = numeric_columns(rows, len(columns))
        widths = [
            max([width(columns[i]), *(min(width(row[i]), _CELL) for row in cells)], default=1) for i in kept
        ]
        crowded = len(kept) > _CROWDED
        texts = [(_breakable if crowded else _string)(_cut(row[i])) for row in cells for i in kept]
        return _call(
            "#data",
            _string(caption),
            _tuple([_string(columns[i]) for i in kept]),
            _tuple(texts),
            _tuple(["right" if numeric[i] else "left" for i in kept]),
            _tuple(["auto" if numeric[i] or widths[i] < 18 else f"{widths[i]}fr" for i in kept]),
            _string(" ".join(n for n in (note, ", ".join(columns[MAX_COLUMNS:])) if n)),
        )

    def _code(self, title: str, text: str) -> str:
        lines = text.splitlines()
        shown = "\n".join(lines[:_SQL_LINES]) + ("\n…" if len(lines) > _SQL_LINES else "")
        return f"#code({_string(title)}, {_lines(shown)})"

    def _appendix(self, block: Appendix) -> str:
        return "\n".join(self._record(r) for r in block.records)

    def _record(self, record: Record) -> str:
        title = " · ".join(x for x in (record.id, record.tool, record.title) if x)
        parts = [f"#heading(level: 2, {_string(title)}) <ev-{record.id}>"]
        if record.figures:
            cells = [[f.name, _cut(json.dumps(f.value, ensure_ascii=False))] for f in record.figures]
            parts.append(self._table(word(self._language, "figures"), ("", ""), cells, cells, ""))
        for table in record.tables:
            texts = [[cell_text(v) for v in row] for row in table.rows]
            parts.append(
                self._table(table.title, table.columns, texts, table.rows, left_out(table, self._language))
            )
        parts += [self._code(s.title or word(self._language, "sql"), s.sql) for s in record.statements]
        return "\n".join(parts)


def _breakable(text: str) -> str:
    """A Typst string whose long words may be broken behind an underscore, or every ten characters."""
    parts = re.findall(r"[^_\s]{1,10}_?|_+|\s+", text)
    return '"' + "\\u{200b}".join(_string(part)[1:-1] for part in parts) + '"'


def _cut(text: str, most: int = 160) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
