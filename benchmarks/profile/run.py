"""Time `profile` beside DuckDB's SUMMARIZE, and beside ydata-profiling where it is installed elsewhere.

    python benchmarks/profile/run.py --make DIR            # make the data (seeded; 1.8 GB)
    python benchmarks/profile/run.py DIR                   # both tables, SUMMARIZE and profile by turns
    python benchmarks/profile/run.py DIR --only m1 --ydata PYTHON

Every run is a process of its own, so that nothing is warm for one of them only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

SIZES = {"m1": (1_000_000, None), "m50": (50_000_000, 12)}
MEMORY = "4GB"
TWELVE = (
    "order_id", "customer_id", "ordered_at", "region", "product", "paid", "quantity", "price", "score", "amount",
    "code", "channel",
)  # fmt: skip

_SUMMARIZE = """
import duckdb, sys, time
connection = duckdb.connect(config={"threads": 2, "memory_limit": sys.argv[2], "temp_directory": sys.argv[3]})
connection.execute("SET enable_progress_bar = false")
began = time.perf_counter()
connection.execute(f"SUMMARIZE FROM '{sys.argv[1]}'").fetchall()
print(time.perf_counter() - began, time.process_time())
"""
_PROFILE = """
import resource, sys, time
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Limits, Workspace
began = time.perf_counter()
with Workspace(sys.argv[3], Limits(memory=sys.argv[2], threads=2, timeout=3600)) as workspace:
    (table,) = workspace.attach(sys.argv[1])
    run_tool(workspace, "profile", {"table": table.name, "page": "profile.html"})
print(time.perf_counter() - began, time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_YDATA = """
import sys, time
import pandas as pd
from ydata_profiling import ProfileReport
frame = pd.read_parquet(sys.argv[1])
frame = frame.head(int(sys.argv[3]))
began = time.perf_counter()
before = time.process_time()
ProfileReport(frame, minimal=sys.argv[2] == "minimal", progress_bar=False).to_html()
print(time.perf_counter() - began, time.process_time() - before)
"""


def select(rows: int) -> str:
    """Rows of orders whose every column is a hash of its row's number: the same on every machine."""

    def h(k: int) -> str:
        return f"hash(i * 1000 + {k})"

    def u(k: int) -> str:
        return f"({h(k)} / 18446744073709551616.0)"

    def normal(k: int) -> str:
        return f"(sqrt(-2 * ln({u(k)} + 1e-12)) * cos(2 * pi() * {u(k + 100)}))"

    return f"""SELECT i AS order_id, {h(1)} % 50000 AS customer_id,
        TIMESTAMP '2021-01-01' + INTERVAL (i * 90) SECOND AS ordered_at,
        DATE '1950-01-01' + ({h(2)} % 20000)::INT AS born,
        ['North', 'South', 'East', 'West'][1 + ({h(3)} % 4)::INT] AS region,
        'product ' || ({h(4)} % 300) AS product, 'city ' || floor(5000 * {u(5)} * {u(6)})::INT AS city,
        ({h(7)} % 2) = 0 AS paid, 1 + ({h(8)} % 9)::INT AS quantity, round(exp(3 + {normal(9)}), 2) AS price,
        round(20 + 5 * {normal(10)}, 3) AS temperature, CASE WHEN {u(11)} > 0.1 THEN {normal(12)} END AS score,
        CASE WHEN {u(13)} > 0.3 THEN ({h(14)} % 101)::INT END AS rating,
        CAST(round(exp(4 + {normal(15)}), 2) AS DECIMAL(12, 2)) AS amount, {u(16)}::FLOAT AS probability,
        ({h(17)} % 1000000)::INT AS code, 'user' || ({h(18)} % 200000) || '@example.com' AS email,
        'note ' || {h(19)} || ' about ' || ({h(20)} % 1000) AS note,
        ['web', 'app', 'store'][1 + ({h(21)} % 3)::INT] AS channel, ({h(22)} % 5)::INT AS stars
        FROM range({rows}) r(i)"""


def make(folder: Path) -> None:
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    for name, (rows, columns) in SIZES.items():
        chosen = ", ".join(TWELVE) if columns else "*"
        duckdb.execute(f"COPY (SELECT {chosen} FROM ({select(rows)})) TO '{folder / name}.parquet'")


def timed(code: str, *arguments: str, python: str = sys.executable) -> list[float]:
    done = subprocess.run([python, "-c", code, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def compare(path: Path, repeats: int) -> dict[str, float]:
    """Medians of SUMMARIZE and profile (with its imports, its ledger and its page), by turns.

    Processor time is given beside the clock's: on a machine that others use too, it is what can be compared.
    """
    pairs = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            summary = timed(_SUMMARIZE, str(path), MEMORY, folder)
        with tempfile.TemporaryDirectory() as folder:
            pairs.append((summary, timed(_PROFILE, str(path), MEMORY, folder)))
    return {
        "summarize_s": round(median(s[0] for s, _ in pairs), 2), "profile_s": round(median(p[0] for _, p in pairs), 2),
        "ratio": round(median(p[0] / s[0] for s, p in pairs), 2),
        "summarize_cpu_s": round(median(s[1] for s, _ in pairs), 2),
        "profile_cpu_s": round(median(p[1] for _, p in pairs), 2),
        "cpu_ratio": round(median(p[1] / s[1] for s, p in pairs), 2),
        "profile_peak_mb": max(p[2] for _, p in pairs),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Time profile beside SUMMARIZE and ydata-profiling.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", action="store_true", help="make the data in the folder and stop")
    parser.add_argument("--only", choices=list(SIZES), action="append")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ydata", metavar="PYTHON", help="an interpreter that has ydata-profiling")
    parser.add_argument("--ydata-mode", choices=["minimal", "full"], default="minimal")
    parser.add_argument("--ydata-rows", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.make:
        make(options.folder)
        return
    for name in options.only or list(SIZES):
        path = options.folder / f"{name}.parquet"
        if options.ydata:
            arguments = (str(path), options.ydata_mode, str(options.ydata_rows))
            seconds, processor = timed(_YDATA, *arguments, python=options.ydata)
            found = {"ydata_s": round(seconds, 2), "ydata_cpu_s": round(processor, 2)}
        else:
            found = compare(path, options.repeats)
        print(json.dumps({"table": name, **found}), flush=True)


if __name__ == "__main__":
    main()
