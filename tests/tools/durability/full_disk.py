"""Meet a full disk in a small file system at FOLDER (a program of its own); prints what came of it as JSON."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

from llmauto_tools.errors import LlmautoError
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Limits, Workspace


def fill(filler: Path, leave: int) -> None:
    """Take all free space but `leave` bytes."""
    with filler.open("wb", buffering=0) as f, suppress(OSError):
        while True:
            f.write(b"x" * 4096)
    os.truncate(filler, max(0, filler.stat().st_size - leave))


def outcome(workspace: Workspace, tool: str, arguments: dict[str, object]) -> str:
    try:
        return run_tool(workspace, tool, dict(arguments)).state
    except LlmautoError as e:
        return e.kind


def main(folder: Path) -> None:
    filler = folder / "filler"
    rows = {"sql": "SELECT range AS i, md5(range::VARCHAR) AS t FROM range(400)", "max_rows": 400}
    big = {"sql": "SELECT random() AS r, md5(random()::VARCHAR) AS t FROM range(100000)", "name": "big"}
    found: dict[str, object] = {}
    with Workspace(folder / "ws", Limits(threads=1, memory="100MB")) as workspace:
        found["before"] = outcome(workspace, "query", rows)
        fill(filler, leave=400_000)
        found["save"] = outcome(workspace, "save_table", big)
        found["left in tables"] = [p.name for p in (folder / "ws" / "tables").iterdir()]
        found["saved"] = workspace.derived.names()
        found["recorded"] = [e.error["kind"] for e in workspace.ledger.list() if e.error]
        fill(filler, leave=0)
        found["full"] = {outcome(workspace, "query", rows) for _ in range(20)} - {"finished"}
        filler.unlink()
        found["after"] = outcome(workspace, "save_table", {**big, "sql": "SELECT 1 AS a"})
        found["states"] = sorted({e.state for e in workspace.ledger.list()})
    with sqlite3.connect(folder / "ws" / "state.sqlite") as db:
        found["integrity"] = db.execute("PRAGMA integrity_check").fetchone()[0]
    db.close()
    print(json.dumps(found, default=sorted))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
