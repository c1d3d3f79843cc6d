#!/usr/bin/env python3
"""How well the planner reads requests: execution accuracy, wrong answers, refusals.

    python benchmarks/requests/run.py [--data DIR] [--split dev|held|all] [--show-failures] [--only REGEX]

Each request is read, its plan compiled and run, and the result compared with that of the gold SQL. A
follow-up is read after its own conversation, turn by turn. DIR is the folder "tabular" of the public data
folder (default: $LLMAUTO_DATA, else ../shared/data/tabular beside the repository).

Equal means: the same rows (in the same order only where the request asks for one); every gold column
occurs in the answer, extra columns and column order do not count; numbers to 1e-4 relative. A fraction
and its percentage count as equal where the request is about a share or a change; weekdays and months may be
names or numbers, and a month given as its first day counts as equal to its number, where all of them are of
one year.
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import decimal
import importlib.util
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARE_KINDS = {"share", "share_of_total", "change", "compare", "arithmetic"}


def _validate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("request_validate", HERE / "validate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def default_data() -> Path | None:
    """The folder of the data sets: $LLMAUTO_DATA (itself or its "tabular"), else beside the repository."""
    named = os.environ.get("LLMAUTO_DATA")
    places = (
        [Path(named), Path(named) / "tabular"] if named else [ROOT.parent / "shared" / "data" / "tabular"]
    )
    return next((p for p in reversed(places) if p.is_dir()), None)


@dataclass
class Outcome:
    """What came of one request: "right", "wrong", "refused" (of a good one), "failed" (an error) ..."""

    item: dict[str, Any]
    state: str
    detail: str = ""
    milliseconds: float = 0.0
    confidence: float = 0.0


@dataclass
class Report:
    outcomes: list[Outcome] = field(default_factory=list)

    def rows(self) -> list[tuple[str, int, float, float, float, float]]:
        """(group, requests, accuracy, wrong, refused good, refused must-refuse), in percent."""
        groups: dict[str, list[Outcome]] = collections.defaultdict(list)
        for o in self.outcomes:
            split = o.item["file"].split("_")[0]
            for name in ("all", split, f"{split} {o.item['lang']}", f"{split} {o.item['written']}"):
                groups[name].append(o)
            groups[f"{split} follow-up" if o.item.get("context") else f"{split} first question"].append(o)
            for kind in o.item.get("kind", ()):
                groups[f"{split} kind {kind}"].append(o)
        return [_line(name, groups[name]) for name in sorted(groups)]


def _line(name: str, outcomes: Sequence[Outcome]) -> tuple[str, int, float, float, float, float]:
    good = [o for o in outcomes if o.item.get("expect") != "refuse"]
    bad = [o for o in outcomes if o.item.get("expect") == "refuse"]

    def part(items: Sequence[Outcome], state: set[str]) -> float:
        return 100 * sum(o.state in state for o in items) / len(items) if items else float("nan")

    return (
        name,
        len(outcomes),
        part(good, {"right"}),
        part(outcomes, {"wrong", "answered"}),
        part(good, {"refused", "failed"}),
        part(bad, {"refused"}),
    )


class Bench:
    """Opens each list of sources once, as the product does, and keeps it for the next request."""

    def __init__(self, data: Path, planner: str = "both") -> None:
        self.data = data
        self.planner = planner
        self.validate = _validate()
        self._open: dict[tuple[str, ...], Any] = {}

    def target(self, sources: Sequence[str]) -> tuple[Any, Any]:
        """(workspace, schema index) of the sources."""
        import tempfile

        from llmauto_agent.planner.linker import SchemaIndex
        from llmauto_agent.planner.values import EngineValues
        from llmauto_tools.plan.keys import find_joins
        from llmauto_tools.workspace import Workspace

        key = tuple(sources)
        if key not in self._open:
            folder = tempfile.mkdtemp(prefix="llmauto-bench-")
            workspace = Workspace(folder)
            for source in sources:
                workspace.attach(str(self.validate.resolve(source, str(self.data))))
            tables = workspace.tables()
            keys = find_joins(tables, workspace.foreign_keys())
            self._open[key] = (workspace, SchemaIndex(tables, keys, EngineValues(workspace.engine, tables)))
        return self._open[key]  # type: ignore[no-any-return]

    def reader(self, workspace: Any, index: Any) -> Any:
        """How the product reads a question: with the rules, and with the network where they refuse."""
        from llmauto_agent.planner.neural.runtime import SHIPPED, loaded
        from llmauto_agent.planner.understand import understand

        runtime = (lambda: loaded(SHIPPED)) if self.planner == "both" else None

        def first_rows(sql: str) -> Any:
            return workspace.engine.query(sql, max_rows=2, timeout=1.0).rows

        def read(question: str, context: Any) -> Any:
            return understand(question, index, context, runtime=runtime, execute=first_rows)

        return read

    def judge(self, item: dict[str, Any]) -> Outcome:
        from llmauto_tools.errors import LlmautoError
        from llmauto_tools.plan.compile import compile_plan

        workspace, index = self.target(item["sources"])
        context = None
        read = self.reader(workspace, index)
        for turn in item.get("context", ()):
            reading = read(turn, context)
            context = reading if reading.plan is not None else None  # no editing across a refusal
        started = time.perf_counter()
        reading = read(item["question"], context)
        took = 1000 * (time.perf_counter() - started)
        told = {"milliseconds": took, "confidence": reading.confidence}
        if reading.refused:
            return Outcome(
                item, "refused", f"{reading.missing} {reading.choices} {reading.reason or ''}", **told
            )
        if item.get("expect") == "refuse":
            plan = reading.plan.model_dump_json(exclude_defaults=True) if reading.plan else reading.tool
            return Outcome(item, "answered", f"{plan}", **told)
        if reading.plan is None:
            return Outcome(item, "wrong", f"tool {reading.tool} {reading.arguments}", **told)
        try:
            sql = compile_plan(reading.plan, workspace.tables())
            rows = workspace.engine.query(sql, max_rows=100_000).rows
        except LlmautoError as e:
            return Outcome(item, "failed", str(e), **told)
        gold_cursor = self.validate.connection(item["sources"], str(self.data)).execute(item["gold_sql"])
        gold = gold_cursor.fetchall()
        same = equal(gold, rows, ordered=item["ordered"], kinds=item["kind"])
        sql = re.sub(r"\s+", " ", sql)
        return Outcome(
            item, "right" if same else "wrong", f"{sql}\n      got  {rows[:3]}\n      gold {gold[:3]}", **told
        )


# ---- comparing results


def equal(
    gold: Sequence[Sequence[Any]], got: Sequence[Sequence[Any]], *, ordered: bool, kinds: Iterable[str]
) -> bool:
    """Whether every gold column occurs in the answer, row by row."""
    if len(gold) != len(got):
        return False
    if not gold:
        return True
    share = bool(SHARE_KINDS & set(kinds))
    wanted = [[_plain(v) for v in column] for column in zip(*gold, strict=True)]
    have = [[_plain(v) for v in column] for column in zip(*got, strict=True)]
    have += [months for column in have if (months := _months(column))]
    wanted = [_named(column) for column in wanted]
    have += [named for column in have if (named := _named(column)) != column]
    return _assign(wanted, have, [], ordered=ordered, share=share)


def _assign(
    wanted: list[list[Any]], have: list[list[Any]], chosen: list[list[Any]], *, ordered: bool, share: bool
) -> bool:
    """Find a column of the answer for each gold column, so that the rows agree as a whole."""
    if len(chosen) == len(wanted):
        return _same_rows(wanted, chosen, ordered)
    target = wanted[len(chosen)]
    for column in have:
        for factor in (1.0, 100.0, 0.01) if share else (1.0,):
            scaled = [v * factor if isinstance(v, float) else v for v in column]
            if _same_values(target, scaled, ordered) and _assign(
                wanted, have, [*chosen, scaled], ordered=ordered, share=share
            ):
                return True
    return False


def _same_values(a: list[Any], b: list[Any], ordered: bool) -> bool:
    if ordered:
        return all(_close(x, y) for x, y in zip(a, b, strict=True))
    return all(_close(x, y) for x, y in zip(sorted(a, key=_key), sorted(b, key=_key), strict=True))


def _same_rows(wanted: list[list[Any]], chosen: list[list[Any]], ordered: bool) -> bool:
    left, right = list(zip(*wanted, strict=True)), list(zip(*chosen, strict=True))
    if not ordered:
        left.sort(key=lambda r: [_key(v) for v in r])
        right.sort(key=lambda r: [_key(v) for v in r])
    return all(_close(x, y) for p, q in zip(left, right, strict=True) for x, y in zip(p, q, strict=True))


def _key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    return (1, float(f"{value:.4g}")) if isinstance(value, float) else (2, str(value))


def _close(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) <= 1e-4 * max(abs(a), abs(b), 1e-9)
    return bool(a == b)


def _plain(value: Any) -> Any:
    """Numbers as float, dates as ISO text, booleans as numbers."""
    if isinstance(value, (bool, int, float, decimal.Decimal)):
        return float(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


def _months(column: list[Any]) -> list[Any] | None:
    """First days of months of one year as the months' numbers, first days of years as years."""
    if not all(isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-01", v) for v in column):
        return None
    if len({v[:4] for v in column}) == 1:
        return [float(v[5:7]) for v in column]
    return [float(v[:4]) for v in column] if all(v[5:7] == "01" for v in column) else None


_NAMES = {
    name: float(number)
    for names in (
        "January February March April May June July August September October November December",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    )
    for number, name in enumerate(names.split(), 1)
}


def _named(column: list[Any]) -> list[Any]:
    """Names of months and weekdays as their numbers (Monday is 1), where a column holds only those."""
    if column and all(v in _NAMES for v in column):
        return [_NAMES[v] for v in column]
    return column


# ---- running


def score(files: Sequence[Path], data: Path, only: str | None = None, planner: str = "both") -> Report:
    """Judge the requests of these files."""
    bench, report = Bench(data, planner), Report()
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            item = json.loads(line) | {"file": path.stem}
            if only is None or re.search(only, item["id"]):
                report.outcomes.append(bench.judge(item))
    return report


def print_report(report: Report, *, kinds: bool) -> None:
    print(f"{'group':32} {'n':>4} {'right':>7} {'wrong':>7} {'refused':>8} {'must-refuse':>12}")
    for name, n, right, wrong, refused, must in report.rows():
        if kinds or " kind " not in name:
            cells = ["-" if v != v else f"{v:.1f}%" for v in (right, wrong, refused, must)]
            print(f"{name:32} {n:4} {cells[0]:>7} {cells[1]:>7} {cells[2]:>8} {cells[3]:>12}")
    times = sorted(o.milliseconds for o in report.outcomes)
    if times:
        print(f"read(): median {times[len(times) // 2]:.1f} ms, longest {times[-1]:.1f} ms")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=default_data(), help="the folder 'tabular' of the public data"
    )
    parser.add_argument("--split", choices=["dev", "held", "all"], default="all")
    parser.add_argument("--only", metavar="REGEX", help="only requests whose id matches")
    parser.add_argument(
        "--planner",
        choices=["both", "rules"],
        default="both",
        help="with the trained network, or the rules alone",
    )
    parser.add_argument("--kinds", action="store_true", help="also a line for each kind of request")
    parser.add_argument(
        "--show-failures", action="store_true", help="what went wrong, for the dev files only"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    args = parser.parse_args(arguments)
    if args.data is None:
        parser.error("say where the data sets are, with --data or LLMAUTO_DATA")
    splits = ("dev", "held") if args.split == "all" else (args.split,)
    files = [p for s in splits for p in sorted(HERE.glob(f"{s}_*.jsonl"))]
    report = score(files, args.data, args.only, args.planner)
    if args.show_failures:
        for o in report.outcomes:
            good = o.state == "right" or (o.state == "refused" and o.item.get("expect") == "refuse")
            if not good and o.item["file"].startswith("dev_"):
                chain = " <- ".join([o.item["question"], *reversed(o.item.get("context", []))])
                print(f"{o.state:8} {o.item['id']} {chain}\n      {o.detail}")
                if "gold_sql" in o.item:
                    print(f"      want {o.item['gold_sql']}")
    if args.json:
        keys = ("group", "requests", "right", "wrong", "refused", "must_refuse")
        print(
            json.dumps(
                [dict(zip(keys, (None if v != v else v for v in row), strict=True)) for row in report.rows()]
            )
        )
    else:
        print_report(report, kinds=args.kinds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
