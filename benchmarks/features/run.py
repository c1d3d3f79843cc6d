"""Speed, rank agreement and recall of feature selection, each beside its peers in one run.

    python benchmarks/features/run.py [--peers PYTHON] [--only ranks speed big recall wide]

ranks    mutual information, F, chi-square and mRMR beside scikit-learn and mrmr_selection on real tables
speed    the same on tables that the peers can handle, seconds and ratios
big      1,000,000 rows x 200 columns, seconds and peak memory
recall   relevant features found, consensus and single measures, where they are known
wide     the tool on 10,000 columns

`--peers` is the Python of an environment with scikit-learn, pyarrow and mrmr_selection (default: this one).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import spearmanr

HERE = Path(__file__).parent
DATA = Path(os.environ.get("LLMAUTO_DATA", HERE.parents[2] / "shared" / "data")) / "tabular"
SETS = {
    "adult": "income", "bank_marketing_full": "y", "california_housing": "median_house_value",
    "abalone": None, "winequality_red": "quality", "ames_housing": "SalePrice", "diamonds": "price",
    "beijing_pm25": "pm2.5", "titanic": "Survived", "breast_cancer": "y", "digits": "y", "wine": "y",
}  # fmt: skip


def child(python: str, script: str, task: dict[str, Any], folder: Path) -> dict[str, Any]:
    file = folder / "task.json"
    file.write_text(json.dumps(task))
    done = subprocess.run([python, str(HERE / script), str(file)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{script} failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def made(path: Path, rows: int, columns: int, *, seed: int = 0) -> Path:
    """A classification table: a tenth of the columns informative, a fifth correlated with others, the rest noise."""
    random = np.random.default_rng(seed)
    informative, copies = columns // 10, columns // 5
    weights = random.uniform(0.05, 1, informative)
    mix = random.normal(size=(informative, copies)) / informative**0.5
    schema = pa.schema([(f"c{i}", pa.float64()) for i in range(columns)] + [("y", pa.int32())])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, 50_000):
            n = min(50_000, rows - start)
            x = random.normal(size=(n, columns))
            x[:, informative : informative + copies] = (
                x[:, :informative] @ mix + 0.5 * x[:, informative : informative + copies]
            )
            y = (x[:, :informative] @ weights + 2 * random.normal(size=n) > 0).astype(np.int32)
            writer.write_table(pa.table([*x.T, y], schema=schema))
    return path


def real(name: str, folder: Path) -> tuple[Path, str, bool] | None:
    """The complete rows and numeric columns of a table as parquet, its target, whether it is an amount."""
    import pandas as pd
    from sklearn import datasets

    if hasattr(datasets, f"load_{name}"):
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.rename(columns={"target": "y"})
    elif (DATA / f"{name}.csv.gz").exists():
        frame = pd.read_csv(DATA / f"{name}.csv.gz")
    else:
        return None
    target = SETS[name] or str(frame.columns[-1])
    y = frame[target]
    regression = y.dtype.kind in "if" and y.nunique() > 12
    x = frame.drop(columns=[target]).select_dtypes("number")
    x = x.loc[:, x.isna().mean() < 0.3]
    keep = x.notna().all(axis=1) & y.notna()
    x, y = x[keep], y[keep]
    x = x.loc[:, x.nunique() > 1]
    if not regression:
        y = pd.Series(pd.factorize(y)[0], index=y.index)
    path = folder / f"{name}.parquet"
    x.assign(**{"target__": y}).to_parquet(path, index=False)
    return path, "target__", bool(regression)


def ranks(peers: str, folder: Path) -> None:
    print("\nRank agreement with the peers (Spearman; mRMR: of the places in the order)")
    print(f"{'set':<22}{'rows':>8}{'cols':>6}{'MI':>8}{'F':>8}{'mRMR':>8}{'chi2 of texts':>15}")
    for name in SETS:
        found = real(name, folder)
        if found is None:
            continue
        path, target, regression = found
        meta = pq.read_metadata(path)
        do = ["mi", "f", "mrmr"]
        task = {"x": str(path), "y": target, "regression": regression, "do": do, "k": 1000}
        ours = child(sys.executable, "ours.py", task, folder)
        theirs = child(peers, "peers.py", task, folder)
        names = [
            n for n in pq.read_schema(path).names if n in [*ours["names"], *ours["left_out"]] and n != target
        ]
        kept = [names.index(n) for n in ours["names"]]
        cells = []
        for measure in ("mi", "f"):
            known = np.array(theirs[measure]["values"])[kept]
            cells.append(f"{spearmanr(known, ours[measure])[0]:>8.3f}")
        order = [n for n in theirs["mrmr"]["values"] if n in ours["names"]]
        ours_order = [n for n in ours["mrmr"] if n in order]
        places = [ours_order.index(n) for n in order]
        cells.append(f"{spearmanr(range(len(order)), places)[0]:>8.3f}")
        cells.append(f"{texts(name):>15}")
        print(f"{name:<22}{meta.num_rows:>8,}{len(kept):>6}{''.join(cells)}", flush=True)


def texts(name: str) -> str:
    """Spearman of chi-square with the summed `chi2` over indicators, for the text columns of a table of classes."""
    import pandas as pd
    from sklearn.feature_selection import chi2

    from llmauto_tools.features.information import chi_square

    if not (DATA / f"{name}.csv.gz").exists():
        return "-"
    frame = pd.read_csv(DATA / f"{name}.csv.gz")
    target = SETS[name] or str(frame.columns[-1])
    columns = [c for c in frame.select_dtypes(exclude="number") if c != target and frame[c].nunique() < 100]
    if len(columns) < 3 or frame[target].nunique() > 12:
        return "-"
    y = pd.factorize(frame[target])[0]
    theirs = [chi2(pd.get_dummies(frame[c], dummy_na=True), y)[0] for c in columns]
    ours = [chi_square(pd.crosstab(frame[c].fillna("missing"), y).to_numpy())[0] for c in columns]
    return f"{spearmanr([np.nansum(t) for t in theirs], ours)[0]:.3f} ({len(columns)})"


def speed(peers: str, folder: Path) -> None:
    print("\nSpeed side by side, from the parquet file to the scores (seconds)")
    print(
        f"{'rows x columns':<20}{'measure':<28}{'ours':>8}{'peer':>9}{'ratio':>8}{'ours MB':>9}{'peer MB':>9}"
    )
    for rows, columns, do in (
        (20_000, 50, ["mi"]), (100_000, 20, ["mi"]), (100_000, 100, ["mrmr"]), (200_000, 200, ["mrmr"]),
    ):  # fmt: skip
        path = made(folder / "made.parquet", rows, columns)
        task = {"x": str(path), "y": "y", "regression": False, "do": do, "k": 20}
        ours = child(sys.executable, "ours.py", task, folder)
        theirs = child(peers, "peers.py", task, folder)
        took = theirs["read"] + theirs[do[0]]["seconds"]
        what = "mutual_info_classif" if do == ["mi"] else "mrmr_classif, 20 picks"
        print(
            f"{f'{rows:,} x {columns}':<20}{what:<28}{ours['seconds']:>8.2f}{took:>9.2f}"
            f"{took / ours['seconds']:>8.1f}{ours['peak_mb']:>9.0f}{theirs['peak_mb']:>9.0f}",
            flush=True,
        )


def big(peers: str, folder: Path) -> None:
    path = made(folder / "big.parquet", 1_000_000, 200)
    task = {"x": str(path), "y": "y", "regression": False, "do": ["mi", "mrmr", "mrmr_mi"], "k": 20}
    ours = child(sys.executable, "ours.py", task, folder)
    print(
        "\n1,000,000 x 200: mutual information, F, chi-square, mRMR by F/correlation (all rows) and by mutual"
        f" information (redundancy on 20,000 rows): {ours['seconds']:.1f} s, peak {ours['peak_mb']:.0f} MB",
        flush=True,
    )
    path.unlink()


def wide(peers: str, folder: Path) -> None:
    import time

    from llmauto_tools.runner import run_tool
    from llmauto_tools.workspace import Workspace

    path = made(folder / "wide.parquet", 500, 10_000)
    with Workspace(folder / "wide") as workspace:
        workspace.attach(str(path))
        began = time.perf_counter()
        evidence = run_tool(workspace, "select_features", {"table": "wide", "target": "y"})
        print(
            f"\n500 x 10,000, the tool with its defaults: {time.perf_counter() - began:.1f} s; {evidence.text}"
        )


def main() -> None:
    from recall import recall

    parts = {"ranks": ranks, "speed": speed, "big": big, "recall": recall, "wide": wide}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--only", nargs="+", choices=list(parts), default=list(parts))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            parts[name](arguments.peers, Path(folder))


if __name__ == "__main__":
    main()
