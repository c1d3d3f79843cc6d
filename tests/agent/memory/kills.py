"""Kill a writer at random points and look at what it left; used by a test and by benchmarks/memory."""

from __future__ import annotations

import random
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

WRITER = Path(__file__).with_name("kill_writer.py")


@dataclass
class Told:
    """What a writer said it had stored before it was killed: number by id."""

    stored: dict[str, int] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)


def run_and_kill(folder: Path, begin: int, seconds: float) -> Told:
    """Start a writer, wait for its first line and then `seconds` more, and send SIGKILL."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), str(begin)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "the writer wrote nothing for a minute"
    time.sleep(seconds)
    process.kill()
    text = process.communicate()[0]
    told = Told()
    for line in text.splitlines(keepends=True):
        if not line.endswith("\n"):
            continue  # cut by the kill
        first, second = line.split()
        if first == "forgot":
            told.forgotten.add(second)
        else:
            told.stored[first] = int(second)
    return told


def problems(folder: Path, told: Told) -> list[str]:
    """What is wrong with a store after a kill: a damaged file, a loss, words or vectors that do not belong."""
    from llmauto_agent.memory.store import Store

    store = Store(folder, "m")
    try:
        found = [] if store.rows("PRAGMA integrity_check") == [("ok",)] else ["the file is damaged"]
        store.db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        there = {e.id: e.text for e in store.entries()}
        last = max(told.stored, key=lambda i: told.stored[i], default=None)
        for entry_id, number in told.stored.items():
            if entry_id in told.forgotten:
                found += [f"{entry_id} was forgotten and is there"] if entry_id in there else []
            elif entry_id not in there and not (entry_id == last and number % 10 == 0):
                found.append(f"{entry_id} is lost")
            elif entry_id in there and f"number {number} " not in there[entry_id]:
                found.append(f"{entry_id} has another text")
        orphans = "SELECT count(*) FROM {} WHERE {} NOT IN (SELECT number FROM entries)"
        for table, column in (("words", "rowid"), ("vectors", "entry")):
            if store.rows(orphans.format(table, column)) != [(0,)]:
                found.append(f"{table} of entries that are gone")
        [(words,)] = store.rows("SELECT count(*) FROM words")
        if words != len(there):
            found.append("entries without keywords")
        return found
    finally:
        store.close()


def many(folder: Path, runs: int, seed: int = 0) -> list[str]:
    """Kill a writer so often, each run on the store that the one before left; all problems that were found."""
    chance = random.Random(seed)
    found: list[str] = []
    for run in range(runs):
        told = run_and_kill(folder, 1_000 * run + 1, chance.uniform(0, 0.4))
        found += [f"run {run}: {p}" for p in problems(folder, told)]
    return found
