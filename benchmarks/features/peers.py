"""What the peers say and how long they take: run with the Python of an environment that has them.

    peers.py TASK.json     {"x": parquet, "y": column, "regression": bool, "do": [...], "k": int}

Prints one JSON object: per measure its scores (or order) and seconds, and the peak memory in MB.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_selection import (
    chi2,
    f_classif,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
)


def timed(function: Callable[[], Any]) -> dict[str, Any]:
    began = time.perf_counter()
    values = function()
    return {"seconds": time.perf_counter() - began, "values": list(values)}


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    began = time.perf_counter()
    frame = pd.read_parquet(task["x"])
    y = frame.pop(task["y"])
    read = time.perf_counter() - began
    values = frame.to_numpy()
    names, regression = list(frame.columns), task["regression"]
    found: dict[str, Any] = {"read": read}
    if "mi" in task["do"]:
        mi = mutual_info_regression if regression else mutual_info_classif
        found["mi"] = timed(lambda: mi(values, y, random_state=0).tolist())
    if "f" in task["do"]:
        f = f_regression if regression else f_classif
        found["f"] = timed(lambda: f(values, y)[0].tolist())
    if "chi2" in task["do"]:
        # The statistic is for counts: each column as indicators of its ten bins, summed.
        bins = [pd.qcut(frame[n], 10, labels=False, duplicates="drop") for n in names]
        found["chi2"] = timed(lambda: [float(chi2(np.eye(int(b.max()) + 1)[b], y)[0].sum()) for b in bins])
    if "mrmr" in task["do"]:
        from mrmr import mrmr_classif, mrmr_regression

        mrmr = mrmr_regression if regression else mrmr_classif
        found["mrmr"] = timed(lambda: mrmr(X=frame, y=y, K=task["k"], n_jobs=-1, show_progress=False))
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


if __name__ == "__main__":
    main()
