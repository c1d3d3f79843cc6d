"""A document as Markdown (CommonMark with tables), its charts as pictures in a folder beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from llmauto_tools.documents.cells import cell_text, left_out, numeric_columns, table_texts
from llmauto_tools.documents.files import write_whole
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
from llmauto_tools.pages.words import visible

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~]")
_SCALE = 1.0
"""Of the pictures: Markdown is read beside text, and kept in repositories."""
_LINE_START = re.compile(r"^(\s*)([-+](?=\s|$)|\d+(?=[.)](?:\s|$)))")


def write_markdown(document: Document, target: Path) -> list[Path]:
    """Write the file and its pictures (NAME_files/chart-1.png); the file comes last. Returns all of them.

    A document with charts needs the extra 'images' (MissingExtra).
    """
    from llmauto_tools.documents.specs import picture

    folder = target.with_name(f"{target.stem}_files")
    charts = [b for b in document.blocks if isinstance(b, Chart)]
    pictures = [(folder / f"chart-{i}.png", picture(chart, _SCALE)) for i, chart in enumerate(charts, 1)]
    for path, content in pictures:
        write_whole(path, content)
    text = render_markdown(document, folder.name if charts else "")
    write_whole(target, text.encode("utf-8", "backslashreplace"))
    return [target, *(path for path, _ in pictures)]


def render_markdown(document: Document, pictures: str = "") -> str:
    """The text. `pictures` is the folder of the charts' pictures; without it their descriptions stand instead."""
    meta = document.meta
    parts = [f"# {escaped(document.title)}"]
    about = " · ".join(x for x in (meta.created, escaped(", ".join(meta.sources))) if x)
    parts += [about] if about else []
    drawn = 0
    for block in document.blocks:
        drawn += isinstance(block, Chart)
        parts += block_parts(block, meta.language, f"{quote(pictures)}/chart-{drawn}.png" if pictures else "")
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str) -> str:
    """Plain text as Markdown that shows it."""
    plain = _SPECIAL.sub(lambda m: "\\" + m[0], visible(text))
    return _LINE_START.sub(r"\1\\\2", plain)


def block_parts(block: Block, language: Language, picture: str = "") -> list[str]:
    """A block as paragraphs of Markdown; `picture` is the path of a chart's picture."""
    if isinstance(block, Heading):
        return ["#" * block.level + " " + _inline(block.pieces, language)]
    if isinstance(block, Paragraph):
        return [_inline(block.pieces, language)]
    if isinstance(block, ListBlock):
        marks = (f"{i}." if block.ordered else "-" for i in range(1, len(block.items) + 1))
        return [
            "\n".join(f"{m} {_inline(item, language)}" for m, item in zip(marks, block.items, strict=True))
        ]
    if isinstance(block, Callout):
        lines = [f"**{escaped(block.title or word(language, block.tone))}**"]
        lines += [_inline(p, language) for p in block.paragraphs]
        return ["\n>\n".join("> " + line for line in lines)]
    if isinstance(block, Code):
        return [f"*{escaped(block.title)}*" if block.title else "", _fenced(block.text, block.language)]
    if isinstance(block, Chart):
        caption = f"**{escaped(block.title)}**"
        shown = f"![{escaped(block.alt)}]({picture})" if picture else escaped(block.alt)
        return [caption, shown, *(escaped(n) for n in block.notes)]
    if isinstance(block, Table):
        head = [f"**{escaped(block.caption)}**"] if block.caption else []
        numeric = numeric_columns(block.rows, len(block.columns))
        return [*head, _table(block.columns, table_texts(block), numeric), escaped(block.note)]
    return _appendix(block, language)


def _inline(pieces: Pieces, language: Language) -> str:
    text = ""
    for piece in pieces:
        if piece.kind == "figure":
            text += f"[{escaped(piece.text)}](#ev-{piece.evidence})"
        elif piece.kind == "code":
            text += _code(piece.text)
        elif piece.kind == "unverified":
            text += f"{escaped(piece.text)} **\\[{word(language, 'unverified')}\\]**"
        elif piece.kind == "emphasis" and piece.text.strip():
            mark = "**" if piece.strong else "*"
            inner = f"{mark}{escaped(piece.text.strip())}{mark}"
            text += " " * piece.text.startswith(" ") + inner + " " * piece.text.endswith(" ")
        else:
            text += _SPECIAL.sub(lambda m: "\\" + m[0], visible(piece.text))
    return _LINE_START.sub(r"\1\\\2", " ".join(text.splitlines()))


def _code(text: str) -> str:
    ticks = "`" * (max((len(m) for m in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{visible(text)}{pad}{ticks}"


def _fenced(text: str, language: str) -> str:
    fence = "`" * max(3, max((len(m) for m in re.findall(r"`+", text)), default=0) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool]) -> str:
    lines = [list(columns), ["---:" if n else "---" for n in numeric]]
    head = "| " + " | ".join(escaped(c) for c in lines[0]) + " |"
    rule = "| " + " | ".join(lines[1]) + " |"
    body = ["| " + " | ".join(escaped(c) for c in row) + " |" for row in rows]
    return "\n".join([head, rule, *body])


def _appendix(block: Appendix, language: Language) -> list[str]:
    return [part for record in block.records for part in _record(record, language)]


def _record(record: Record, language: Language) -> list[str]:
    title = " · ".join(x for x in (record.id, record.tool, record.title) if x)
    parts = [f'<a id="ev-{record.id}"></a>', f"### {escaped(title)}"]
    if record.figures:
        items = [f"- `{f.name}`: {_code(json.dumps(f.value, ensure_ascii=False))}" for f in record.figures]
        parts += [f"*{word(language, 'figures')}*", "\n".join(items)]
    for table in record.tables:
        cells = [[cell_text(v) for v in row] for row in table.rows]
        numeric = numeric_columns(table.rows, len(table.columns))
        parts += [
            f"*{escaped(table.title)}*",
            _table(table.columns, cells, numeric),
            left_out(table, language),
        ]
    for statement in record.statements:
        parts += [f"*{escaped(statement.title or word(language, 'sql'))}*", _fenced(statement.sql, "sql")]
    if record.arguments:
        text = json.dumps(record.arguments, ensure_ascii=False, indent=1)
        parts += [f"*{word(language, 'arguments')}*", _fenced(text, "json")]
    return parts
