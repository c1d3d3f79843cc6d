"""The loaders and the comparison of `benchmarks/nl2sql`, so that training data is checked as it is scored.

They are scripts of the repository and no part of the installed package; converting data needs a checkout.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[4] / "benchmarks" / "nl2sql"


def _module(name: str) -> ModuleType:
    path = FOLDER / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"nl2sql_{name}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"{path}: converting public sets needs a checkout of the repository.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


compare = _module("compare").compare
data = _module("data")
