"""What the memory costs the first question of a process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

REPEATS = 5

_PARTS = """
import json, sys, time
from pathlib import Path
import llmauto_agent.loop, llmauto_agent.planner.model, llmauto_agent.session
from llmauto_tools.workspace import Workspace
folder, question = Path(sys.argv[1]), sys.argv[2]
with Workspace(folder) as workspace:
    began, cpu = time.perf_counter(), time.process_time()
    from llmauto_agent.memory.memory import Memory
    from llmauto_agent.memory.session import SessionMemory
    with Memory(folder / "memory", None) as memory:
        session = SessionMemory(memory, workspace, "s", None)
        recollection = session.recollection
        direct = recollection.direct(question)
        if direct is None:
            recollection.again(question)
            recollection.meanings()
        print(json.dumps([1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu)]))
"""


def measure() -> dict[str, Any]:
    """Milliseconds, medians: what is done before a question is read, and whole commands with and without."""
    from facts import read_facts

    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

    with tempfile.TemporaryDirectory(prefix="llmauto-memory-") as name:
        folder = Path(name)
        (folder / "orders.csv").write_text("id,region,amount\n1,North,10\n2,South,20\n")
        with Memory(folder / "w" / "memory", None) as memory:
            facts = [f for language in ("en", "zh") for f in read_facts(language)]
            memory.add([Entry(f.kind, f.text) for f in facts])  # type: ignore[arg-type]
            memory.upkeep()
        plain = [_parts(folder / "w", "how many rows are there?") for _ in range(REPEATS)]
        earlier = [_parts(folder / "w", "what did we find about churn?") for _ in range(REPEATS)]
        asked: dict[str, list[float]] = {"off": [], "on": []}
        for _ in range(REPEATS):  # in turn, so that a busy machine is busy for both
            for mode in asked:
                asked[mode].append(_ask(folder, mode))
    return {
        "entries": len(facts),
        "before a question is read (ms, of processor time)": _medians(plain),
        "and where it asks of earlier sessions, encoder loaded": _medians(earlier),
        "llmauto ask (ms)": {mode: round(statistics.median(times)) for mode, times in asked.items()},
    }


def _medians(pairs: list[list[float]]) -> list[int]:
    return [round(statistics.median(column)) for column in zip(*pairs, strict=True)]


def _parts(workspace: Path, question: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-c", _PARTS, str(workspace), question], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _ask(folder: Path, mode: str) -> float:
    import time

    command = [
        sys.executable,
        "-m",
        "llmauto",
        "ask",
        "how many rows are there?",
        "orders.csv",
        "--memory",
        mode,
    ]
    env = os.environ | {"XDG_DATA_HOME": str(folder / "data")}
    began = time.perf_counter()
    done = subprocess.run([*command, "-w", str(folder / "w")], cwd=folder, env=env, capture_output=True)
    assert done.returncode in (0, 3), done.stderr  # answered, or refused
    return 1_000 * (time.perf_counter() - began)
