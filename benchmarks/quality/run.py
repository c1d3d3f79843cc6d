"""How many planted faults check_quality finds, and what it says about tables as they are.

    python benchmarks/quality/run.py                 held-out tables: recall by check, findings per table
    python benchmarks/quality/run.py --set dev       the tables that the checks were tuned on
    python benchmarks/quality/run.py --clean         only the tables as they are, every finding in words
    python benchmarks/quality/run.py --large         10,000,000 rows: seconds and memory, with and without rules

The tables are read from LLMAUTO_DATA (default ../shared/data beside the repository).
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
import zlib
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from plant import PLANTERS, Planted
from split import DEV, HELD_OUT, TARGETS

from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Limits, Workspace

DATA = Path(os.environ.get("LLMAUTO_DATA", Path(__file__).parents[3] / "shared" / "data")) / "tabular"
MAX_ROWS = 5_000
"""Rows that faults are planted into; longer tables are cut."""


def check(folder: Path, frames: dict[str, pd.DataFrame], arguments: dict[str, Any]) -> Evidence:
    """Write the frames as parquet, attach them, and check the first."""
    with tempfile.TemporaryDirectory(dir=folder) as place, Workspace(Path(place) / "ws") as workspace:
        for name, frame in frames.items():
            path = Path(place) / f"{name}.parquet"
            frame.to_parquet(path, index=False)
            workspace.attach(str(path))
        return run_tool(workspace, "check_quality", {"table": next(iter(frames)), **arguments})


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv.gz", keep_default_na=True, low_memory=False)


def is_found(evidence: Evidence, planted: Planted) -> bool:
    """Whether a finding of the right check names the right column (or none, where rows are meant)."""
    names = [n for n, _ in evidence.columns]
    at, columns, fix = (names.index(n) for n in ("check", "columns", "fix"))
    for row in evidence.rows:
        if row[at] != planted.check:
            continue
        if not planted.columns and not row[columns]:
            return True
        # A finding for many columns names the first few; the step that mends it has them all.
        if any(f"'{c}'" in row[columns] or f'"{c}"' in row[fix] for c in planted.columns):
            return True
    return False


def recall(names: tuple[str, ...], folder: Path, repeats: int) -> None:
    """Plant every fault into every table that can take it, run its check, and print the shares found."""
    found: dict[tuple[str, str], list[bool]] = defaultdict(list)
    missed: list[str] = []
    for name in names:
        clean = read(name).head(MAX_ROWS)
        for planter in PLANTERS:
            for seed in range(repeats):
                rng = np.random.default_rng([seed, zlib.crc32(f"{name} {planter.__name__}".encode())])
                made = planter(clean.copy(), rng)
                if made is None:
                    continue
                frame, planted = made
                frames = {"t": frame}
                arguments: dict[str, Any] = dict(planted.arguments) | {"checks": [planted.check]}
                if planted.check == "drift":
                    half = rng.random(len(clean)) < 0.5
                    frames = {"t": clean[half], "later": frame[~half]}
                    arguments["other"] = "later"
                hit = is_found(check(folder, frames, arguments), planted)
                found[planted.check, planter.__name__].append(hit)
                if not hit:
                    missed.append(f"{name}: {planter.__name__} in {', '.join(planted.columns) or 'rows'}")
    print(f"{'check':<12} {'planted':<22} {'tables':>6} {'found':>6}")
    for (kind, planter_name), hits in found.items():
        print(f"{kind:<12} {planter_name:<22} {len(hits):>6} {sum(hits):>6}")
    everything = [h for hits in found.values() for h in hits]
    print(f"in all {sum(everything)} of {len(everything)} = {np.mean(everything):.1%}")
    print("missed:", *missed, sep="\n  ")


def as_they_are(names: tuple[str, ...], folder: Path, words: bool) -> None:
    """All checks on the tables as they are: what is said about each."""
    totals: dict[str, int] = defaultdict(int)
    for name in names:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory(dir=folder) as place, Workspace(place) as workspace:
            table = workspace.attach(str(DATA / f"{name}.csv.gz"))[0].name
            arguments = {"table": table} | ({"target": TARGETS[name]} if name in TARGETS else {})
            evidence = run_tool(workspace, "check_quality", arguments)
        counts = [evidence.figures[s] for s in ("high", "medium", "low")]
        for severity, count in zip(("high", "medium", "low"), counts, strict=True):
            totals[severity] += count
        print(
            f"{name:<40} high {counts[0]:>2}  medium {counts[1]:>2}  low {counts[2]:>2}  {time.perf_counter() - began:5.1f} s"
        )
        if words:
            for row in evidence.rows:
                print(f"    {row[0]:<7}{row[1]:<12}{row[5]} [{row[6]}]"[:260])
    print(f"{len(names)} tables: " + ", ".join(f"{v} {k}" for k, v in totals.items()))


RULES = """
rows: {min: 10000000}
columns:
  id: {type: integer, required: true, unique: true, min: 0}
  amount: {required: true, min: 0, max: 900}
  country: {allowed: [DE, FR, IT, ES]}
  code: {pattern: '[A-Z]{2}[0-9]+'}
expressions:
  - sql: amount < 10000
"""


def large(folder: Path, rows: int) -> None:
    """Time and memory on a table that is made on the spot, 12 columns wide."""
    import duckdb

    path = folder / "large.parquet"
    with duckdb.connect() as db:
        db.execute("SET threads = 2")
        db.sql(
            f"SELECT i AS id, hash(i) % 1000000 / 1000.0 AS amount, 'P' || 'Q' || (i % 7919) AS code,"
            f" ['DE', 'FR', 'IT', 'ES', 'it'][1 + CAST(hash(i + 1) % 5 AS INT)] AS country, TIMESTAMP '2020-01-01' + INTERVAL 1 SECOND * i"
            f" AS at, hash(i + 2) % 90 AS age, random() AS a, random() * 100 AS b, hash(i + 3) % 12 AS month,"
            f" CASE WHEN hash(i + 4) % 20 = 0 THEN NULL ELSE 'city ' || hash(i + 5) % 300 END AS city,"
            f" 'customer ' || hash(i + 6) % 2000000 AS customer, hash(i + 7) % 2 = 0 AS paid FROM range({rows}) r(i)"
        ).write_parquet(str(path))
    rules = folder / "data.yml"
    rules.write_text(RULES)
    with Workspace(folder / "ws", Limits(memory="4GB", timeout=600, threads=2)) as workspace:
        workspace.attach(str(path))
        for title, arguments in (
            ("all checks", {}),
            (
                "rules alone, with the check of constant columns",
                {"rules": str(rules), "checks": ["constant"]},
            ),
        ):
            began = time.perf_counter()
            evidence = run_tool(workspace, "check_quality", {"table": "large", **arguments}, timeout=600)
            took = time.perf_counter() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{title}: {rows:,} rows, {took:.1f} s, peak so far {peak:,.0f} MB; {evidence.text}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("dev", "held-out"), default="held-out")
    parser.add_argument(
        "--clean", action="store_true", help="only the tables as they are, with every finding"
    )
    parser.add_argument("--planted", action="store_true", help="only the planted faults")
    parser.add_argument("--large", action="store_true", help="only the large table")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=1, help="seeds per table and fault")
    parser.add_argument("--only", nargs="*", help="only these tables")
    arguments = parser.parse_args()
    names = DEV if arguments.set == "dev" else HELD_OUT
    names = tuple(n for n in names if not arguments.only or n in arguments.only)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if arguments.large:
            large(folder, arguments.rows)
            return
        if not DATA.is_dir():
            sys.exit(f"There are no tables in {DATA}; set LLMAUTO_DATA.")
        if not arguments.planted:
            as_they_are(names, folder, arguments.clean)
        if not arguments.clean:
            recall(names, folder, arguments.repeats)


if __name__ == "__main__":
    main()
