"""How well series are read and forecast: planted findings, false alarms on noise, and real forecasts.

    python benchmarks/series/run.py [--data DIR] [--part dev|test] [--series N] [--noise N]
                                    [--only planted|noise|forecast|cold]

Planted and noise series are synthetic and seeded; "dev" and "test" use different seeds. The real series
of DIR (default: LLMAUTO_DATA, else ../shared/data) are listed in series.json, split before any tuning;
of each, the last `horizon` periods are held out at up to two dates. No network.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from synthetic import NOISES, make, noise

from llmauto_tools.registry import ToolContext
from llmauto_tools.series.analysis import Analysis, analyse, usable
from llmauto_tools.series.backtest import naive_scale
from llmauto_tools.series.forecasting import outlook
from llmauto_tools.series.models import fit
from llmauto_tools.series.prepare import Request, Series, filled, prepare
from llmauto_tools.series.steps import Step, Unit
from llmauto_tools.workspace import Workspace

HERE = Path(__file__).parent
TEST_SEED = 1_000_000
NULLS = (*NOISES, "ar 0.8", "random walk")
TOLERANCE = 3
"""Periods by which a found change may be off."""
CALENDAR = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1}
ORIGINS = 2


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", default=os.environ.get("LLMAUTO_DATA", str(HERE.parents[2] / "shared" / "data"))
    )
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--series", type=int, default=50, help="planted series of each kind")
    parser.add_argument("--noise", type=int, default=50, help="series of each noise")
    parser.add_argument("--only", choices=("planted", "noise", "forecast", "cold"))
    options = parser.parse_args()
    first = TEST_SEED if options.part == "test" else 0
    parts = [options.only] if options.only else ["planted", "noise", "forecast", "cold"]
    if "planted" in parts:
        planted(first, options.series)
    if "noise" in parts:
        false_alarms(first, options.noise)
    if "forecast" in parts:
        forecasts(Path(options.data) / "tabular", options.part)
    if "cold" in parts:
        cold_start()


# ---- what was planted


def analysed(values: np.ndarray, unit: Unit) -> Analysis:
    step = Step(unit)
    times = tuple(step.after(step.start(0), len(values)))
    return analyse(Series(None, times, values, np.ones(len(values), dtype=np.int64)), step)


def planted(first: int, count: int) -> None:
    """Recall and precision of each kind of finding, by what was planted."""
    print(f"\nPlanted findings, {count} series of each kind (found / planted, false in all series)")
    print(f"{'planted':10} {'period':>16} {'changes':>18} {'anomalies':>18} {'trend':>12}")
    for kind in ("season", "change", "anomaly", "trend", "mixed"):
        tally: Counter[str] = Counter()
        for i in range(count):
            made = make(kind, first + i)
            count_one(tally, made, analysed(made.values, made.unit))  # type: ignore[arg-type]
        print(
            f"{kind:10} {rate(tally, 'season'):>16} {rate(tally, 'change'):>18} {rate(tally, 'anomaly'):>18}"
            f" {rate(tally, 'trend'):>12}"
        )


def count_one(tally: Counter[str], made: Any, found: Analysis) -> None:
    periods = [s.period for s in found.seasons]
    tally["season planted"] += made.period is not None
    tally["season found"] += made.period in periods
    tally["season false"] += len([p for p in periods if p != made.period])
    places = [c.at for c in found.segments.changes]
    for at in made.changes:
        near = [p for p in places if abs(p - at) <= TOLERANCE]
        tally["change planted"] += 1
        if near:
            tally["change found"] += 1
            places.remove(near[0])
    tally["change false"] += len(places)
    unusual = {a.at for a in found.anomalies}
    tally["anomaly planted"] += len(made.anomalies)
    tally["anomaly found"] += len(unusual & set(made.anomalies))
    tally["anomaly false"] += len(unusual - set(made.anomalies))
    clear = found.trend is not None and found.trend.clear
    if made.slope:
        tally["trend planted"] += 1
        tally["trend found"] += clear and np.sign(found.trend.slope) == np.sign(made.slope)  # type: ignore[union-attr]
    elif not made.changes:  # a change of level is a trend of a kind
        tally["trend false"] += clear


def rate(tally: Counter[str], name: str) -> str:
    return f"{tally[f'{name} found']}/{tally[f'{name} planted']}, {tally[f'{name} false']} false"


def false_alarms(first: int, count: int) -> None:
    """The share of series of plain noise in which each kind of finding was reported."""
    lengths = {"month": (60, 180), "day": (90, 500), "quarter": (40, 90), "hour": (240, 800)}
    print(f"\nFalse alarms: share of {count} series of noise with a finding")
    print(f"{'noise':12} {'season':>8} {'change':>8} {'anomaly':>8} {'trend':>8}")
    for kind in NULLS:
        alarms = np.zeros(4)
        for i in range(count):
            rng = np.random.default_rng(first + i)
            unit = sorted(lengths)[i % 4]
            found = analysed(100 + 10 * noise(rng, int(rng.integers(*lengths[unit])), kind), unit)  # type: ignore[arg-type]
            trend = found.trend is not None and found.trend.clear
            alarms += [bool(found.seasons), bool(found.segments.changes), bool(found.anomalies), trend]
        print(f"{kind:12} " + " ".join(f"{x / count:8.2f}" for x in alarms))


# ---- real forecasts


def forecasts(folder: Path, part: str) -> None:
    """The error of the chosen forecast on periods that it never saw, against two naive forecasts."""
    print(
        f"\nForecasts of real series ({part}): MAE over that of the naive forecasts, share inside the intervals"
    )
    print(f"{'series':44} {'model':12} {'/naive':>7} {'/calendar':>9} {'80%':>5} {'95%':>5} {'s':>5}")
    rows = []
    for entry in json.loads((HERE / "series.json").read_text())[part]:
        values, step = real(folder, entry)
        for k in range(ORIGINS):
            length = len(values.times) - entry["horizon"] * (1 + 2 * k)
            while np.isnan(values.values[length - 1]):
                length -= 1  # a history ends with a value
            if length >= max(20, 4 * entry["horizon"]):
                rows.append(held_out(values, step, length, entry))
    summarise(rows)


def real(folder: Path, entry: dict[str, Any]) -> tuple[Series, Step]:
    column, name = entry.get("where", (None, None))
    with tempfile.TemporaryDirectory() as place, Workspace(place) as workspace:
        table = workspace.attach(str(folder / f"{entry['file']}.csv.gz"))[0].name
        request = Request(table, value=entry["value"], every=entry["every"], by=column)
        prepared = prepare(workspace, request, ToolContext("e1"))
    series = usable(next(s for s in prepared.series if s.name == name))
    assert series is not None
    return series, prepared.step


def held_out(series: Series, step: Step, length: int, entry: dict[str, Any]) -> dict[str, Any]:
    horizon = entry["horizon"]
    known = Series(series.name, series.times[:length], series.values[:length], series.counts[:length])
    values = filled(series.values, "linear")
    actual = values[length : length + horizon]
    began = time.process_time()
    made = outlook(known, step, horizon, [80, 95], False, ToolContext("e1"))
    seconds = time.process_time() - began
    error = float(np.mean(np.abs(actual - made.forecast.mean)))
    last = float(np.mean(np.abs(actual - values[length - 1])))
    period = CALENDAR[step.unit]
    calendar = fit(
        "naive", values[:length], [period] if period > 1 and length >= 2 * period else [], horizon, [80]
    )
    seasonal = float(np.mean(np.abs(actual - calendar.mean)))
    inside = {
        lv: float(np.mean((actual >= made.forecast.low[lv]) & (actual <= made.forecast.high[lv])))
        for lv in (80, 95)
    }
    row = {
        "name": f"{entry['file']} {entry['value']} {series.name or ''} {entry['every']} @{length}",
        "model": made.test.chosen, "last": error / last if last else np.nan, "seasonal": error / seasonal,
        "mase": error / naive_scale(values[:length], [period] if period > 1 else []), "seconds": seconds, **inside,
    }  # fmt: skip
    print(
        f"{row['name'][:44]:44} {row['model']:12} {row['last']:7.2f} {row['seasonal']:9.2f} {row[80]:5.2f}"
        f" {row[95]:5.2f} {seconds:5.1f}", flush=True,
    )  # fmt: skip
    return row


def summarise(rows: list[dict[str, Any]]) -> None:
    def mean_ratio(name: str) -> float:
        found = np.array([max(r[name], 1e-3) for r in rows])
        return float(np.exp(np.nanmean(np.log(found))))

    for name, words in (("seasonal", "the seasonal naive forecast"), ("last", "the last value")):
        wins = sum(r[name] < 1 - 1e-9 for r in rows)
        ties = sum(abs(r[name] - 1) <= 1e-9 for r in rows)
        print(
            f"against {words}: geometric mean of the error ratio {mean_ratio(name):.3f}; better in {wins}, equal in"
            f" {ties}, worse in {len(rows) - wins - ties} of {len(rows)}"
        )
    print(f"median MASE {np.median([r['mase'] for r in rows]):.2f}")
    print(
        f"intervals: 80% held {np.mean([r[80] for r in rows]):.3f}, 95% held {np.mean([r[95] for r in rows]):.3f}"
    )
    print(f"processor seconds per forecast: median {np.median([r['seconds'] for r in rows]):.1f}")


# ---- start


def cold_start() -> None:
    """Seconds to import what each way of forecasting needs, and to the first ETS forecast (best of 3)."""
    y = "import numpy as np; y = np.tile(np.arange(12.0), 8) + np.arange(96) ** 0.5"
    ways = {
        "statsforecast, import": "import statsforecast.models",
        "statsforecast, first AutoETS": f"{y}; from statsforecast.models import AutoETS;"
        " AutoETS(season_length=12).forecast(y=y, h=12)",
        "statsmodels, import": "import statsmodels.tsa.exponential_smoothing.ets",
        "statsmodels, first ETS (one model)": f"{y}; from statsmodels.tsa.exponential_smoothing.ets import ETSModel;"
        " ETSModel(y, trend='add', seasonal='add', seasonal_periods=12).fit(disp=False).forecast(12)",
        "ruptures, import": "import ruptures",
    }
    print("\nCold start, processor seconds of a new process (best of 3)")
    for name, code in ways.items():
        best = min(timed(code) for _ in range(3))
        print(f"{name:36} {best:5.2f}")


def timed(code: str) -> float:
    """The processor's time of a new process: other work on the machine does not count."""
    before = os.times()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    main()
