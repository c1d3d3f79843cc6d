"""What a new planner must not forget: the request benchmark, or invented requests where there is none.

In a checkout with the public data beside it, these are the development requests of `benchmarks/requests`
(the held-out ones are for the last measurement only). Elsewhere they are invented requests over invented
tables that no training sees; the same ones each time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from llmauto_agent.planner.neural.runtime import Runtime
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.training.generate.make import records
from llmauto_agent.planner.training.generate.tables import Domain, domains
from llmauto_agent.planner.training.written.parse import Block
from llmauto_agent.planner.training.written.rows import fill
from llmauto_agent.planner.tuning.accept import Progress
from llmauto_agent.planner.tuning.data import Data, attached
from llmauto_agent.planner.tuning.score import Case, Outcome, State, judge, read
from llmauto_agent.planner.understand import understand
from llmauto_tools.plan.model import Plan

FOLDER = Path(__file__).resolve().parents[4] / "benchmarks" / "requests"
EACH = 100
"""Invented requests of a language."""
SEED = 20
LANGUAGES = ("en", "zh")
BENCHMARK = "the development requests of benchmarks/requests"
INVENTED = f"{EACH * len(LANGUAGES)} invented requests over tables that no training sees"


@dataclass(frozen=True)
class Guard:
    """The set that a new planner is measured on besides the pairs, and its name for a person."""

    name: str
    measure: Callable[[Runtime, Progress, str], list[Outcome]]


def guard() -> Guard:
    """The request benchmark where it and its data are there, else invented requests."""
    module = _benchmark()
    data = module.default_data() if module is not None else None
    if module is None or data is None:
        return Guard(INVENTED, measure_invented)

    def measure(runtime: Runtime, progress: Progress, what: str) -> list[Outcome]:
        return _measure_benchmark(module, data, runtime, progress, what)

    return Guard(BENCHMARK, measure)


# ---- the request benchmark


def _benchmark() -> ModuleType | None:
    path = FOLDER / "run.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("llmauto_request_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def _measure_benchmark(
    module: ModuleType, data: Path, runtime: Runtime, progress: Progress, what: str
) -> list[Outcome]:
    bench: Any = module.Bench(data)
    bench.reader = lambda workspace, index: _reader(workspace, index, runtime)
    items = [
        json.loads(line) | {"file": path.stem}
        for path in sorted(FOLDER.glob("dev_*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    found = []
    for n, item in enumerate(items):
        progress(what, n / len(items))
        state = bench.judge(item).state
        if item.get("expect") == "refuse":
            state = "right" if state == "refused" else "wrong"
        found.append(Outcome(item["id"], item["question"], state))
    return found


def _reader(workspace: Any, index: Any, runtime: Runtime) -> Any:
    def first_rows(sql: str) -> Any:
        return workspace.engine.query(sql, max_rows=2, timeout=1.0).rows

    return lambda question, context: understand(
        question, index, context, runtime=lambda: runtime, execute=first_rows
    )


# ---- invented requests


def measure_invented(runtime: Runtime, progress: Progress, what: str, each: int = EACH) -> list[Outcome]:
    """Read the invented requests; one that must be refused is right where it is."""
    tables = {lang: held_out(lang) for lang in LANGUAGES}
    drawn = {lang: list(records(lang, tables[lang], each, SEED)) for lang in LANGUAGES}
    found: list[Outcome] = []
    for domain in (d for some in tables.values() for d in some):
        mine = [r for r in drawn[domain.lang] if r["db"] == domain.db]
        with filled(domain) as data:
            found += _judge_invented(mine, data, runtime, _part(progress, len(found), each), what)
    return found


def _part(progress: Progress, done: int, each: int) -> Progress:
    """The progress of the whole from that of one table."""
    return lambda text, fraction: progress(text, done / (each * len(LANGUAGES)))


def held_out(lang: str) -> list[Domain]:
    """The invented tables that no training sees: every tenth (as `generate.make` holds them out)."""
    return list(domains(lang))[::10]


def learned(lang: str) -> list[Domain]:
    """The invented tables that training draws from."""
    return [d for i, d in enumerate(domains(lang)) if i % 10]


@contextlib.contextmanager
def filled(domain: Domain) -> Iterator[Data]:
    """An invented table with rows drawn for it, attached."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="llmauto-invented-") as folder:
        path = Path(folder) / "table.duckdb"
        with duckdb.connect(path) as con:
            fill(con, Block(domain.db, domain.lang, "invented", 0, (domain,)))
        with attached([str(path)]) as data:
            yield data


def _judge_invented(
    drawn: Sequence[dict[str, Any]],
    data: Data,
    runtime: Runtime,
    progress: Progress,
    what: str,
) -> list[Outcome]:
    found = judge(list(_cases(drawn, data)), data, runtime, progress, what)
    for record in drawn:
        if record.get("refuse"):
            reading = read(record["question"], None, data, runtime)
            state: State = "right" if reading.refused else "wrong"
            found.append(Outcome(record["id"], record["question"], state))
    return found


def _cases(drawn: Sequence[dict[str, Any]], data: Data) -> Iterator[Case]:
    for record in drawn:
        if record.get("refuse"):
            continue
        plan = Plan.model_validate(record["plan"])
        rows, count = data.plan_rows(plan)
        context = None
        if record["previous"] is not None:
            before = Plan.model_validate(record["previous"])
            context = Reading(
                record["context"][0], record["lang"], plan=before, tool="analyze", confidence=1.0
            )
        yield Case(record["id"], record["question"], context, rows, count, bool(plan.order_by), held=True)
