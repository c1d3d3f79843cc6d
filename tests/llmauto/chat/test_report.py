"""`/report` in a chat over a pipe, and a change of the report that is just said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path


def test_a_report_is_made_and_changed_by_saying_so(orders_csv: Path, tmp_path: Path) -> None:
    lines = "/report Data quality of the orders -o r.json\ndrop the limits\n/report\n/quit\n"
    done = subprocess.run(
        [sys.executable, "-m", "llmauto", "chat", str(orders_csv), "-w", "ws"],
        input=lines, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "data-quality-of-the-orders@1" in done.stdout
    assert "data-quality-of-the-orders@2: drop the limits" in done.stdout
    document = json.loads((tmp_path / "r.json").read_text("utf-8"))
    keys = {block["key"] for block in document["blocks"]}
    assert "limits" not in keys
    assert "summary" in keys
