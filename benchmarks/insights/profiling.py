"""What ydata-profiling's report shows of tables with a planted pattern. Runs in an environment of its own.

    python profiling.py TASKS.json ANSWERS.json

`named`: an alert names the planted columns with a pattern of that kind (high correlation of both columns,
imbalance of the one column; with the time series mode, non stationary or seasonal for a measure over time).
`visible`: that, or a person who looks at the right place of the report can see it: a cell of at least 0.3 in the
correlation matrix, or in the correlations of missing values; the list of common values for a share of the rows;
the histogram of the dates for a number of rows over time; the picture of missing values for gaps since a date.
The report has no view of three columns at once, none of a total, and none of gaps by another column.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

SEEN = 0.3
_PAIRS = {"association", "group difference", "outlier"}
_TIMED = {"trend", "change point", "seasonality", "outlier", "last change"}
_BY_HISTOGRAM = {"rows_up", "rows_step", "spike_rows", "last_rows"}


def main() -> int:
    warnings.filterwarnings("ignore")
    tasks = json.loads(Path(sys.argv[1]).read_text())
    answers = []
    for task in tasks:
        data = pd.read_csv(task["path"])
        data[task["time"]] = pd.to_datetime(data[task["time"]])
        began = time.perf_counter()
        seen = report(data)
        seconds = time.perf_counter() - began
        answers.append(judge(task, data, seen) | {"seconds": seconds})
    Path(sys.argv[2]).write_text(json.dumps(answers))
    return 0


def report(data: pd.DataFrame, **options: Any) -> Any:
    from ydata_profiling import ProfileReport

    return ProfileReport(data, progress_bar=False, **options).get_description()


def alerts_of(seen: Any) -> list[tuple[str, str, str]]:
    """(type, column, the other columns and values as text) of each alert."""
    return [(a.alert_type.name, str(a.column_name), str(a.values)) for a in seen.alerts]


def judge(task: dict[str, Any], data: pd.DataFrame, seen: Any) -> dict[str, bool]:
    family, columns = task["family"], task["columns"]
    named = visible = False
    alerts = alerts_of(seen)
    others = [c for c in columns if c != task["time"]]
    if len(columns) == 2 and task["time"] not in columns and family in _PAIRS:
        matrix = seen.correlations.get("auto")
        named = any(
            t == "HIGH_CORRELATION" and c in columns and all(x == c or x in v for x in columns)
            for t, c, v in alerts
        )
        inside = matrix is not None and all(c in matrix.columns for c in columns)
        visible = inside and abs(float(matrix.loc[columns[0], columns[1]])) >= SEEN
    if family in ("share", "top contributor", "concentration") and len(columns) == 1:
        named = any(t == "IMBALANCE" and c == columns[0] for t, c, _ in alerts)
        visible = True
    if family == "missing pattern" and len(others) == 2 and all(data[c].isna().any() for c in others):
        visible = abs(float(data[others].isna().corr().iloc[0, 1])) >= SEEN
    if family == "missing pattern" and len(others) == 1:
        visible = True
    if family in _TIMED and task["time"] in columns and len(others) <= 1:
        visible = task["variant"] in _BY_HISTOGRAM
        if others and pd.api.types.is_numeric_dtype(data[others[0]]):
            named = _series(data, task["time"], others[0], family)
    return {"named": named, "visible": named or visible}


def _series(data: pd.DataFrame, when: str, column: str, family: str) -> bool:
    """The alerts of the time series mode about one measure, by day (it wants one value per time)."""
    by_day = data.groupby(data[when].dt.floor("D"))[column].mean().dropna().reset_index()
    found = {t for t, c, _ in alerts_of(report(by_day, tsmode=True, sortby=when)) if c == column}
    wanted = {"SEASONAL"} if family == "seasonality" else {"NON_STATIONARY"}
    return bool(found & wanted)


if __name__ == "__main__":
    raise SystemExit(main())
