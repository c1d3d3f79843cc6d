"""The same for llmauto: one process per measurement, so that its peak memory is its own.

ours.py TASK.json      {"x": parquet, "y": column, "regression": bool, "do": [...]}
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from llmauto_tools.features.candidates import by_type, by_values
from llmauto_tools.features.filters import Sums
from llmauto_tools.features.matrix import batches, read_sample, value_sql
from llmauto_tools.features.mrmr import MOST_PICKS, f_relevance, information_redundancy, mrmr_order
from llmauto_tools.features.target import read_target
from llmauto_tools.workspace import Limits, Workspace


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    with (
        tempfile.TemporaryDirectory() as folder,
        Workspace(folder, Limits(memory="1GB", timeout=600)) as workspace,
    ):
        workspace.attach(task["x"])
        began = time.perf_counter()
        found = measure(workspace, task)
        found["seconds"] = time.perf_counter() - began
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def measure(workspace: Workspace, task: dict[str, Any]) -> dict[str, Any]:
    """Every row of the table, from the file to the scores; the order of mRMR is of all features."""
    (table,) = workspace.tables()
    column = next(c for c in table.columns if c.name == task["y"])
    target = read_target(
        workspace, table.name, column, "regression" if task["regression"] else "classification"
    )
    columns, _ = by_type(table.columns, column.name, [])
    arrays = read_sample(workspace, table.name, target, [*map(value_sql, columns), target.sql], 20_000, 0)
    matrix, left, _ = by_values(columns, arrays[:-1], target.rows)
    sums = Sums(
        matrix,
        target.task,
        target.numbers(arrays[-1].combine_chunks()),
        pairs="mrmr" in task["do"],
        counts="mi" in task["do"],
    )
    for part, y in batches(workspace, table.name, target, matrix):
        sums.add(part, y)
    found: dict[str, Any] = {"names": matrix.names, "left_out": [o.name for o in left]}
    found["f"] = sums.f_statistic().tolist()
    if "mi" in task["do"]:
        found["mi"] = sums.mutual_information().tolist()
        found["chi2"] = sums.chi_square().tolist()
    if "mrmr" in task["do"]:
        r = sums.correlations()
        relevance = f_relevance(sums.f_statistic(), "quotient", sums.rows, 2)
        found["mrmr"] = [matrix.names[i] for i in mrmr_order(relevance, lambda i: r[i], "quotient")]
    if "mrmr_mi" in task["do"]:
        redundancy = information_redundancy(sums.binner.codes(matrix), sums.binner.widths)
        order = mrmr_order(sums.mutual_information(), redundancy, "quotient", MOST_PICKS)
        found["mrmr_mi"] = [matrix.names[i] for i in order]
    return found


if __name__ == "__main__":
    main()
