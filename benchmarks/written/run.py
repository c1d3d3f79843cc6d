#!/usr/bin/env python3
"""How well requests over tables that no training saw are read: the dev blocks of the written requests.

    llmauto bench written                                # the rules, the network alone, and as the product reads
    llmauto bench written --planner network --show-failures
    llmauto bench written --outcomes FILE                # each outcome with its features, to calibrate from

A tenth of the blocks in planner/training/data/written (chosen by their names) is kept from training; neither the
rules nor the network were made on them. Plans are run over drawn rows and compared with the rows of the
written SQL; a tool's call is right where the tool and each written argument are; a request that must be
refused is right where nothing runs. A follow-up is read after the written plan before it.
"""

from __future__ import annotations

import argparse
import collections
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "requests"))

from run import equal
from run_tools import arguments_right

Json = dict[str, Any]
PLANNERS = ("rules", "network", "product")


@dataclass
class Case:
    """A written turn over an open workspace."""

    name: str
    lang: str
    record: Json
    workspace: Any
    index: Any

    @property
    def kind(self) -> str:
        if self.record.get("refuse"):
            return "refuse"
        return "query" if self.record["tool"] == "analyze" else "tool"


@dataclass
class Outcome:
    case: Case
    state: str
    detail: str
    milliseconds: float
    reading: Any = field(repr=False, default=None)
    features: list[float] | None = None


def cases(langs: Sequence[str]) -> Iterator[Case]:
    """The turns of all dev blocks."""
    from llmauto_agent.planner.training.written.convert import convert_chain
    from llmauto_agent.planner.training.written.make import is_dev
    from llmauto_agent.planner.training.written.parse import parse_file, written_files

    for lang in langs:
        for path in written_files(lang):
            for block in parse_file(path)[0]:
                if not is_dev(block):
                    continue
                workspace, index = opened(block)
                for chain in block.chains:
                    for turn in convert_chain(chain, block)[0]:
                        yield Case(f"{path.stem}:{turn.request.line}", lang, turn.record, workspace, index)


def opened(block: Any) -> tuple[Any, Any]:
    """A workspace over drawn rows of a block, with its schema index."""
    from llmauto_agent.planner.linker import SchemaIndex
    from llmauto_agent.planner.training.written.rows import fill
    from llmauto_agent.planner.values import EngineValues
    from llmauto_tools.plan.keys import find_joins
    from llmauto_tools.workspace import Workspace

    folder = Path(tempfile.mkdtemp(prefix="llmauto-written-"))
    file = folder / f"{block.name}.duckdb"
    with duckdb.connect(str(file)) as con:
        fill(con, block)
    workspace = Workspace(folder / "ws")
    workspace.attach(str(file))
    tables = workspace.tables()
    joins = find_joins(tables, [*workspace.foreign_keys(), *block.keys])
    return workspace, SchemaIndex(tables, joins, EngineValues(workspace.engine, tables))


def read_by(planner: str, case: Case) -> tuple[Any, list[float] | None]:
    """How a planner reads a case; of the network also the features of its confidence."""
    from llmauto_agent.planner.neural.reader import candidates, features, reading_of
    from llmauto_agent.planner.neural.runtime import loaded
    from llmauto_agent.planner.reader import read
    from llmauto_agent.planner.understand import understand

    question, context = case.record["question"], context_of(case.record)

    def rows(sql: str) -> Any:
        return case.workspace.engine.query(sql, max_rows=2, timeout=1.0).rows

    if planner == "product":
        return understand(question, case.index, context, runtime=loaded, execute=rows), None
    rules = read(question, case.index, context)
    if planner == "rules":
        return rules, None
    found, items = candidates(question, case.index, loaded(), context, rows)
    reading = reading_of(found, items, loaded().calibration, rules)
    return reading, features(found, items, rules) if found else None


def context_of(record: Json) -> Any:
    from llmauto_agent.planner.reading import Reading
    from llmauto_tools.plan.model import Plan

    if not record["context"]:
        return None
    plan = Plan.model_validate(record["previous"]) if record["previous"] else None
    return Reading(record["context"][-1], plan=plan, tool="analyze" if plan else None, confidence=1.0)


def judge(case: Case, planner: str) -> Outcome:
    began = time.perf_counter()
    reading, features = read_by(planner, case)
    took = 1000 * (time.perf_counter() - began)
    state, detail = compared(case, reading)
    return Outcome(case, state, detail, took, reading, features)


def compared(case: Case, reading: Any) -> tuple[str, str]:
    """("right", "wrong", "refused", "asked", "answered" or "failed"; what was read).

    "asked": nothing was answered, and the right reading is among those that are asked back.
    """
    from dataclasses import replace

    from llmauto_tools.errors import LlmautoError
    from llmauto_tools.plan.compile import compile_plan
    from llmauto_tools.plan.model import Plan

    record = case.record
    said = f"{reading.tool} {json.dumps(reading.arguments, ensure_ascii=False)}"
    if reading.refused and case.kind != "refuse":
        for offer in reading.offers:
            meant = replace(
                reading,
                tool=offer.tool,
                arguments=offer.arguments,
                plan=offer.plan,
                chart=offer.chart,
                offers=[],
            )
            if compared(case, meant)[0] == "right":
                return "asked", offer.words
    if reading.refused:
        return ("right" if case.kind == "refuse" else "refused"), f"{reading.missing} {reading.reason}"
    if case.kind == "refuse":
        return "answered", said if reading.plan is None else reading.plan.model_dump_json(
            exclude_defaults=True
        )
    if case.kind == "tool":
        if reading.tool != record["tool"]:
            return "wrong", said
        wanted = {"tool": record["tool"], "arguments": without_table(record)}
        return ("right" if arguments_right(wanted, reading.arguments) else "wrong"), said
    if reading.plan is None:
        return "wrong", said
    tables = case.workspace.tables()
    gold = case.workspace.engine.query(
        compile_plan(Plan.model_validate(record["plan"]), tables), max_rows=100_000
    )
    try:
        sql = compile_plan(reading.plan, tables)
        got = case.workspace.engine.query(sql, max_rows=100_000)
    except LlmautoError as e:
        return "failed", str(e)
    same = equal(gold.rows, got.rows, ordered=bool(record["plan"].get("limit")), kinds=["share"])
    return ("right" if same else "wrong"), " ".join(sql.split())


def without_table(record: Json) -> Json:
    """The written arguments; the table was filled in where the writer left it out."""
    if record["tool"] == "compose":
        steps = record["arguments"]["steps"]
        return {
            "steps": [
                {"tool": s["tool"], "arguments": {k: v for k, v in s["arguments"].items() if k != "table"}}
                for s in steps
            ]
        }
    return {k: v for k, v in record["arguments"].items() if k != "table"}


def line(name: str, outcomes: Sequence[Outcome]) -> str:
    good = [o for o in outcomes if o.case.kind != "refuse"]
    bad = [o for o in outcomes if o.case.kind == "refuse"]
    right = sum(o.state == "right" for o in good) / max(len(good), 1)
    wrong = sum(o.state in {"wrong", "answered"} for o in outcomes) / max(len(outcomes), 1)
    refused = sum(o.state == "right" for o in bad) / len(bad) if bad else float("nan")
    asked = sum(o.state == "asked" for o in good) / max(len(good), 1)
    took = statistics.median(o.milliseconds for o in outcomes)
    return f"{name:32} {len(outcomes):5} {right:7.1%} {asked:7.1%} {wrong:7.1%} {refused:9.1%} {took:9.0f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--planner", nargs="+", choices=PLANNERS, default=list(PLANNERS))
    parser.add_argument("--lang", nargs="+", choices=["en", "zh"], default=["en", "zh"])
    parser.add_argument("--show-failures", action="store_true")
    parser.add_argument("--outcomes", type=Path, help="write each outcome as a JSON line")
    parser.add_argument("--every", type=int, default=1, help="only every n-th request")
    args = parser.parse_args(arguments)
    every = list(cases(args.lang))[:: args.every]
    print(f"{'':32} {'n':>5} {'right':>7} {'asked':>7} {'wrong':>7} {'refusals':>9} {'ms':>9}")
    written: list[Json] = []
    for planner in args.planner:
        outcomes = [judge(c, planner) for c in every]
        groups: dict[str, list[Outcome]] = collections.defaultdict(list)
        for o in outcomes:
            follow = "follow-up" if o.case.record["context"] else "first"
            for name in (
                "",
                o.case.lang,
                f"{o.case.lang} {o.case.kind}",
                f"{o.case.lang} {o.case.kind} {follow}",
            ):
                groups[f"{planner} {name}".strip()].append(o)
        for name in sorted(groups):
            print(line(name, groups[name]), flush=True)
        if args.show_failures:
            for o in outcomes:
                if o.state != "right":
                    print(
                        f"{o.state:8} {o.case.name} {o.case.record['context'][-1:]} {o.case.record['question']}\n    {o.detail}"
                    )
        written += [stored(planner, o) for o in outcomes]
    if args.outcomes:
        args.outcomes.write_text("".join(json.dumps(w, ensure_ascii=False) + "\n" for w in written), "utf-8")
    return 0


def stored(planner: str, o: Outcome) -> Json:
    """An outcome as a line."""
    return {
        "planner": planner, "case": o.case.name, "lang": o.case.lang, "kind": o.case.kind, "state": o.state,
        "question": o.case.record["question"], "confidence": o.reading.confidence, "features": o.features,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
