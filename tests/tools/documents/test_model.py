"""The document model: to JSON and back, and the references of table cells."""

from __future__ import annotations

import pytest
from document_parts import whole_document

from llmauto_tools.documents.model import Document, Table, pieces_of, plain, with_pieces
from llmauto_tools.errors import InvalidArguments


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
