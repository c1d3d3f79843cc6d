"""Optional parts of llmauto: import one, or say which command adds it."""

from __future__ import annotations

import importlib
from typing import Any

from llmauto_tools.errors import MissingExtra


def require(module: str, what: str, extra: str) -> Any:
    """Import an optional library. Raises MissingExtra, whose hint is the command that adds it.

    >>> sklearn = require("sklearn", "Training a model", "ml")
    """
    try:
        return importlib.import_module(module)
    except ImportError as e:
        # A library that is there but broken must not be taken for one that is missing.
        if (e.name or "").partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingExtra(what, extra) from None
