"""The helpers of these tests are imported by name, whichever directory pytest starts in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from report_parts import records, write_sales

from llmauto_tools.ledger import Evidence
from llmauto_tools.workspace import Workspace


@pytest.fixture
def evidence() -> dict[str, Evidence]:
    return records()


@pytest.fixture
def sales_csv(tmp_path: Path) -> Path:
    return write_sales(tmp_path / "sales.csv")


@pytest.fixture
def workspace(tmp_path: Path, sales_csv: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws") as opened:
        opened.attach(str(sales_csv))
        yield opened
