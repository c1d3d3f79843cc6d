"""A document as one HTML file: charts work without a network, and every number leads to its evidence.

Without scripts the links still lead into the appendix; what a script adds is the card at a number, the
charts, and the switch between light and dark.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_tools.documents import specs
from llmauto_tools.documents.cells import (
    anchors,
    cell_text,
    is_number,
    left_out,
    numeric_columns,
    table_texts,
)
from llmauto_tools.documents.model import Appendix, Block, Chart, Document, Heading, Table
from llmauto_tools.documents.words import all_words, word
from llmauto_tools.pages.words import visible

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parent / "templates"
_PAGE_STYLE = Path(__file__).parent.parent / "pages" / "templates" / "style.css"


def render_html(document: Document) -> str:
    """The page as text. A document with charts needs the extra 'images' (MissingExtra)."""
    charts = [b for b in document.blocks if isinstance(b, Chart)]
    ids = anchors(document)
    return _environment().get_template("report.html.j2").render(
        document=document, meta=document.meta, words=all_words(document.meta.language), ids=ids,
        blocks=[_shown(block, ids.get(i, ""), document) for i, block in enumerate(document.blocks)],
        contents=_contents(document, ids), style=_style(), program=_file("report.js"),
        vega=_trusted(specs.script()) if charts else "", data=_chart_data(charts),
    )  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"visible": visible, "cell": cell_text, "pretty": _pretty, "value": _value}
    return environment


def _pretty(value: Any) -> str:
    return visible_lines(json.dumps(value, ensure_ascii=False, indent=1))


def visible_lines(text: str) -> str:
    """Text with its lines kept and other control characters shown."""
    return "\n".join(visible(line.expandtabs(4)) for line in text.splitlines())


def _value(value: Any) -> str:
    """A cited value in full, as the record has it."""
    return visible(value) if isinstance(value, str) else visible(json.dumps(value, ensure_ascii=False))


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


@cache
def _file(name: str) -> Any:
    return _trusted((_TEMPLATES / name).read_text(encoding="utf-8"))


@cache
def _style() -> Any:
    return _trusted(_PAGE_STYLE.read_text(encoding="utf-8") + (_TEMPLATES / "report.css").read_text("utf-8"))


def _contents(document: Document, ids: dict[int, str]) -> list[dict[str, Any]]:
    chapters: list[dict[str, Any]] = []
    for i, block in enumerate(document.blocks):
        if not isinstance(block, Heading) or block.level > 3:
            continue
        entry = {"id": ids[i], "text": visible("".join(p.text for p in block.pieces)), "parts": []}
        (chapters[-1]["parts"] if block.level == 3 and chapters else chapters).append(entry)
    return chapters


def _chart_data(charts: list[Chart]) -> Any:
    """The specifications and both sets of colours as JSON that no text inside can break out of."""
    from llmauto_tools.charts.theme import config

    data = {
        "charts": [specs.bare_spec(c) for c in charts],
        "themes": {"light": config("light"), "dark": config("dark")} if charts else {},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return _trusted(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def _shown(block: Block, identity: str, document: Document) -> dict[str, Any]:
    """A block as the template sees it."""
    shown: dict[str, Any] = {"kind": block.kind, "block": block, "id": identity}
    if isinstance(block, Table):
        cells = table_texts(block)
        linked = bool(block.source)
        shown["rows"] = [
            [
                {"text": text, "ref": block.cell_ref(r, c) if linked and is_number(block.rows[r][c]) else ""}
                for c, text in enumerate(row)
            ]
            for r, row in enumerate(cells)
        ]
        shown["numeric"] = numeric_columns(block.rows, len(block.columns))
        shown["evidence"] = block.source.partition(".")[0]
    if isinstance(block, Appendix):
        shown["records"] = [_record(record, document) for record in block.records]
    return shown


def _record(record: Any, document: Document) -> dict[str, Any]:
    language = document.meta.language
    tables = [
        {
            "table": t,
            "numeric": numeric_columns(t.rows, len(t.columns)),
            "note": left_out(t, language),
        }
        for t in record.tables
    ]
    count = word(language, "evidence")
    return {"record": record, "tables": tables, "label": f"{count} {record.id}"}
