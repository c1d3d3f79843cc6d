"""Kill a process that runs tools, many times, and look at the workspace each time (a program of its own).

    python kill_runs.py FOLDER RUNS SEED

Each run forks a child, which opens the workspace, runs tools in a loop and reports each evidence id once
`run_tool` has returned it; the child is killed with SIGKILL after a random time. The parent starts no
thread and no DuckDB before the last fork, so that forking is safe; the modules are imported first, so
that a child is warm. Prints one JSON object with what was found; `faults` has to be empty.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sqlite3
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet  # warm for the children

from llmauto_tools.derived import DerivedTables
from llmauto_tools.ledger import Ledger
from llmauto_tools.runner import run_tool
from llmauto_tools.sql import engine, failures, guard, instance, parquet, watch
from llmauto_tools.toolbox import query, save_table, undo
from llmauto_tools.workspace import Limits, Workspace

assert all(
    (duckdb, pyarrow.parquet, engine, failures, guard, instance, parquet, watch, query, save_table, undo)
)


def child(folder: Path, report: int, number: int) -> None:
    """Run tools until killed: queries, saves of several versions, failures, an undo now and then."""
    with Workspace(folder, Limits(threads=1, memory="200MB")) as workspace:
        step = 0
        while True:
            step += 1
            calls = [
                ("query", {"sql": f"SELECT range, 'x' || range FROM range({200 + step})"}),
                (
                    "save_table",
                    {"sql": f"SELECT range AS i FROM range({number * 10 + step})", "name": f"t{step % 3}"},
                ),
                ("query", {"sql": "SELECT nothing FROM nowhere"}),
                ("undo", {}),
            ]
            for tool, arguments in calls if step % 5 == 0 else calls[:3]:
                try:
                    done = run_tool(
                        workspace, tool, arguments, session="s", call_id=f"{number}.{step}.{tool}"
                    )
                    line = f"{done.id} finished"
                except Exception as e:
                    line = f"{e.evidence_id} failed"  # type: ignore[attr-defined]
                os.write(report, f"{line} {tool}\n".encode())


def run_and_kill(folder: Path, number: int, seconds: float) -> list[str]:
    """One child, killed after `seconds`; returns the lines that it had reported in full.

    The time runs from the fork in every third run (killed while it starts), else from the first report.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            child(folder, writing, number)
        finally:
            os._exit(1)
    os.close(writing)
    said = b""
    if number % 3:
        said += os.read(reading, 65536)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and select.select([reading], [], [], left)[0]:
        piece = os.read(reading, 65536)
        if not piece:
            break
        said += piece
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    while piece := os.read(reading, 65536):
        said += piece
    os.close(reading)
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"run {number} ended by itself: {said.decode()}")
    return said.decode().split("\n")[:-1]


def faults_after(folder: Path, reported: dict[str, str], runs: int) -> list[str]:
    """Open the workspace's state as the next process would, and say what is wrong with it."""
    found = []
    with sqlite3.connect(folder / "state.sqlite") as db:
        if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            found.append("integrity")
    db.close()
    ledger = Ledger(folder / "state.sqlite")
    records = {e.id: e for e in ledger.list()}
    ledger.close()
    for evidence_id, state in reported.items():
        record = records.get(evidence_id)
        if record is None or record.state != state:
            found.append(f"{evidence_id} reported {state}, reads {record and record.state}")
        elif state == "finished" and record.tool == "query" and len(record.rows) != record.row_count:
            found.append(f"{evidence_id} is incomplete")
    states = [e.state for e in records.values()]
    if states.count("running") or states.count("lost") > runs:
        found.append(f"{states.count('running')} running, {states.count('lost')} lost after {runs} runs")
    if [e.id for e in records.values()] != [f"e{n}" for n in range(1, len(records) + 1)]:
        found.append("ids do not count up")
    return found


def derived_faults(folder: Path) -> list[str]:
    """Every version that was ever saved is read in full; no other file is kept."""
    tables = DerivedTables(folder)
    history = tables.history()
    tables.close()
    found = []
    with duckdb.connect() as db:
        for version in history:
            path = folder / version.file
            rows = db.execute(
                "SELECT count(*), count(DISTINCT i) FROM read_parquet(?)", [str(path)]
            ).fetchone()
            if rows != (version.row_count, version.row_count):
                found.append(f"{version.file} has {rows}, not {version.row_count}")
    if list((folder / "tables").glob("*.tmp")):
        found.append("temporary files are left")
    return found


def main(folder: Path, runs: int, seed: int) -> None:
    chance = random.Random(seed)
    Workspace(folder).close()
    reported: dict[str, str] = {}
    faults: list[str] = []
    for number in range(1, runs + 1):
        for line in run_and_kill(folder, number, chance.uniform(0.0, 0.2)):
            evidence_id, state, _ = line.split(" ")
            reported[evidence_id] = state
        faults += faults_after(folder, reported, number)
    saved = DerivedTables(folder).history()
    faults += derived_faults(folder)
    print(json.dumps({"runs": runs, "reported": len(reported), "saved": len(saved), "faults": faults}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
