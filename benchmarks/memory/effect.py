"""What definitions in memory do to answers: requests that depend on them, and the development requests that do not.

The requests of effect.txt are read with and without what is remembered; then those of benchmarks/requests
(development part) over the same data sets, with the definitions remembered (not the standing filters, which
are meant to change an answer). Read by the rules alone, so that the figures are of this part of the program.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from facts import HERE


def _requests() -> ModuleType:
    path = HERE.parent / "requests" / "run.py"
    spec = importlib.util.spec_from_file_location("requests_run", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def read_sets() -> dict[str, tuple[list[str], list[tuple[str, str]]]]:
    """By source: what is remembered, and (request, right statement)."""
    found: dict[str, tuple[list[str], list[tuple[str, str]]]] = {}
    said: list[str] = []
    asked: list[tuple[str, str]] = []
    for line in (HERE / "effect.txt").read_text("utf-8").splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "=":
            said, asked = found.setdefault(rest, ([], []))
        elif mark == "+":
            said.append(rest)
        elif mark == "?":
            asked.append((rest, ""))
        elif mark == ">":
            asked[-1] = (asked[-1][0], rest)
    return found


def measure() -> dict[str, Any]:
    bench_of = _requests()
    data = bench_of.default_data()
    if data is None:
        return {"skipped": "the public data sets are not there"}
    bench = bench_of.Bench(data)
    outcomes: dict[str, Counter[str]] = {"with memory": Counter(), "without": Counter()}
    missed: list[str] = []
    for source, (said, asked) in read_sets().items():
        workspace, index = bench.target([source])
        for question, gold in asked:
            for label, lines in (("with memory", said), ("without", [])):
                state = _judge(bench_of, workspace, index, lines, question, gold)
                outcomes[label][state] += 1
                if label == "with memory" and state != "right":
                    missed.append(f"{state}: {question}")
    return {
        "requests that depend on definitions": {k: dict(v) for k, v in outcomes.items()},
        "not right with memory": missed,
        "development requests with the definitions remembered": _development(bench_of, bench, data),
    }


def _reader(index: Any, lines: list[str]) -> Any:
    """How a question is read where these lines are remembered."""
    from llmauto_agent.meaning.apply import make_known, read_with
    from llmauto_agent.meaning.say import meanings_of, statement
    from llmauto_agent.meaning.types import combined
    from llmauto_agent.planner.reader import read

    meanings = combined(meanings_of(statement(line) or {}, f"m{i}") for i, line in enumerate(lines, 1))
    if not meanings:
        return lambda question, context=None: read(question, index, context)
    known = make_known(meanings, index)

    def with_memory(question: str, context: Any = None) -> Any:
        return read_with(question, known, partial(_read, context=context))[0]

    return with_memory


def _read(question: str, index: Any, context: Any) -> Any:
    from llmauto_agent.planner.reader import read

    return read(question, index, context)


def _judge(
    bench_of: ModuleType, workspace: Any, index: Any, lines: list[str], question: str, gold: str
) -> str:
    from llmauto_tools.plan.compile import compile_plan

    reading = _reader(index, lines)(question)
    if reading.plan is None:
        return "refused"
    rows = workspace.engine.query(compile_plan(reading.plan, workspace.tables()), max_rows=10_000).rows
    wanted = workspace.engine.query(gold, max_rows=10_000).rows
    same = bench_of.equal(wanted, rows, ordered="ORDER BY" in gold, kinds=["share"])
    return "right" if same else "wrong"


def _development(bench_of: ModuleType, bench: Any, data: Path) -> dict[str, Any]:
    """States of the development requests over the data sets of effect.txt, without and with the definitions."""
    sets = read_sets()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    worse = []
    for path in sorted((HERE.parent / "requests").glob("dev_*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            item = json.loads(line) | {"file": path.stem}
            if len(item["sources"]) != 1 or item["sources"][0] not in sets:
                continue
            said = [s for s in sets[item["sources"][0]][0] if not s.startswith("Always")]
            states = []
            for lines in ([], said):
                bench.reader = lambda workspace, index, lines=lines: _reader(index, lines)
                states.append(bench.judge(item).state)
            before[states[0]] += 1
            after[states[1]] += 1
            good = "refused" if item.get("expect") == "refuse" else "right"
            if states[0] == good and states[1] != good:
                worse.append(f"{item['id']}: {item['question']}")
    return {"without": dict(before), "with memory": dict(after), "worse": worse}
