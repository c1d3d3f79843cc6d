from __future__ import annotations

import importlib.metadata

import pytest

import llmauto

NAMES = [
    "Answer", "Chart", "Report", "Session", "Table", "ToolRun", "__version__", "errors", "report", "run",
]  # fmt: skip


def test_the_public_names_are_few_and_all_there() -> None:
    assert llmauto.__all__ == NAMES
    assert dir(llmauto) == sorted(NAMES)
    for name in NAMES:
        assert getattr(llmauto, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = llmauto.nothing  # type: ignore[attr-defined]


def test_the_version_is_the_distribution_s() -> None:
    assert importlib.metadata.version("llmauto") == llmauto.__version__


def test_errors_are_the_one_tree() -> None:
    from llmauto_tools.errors import LlmautoError

    assert llmauto.errors.LlmautoError is LlmautoError
