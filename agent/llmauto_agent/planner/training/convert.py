"""Convert the public question sets to records that the planner is trained on.

    python -m llmauto_agent.planner.training.convert --data DIR --out DIR [--only SET] [--jobs N]

DIR/nl2sql holds the sets as `benchmarks/nl2sql` reads them. Written for each set are SET.jsonl.gz (see
`records.Record`) and SET_schemas.jsonl.gz, where SET is one of the names of `SETS`, and report.json, which
counts what was read, converted and kept, and why the rest was lost. Sets that end in _dev or _held are for
measurement only. The same input gives the same files.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmauto_agent.planner.training.convert_chase import chase
from llmauto_agent.planner.training.convert_check import Database, Outcome, convert_all
from llmauto_agent.planner.training.convert_nvbench import nvbench
from llmauto_agent.planner.training.convert_retqa import retqa
from llmauto_agent.planner.training.convert_spider import spider
from llmauto_agent.planner.training.convert_wikisql import wikisql
from llmauto_agent.planner.training.convert_wtq import wtq
from llmauto_agent.planner.training.records import write_lines


@dataclass(frozen=True)
class QuestionSet:
    """A set that can be converted: how its databases are read (from the data folder and a cache)."""

    source: str
    lang: str
    load: Callable[[Path, Path], list[Database]]


SETS: dict[str, QuestionSet] = {
    "wikisql_train": QuestionSet("wikisql", "en", lambda data, _: wikisql(data / "wikisql", "train")),
    "wikisql_dev": QuestionSet("wikisql", "en", lambda data, _: wikisql(data / "wikisql", "dev")),
    "spider_train": QuestionSet("spider", "en", lambda data, cache: spider(data / "spider", cache, "train")),
    "spider_dev": QuestionSet("spider", "en", lambda data, cache: spider(data / "spider", cache, "dev")),
    "spider_held": QuestionSet("spider", "en", lambda data, cache: spider(data / "spider", cache, "held")),
    "wtq_train": QuestionSet("wtq", "en", lambda data, _: wtq(data / "wtq")),
    "nvbench_train": QuestionSet(
        "nvbench", "en", lambda d, cache: nvbench(d / "nvbench", d / "spider", cache, "train")
    ),
    "nvbench_dev": QuestionSet(
        "nvbench", "en", lambda d, cache: nvbench(d / "nvbench", d / "spider", cache, "dev")
    ),
    "retqa_train": QuestionSet("retqa", "zh", lambda data, _: retqa(data / "retqa_zh", "train")),
    "retqa_dev": QuestionSet("retqa", "zh", lambda data, _: retqa(data / "retqa_zh", "dev")),
    "chase_train": QuestionSet("chase", "zh", lambda d, cache: chase(d / "chase_zh", cache, held=False)),
    "chase_held": QuestionSet("chase", "zh", lambda d, cache: chase(d / "chase_zh", cache, held=True)),
}


@dataclass
class Counts:
    """How many gold statements were read, became a plan, and gave the gold rows; and the records of it."""

    read: int = 0
    converted: int = 0
    kept: int = 0
    unordered: int = 0
    records: int = 0
    databases: int = 0

    def add(self, outcome: Outcome) -> None:
        self.read += outcome.read
        self.converted += outcome.converted
        self.kept += outcome.kept
        self.unordered += outcome.unordered
        self.records += len(outcome.records)
        self.databases += bool(outcome.records)


def convert_set(name: str, data: Path, out: Path, jobs: int) -> dict[str, Any]:
    """Convert a set and write its files; returns its part of the report."""
    chosen = SETS[name]
    databases = chosen.load(data / "nl2sql", out / "cache")
    counts, losses = Counts(), Counter[str]()
    outcomes: list[Outcome] = []
    lost: list[tuple[str, str, str]] = []
    began = time.monotonic()
    for n, (_, outcome) in enumerate(convert_all(databases, chosen.source, chosen.lang, jobs), 1):
        counts.add(outcome)
        losses += outcome.losses
        lost += outcome.lost
        if outcome.records:
            outcomes.append(outcome)
        if n == len(databases) or n % max(1, len(databases) // 10) == 0:
            _progress(
                f"{name}: {n:,} of {len(databases):,} databases, {counts.kept:,} kept, {time.monotonic() - began:.0f} s"
            )
    write_lines(out / f"{name}.jsonl.gz", (r.as_json() for o in outcomes for r in o.records))
    write_lines(out / f"{name}_schemas.jsonl.gz", (o.schema for o in outcomes))
    write_lines(out / f"{name}_lost.jsonl.gz", ({"reason": r, "id": i, "detail": d} for r, i, d in lost))
    return {**vars(counts), "losses": dict(sorted(losses.items(), key=lambda p: (-p[1], p[0])))}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def table_of_counts(report: dict[str, dict[str, Any]]) -> str:
    """The report for a person: a line per set, and the most frequent reasons of loss below it."""
    lines = [
        f"{'set':<15}{'read':>8}{'converted':>11}{'kept':>8}{'':>8}{'unordered':>11}{'records':>9}{'databases':>11}"
    ]
    for name, row in report.items():
        share = f"{100 * row['kept'] / row['read']:.1f}%" if row["read"] else ""
        lines.append(
            f"{name:<15}{row['read']:>8,}{row['converted']:>11,}{row['kept']:>8,}{share:>8}"
            f"{row['unordered']:>11,}{row['records']:>9,}{row['databases']:>11,}"
        )
        reasons = list(row["losses"].items())[:12]
        if reasons:
            lines.append("    lost: " + ", ".join(f"{reason} {count:,}" for reason, count in reasons))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="convert", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the public data folder")
    parser.add_argument("--out", type=Path, required=True, help="where the records go")
    parser.add_argument("--only", action="append", choices=list(SETS), help="this set (may be repeated)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    options = parser.parse_args(arguments)
    report = _convert(options.only or SETS, options.data, options.out, options.jobs)
    print(table_of_counts(report))


def _convert(names: Iterable[str], data: Path, out: Path, jobs: int) -> dict[str, dict[str, Any]]:
    """Convert the sets; the report keeps what earlier runs wrote about others."""
    done: dict[str, dict[str, Any]] = {}
    for name in names:
        done[name] = convert_set(name, data, out, jobs)
        path = out / "report.json"
        before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        whole = {**before, **done}
        ordered = {n: whole[n] for n in SETS if n in whole}
        path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return done


if __name__ == "__main__":
    main()
