"""llmauto, FLAML and AutoGluon-Tabular (medium quality) on the same splits with the same time.

    sh benchmarks/tabular/make_peers.sh              # once: an environment for each peer
    llmauto bench tabular                            # all sets, 60 s each
    llmauto bench tabular --sets 6 --seconds 60      # the first six in alphabetical order
    llmauto bench tabular --until 15:56              # no set is begun that could end later

Each engine runs in a process of its own, one after the other, in an order that turns from set to set.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from sets import SETS, TabularSet, split_set

HERE = Path(__file__).parent
ENGINES = ("llmauto", "flaml", "autogluon")
PATIENCE = 4
"""An engine that takes so many times its seconds is stopped, and the set counts as failed for it."""


def main() -> None:
    arguments = _arguments()
    data = Path(os.environ.get("LLMAUTO_DATA", HERE.parents[2] / "shared" / "data")) / "tabular"
    results: list[dict[str, Any]] = []
    for n, chosen in enumerate(SETS[: arguments.sets]):
        if arguments.until and not _fits(arguments.until, 3.4 * arguments.seconds):
            print(f"no time left for {chosen.name}", flush=True)
            break
        results.append(_run_set(chosen, data, arguments, n))
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1))
    print(table(results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--sets", type=int, default=len(SETS))
    parser.add_argument("--until", help="local time HH:MM")
    parser.add_argument("--peers", type=Path, default=HERE.parent / "out" / "peers")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=ENGINES)
    parser.add_argument("--out", type=Path, default=HERE.parent / "out" / "tabular.json")
    return parser.parse_args()


def _fits(until: str, seconds: float) -> bool:
    hour, minute = map(int, until.split(":"))
    now = dt.datetime.now().astimezone()
    return now + dt.timedelta(seconds=seconds) < now.replace(hour=hour, minute=minute, second=0)


def _run_set(chosen: TabularSet, data: Path, arguments: argparse.Namespace, turn: int) -> dict[str, Any]:
    train, test = split_set(chosen, data)
    made: dict[str, Any] = {"set": chosen.name, "task": chosen.task, "rows": len(train) + len(test)}
    engines = arguments.engines
    turn %= len(engines)
    for engine in [*engines[turn:], *engines[:turn]]:
        with tempfile.TemporaryDirectory(prefix="llmauto-tabular-") as name:
            folder = Path(name)
            train.to_parquet(folder / "train.parquet", index=False)
            test.drop(columns=chosen.target).to_parquet(folder / "test_inputs.parquet", index=False)
            made[engine] = _run_engine(engine, folder, chosen, arguments, test[chosen.target].to_numpy())
            print(f"{chosen.name} {engine} {json.dumps(made[engine])}", flush=True)
    return made


def _run_engine(
    engine: str, folder: Path, chosen: TabularSet, arguments: argparse.Namespace, y: np.ndarray
) -> dict[str, Any]:
    python = sys.executable if engine == "llmauto" else str(arguments.peers / engine / "bin" / "python")
    command = [python, str(HERE / "worker.py"), engine, str(folder), chosen.target, chosen.task,
               str(arguments.seconds)]  # fmt: skip
    with (folder / "log.txt").open("w") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        usage = _wait(process, PATIENCE * arguments.seconds + 60)
    wall = time.monotonic() - began
    if usage is None or not (folder / "result.json").exists():
        return {"failed": (folder / "log.txt").read_text()[-400:], "wall_seconds": round(wall, 1)}
    import pandas as pd

    prediction = pd.read_parquet(folder / "predictions.parquet")["prediction"].to_numpy(dtype=float)
    result = {k: round(v, 2) for k, v in json.loads((folder / "result.json").read_text()).items()}
    score = score_of(chosen.task, y, prediction)
    peak, cpu = usage
    return {
        "score": score,
        **result,
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": peak,
    }


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float] | None:
    """Peak memory in MB (of the process or a child, each by itself) and seconds of processor; None where it failed."""
    import threading

    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        timer.cancel()
    if process.returncode != 0:
        return None
    return usage.ru_maxrss // 1024, usage.ru_utime + usage.ru_stime


def score_of(task: str, y: np.ndarray, prediction: np.ndarray) -> float:
    """ROC AUC of the second label in order, or the root mean squared error."""
    from sklearn.metrics import roc_auc_score

    if task == "regression":
        return float(np.sqrt(((y.astype(float) - prediction) ** 2).mean()))
    return float(roc_auc_score(y == sorted(set(y.tolist()))[1], prediction))


def table(results: list[dict[str, Any]]) -> str:
    """The results as Markdown, with mean ranks and mean relative differences to AutoGluon."""
    engines = [e for e in ENGINES if any(e in r for r in results)]
    lines = [f"| set | rows | metric | {' | '.join(engines)} |", "|---|---|---|" + "---|" * len(engines)]
    ranks: dict[str, list[float]] = {e: [] for e in engines}
    gaps: dict[str, list[float]] = {e: [] for e in engines}
    for r in results:
        name = "ROC AUC" if r["task"] == "classification" else "RMSE (lower is better)"
        scores = {e: r.get(e, {}).get("score") for e in engines}
        shown = ["failed" if s is None else f"{s:.5g}" for s in scores.values()]
        lines.append(f"| {r['set']} | {r['rows']:,} | {name} | {' | '.join(shown)} |")
        sign = 1 if r["task"] == "classification" else -1
        known = {e: sign * s for e, s in scores.items() if s is not None}
        for e, s in known.items():
            others = [o for k, o in known.items() if k != e]
            ranks[e].append(1 + sum(o > s for o in others) + 0.5 * sum(o == s for o in others))
            if "autogluon" in known:
                gaps[e].append((s - known["autogluon"]) / abs(known["autogluon"]))
    mean = {e: np.mean(v) if v else np.nan for e, v in ranks.items()}
    lines.append(f"| mean rank | | | {' | '.join(f'{mean[e]:.2f}' for e in engines)} |")
    far = {e: np.mean(v) if v else np.nan for e, v in gaps.items()}
    lines.append(f"| better than AutoGluon by | | mean | {' | '.join(f'{far[e]:+.2%}' for e in engines)} |")
    for key, words in (("train_seconds", "seconds of training"), ("predict_seconds", "seconds of predicting"),
                       ("cpu_seconds", "seconds of processor"),
                       ("peak_mb", "peak memory, MB")):  # fmt: skip
        values = [[r[e][key] for r in results if key in r.get(e, {})] for e in engines]
        shown = [f"{np.mean(v):,.1f} (most {max(v):,.1f})" if v else "" for v in values]
        lines.append(f"| {words} | | mean | {' | '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
