"""SIGKILL at random points while a process stores, embeds and forgets; then the store is looked at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from facts import HERE


def measure(runs: int) -> dict[str, Any]:
    """Each run goes on with the store that the one before left."""
    sys.path.insert(0, str(HERE.parents[1] / "tests" / "agent" / "memory"))
    from kills import many

    with tempfile.TemporaryDirectory(prefix="llmauto-memory-") as folder:
        problems = many(Path(folder) / "memory", runs)
    return {"runs": runs, "problems": problems}
