"""The document model: to JSON and back, and the references of table cells."""

from __future__ import annotations

import pytest

from llmauto_tools.documents.model import (
    Appendix,
    Callout,
    Chart,
    Code,
    CodeText,
    Document,
    Emphasis,
    Figure,
    Heading,
    ListBlock,
    Meta,
    Paragraph,
    Record,
    RecordFigure,
    RecordTable,
    Statement,
    Table,
    Text,
    Unverified,
    pieces_of,
    plain,
    with_pieces,
)
from llmauto_tools.errors import InvalidArguments

FIGURE = Figure(text="1,234.5", ref="e1.rows[0][1]", value=1234.5, format="number")


def whole_document() -> Document:
    """A document with one block of each kind."""
    pieces = (Text(text="Sales rose to "), FIGURE, Emphasis(text=" a lot", strong=True), CodeText(text="`x`"))
    return Document(
        title="Sales <b>of</b> 2024 销售",
        meta=Meta(language="en", goal="sales", created="2026-03-01", sources=("sales.csv",)),
        blocks=(
            Heading(pieces=(Text(text="Summary"),), key="summary"),
            Paragraph(pieces=(*pieces, Unverified(text="42", reason="found in no evidence")), key="summary"),
            ListBlock(items=(pieces, (Text(text="two"),)), ordered=True),
            Table(
                caption="By region",
                columns=("region", "share"),
                rows=(("North", 0.25), ("<script>alert(1)</script>", None)),
                formats=("text", "percent"),
                source="e1.rows",
                picked=(0, 2),
            ),
            Chart(
                spec={"data": {"values": [{"x": "a", "y": 1}]}, "mark": "bar", "encoding": {}},
                title="A chart",
                alt="Bars: a 1",
                source="e1",
            ),
            Callout(tone="caveat", paragraphs=((Text(text="Take care."),),)),
            Code(title="e1", text="SELECT 1"),
            Heading(level=3, pieces=(Text(text="Evidence"),)),
            Appendix(
                records=(
                    Record(
                        id="e1",
                        tool="query",
                        arguments={"table": "sales"},
                        statements=(Statement(sql="SELECT 1 AS x"),),
                        tables=(
                            RecordTable(
                                path="e1.rows", title="query", columns=("region", "total", "share"),
                                rows=(("North", 1234.5, 0.25),), total=2,
                            ),
                        ),
                        figures=(RecordFigure(path="e1.figures.n", name="n", value=3),),
                    ),
                )
            ),
        ),
    )  # fmt: skip


def test_a_document_goes_to_json_and_back_without_loss() -> None:
    document = whole_document()
    assert Document.from_json(document.to_json()) == document


def test_what_is_no_document_is_refused_with_its_place() -> None:
    with pytest.raises(InvalidArguments, match="blocks"):
        Document.from_json('{"title": "x", "blocks": [{"kind": "poem"}]}')


def test_the_cells_of_a_table_know_their_places_in_the_evidence() -> None:
    table = whole_document().blocks[3]
    assert isinstance(table, Table)
    assert table.cell_ref(0, 1) == "e1.rows[0][2]"
    assert table.model_copy(update={"source": ""}).cell_ref(0, 1) == ""


def test_pieces_can_be_taken_out_and_put_back() -> None:
    for block in whole_document().blocks:
        assert with_pieces(block, pieces_of(block)) == block
    assert plain(pieces_of(whole_document().blocks[1])[0]).startswith("Sales rose to 1,234.5 a lot")
