"""Time each kind of chart on a table that does not fit the memory limit as rows.

    python benchmarks/charts/run.py --make DIR [--rows N]     # make the data (seeded)
    python benchmarks/charts/run.py DIR                       # every kind, a process each

Prints one JSON line a kind: seconds of the tool (with its PNG), peak memory (MB), size of the specification.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

MEMORY = "4GB"
KINDS = {
    "bar": {"x": "many", "y": "price_usd", "aggregate": "sum"},
    "line": {"x": "ordered_at", "y": "price_usd", "series": "city"},
    "area": {"x": "ordered_at", "aggregate": "count", "series": "city"},
    "scatter": {"x": "price_usd", "y": "body_mass_g"},
    "histogram": {"x": "price_usd"},
    "box": {"x": "city", "y": "price_usd"},
    "heatmap": {"x": "city", "series": "stars", "y": "v"},
    "pie": {"x": "city", "y": "price_usd", "aggregate": "sum"},
}
_RUN = """
import json, resource, sys, time
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Limits, Workspace
with Workspace(sys.argv[2], Limits(memory=sys.argv[3], threads=2, timeout=3600)) as workspace:
    (table,) = workspace.attach(sys.argv[1])
    began = time.perf_counter()
    made = run_tool(workspace, "chart", {"table": table.name, "path": "chart.png", **json.loads(sys.argv[4])})
    seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
size = len(json.dumps(made.charts[0], ensure_ascii=False).encode())
print(json.dumps({"seconds": round(seconds, 2), "peak_mb": peak, "spec_kb": round(size / 1000, 1)}))
"""


def select(rows: int) -> str:
    """Rows whose every column is a hash of the row's number: the same on every machine."""

    def u(factor: int, shift: int = 0) -> str:
        return f"(hash(i * {factor} + {shift}) / 18446744073709551616.0)"

    return f"""SELECT TIMESTAMP '2021-01-01' + INTERVAL (i * 94608000 // {rows}) SECOND AS ordered_at,
        ['北京', '上海', '广州', '深圳'][1 + (hash(i * 7) % 4)::INT] AS city,
        'category ' || sqrt(hash(i * 11) % 4000000)::INT AS many, 10 * ({u(3)} + {u(3, 1)} - 1) AS v,
        round(exp(3 + 2 * ({u(5)} + {u(5, 1)})), 2) AS price_usd,
        CASE WHEN hash(i * 13) % 20 > 0 THEN 2000 + 1600 * ({u(17)} + {u(17, 1)}) END AS body_mass_g,
        (hash(i * 19) % 9)::INT AS stars FROM range({rows}) r(i)"""


def measure(data: Path, kind: str) -> dict[str, float]:
    """One chart in a process of its own, so that its peak memory is its own."""
    arguments = json.dumps({"kind": kind, **KINDS[kind]})
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", _RUN, str(data), folder, MEMORY, arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Time every kind of chart on a large table.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", action="store_true", help="make the data in the folder and stop")
    parser.add_argument("--rows", type=int, default=50_000_000)
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    options = parser.parse_args()
    data = options.folder / f"charts_{options.rows}.parquet"
    if options.make:
        import duckdb

        options.folder.mkdir(parents=True, exist_ok=True)
        duckdb.execute("SET threads = 2; SET memory_limit = '4GB'")
        duckdb.execute(f"COPY ({select(options.rows)}) TO '{data}'")
        return
    for kind in options.kind or list(KINDS):
        print(json.dumps({"kind": kind, "rows": options.rows, **measure(data, kind)}), flush=True)


if __name__ == "__main__":
    main()
