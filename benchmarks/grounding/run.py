"""How well the grounding check tells true answers from answers with one wrong number.

    python benchmarks/grounding/run.py [--data DIR] [--per-family N] [--earlier N] [--misses] [--false-alarms]

True answers are made by the verbaliser over real results of plans of every family, in English and
Chinese, over the public tables in DIR (default: LLMAUTO_DATA, else ../shared/data). Each is changed: one
digit of one number, two numbers swapped, a unit word or percent sign added or taken, a fraction in
place of a percentage. "dev" and "held out" are every second table (README.md says how far the latter
were unseen). Fixed seed, no network.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from changes import Change, change_digit, change_unit, fraction_for_percent, swap
from plans import Generator, Profile, load, run
from wordings import other_wordings

from llmauto_agent.grounding.check import check
from llmauto_agent.planner.verbalise import verbalise
from llmauto_tools.ledger import Evidence

ROOT = Path(__file__).resolve().parents[2]
SEED = 51501
OTHER = "other words"
HALVES = ("dev", "held out", OTHER)
"""Every second table, the others, and all of them in words as a language model would choose."""


@dataclass
class Tally:
    """Counts of one half of the tables."""

    tables: int = 0
    answers: int = 0
    numbers: int = 0
    alarms: int = 0
    made: Counter[str] = field(default_factory=Counter)
    caught: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """One true answer with what it was made from."""

    table: Profile
    family: str
    language: str
    text: str
    evidence: list[Evidence]


def answers(
    connection: duckdb.DuckDBPyConnection, path: Path, rng: random.Random, options: argparse.Namespace
) -> Iterator[Answer]:
    """True answers about one table, each with its evidence and as many earlier records as asked for."""
    earlier: list[Evidence] = []
    profile = load(connection, path)
    plans = list(Generator(profile, rng).plans(options.per_family))
    for number, (family, plan) in enumerate(plans, 1):
        evidence = run(connection, plan, [profile.table], number)
        if evidence is None:
            continue
        for language in ("en", "zh"):
            typed = rng.random() < 0.08  # SQL that a person typed: the same result without its plan
            shown = None if typed else plan
            record = evidence
            if typed:
                record = Evidence(
                    **{**evidence.__dict__, "tool": "query", "arguments": {"sql": evidence.sql}}
                )
            text = verbalise(shown, record, language, [profile.table])
            yield Answer(profile, "typed SQL" if typed else family, language, text, [*earlier, record])
        for text in other_wordings(plan, evidence):
            yield Answer(profile, OTHER, "", text, [*earlier, evidence])
        earlier = [*earlier, evidence][-options.earlier :] if options.earlier else []


def changes(answer: Answer, rng: random.Random) -> Iterator[Change]:
    """Wrong versions of an answer: two with a changed digit, one of each other kind."""
    names = [c.name for c in answer.table.table.columns]
    made = [
        change_digit(answer.text, names, rng),
        change_digit(answer.text, names, rng),
        change_digit(answer.text, names, rng, "name"),
        swap(answer.text, names, rng),
        change_unit(answer.text, names, rng),
        fraction_for_percent(answer.text, rng),
    ]
    yield from {c.text: c for c in made if c is not None and c.text != answer.text}.values()


def measure(tally: Tally, answer: Answer, rng: random.Random, options: argparse.Namespace) -> None:
    """Check one true answer and its wrong versions."""
    began = time.perf_counter()
    true = check(answer.text, answer.evidence)
    tally.seconds.append(time.perf_counter() - began)
    tally.answers += 1
    tally.numbers += true.checked
    if true.unverified:
        tally.alarms += 1
        if options.false_alarms:
            print(f"FALSE ALARM [{answer.family}] {answer.text}\n    {true.unverified}")
    for change in changes(answer, rng):
        kind = change.kind if change.place == "value" else f"{change.kind} in a name"
        tally.made[kind] += 1
        if check(change.text, answer.evidence).unverified:
            tally.caught[kind] += 1
        elif options.misses:
            print(f"MISSED [{kind}, {answer.family}] {change.before} → {change.after}: {change.text}")


def report(tallies: dict[str, Tally]) -> None:
    kinds = sorted({k for t in tallies.values() for k in t.made})
    columns = tallies
    milliseconds = [1000 * second for t in tallies.values() for second in t.seconds]
    print(f"\n{'':28}" + "".join(f"{name:>24}" for name in columns))
    rows = {"tables": "tables", "true answers": "answers", "numbers in them": "numbers"}
    for label, name in rows.items():
        print(f"{label:28}" + "".join(f"{getattr(t, name):>24,}" for t in columns.values()))
    print(
        f"{'true answers flagged':28}"
        + "".join(f"{_part(t.alarms, t.answers):>24}" for t in columns.values())
    )
    for kind in kinds:
        cells = "".join(f"{_part(t.caught[kind], t.made[kind]):>24}" for t in columns.values())
        print(f"{'caught: ' + kind:28}{cells}")
    slowest = statistics.quantiles(milliseconds, n=100)[94]
    print(
        f"time of a check: median {statistics.median(milliseconds):.1f} ms, 95th percentile {slowest:.1f} ms"
    )


def _part(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.2%})" if whole else "none"


def main() -> int:
    default = os.environ.get("LLMAUTO_DATA", str(ROOT.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", default=default, help="folder with CSV files, or with tabular/*.csv.gz")
    parser.add_argument("--per-family", type=int, default=1, help="plans per family and table")
    parser.add_argument(
        "--earlier",
        type=int,
        default=0,
        help="records of earlier questions that are passed beside the answer's own",
    )
    parser.add_argument("--misses", action="store_true", help="print each change that was not caught")
    parser.add_argument("--false-alarms", action="store_true", help="print each true answer that was flagged")
    options = parser.parse_args()
    folder = Path(options.data)
    folder = folder / "tabular" if (folder / "tabular").is_dir() else folder
    paths = sorted([*folder.glob("*.csv.gz"), *folder.glob("*.csv")])
    if not paths:
        print(f"There are no CSV files in {folder}: give a folder with --data.", file=sys.stderr)
        return 2
    tallies = {half: Tally() for half in HALVES}
    for i, path in enumerate(paths):
        half, rng = HALVES[i % 2], random.Random(SEED + i)
        connection = duckdb.connect()
        tallies[half].tables += 1
        tallies[OTHER].tables += 1
        for answer in answers(connection, path, rng, options):
            measure(tallies[OTHER if answer.family == OTHER else half], answer, rng, options)
        connection.close()
    report(tallies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
