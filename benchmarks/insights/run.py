#!/usr/bin/env python3
"""Insights: planted patterns found among the top ten, false discoveries on noise, time and memory.

llmauto bench insights                     # one planted pattern per table, the held-out half
llmauto bench insights --set dev           # the half that thresholds were tuned on
llmauto bench insights --several           # four patterns per table, groups of unequal size
llmauto bench insights --noise 120         # tables without any pattern
llmauto bench insights --large 1000000     # seconds and peak memory
llmauto bench insights --peer PYTHON       # ydata-profiling, in an environment of its own, on the same tables
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from plant import FAMILIES, OPTIONS, Planted, Planter, variants
from worlds import World, make

from llmauto_tools.insights.model import Insight
from llmauto_tools.insights.search import Request, search
from llmauto_tools.workspace import Limits, Workspace

SIZES = (300, 1_000, 4_000, 20_000)
FIRST_SEED = {"dev": 0, "held": 50_000, "all": 50_000}
TOP = 10


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=("dev", "held", "all"), default="held")
    parser.add_argument("--only", nargs="+", help="these variants only")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="rows of the tables")
    parser.add_argument("--seeds", type=int, default=1, help="tables per variant and size")
    parser.add_argument("--again", type=int, default=0, help="added to the seeds: other tables")
    parser.add_argument(
        "--several", type=int, nargs="?", const=40, help="so many tables with four patterns each"
    )
    parser.add_argument("--noise", type=int, help="so many tables without a pattern")
    parser.add_argument("--fdr", type=float, default=0.05)
    parser.add_argument("--large", type=int, help="rows of one large table")
    parser.add_argument("--memory", default="4GB", help="DuckDB's limit for --large")
    parser.add_argument("--peer", help="the python of an environment with ydata-profiling")
    parser.add_argument("--verbose", action="store_true")
    a = parser.parse_args()
    if a.noise:
        return noise(a.noise, a.fdr, a.verbose)
    if a.large:
        return large(a.large, a.memory)
    if a.several:
        return several(a.several, a.set, a.verbose)
    if a.peer:
        return peer(a.peer, a.set, a.sizes)
    return single(a.set, a.only, a.sizes, range(a.again, a.again + a.seeds), a.fdr, a.verbose)


# ---- hits


def hits(insight: Insight, planted: Planted, w: World) -> bool:
    """Strict: the kind, exactly the columns, every planted group named, and the date within its bounds."""
    if insight.kind not in planted.kinds:
        return False
    extra = set(insight.columns) ^ set(planted.columns)
    if extra and not (planted.or_totals and len(extra) == 1 and extra <= set(w.measures)):
        return False
    told = {str(v) for v in insight.values.values()} | ({insight.group[1]} if insight.group else set())
    if any(name not in told for name in planted.names):
        return False
    if planted.when is None:
        return True
    dates = [pd.Timestamp(str(v)) for k, v in insight.values.items() if insight.formats.get(k) == "date"]
    return any(abs((d - planted.when).days) <= planted.within for d in dates)


def follows(insight: Insight, planted: Planted, w: World) -> bool:
    """Loose: all its columns belong to the pattern, so that it tells a part or a consequence of it."""
    columns = set(planted.columns) | (set(w.measures) if planted.or_totals else set())
    return set(insight.columns) <= columns


def find(w: World, fdr: float = 0.05) -> tuple[list[Insight], float]:
    """Write the table as a file, attach it, search; seconds of the search alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        w.data.to_csv(path, index=False)
        with Workspace(Path(folder) / "ws") as workspace:
            table = workspace.attach(str(path))[0].name
            began = time.perf_counter()
            found = search(workspace, Request(table, count=TOP, fdr=fdr))
            return list(found.insights), time.perf_counter() - began


def planted_world(name: str, planter: Planter, seed: int, n: int) -> tuple[World, Planted]:
    """A table of n rows with one pattern."""
    w = make(seed, n, **OPTIONS.get(name, {}))
    return w, planter(w, np.random.default_rng(seed + 1))


# ---- modes


def single(
    part: str, only: list[str] | None, sizes: list[int], seeds: range, fdr: float, verbose: bool
) -> int:
    """Recall and precision of the top ten with one pattern per table."""
    per: dict[str, list[tuple[bool, int, int, int]]] = defaultdict(list)
    by_size: dict[int, list[bool]] = defaultdict(list)
    ranks, seconds = [], []
    for number, (family, planter) in enumerate(variants(part)):
        name = planter.__name__
        if only and name not in only:
            continue
        for k in seeds:
            for j, n in enumerate(sizes):
                seed = FIRST_SEED[part] + 1000 * number + 10 * k + j
                w, planted = planted_world(name, planter, seed, n)
                insights, took = find(w, fdr)
                strict = [i for i, x in enumerate(insights) if hits(x, planted, w)]
                loose = sum(follows(x, planted, w) or i in strict for i, x in enumerate(insights))
                per[f"{family}: {name}"].append((bool(strict), len(strict), loose, len(insights)))
                by_size[n].append(bool(strict))
                ranks += [strict[0] + 1] if strict else []
                seconds.append(took)
                if verbose and (not strict or loose < len(insights)):
                    print(f"  {name} n={n} seed={seed} {planted}")
                    for x in insights:
                        print(f"     {x.score:.3f} {x.kind} {x.form} {x.columns} | {x.text()}")
    _print(per, by_size, ranks, seconds)
    return 0


def _print(
    per: dict[str, Any], by_size: dict[int, list[bool]], ranks: list[int], seconds: list[float]
) -> None:
    print("| variant | found | told | of them right |\n|---|---|---|---|")
    for name, rows in per.items():
        print(
            f"| {name} | {sum(r[0] for r in rows)}/{len(rows)} | {sum(r[3] for r in rows)} | {sum(r[2] for r in rows)} |"
        )
    rows = [r for found in per.values() for r in found]
    told = sum(r[3] for r in rows)
    print(f"\nRecall: {sum(r[0] for r in rows)}/{len(rows)} = {sum(r[0] for r in rows) / len(rows):.3f}")
    for n, found in sorted(by_size.items()):
        print(f"  {n:,} rows: {sum(found)}/{len(found)}")
    print(
        f"Precision: {sum(r[2] for r in rows)}/{told} = {sum(r[2] for r in rows) / max(told, 1):.3f} tell the pattern or a part of it"
    )
    print(
        f"The pattern is first in {sum(r == 1 for r in ranks)} of {len(ranks)}, among the first three in {sum(r <= 3 for r in ranks)}"
    )
    print(f"Seconds per table: median {np.median(seconds):.2f}, most {max(seconds):.2f}")


def several(count: int, part: str, verbose: bool) -> int:
    """Four patterns of different families in one table, groups of unequal size."""
    found = planted_count = told = right = base = 0
    missed: dict[str, int] = defaultdict(int)
    for k in range(count):
        seed = FIRST_SEED[part] + 500_000 + k
        rng = np.random.default_rng(seed)
        w = make(seed, int(rng.choice([1_000, 4_000, 20_000])), even=False)
        patterns = []
        pool = [v for v in variants(part) if v[1].__name__ not in OPTIONS]
        for place in rng.permutation(len(pool)):
            family, planter = pool[place]
            if len(patterns) == 4 or family in {f for f, _, _ in patterns}:
                continue
            before = w.data.copy(), set(w.used)
            try:
                planted = planter(w, rng)
            except (LookupError, ZeroDivisionError):
                w.data, w.used = before
                continue
            if set(planted.columns) & before[1] - {w.time}:
                w.data, w.used = before
                continue
            patterns.append((family, planter.__name__, planted))
        insights, _ = find(w)
        for _, name, planted in patterns:
            hit = any(hits(x, planted, w) for x in insights)
            found += hit
            missed[name] += not hit
        planted_count += len(patterns)
        told += len(insights)
        ok = [any(follows(x, p, w) or hits(x, p, w) for _, _, p in patterns) for x in insights]
        right += sum(ok)
        # Groups are of unequal size in these tables, so that this is a fact, but not a planted one.
        base += sum(
            not good and x.form in ("share_of_rows", "top_of_total", "pareto")
            for good, x in zip(ok, insights, strict=True)
        )
        if verbose:
            print(k, [(n, p.columns) for _, n, p in patterns])
            for x in insights:
                print(f"     {x.score:.3f} {x.kind} {x.form} {x.columns} | {x.text()}")
    print(
        f"{count} tables, {planted_count} patterns: recall of the top ten {found}/{planted_count} = {found / planted_count:.3f}"
    )
    print(
        f"{told} told: {right} tell a pattern or a part of it ({right / told:.3f}), {base} the unequal size of groups, {told - right - base} neither"
    )
    print("missed:", dict(sorted((k, v) for k, v in missed.items() if v)))
    return 0


def noise(count: int, fdr: float, verbose: bool) -> int:
    """Tables without a pattern: every insight is a false one."""
    with_any = told = 0
    kinds: dict[str, int] = defaultdict(int)
    for k in range(count):
        options = ({}, {"days": 1461}, {"days": 120, "hours": True}, {"days": 365})[k % 4]
        w = make(900_000 + k, SIZES[(k // 4) % len(SIZES)], **options)
        insights, _ = find(w, fdr)
        with_any += bool(insights)
        told += len(insights)
        for x in insights:
            kinds[f"{x.kind} {x.form}"] += 1
            if verbose:
                print(f"  {k} n={len(w.data)} p={x.p:.1e} q={x.q:.3f} {x.form} {x.columns} | {x.text()}")
    print(
        f"{count} tables of noise at a rate of {fdr}: {with_any} with an insight ({with_any / count:.3f}), {told} insights"
    )
    print(dict(kinds))
    return 0


def large(rows: int, memory: str) -> int:
    """Time and memory of one search, with the source in parquet."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.parquet"
        _write_large(duckdb, rows, path)
        with Workspace(Path(folder) / "ws", Limits(memory=memory, timeout=600)) as workspace:
            table = workspace.attach(str(path))[0].name
            began, used = time.perf_counter(), time.process_time()
            found = search(workspace, Request(table))
            took, used = time.perf_counter() - began, time.process_time() - used
        for x in found.insights:
            print(f"  {x.score:.3f} {x.kind}: {x.text()}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows:,} rows × 12 columns: {took:.1f} s ({used:.1f} s of processor time, load {os.getloadavg()[0]:.1f}), peak {peak:,.0f} MB, {found.tested} facts tested, {found.passed} passed"
    )
    return 0


def _write_large(duckdb: Any, rows: int, path: Path) -> None:
    """Two years of orders with a weekday season, a step, a group difference and an interaction."""
    sql = f"""
        SELECT i AS order_id, DATE '2022-01-03' + CAST(hash(i * 13 + 1) % 730 AS INT) AS order_date,
            'C' || (hash(i * 13 + 2) % 50000)::VARCHAR AS customer, ['North', 'South', 'East', 'West'][(hash(i * 13 + 3) % 4 + 1)::INT] AS region,
            ['web', 'store', 'phone'][(hash(i * 13 + 4) % 3 + 1)::INT] AS channel, 'p' || (hash(i * 13 + 5) % 30)::VARCHAR AS product,
            (hash(i * 13 + 6) % 100 < 30)::BOOLEAN AS returned,
            round(20 + 60 * (hash(i * 13 + 7) % 10007) / 10007.0 + 8 * (hash(i * 13 + 3) % 4 = 0)::INT
                + 25 * (hash(i * 13 + 3) % 4 = 1 AND hash(i * 13 + 4) % 3 = 0)::INT, 2) AS amount,
            1 + (hash(i * 13 + 8) % 9)::INT AS quantity,
            round(10 + 5 * (hash(i * 13 + 9) % 1009) / 1009.0 + 4 * (hash(i * 13 + 1) % 730 >= 400)::INT, 3) AS delivery_hours,
            CASE WHEN hash(i * 13 + 10) % 100 < 10 THEN NULL ELSE round(1 + 4 * (hash(i * 13 + 11) % 997) / 997.0, 2) END AS rating,
            round(((hash(i * 13 + 7) % 10007) / 10007.0 + (hash(i * 13 + 12) % 991) / 991.0) * 30, 2) AS weight
        FROM range({rows}) t(i)"""
    duckdb.sql(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")


def peer(python: str, part: str, sizes: list[int]) -> int:
    """What ydata-profiling's report shows of the same tables, beside our top ten."""
    script = Path(__file__).with_name("profiling.py")
    ours: dict[str, list[bool]] = defaultdict(list)
    named: dict[str, list[bool]] = defaultdict(list)
    visible: dict[str, list[bool]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        tasks = []
        for number, (family, planter) in enumerate(variants(part)):
            for j, n in enumerate(sizes):
                w, planted = planted_world(planter.__name__, planter, FIRST_SEED[part] + 1000 * number + j, n)
                path = Path(folder) / f"{planter.__name__}_{n}.csv"
                w.data.to_csv(path, index=False)
                insights, _ = find(w)
                ours[family].append(any(hits(x, planted, w) for x in insights))
                tasks.append({
                    "path": str(path), "family": family, "columns": list(planted.columns), "time": w.time,
                    "variant": planter.__name__,
                })  # fmt: skip
        (Path(folder) / "tasks.json").write_text(json.dumps(tasks))
        out = Path(folder) / "found.json"
        subprocess.run(
            [python, str(script), str(Path(folder) / "tasks.json"), str(out)],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        answers = json.loads(out.read_text())
        for task, answer in zip(tasks, answers, strict=True):
            named[task["family"]].append(answer["named"])
            visible[task["family"]].append(answer["visible"])
    print(
        "| family | tables | named in its alerts | visible in its report | told by find_insights |\n|---|---|---|---|---|"
    )
    sums = np.zeros(4, dtype=int)
    for family in FAMILIES:
        if ours[family]:
            row = [len(ours[family]), sum(named[family]), sum(visible[family]), sum(ours[family])]
            sums += np.array(row)
            print(f"| {family} | {' | '.join(map(str, row))} |")
    print(f"| all | {' | '.join(map(str, sums))} |")
    print(f"\nSeconds of its report: median {np.median([a['seconds'] for a in answers]):.1f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
