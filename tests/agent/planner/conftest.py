"""Workspaces that the reader's tests share: they only read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from reader_harness import CLIENTS, PEOPLE, SALES, SHOP_ZH, Desk


def _desk(factory: pytest.TempPathFactory, files: dict[str, str]) -> Iterator[Desk]:
    desk = Desk(factory.mktemp("desk"), files)
    yield desk
    desk.workspace.close()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from _desk(tmp_path_factory, {"people.csv": PEOPLE})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from _desk(tmp_path_factory, {"clients.csv": CLIENTS, "sales.csv": SALES})


@pytest.fixture(scope="module")
def shop_zh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from _desk(tmp_path_factory, {"商店.csv": SHOP_ZH})
