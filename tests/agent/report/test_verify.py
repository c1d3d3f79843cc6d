"""The last look: every figure, number and claim of a document against the evidence."""

from __future__ import annotations

from llmauto_agent.report.markup import MarkupParser
from llmauto_agent.report.verify import verify_document, verify_pieces
from llmauto_tools.documents.model import Document, Figure, Meta, Paragraph, Pieces, Text, Unverified, plain
from llmauto_tools.ledger import Evidence


def pieces(text: str, evidence: dict[str, Evidence]) -> Pieces:
    return MarkupParser(evidence, "en").inline(text)


def wrong(given: Pieces, evidence: dict[str, Evidence], names: tuple[str, ...] = ()) -> list[str]:
    return [f.text for f in verify_pieces(given, evidence, "en", names=names)[2]]


def test_a_figure_that_prints_another_value_is_found(evidence: dict[str, Evidence]) -> None:
    right = pieces("North had {{e1.rows[0].total}} in all.", evidence)
    assert wrong(right, evidence) == []
    changed = tuple(p.model_copy(update={"text": "121"}) if isinstance(p, Figure) else p for p in right)
    done, checked, found = verify_pieces(changed, evidence, "en")
    assert [f.reason for f in found] == ["the evidence has another value"]
    assert checked == 1
    assert any(isinstance(p, Unverified) and p.text == "121" for p in done)


def test_a_free_number_is_linked_or_marked(evidence: dict[str, Evidence]) -> None:
    given = (Text(text="The test had n = 388 rows, and 4711 of another kind."),)
    done, _, found = verify_pieces(given, {"e3": evidence["e3"]}, "en")
    assert [f.text for f in found] == ["4711"]
    assert [p.ref for p in done if isinstance(p, Figure)] == ["e3.figures.n"]
    assert plain(done) == plain(given)


def test_digits_of_names_are_no_numbers(evidence: dict[str, Evidence]) -> None:
    given = pieces("Delta 15 N has {{e1.row_count}} rows.", evidence)
    assert wrong(given, evidence, ("Delta 15 N",)) == []
    assert wrong(given, evidence) == ["15"]


def test_a_wrong_direction_is_marked(evidence: dict[str, Evidence]) -> None:
    text = (
        "Sales fell from {{e2.figures.insights[0].values.first}} to {{e2.figures.insights[0].values.last}}."
    )
    assert wrong(pieces(text, evidence), evidence) == ["fell"]


def test_a_document_says_how_much_was_checked(evidence: dict[str, Evidence]) -> None:
    given = pieces("North had {{e1.rows[0].total}}, and 4711 more.", evidence)
    document = Document(title="t", meta=Meta(language="en"), blocks=(Paragraph(pieces=given, key="summary"),))
    verified = verify_document(document, evidence)
    assert verified.document.meta.unverified == ("4711",)
    assert verified.document.meta.checked == verified.checked == 2
    assert [f.key for f in verified.findings] == ["summary"]
    again = verify_document(verified.document, evidence)
    assert again.document.blocks == verified.document.blocks


def test_a_value_of_another_row_than_the_sentence_names_is_found(evidence: dict[str, Evidence]) -> None:
    assert wrong(pieces("South had {{e1.rows[0].total}}.", evidence), evidence) == ["120"]
    assert wrong(pieces("South had {{e1.rows[1].total}}.", evidence), evidence) == []
    assert (
        wrong(pieces("South had {{e1.rows[1].total}}, North {{e1.rows[0].total}}.", evidence), evidence) == []
    )
