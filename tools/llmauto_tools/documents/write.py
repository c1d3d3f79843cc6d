"""Write a document in the format that the file's suffix says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from llmauto_tools.documents.files import write_whole
from llmauto_tools.documents.model import Document
from llmauto_tools.errors import InvalidArguments

SUFFIXES = (".html", ".md", ".pdf", ".docx", ".json")


def check_suffix(path: Path, suffixes: tuple[str, ...] = SUFFIXES) -> str:
    """The suffix in small letters. Raises InvalidArguments for one that names no format."""
    suffix = path.suffix.lower()
    if suffix not in suffixes:
        raise InvalidArguments(
            f"A report cannot be written as '{path.name}'.", f"The name ends in {', '.join(suffixes)}."
        )
    return suffix


def write_document(document: Document, path: str | os.PathLike[str]) -> list[Path]:
    """Write a document as .html, .md, .pdf, .docx or .json; returns the files that were written.

    Each file appears whole or not at all. HTML charts need the extra 'images', PDF and DOCX the extra
    'report' (MissingExtra). Raises InvalidArguments for another suffix, DiskFull where it cannot be written.
    """
    target = Path(path).expanduser()
    suffix = check_suffix(target)
    if suffix == ".md":
        from llmauto_tools.documents.markdown import write_markdown

        return write_markdown(document, target)
    write_whole(target, _RENDERERS[suffix](document))
    return [target]


def _html(document: Document) -> bytes:
    from llmauto_tools.documents.html import render_html

    return render_html(document).encode("utf-8", "backslashreplace")


def _pdf(document: Document) -> bytes:
    from llmauto_tools.documents.pdf import render_pdf

    return render_pdf(document)


def _docx(document: Document) -> bytes:
    from llmauto_tools.documents.docx import render_docx

    return render_docx(document)


def _json(document: Document) -> bytes:
    return document.to_json().encode("utf-8", "backslashreplace")


_RENDERERS: dict[str, Callable[[Document], bytes]] = {
    ".html": _html,
    ".pdf": _pdf,
    ".docx": _docx,
    ".json": _json,
}
