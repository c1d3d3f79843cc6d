"""Notebooks and their cells, as nbformat writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def notebook_text(cells: Sequence[Any], title: str) -> str:
    """The JSON of a notebook; its cells are numbered, so that the same cells give the same text."""
    nbformat = _nbformat()
    notebook = nbformat.v4.new_notebook(
        cells=list(cells),
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "title": title,
        },
    )
    for number, cell in enumerate(notebook.cells):
        cell.id = f"llmauto-{number}"
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, ensure_ascii=True)
    return text


def markdown_cell(source: str) -> Any:
    return _nbformat().v4.new_markdown_cell(source)


def code_cell(source: str, *, folded: bool = False) -> Any:
    metadata = {"jupyter": {"source_hidden": True}} if folded else {}
    return _nbformat().v4.new_code_cell(source, metadata=metadata)


def _nbformat() -> Any:
    """nbformat, which has no types; imported when a notebook is written."""
    import nbformat

    return nbformat
