"""A page of what a tool found: its text, its tables, its charts, and how it was run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from llmauto_tools.errors import MissingExtra
from llmauto_tools.pages.blocks import Block, Code, DataTable, Facts, Heading, Notes, Paragraph, Picture
from llmauto_tools.pages.write import render_page

if TYPE_CHECKING:
    from llmauto_tools.ledger import Evidence


def evidence_page(evidence: Evidence) -> str:
    """The HTML of a page about one tool run. Charts need the extra 'images'; a note says where it lacks."""
    blocks = [*_answer(evidence), *_tables(evidence), *chart_blocks(evidence.charts), *_origin(evidence)]
    lead = f"Evidence {evidence.id}"
    return render_page(evidence.tool.replace("_", " "), blocks, lead)


def chart_blocks(charts: Sequence[dict[str, Any]]) -> list[Block]:
    """Vega-Lite specifications as pictures, below a heading of their own; nothing where there are none."""
    if not charts:
        return []
    from llmauto_tools.charts.export import chart_svg

    blocks: list[Block] = [Heading("Charts")]
    try:
        blocks += [Picture(chart_svg(spec), _title(spec)) for spec in charts]
    except MissingExtra as e:
        left_out = "The chart is" if len(charts) == 1 else f"The {len(charts)} charts are"
        blocks.append(Notes([f"{left_out} left out. {e}"]))
    return blocks


def _title(spec: dict[str, Any]) -> str:
    title = spec.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    return str(text) if text else "A chart without a title"


def _answer(evidence: Evidence) -> Iterator[Block]:
    yield Heading("Result")
    if evidence.text:
        yield Paragraph(evidence.text)
    if evidence.error:
        yield Notes([str(evidence.error.get("message") or "It failed.")], title="It failed")
    if evidence.notes:
        yield Notes(evidence.notes)
    plain = [(n.replace("_", " "), v) for n, v in evidence.figures.items() if not isinstance(v, (list, dict))]
    if plain and not evidence.columns:
        yield Facts(plain)


def _tables(evidence: Evidence) -> Iterator[Block]:
    if evidence.columns:
        left_out = (evidence.row_count or 0) - len(evidence.rows)
        note = f"{left_out:,} more rows are not shown." if left_out > 0 else None
        yield DataTable("Table", [name for name, _ in evidence.columns], evidence.rows, note)
    for section in evidence.sections:
        yield Heading(section.title)
        yield DataTable(section.title, section.columns, section.rows, section.note)


def _origin(evidence: Evidence) -> Iterator[Block]:
    yield Heading("How it was made")
    facts: list[tuple[str, Any]] = [("Evidence", evidence.id), ("Tool", evidence.tool)]
    facts += [("Tables", ", ".join(evidence.tables))] if evidence.tables else []
    facts += [("Seed", evidence.seed)] if evidence.seed is not None else []
    facts += [("Seconds", evidence.seconds)] if evidence.seconds is not None else []
    yield Facts([*facts, *((f"Version of {name}", version) for name, version in evidence.versions.items())])
    yield Code("Arguments", json.dumps(evidence.arguments, ensure_ascii=False, indent=2))
    if evidence.sql:
        yield Code("SQL", evidence.sql)
