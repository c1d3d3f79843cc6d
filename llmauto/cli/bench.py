"""`llmauto bench`: the benchmarks of the checkout that this package runs from."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

from llmauto.cli.complete import CHECKOUT
from llmauto.exits import UsageError


def run_benchmark(name: str, arguments: Sequence[str]) -> int:
    """Run `benchmarks/NAME/run.py`'s main with these arguments and return its exit code."""
    script = CHECKOUT / "benchmarks" / name / "run.py"
    if not script.is_file():
        raise UsageError(
            f"The benchmark '{name}' is not part of an installed llmauto.", "Run it from a checkout."
        )
    spec = importlib.util.spec_from_file_location(f"llmauto_benchmark_{name}", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickled functions of the script look their module up by name.
    sys.modules[spec.name] = module
    sys.path.insert(0, str(script.parent))
    spec.loader.exec_module(module)
    return int(module.main(list(arguments)) or 0)
