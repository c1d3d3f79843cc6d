"""A document with one block of each kind."""

from __future__ import annotations

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
)

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
