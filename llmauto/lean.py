"""Keep the import of LangChain short: packages that it names but that an answer never uses come later.

LangChain imports LangSmith's whole set of API types and LangGraph's network client, about a third of its
import time, for tracing to a server and for talking to one. Here these packages are entered without
running their `__init__`: their submodules import as usual, and the first use of a name that only the
`__init__` defines runs it then. Nothing is missing, it is only later.

Only the command line does this, in a process of its own; a program that imports llmauto keeps Python's
imports as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

LATER = frozenset({"langsmith.types", "langgraph_sdk"})


class _LaterLoader(Loader):
    """Loads a package as an empty one that fills itself when a missing name is asked for."""

    def __init__(self, inner: Loader) -> None:
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        def fill(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")
            module.__dict__.pop("__getattr__", None)
            self._inner.exec_module(module)
            return getattr(module, name)

        module.__dict__["__getattr__"] = fill


class _LaterFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in LATER:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _LaterLoader(spec.loader)
        return spec


def import_lean() -> None:
    """Put off the packages in LATER, from now on in this process. Calling it again does nothing."""
    if not any(isinstance(finder, _LaterFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _LaterFinder())
