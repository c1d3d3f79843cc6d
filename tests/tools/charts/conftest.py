"""Results to draw, as a query gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from llmauto_tools.results import QueryResult
from llmauto_tools.schema import Column

Result = Callable[..., QueryResult]


@pytest.fixture
def result() -> Result:
    """Make a result from "name:TYPE" headings and rows."""

    def make(headings: str, rows: list[tuple[Any, ...]], *, row_count: int | None = None) -> QueryResult:
        columns = tuple(Column(*h.strip().rsplit(":", 1)) for h in headings.split(","))
        total = len(rows) if row_count is None else row_count
        return QueryResult("SELECT ...", columns, tuple(rows), total, total > len(rows), 0.0)

    return make
