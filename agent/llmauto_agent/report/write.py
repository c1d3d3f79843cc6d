"""Write a report in the format of the file's suffix; the notebook replays its evidence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_tools.documents import write as documents
from llmauto_tools.documents.model import Document

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

SUFFIXES = (".html", ".md", ".pdf", ".docx", ".ipynb", ".json")


def write_report(document: Document, path: str | os.PathLike[str], workspace: Workspace) -> list[Path]:
    """Write the document; returns the files that were written. See `documents.write_document`.

    A notebook (.ipynb) needs the workspace whose ledger has the evidence, with its sources attached.
    """
    target = Path(path).expanduser()
    if documents.check_suffix(target, SUFFIXES) != ".ipynb":
        return documents.write_document(document, target)
    from llmauto_agent.report.notebook import render_notebook
    from llmauto_tools.documents.files import write_whole

    write_whole(target, render_notebook(document, workspace).encode())
    return [target]
