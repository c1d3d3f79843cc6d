"""The benchmark's requests for tools name tables, columns and arguments that exist."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = ROOT / "benchmarks" / "requests"
DATA = Path(os.environ.get("LLMAUTO_DATA") or ROOT.parent / "shared" / "data")
TABULAR = DATA if DATA.name == "tabular" else DATA / "tabular"


@pytest.fixture
def check_tools(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(REQUESTS))
    return importlib.import_module("check_tools")


def _line(**changes: Any) -> dict[str, Any]:
    line = {
        "id": "a",
        "written": "before",
        "lang": "en",
        "sources": ["examples/data/orders.csv"],
        "question": "forecast quantity",
        "tool": "forecast",
        "arguments": {"value": "quantity"},
    }
    return {**line, **changes}


@pytest.mark.skipif(not TABULAR.is_dir(), reason="the public data folder is not there")
def test_every_stored_request_is_sound(check_tools: ModuleType) -> None:
    checker = check_tools.check(sorted(REQUESTS.glob("tools_*.jsonl")), str(TABULAR))
    assert checker.errors == []
    for tool in set(check_tools.ARGUMENTS) - {"analyze"}:
        for part, least in (("dev_en", 11), ("held_en", 11), ("dev_zh", 10), ("held_zh", 10)):
            assert checker.counts[tool, part] >= least, (tool, part)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arguments": {"value": "quantity_sold"}}, "no column quantity_sold"),
        ({"arguments": {"values": "quantity"}}, "no argument values"),
        ({"arguments": {"every": "fortnight"}}, "fortnight is not one of its words"),
        ({"arguments": {"horizon": 0}}, "0 is not a positive whole number"),
        ({"arguments": {"table": "order"}}, "no table order"),
        ({"any_of": {"value": ["quantity"]}}, "pinned and in any_of"),
        ({"sources": ["examples/data/none.csv"]}, "no source"),
        ({"tool": "prophesy"}, "tool or arguments"),
        ({"written": "after"}, "written is not before"),
        ({"tool": "compose", "arguments": {"steps": [{"tool": "predict", "arguments": {"by": "x"}}]}}, "by"),
    ],
)
def test_a_flaw_is_told(
    check_tools: ModuleType, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "tools_dev_en.jsonl"
    path.write_text(json.dumps(_line(**changes)), encoding="utf-8")
    assert any(message in error for error in check_tools.check([path], "").errors)


def test_a_set_of_data_belongs_to_one_split(check_tools: ModuleType, tmp_path: Path) -> None:
    paths = [tmp_path / "tools_dev_en.jsonl", tmp_path / "tools_held_en.jsonl"]
    for path, name in zip(paths, "ab", strict=True):
        path.write_text(json.dumps(_line(id=name, question=name)), encoding="utf-8")
    assert check_tools.check(paths, "").errors == ["examples/data/orders.csv is in dev and in held"]
