"""Reports measured: planted errors caught, the time from a cold start, the memory of a large table.

python benchmarks/reports/run.py planted [--tables N] [--show]
python benchmarks/reports/run.py speed
python benchmarks/reports/run.py memory
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / p) for p in ("", "agent", "tools", "prompts", "benchmarks/reports")]

from plant import plants  # noqa: E402

from llmauto_agent.report.run import Report, Request, make_report, names_of  # noqa: E402
from llmauto_agent.report.verify import verify_document  # noqa: E402
from llmauto_tools.errors import LlmautoError  # noqa: E402
from llmauto_tools.workspace import Workspace  # noqa: E402

DATA = Path(os.environ.get("LLMAUTO_DATA", ROOT.parent / "shared" / "data"))
OWN = [
    ROOT / "examples" / "data" / f"{n}.csv" for n in ("orders", "customers", "gapminder", "penguins", "销售")
]
PUBLIC = [
    "diamonds", "titanic", "telco_churn", "tips", "exercise", "vega_movies", "vega_seattle_weather", "beijing_pm25",
    "bank_marketing_full", "winequality_red", "vega_stocks", "538_us_births_2000_2014_ssa", "plotly_auto_mpg", "vega_cars",
    "538_bad_drivers", "ames_housing", "fmri", "vega_unemployment_across_industries", "planets", "abalone",
]  # fmt: skip
MOST_ROWS = 20_000
GOALS = {
    ("exploratory", "en"): "What stands out in this data?",
    ("exploratory", "zh"): "这份数据中有什么值得注意的？",
    ("kpi", "en"): "Figures of the last period",
    ("kpi", "zh"): "最近一期的指标",
    ("quality", "en"): "Quality of the data",
    ("quality", "zh"): "数据质量",
    ("experiment", "en"): "Compare the groups",
    ("experiment", "zh"): "比较各组",
}


def drafts(tables: int) -> Iterator[tuple[str, Report]]:
    """Right reports over the tables, in every template and language that fits."""
    with tempfile.TemporaryDirectory() as folder:
        for path in [*OWN, *_public(Path(folder))][:tables]:
            with tempfile.TemporaryDirectory() as place, Workspace(place) as workspace:
                workspace.attach(str(path))
                for (template, language), goal in GOALS.items():
                    request = Request(goal=goal, template=template, language=language, created="2026-01-01")
                    try:
                        report = make_report(workspace, request)
                    except LlmautoError:
                        continue  # a table without dates has no KPI report, one without groups no experiment
                    yield f"{path.stem} {template} {language}", report


def _public(folder: Path) -> Iterator[Path]:
    for name in PUBLIC:
        packed = DATA / "tabular" / f"{name}.csv.gz"
        if not packed.exists():
            continue
        path = folder / f"{name}.csv"
        with gzip.open(packed, "rb") as source, path.open("wb") as target:
            for i, line in enumerate(source):
                if i > MOST_ROWS:
                    break
                target.write(line)
        yield path


def planted(tables: int, per_kind: int, show: bool) -> None:
    """Plant errors in right drafts and count what is caught, and what is marked though it is right."""
    rng = random.Random(0)
    made, caught = Counter[str](), Counter[str]()
    drafted = alarmed = statements = alarms = 0
    for name, report in drafts(tables):
        evidence, names = report.material.by_id, names_of(report.material)
        drafted += 1
        statements += report.verified.checked
        alarms += len(report.verified.findings)
        alarmed += bool(report.verified.findings)
        for finding in report.verified.findings if show else ():
            print(f"FALSE ALARM {name}: {finding.text!r} in {finding.key}: {finding.reason}")
        right = len(report.verified.findings)
        for plant in plants(report.document, evidence, rng, per_kind):
            made[plant.kind] += 1
            found = len(verify_document(plant.document, evidence, names=names).findings) > right
            caught[plant.kind] += found
            if show and not found:
                print(f"MISSED {plant.kind} {name}: {plant.before!r} -> {plant.after!r}")
                print("   ", _around(plant.document, plant.block))
    print(f"\n{drafted} right drafts with {statements:,} numbers and claims: {alarms} marked though right"
          f" ({alarms / max(statements, 1):.2%}), in {alarmed} drafts ({alarmed / max(drafted, 1):.1%})")  # fmt: skip
    for kind in made:
        print(f"{kind:10} {caught[kind]:4} of {made[kind]:4} caught ({caught[kind] / made[kind]:.1%})")
    print(
        f"{'all':10} {caught.total():4} of {made.total():4} caught ({caught.total() / max(made.total(), 1):.2%})"
    )


def _around(document: object, block: int) -> str:
    from llmauto_tools.documents.model import pieces_of, plain

    return " | ".join(plain(p) for p in pieces_of(document.blocks[block]))[:400]  # type: ignore[attr-defined]


def make_table(path: Path, rows: int) -> None:
    """Sales with a trend, a season, groups and gaps, as a parquet file (or .csv)."""
    import duckdb

    kind = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet"
    duckdb.connect().execute(
        "COPY (SELECT i AS order_id, DATE '2022-01-01' + CAST(hash(i) % 1000 AS INTEGER) AS day,"
        " ['North', 'South', 'East', 'West'][1 + CAST(hash(i * 3) % 10 AS INTEGER) % 4] AS region,"
        " ['web', 'shop', 'app'][1 + CAST(hash(i * 5) % 3 AS INTEGER)] AS channel,"
        " 'P' || lpad(CAST(hash(i * 7) % 40 AS VARCHAR), 2, '0') AS product,"
        " CASE WHEN hash(i * 11) % 50 = 0 THEN NULL ELSE 1 + hash(i * 13) % 9 END AS quantity,"
        " round(20 + (hash(i) % 1000) / 40.0 + (hash(i * 17) % 1000) / 50.0, 2) AS price,"
        " hash(i * 19) % 12 = 0 AS returned"
        f" FROM range({rows}) t(i)) TO '{path}' ({kind})"
    )


def speed(runs: int) -> None:
    """From a cold start to HTML on 100,000 rows, by the command line, in a new workspace each time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "sales.csv"
        make_table(source, 100_000)
        for goal in ("What drives price?", "Monthly KPIs of quantity and price"):
            for run in range(runs):
                shutil.rmtree(folder / "ws", ignore_errors=True)
                output = folder / "report.html"
                seconds, used, peak = _command(
                    [goal, str(source), "-o", str(output), "-w", str(folder / "ws"), "--yes", "--quiet"]
                )
                size = output.stat().st_size / 1e6
                print(
                    f"{goal:36} run {run + 1}: {seconds:5.1f} s ({used:.1f} s of the processors), {peak:.2f} GB, page {size:.2f} MB"
                )


def memory() -> None:
    """10,000,000 rows, with 2 GB for DuckDB: the peak memory of the whole process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "sales.parquet"
        make_table(source, 10_000_000)
        for goal in ("What drives price?", "Monthly KPIs of quantity and price"):
            shutil.rmtree(folder / "ws", ignore_errors=True)
            output = folder / "report.html"
            arguments = [goal, str(source), "-o", str(output), "-w", str(folder / "ws"), "--yes", "--json"]
            seconds, used, peak = _command(arguments, LLMAUTO_MEMORY_LIMIT="2GB")
            print(
                f"{goal:36} {seconds:5.1f} s ({used:.1f} s of the processors), {peak:.2f} GB, page {output.stat().st_size / 1e6:.2f} MB"
            )


def _command(arguments: list[str], **environment: str) -> tuple[float, float, float]:
    """Seconds, seconds of the processors, and peak resident memory (GB) of one `llmauto report`."""
    code = (
        "import resource, sys; from llmauto.cli.program import run_command; code = run_command(['report', *sys.argv[1:]]);"
        " used = resource.getrusage(resource.RUSAGE_SELF);"
        " print('PEAK', used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr); sys.exit(code)"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(sys.path[:5])},
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stderr)
    for problem in json.loads(done.stdout)["problems"] if "--json" in arguments else ():
        print("  left out:", problem["message"][:200])
    peak, used = done.stderr.rpartition("PEAK ")[2].split()[:2]
    return seconds, float(used), int(peak) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["planted", "speed", "memory"])
    parser.add_argument("--tables", type=int, default=len(OWN) + len(PUBLIC))
    parser.add_argument("--per-kind", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--show", action="store_true", help="print what was missed, and the false alarms")
    given = parser.parse_args()
    if given.what == "planted":
        planted(given.tables, given.per_kind, given.show)
    elif given.what == "speed":
        speed(given.runs)
    else:
        memory()
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
