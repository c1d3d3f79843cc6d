"""Fit and apply a recipe on a large table within a memory limit, and beside scikit-learn on what it can hold.

    llmauto bench preprocess                         both parts
    llmauto bench preprocess --rows 1000000 --part large

Each part runs in a process of its own; its peak memory is the process's (VmHWM), not DuckDB's alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = 20
STEPS: list[dict[str, Any]] = [
    {"kind": "drop", "columns": ["id"]},
    {"kind": "impute", "strategy": "median", "columns": ["n0", "n1", "n2", "n3"]},
    {"kind": "impute", "strategy": "mean", "columns": ["n4", "n5", "n6", "n7"]},
    {"kind": "outliers", "action": "cap", "rule": "iqr", "columns": ["n0", "n1"]},
    {"kind": "scale", "method": "standard", "columns": ["n0", "n1", "n2", "n3"]},
    {"kind": "scale", "method": "robust", "columns": ["n4", "n5"]},
    {"kind": "scale", "method": "minmax", "columns": ["n6", "n7"]},
    {"kind": "scale", "method": "log1p", "columns": ["n8", "n9"]},
    {"kind": "encode", "method": "onehot", "columns": ["c0", "c1"]},
    {"kind": "encode", "method": "ordinal", "columns": ["c2"]},
    {"kind": "encode", "method": "frequency", "columns": ["c3"]},
    {"kind": "encode", "method": "target", "columns": ["c4"], "target_type": "binary"},
    {"kind": "dates", "columns": ["d0", "d1"], "parts": ["year", "month"], "cycles": ["weekday"]},
]


def make_data(path: Path, rows: int) -> None:
    """20 columns: an id, 10 numbers (8 of them with 5% missing), 5 categories, 2 dates, a flag, a target."""
    import duckdb

    def u(k: int) -> str:
        return f"(hash(i, {k}) % 1000003) / 1000003.0"

    parts = ["i AS id"]
    parts += [
        f"CASE WHEN {u(k)} > 0.05 THEN round(sqrt(-2 * ln({u(k + 20)} + 1e-9)) * cos(6.28318 * {u(k + 40)}) * {k + 1}, 4) END AS n{k}"
        for k in range(8)
    ]
    parts += [f"round(exp(4 * {u(k)}), 3) AS n{k}" for k in (8, 9)]
    for k, levels in enumerate((3, 12, 40, 400, 200)):
        parts.append(f"'level ' || CAST(floor({levels} * pow({u(k + 60)}, 2)) AS INT) AS c{k}")
    parts += [f"DATE '2020-01-01' + CAST(floor({u(k)} * 1500) AS INT) AS d{k - 70}" for k in (70, 71)]
    parts += [f"{u(80)} > 0.5 AS flag", f"{u(62)} + {u(81)} > 1.1 AS y"]
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT {', '.join(parts)} FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet)")


def peak_megabytes() -> float:
    """This process's largest resident memory. VmHWM starts afresh at exec; ru_maxrss does not."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def by_sql(data: Path, out: Path, memory: str, folder: Path) -> dict[str, Any]:
    """Fit and write with the recipe's SQL; also the result for all rows without cross-fitting, if small."""
    from llmauto_tools.preprocess import Recipe, fit
    from llmauto_tools.preprocess.writer import write_chain
    from llmauto_tools.workspace import Limits, Workspace

    with Workspace(folder, Limits(memory=memory, timeout=3600)) as workspace:
        table = workspace.attach(str(data))[0].name
        recipe = Recipe.model_validate({"steps": STEPS, "target": "y"})
        began = time.perf_counter()
        fitted = fit(workspace, f'"{table}"', recipe)
        fit_seconds = time.perf_counter() - began
        chain = fitted.chain()
        columns = fitted.output_columns()
        rows = write_chain(workspace, chain, f'"{table}"', "apply", columns, out)
        seconds = time.perf_counter() - began
    return {
        "rows": rows, "columns": len(columns), "fit_s": fit_seconds, "apply_s": seconds - fit_seconds,
        "total_s": seconds, "cpu_s": time.process_time(), "peak_mb": peak_megabytes(),
    }  # fmt: skip


def by_sklearn(data: Path, out: Path) -> dict[str, Any]:
    """The same steps by scikit-learn's own transformers, reading and writing the same files."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import (
        FunctionTransformer,
        MinMaxScaler,
        OneHotEncoder,
        OrdinalEncoder,
        RobustScaler,
        StandardScaler,
        TargetEncoder,
    )

    began = time.perf_counter()
    frame = pq.read_table(data).to_pandas()

    def fences(x: Any) -> Any:
        low, high = np.quantile(x, [0.25, 0.75], axis=0)
        return low - 1.5 * (high - low), high + 1.5 * (high - low)

    class Cap(FunctionTransformer):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:  # noqa: N803
            self.low_, self.high_ = fences(X)
            return self

        def transform(self, X: Any) -> Any:  # noqa: N803
            return np.clip(X, self.low_, self.high_)

    def dates(x: Any) -> Any:
        made = []
        for column in x.columns:
            day = pd.to_datetime(x[column]).dt
            angle = day.dayofweek * 2 * np.pi / 7
            made += [day.year, day.month, np.sin(angle), np.cos(angle)]
        return np.column_stack(made)

    def shares(x: Any) -> Any:
        column = x.iloc[:, 0]
        return column.map(column.value_counts(normalize=True)).to_numpy().reshape(-1, 1)

    transformer = ColumnTransformer([
        ("capped", make_pipeline(SimpleImputer(strategy="median"), Cap(), StandardScaler()), ["n0", "n1"]),
        ("standard", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["n2", "n3"]),
        ("robust", make_pipeline(SimpleImputer(strategy="mean"), RobustScaler()), ["n4", "n5"]),
        ("minmax", make_pipeline(SimpleImputer(strategy="mean"), MinMaxScaler()), ["n6", "n7"]),
        ("log", FunctionTransformer(np.log1p), ["n8", "n9"]),
        ("flag", "passthrough", ["flag"]),
        ("onehot", OneHotEncoder(sparse_output=False), ["c0", "c1"]),
        ("ordinal", OrdinalEncoder(), ["c2"]),
        ("frequency", FunctionTransformer(shares), ["c3"]),
        ("target", TargetEncoder(target_type="binary"), ["c4"]),
        ("dates", FunctionTransformer(dates), ["d0", "d1"]),
    ])  # fmt: skip
    transformer.fit(frame, frame["y"])
    fit_seconds = time.perf_counter() - began
    values = np.asarray(transformer.transform(frame), dtype=float)
    table = pa.table([pa.array(values[:, i]) for i in range(values.shape[1])], names=_sklearn_names(frame))
    pq.write_table(table, out, compression="zstd")
    seconds = time.perf_counter() - began
    return {
        "rows": len(frame), "columns": values.shape[1], "fit_s": fit_seconds,
        "apply_s": seconds - fit_seconds, "total_s": seconds, "cpu_s": time.process_time(), "peak_mb": peak_megabytes(),
    }  # fmt: skip


def _sklearn_names(frame: Any) -> list[str]:
    names = [f"n{i}" for i in range(10)] + ["flag"]
    names += [f"{c}_{v}" for c in ("c0", "c1") for v in sorted(frame[c].unique())]
    names += ["c2", "c3", "c4"]
    parts = ("year", "month", "weekday_sin", "weekday_cos")
    return names + [f"{d}_{p}" for d in ("d0", "d1") for p in parts]


def largest_difference(ours: Path, theirs: Path) -> float:
    """Between the columns that both have; raises where a column is missing."""
    import pyarrow.parquet as pq

    other = pq.read_table(theirs)
    mine = pq.read_table(ours, columns=other.column_names)
    worst = 0.0
    for name in other.column_names:
        a = mine[name].to_numpy(zero_copy_only=False).astype(float)
        worst = max(worst, float(np.nanmax(np.abs(a - other[name].to_numpy()))))
    return worst


def in_process(arguments: list[str]) -> dict[str, Any]:
    """Run a part in a process of its own; its last line is JSON."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def show(title: str, found: dict[str, Any]) -> None:
    print(
        f"{title}: {found['rows']:,} rows x {found['columns']} columns out, fit {found['fit_s']:.1f} s,"
        f" apply {found['apply_s']:.1f} s, total {found['total_s']:.1f} s ({found['cpu_s']:.1f} s of processor time), peak {found['peak_mb']:,.0f} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the large table")
    parser.add_argument("--small-rows", type=int, default=1_000_000, help="of the comparison")
    parser.add_argument("--memory", default="2GB", help="DuckDB's limit; the process takes more")
    parser.add_argument("--part", choices=["large", "compare", "both", "sql", "sklearn"], default="both")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.part in ("sql", "sklearn"):
        with tempfile.TemporaryDirectory() as folder:
            found = (
                by_sql(options.data, options.out, options.memory, Path(folder))
                if options.part == "sql"
                else by_sklearn(options.data, options.out)
            )
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows, part in ((options.rows, "large"), (options.small_rows, "compare")):
            if options.part not in ("both", part):
                continue
            data, ours, theirs = (folder / f"{rows}-{x}.parquet" for x in ("data", "ours", "theirs"))
            make_data(data, rows)
            common = ["--data", str(data), "--memory", options.memory]
            mine = in_process([*common, "--part", "sql", "--out", str(ours)])
            show(f"llmauto, {rows:,} x {COLUMNS}", mine)
            if part == "compare":
                other = in_process([*common, "--part", "sklearn", "--out", str(theirs)])
                show(f"scikit-learn, {rows:,} x {COLUMNS}", other)
                faster, less = (other[k] / mine[k] for k in ("total_s", "cpu_s"))
                print(f"ratio: {faster:.1f} times as fast, {less:.1f} times less processor time")
                print(f"largest difference: {largest_difference(ours, theirs):.2e}")


if __name__ == "__main__":
    main()
