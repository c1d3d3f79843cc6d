"""The cells of a table as they are printed, the same in every format."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from llmauto_tools.documents.model import Document, Heading, Language, RecordTable, Table
from llmauto_tools.documents.words import word
from llmauto_tools.pages.words import number_text, visible


def cell_text(value: Any, format_: str = "") -> str:
    """A cell: numbers with separators, dates without an empty time of day, a missing value as a dash."""
    if value is None:
        return "–"
    if isinstance(value, (list, dict)):
        return visible(str(value))
    if isinstance(value, str):
        return visible(value.removesuffix("T00:00:00"))
    if format_ == "percent" and is_number(value):
        shown = (Decimal(repr(float(value))) * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        return f"{shown:,f}%"
    if format_ == "plain":
        return str(value)
    if isinstance(value, float) and 1 <= abs(value) < 1e15 and not value.is_integer():
        return f"{value:,.2f}"
    return number_text(value)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def numeric_columns(rows: Sequence[Sequence[Any]], count: int) -> list[bool]:
    """Which columns hold numbers only (and gaps), so that they stand right."""
    return [
        any(is_number(row[i]) for row in rows) and all(row[i] is None or is_number(row[i]) for row in rows)
        for i in range(count)
    ]


def table_texts(table: Table) -> list[list[str]]:
    """The cells of a table as text, row by row."""
    formats = table.formats or ("",) * len(table.columns)
    return [[cell_text(v, f) for v, f in zip(row, formats, strict=True)] for row in table.rows]


def left_out(table: RecordTable, language: Language) -> str:
    """What a table of the appendix says of the rows that it does not show; "" where it shows all."""
    if table.total is None:
        return word(language, "many_rows")
    more = table.total - len(table.rows)
    return word(language, "more_rows", n=f"{more:,}") if more > 0 else ""


def anchors(document: Document) -> dict[int, str]:
    """An id for every heading, by its place among the blocks; the same in every run."""
    headings = [i for i, block in enumerate(document.blocks) if isinstance(block, Heading)]
    return {i: f"s{number}" for number, i in enumerate(headings, 1)}
