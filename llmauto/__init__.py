"""llmauto: ask questions about your own data, and get numbers that can be traced.

>>> import llmauto
>>> with llmauto.Session("orders.csv") as session:
...     answer = session.ask("How many orders per region?")
...     answer.text, answer.sql, answer.table.to_pandas()

Importing this package loads nothing else; the names below are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from llmauto._version import __version__

if TYPE_CHECKING:
    from llmauto.api import Answer, Chart, Session, Table, ToolRun, run
    from llmauto.reporting import Report, report
    from llmauto_tools import errors

__all__ = [
    "Answer",
    "Chart",
    "Report",
    "Session",
    "Table",
    "ToolRun",
    "__version__",
    "errors",
    "report",
    "run",
]

_HOMES = {
    "Answer": "llmauto.api",
    "Chart": "llmauto.api",
    "Session": "llmauto.api",
    "Table": "llmauto.api",
    "ToolRun": "llmauto.api",
    "run": "llmauto.api",
    "Report": "llmauto.reporting",
    "report": "llmauto.reporting",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("llmauto_tools.errors")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'llmauto' has no attribute '{name}'")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
