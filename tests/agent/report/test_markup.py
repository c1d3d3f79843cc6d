"""The markup that templates and models write."""

from __future__ import annotations

import pytest

from llmauto_agent.report.markup import Mark, MarkupParser, caption, escape
from llmauto_tools.documents.model import Callout, Chart, Figure, Heading, ListBlock, Paragraph, Table, plain
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence

TEXT = """
# Sales of *2024*
## Findings {#findings}
Sales in **{{e1.rows[0].region}}** were {{e1.rows[0].total|number}}, see `region`.

### Third {#finding:x}
- one
- two {{e1.rows[1].share|percent}}

1. first
2. second

> [!caveat] Take care
> Few rows.

::table e1 caption="By region" columns="region|share" labels="Region|Share" formats="text|percent" rows=2
::chart e2.charts[0] title="Sales \\*by\\* region"
::sql e1
## Limits
None.
"""


def test_a_text_becomes_blocks_with_their_parts(evidence: dict[str, Evidence]) -> None:
    parsed = MarkupParser(evidence, "en").parse(TEXT)
    assert parsed.title == "Sales of 2024"
    kinds = [b.kind for b in parsed.blocks]
    assert kinds == [
        "heading", "paragraph", "heading", "list", "list", "callout", "table", "chart", "code_block", "heading",
        "paragraph",
    ]  # fmt: skip
    assert [b.key for b in parsed.blocks] == ["findings"] * 2 + ["finding:x"] * 7 + [""] * 2
    assert isinstance(parsed.blocks[4], ListBlock)
    assert parsed.blocks[4].ordered


def test_references_are_printed_and_linked(evidence: dict[str, Evidence]) -> None:
    block = MarkupParser(evidence, "en").parse(TEXT).blocks[1]
    assert isinstance(block, Paragraph)
    assert plain(block.pieces) == "Sales in North were 120, see region."
    figure = next(p for p in block.pieces if isinstance(p, Figure) and p.value == 120.0)
    assert (figure.ref, figure.format) == ("e1.rows[0][1]", "number")


def test_tables_and_charts_know_where_they_come_from(evidence: dict[str, Evidence]) -> None:
    blocks = MarkupParser(evidence, "en").parse(TEXT).blocks
    table, chart = blocks[6], blocks[7]
    assert isinstance(table, Table)
    assert table.columns == ("Region", "Share")
    assert table.cell_ref(1, 1) == "e1.rows[1][2]"
    assert table.note == "1 more rows."
    assert isinstance(chart, Chart)
    assert chart.title == "Sales *by* region"
    assert "2 values" in chart.alt
    assert "from 80 to 120" in chart.alt


def test_cells_and_names_are_shown_and_not_obeyed(evidence: dict[str, Evidence]) -> None:
    evil = "## x {{e1.row_count}} **b** `c` \\ ::table e1 | - y"
    parsed = MarkupParser(evidence, "en").parse(f"# {escape(evil)}\n\n{escape(evil)}\n\n- {escape(evil)}")
    assert parsed.title == evil
    assert isinstance(parsed.blocks[0], Paragraph)
    assert plain(parsed.blocks[0].pieces) == evil
    assert not any(isinstance(p, Figure) for p in parsed.blocks[0].pieces)
    assert isinstance(parsed.blocks[1], ListBlock)
    cell = MarkupParser(evidence, "en").parse("{{e1.rows[2].region}}").blocks[0]
    assert isinstance(cell, Paragraph)
    assert [p.kind for p in cell.pieces] == ["figure"]
    chart = MarkupParser(evidence, "en").parse(f"::chart e2.charts[0] title={caption(evil)}").blocks[0]
    assert isinstance(chart, Chart)
    assert chart.title == evil


def test_markup_that_is_meant_is_not_escaped() -> None:
    assert escape(Mark("**bold**")) == "**bold**"
    assert escape("- item") == "\\- item"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{e1.rows[0].totl}}", "Did you mean 'total'"),
        ("::table e1 columns=regio", "Did you mean 'region'"),
        ("::table e1 labels=a", "one entry per column"),
        ("::video e1", "cannot place"),
        ('::chart e1 title="x', "quotation mark"),
        ("::table e77", "did not run"),
    ],
)
def test_what_a_template_gets_wrong_is_named(evidence: dict[str, Evidence], text: str, said: str) -> None:
    with pytest.raises(ReportError) as caught:
        MarkupParser(evidence, "en").parse(text)
    assert said in str(caught.value)


def test_what_a_model_gets_wrong_stays_visible(evidence: dict[str, Evidence]) -> None:
    parser = MarkupParser(evidence, "en", strict=False)
    pieces = parser.inline("It was {{e1.rows[0].totl}}.")
    assert [p.kind for p in pieces] == ["text", "unverified", "text"]
    assert parser.problems


def test_a_tool_s_words_have_their_numbers_linked(evidence: dict[str, Evidence]) -> None:
    block = MarkupParser(evidence, "en").parse("{{e3.text|told}}").blocks[0]
    assert isinstance(block, Paragraph)
    figures = {p.text: p.ref for p in block.pieces if isinstance(p, Figure)}
    assert figures["388"] == "e3.figures.n"
    assert figures["120"] == "e3.text"


def test_a_heading_may_hold_references(evidence: dict[str, Evidence]) -> None:
    block = MarkupParser(evidence, "en").parse("### Up to {{e1.rows[0].total}} {#k}").blocks[0]
    assert isinstance(block, Heading)
    assert (plain(block.pieces), block.key) == ("Up to 120", "k")


def test_an_empty_box_is_left_out(evidence: dict[str, Evidence]) -> None:
    assert not [
        b for b in MarkupParser(evidence, "en").parse("> [!caveat]\n>").blocks if isinstance(b, Callout)
    ]
