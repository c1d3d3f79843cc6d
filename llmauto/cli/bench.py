"""`llmauto bench`: the benchmarks of the checkout that this package runs from."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence

from llmauto.cli.complete import CHECKOUT, benchmarks
from llmauto.exits import UsageError


def run_benchmark(name: str, arguments: Sequence[str]) -> int:
    """Run `benchmarks/NAME/run.py` as a script with these arguments and return its exit code."""
    there = benchmarks()
    if name not in there:
        message = f"There is no benchmark '{name}'." if name not in {"", "--help"} else "Name a benchmark."
        hint = (
            f"One of: {', '.join(there)}" if there else "Benchmarks are part of a checkout, not of a package."
        )
        raise UsageError(message, hint)
    script = CHECKOUT / "benchmarks" / name / "run.py"
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as e:
        return e.code if isinstance(e.code, int) else int(e.code is not None)
    return 0
