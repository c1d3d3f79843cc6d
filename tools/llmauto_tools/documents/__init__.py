"""Documents: one model, written as HTML, Markdown, PDF, DOCX and JSON.

>>> document = Document(title="Orders", meta=Meta(), blocks=(Paragraph(pieces=(Text(text="Hello."),)),))
>>> write_document(document, "orders.html")

The Jupyter notebook of a report replays its evidence and is therefore written by `llmauto_agent.report`.
"""

from llmauto_tools.documents.model import Document, Meta
from llmauto_tools.documents.write import SUFFIXES, write_document

__all__ = ["SUFFIXES", "Document", "Meta", "write_document"]
