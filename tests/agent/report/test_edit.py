"""Edits: what a sentence asks for, and what it does to the document."""

from __future__ import annotations

import pytest
from report_parts import records

from llmauto_agent.report.edit import apply_wish, edit_report, findings_in
from llmauto_agent.report.edit_words import Wish, read_wish
from llmauto_agent.report.markup import MarkupParser
from llmauto_agent.report.produce import Wanted, produce
from llmauto_agent.report.run import Request
from llmauto_agent.report.store import ReportStore
from llmauto_tools.documents.model import Chart, Document, Heading, ListBlock, plain
from llmauto_tools.errors import ReportError
from llmauto_tools.workspace import Workspace

TEXT = """# Title
## Summary {#summary}
- one {{e1.rows[0].total}}
- two
- three
- four
## Findings {#findings}
### A {#finding:a}
First.
### B {#finding:b}
Second.
::table e1
### C {#finding:c}
Third.
## Limits {#limits}
None.
## Appendix {#appendix}
::appendix
"""


@pytest.fixture
def document() -> Document:
    parsed = MarkupParser(records(), "en").parse(TEXT)
    return Document(title=parsed.title, blocks=tuple(parsed.blocks))


def changed(document: Document, request: str) -> Document:
    wish = read_wish(request)
    assert wish is not None, request
    return apply_wish(document, wish, records(), lambda w: [])


def order(document: Document) -> list[str]:
    return [k.removeprefix("finding:") for k in findings_in(document.blocks)]


@pytest.mark.parametrize(
    ("request_", "wish"),
    [
        ("make the summary shorter", Wish("shorten", "summary")),
        ("Please drop the third finding", Wish("drop", "finding", 3)),
        ("remove finding 2", Wish("drop", "finding", 2)),
        ("delete the last finding", Wish("drop", "finding", -1)),
        ("drop the limitations", Wish("drop", "limits")),
        ("keep only the first two findings", Wish("keep", "findings", count=2)),
        ("move the second finding to the top", Wish("first", "findings", 2)),
        ("change the title to Sales of 2024", Wish("title", rest="Sales of 2024")),
        ("add a chart of sales by region", Wish("chart", rest="of sales by region")),
        ("add a table by region", Wish("table", rest="by region")),
        ("缩短摘要", Wish("shorten", "summary")),
        ("删除第三个发现", Wish("drop", "finding", 3)),
        ("去掉最后一个发现", Wish("drop", "finding", -1)),
        ("只保留前两个发现", Wish("keep", "findings", count=2)),
        ("把第二个发现放到最前", Wish("first", "findings", 2)),
        ("标题改为销售报告", Wish("title", rest="销售报告")),
        ("加一张按地区的销售额的图", Wish("chart", rest="按地区的销售额")),
    ],
)
def test_a_sentence_is_read_as_a_change(request_: str, wish: Wish) -> None:
    assert read_wish(request_) == wish


@pytest.mark.parametrize(
    "question", ["How many rows are there?", "average sales by region", "各地区的销售额"]
)
def test_a_question_is_no_change(question: str) -> None:
    assert read_wish(question) is None


def test_the_parts_of_the_document_change(document: Document) -> None:
    summary = next(
        b for b in changed(document, "make the summary shorter").blocks if isinstance(b, ListBlock)
    )
    assert [plain(i) for i in summary.items] == ["one 120", "two"]
    assert order(changed(document, "drop the third finding")) == ["a", "b"]
    assert order(changed(document, "keep only the first two findings")) == ["a", "b"]
    assert order(changed(document, "move the third finding to the top")) == ["c", "a", "b"]
    assert changed(document, "change the title to X").title == "X"
    assert "limits" not in {b.key for b in changed(document, "drop the limits").blocks}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("drop the ninth finding", "has 3 findings"),
        ("drop the appendix", "so it stays"),
        ("drop the recommendations", "no part 'recommendations'"),
    ],
)
def test_what_cannot_be_changed_is_said(document: Document, request_: str, said: str) -> None:
    with pytest.raises(ReportError) as caught:
        changed(document, request_)
    assert said in str(caught.value)


def test_an_edit_makes_a_version_with_evidence_of_its_own(workspace: Workspace) -> None:
    request = Request(goal="Data quality", sources=("sales.csv",), template="quality")
    produce(workspace, Wanted(request, (), "q"))
    store = ReportStore(workspace.path)
    kept = edit_report(workspace, store, "q", "add a chart of total sales by region")
    assert kept.ref == "q@2"
    assert kept.record.edits == ("add a chart of total sales by region",)
    chart = next(b for b in kept.document.blocks if isinstance(b, Chart))
    assert chart.source in kept.document.records()
    added = next(b for b in kept.document.blocks if isinstance(b, Heading) and b.key.startswith("added:"))
    assert added.level == 3
    again = edit_report(workspace, store, "q", "drop the limits")
    assert again.ref == "q@3"
    with pytest.raises(ReportError, match="asks for no change"):
        edit_report(workspace, store, "q", "sing a song")
