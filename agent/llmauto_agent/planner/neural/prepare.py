"""Encode records for training: python -m llmauto_agent.planner.neural.prepare --records DIR --encoder DIR --out DIR

Reads NAME_train.jsonl.gz with NAME_train_schemas.jsonl.gz (and NAME_dev with NAME_dev_schemas where there are)
and writes train.pkl, dev_NAME.pkl and tokenizer.json. A set may be repeated (--repeat spider=3) or sampled
(--limit wikisql=16000).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pickle
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from llmauto_agent.planner.neural.encoder import extended_tokenizer, verified
from llmauto_agent.planner.neural.examples import Example, compact, examples, read_lines
from llmauto_agent.planner.neural.inputs import Pieces

LONGEST = 96
PART = 2_000
"""Records that a process encodes at a time."""
MAX_DEV = 1_000


def texts(folder: Path, names: Sequence[str]) -> Iterator[str]:
    """All texts whose characters the vocabulary has to know."""
    for name in names:
        for record in read_lines(folder / f"{name}_train.jsonl.gz"):
            yield record["question"]
        for schema in read_lines(folder / f"{name}_train_schemas.jsonl.gz"):
            for table in schema["tables"]:
                yield table["name"]
                for column in table["columns"]:
                    yield column["name"]
                    values = column.get("values")
                    if isinstance(values, list):
                        yield from map(str, values[:200])


_pieces: list[Pieces] = []


def _begin(tokenizer: str) -> None:
    _pieces[:] = [Pieces(Tokenizer.from_str(tokenizer))]


def _encode(part: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> tuple[list[Example], Counter[str]]:
    made, lost = examples(*part, _pieces[0], LONGEST)
    return [compact(e) for e in made], lost


def encoded(
    records: Path, schemas: Path, tokenizer: str, processes: int, limit: int | None = None
) -> tuple[list[Example], Counter[str]]:
    """The examples of one set, made by several processes; the order is that of the schemas."""
    rows = list(read_lines(records))
    if limit is not None and len(rows) > limit:
        rows = random.Random(0).sample(rows, limit)
    rows.sort(key=lambda r: r["db"])
    stored = {s["db"]: s for s in read_lines(schemas)}
    parts = []
    for start in range(0, len(rows), PART):
        part = rows[start : start + PART]
        parts.append((part, [stored[db] for db in dict.fromkeys(r["db"] for r in part)]))
    made: list[Example] = []
    lost: Counter[str] = Counter()
    with multiprocessing.get_context("spawn").Pool(processes, _begin, (tokenizer,)) as pool:
        for some, why in pool.imap(_encode, parts):
            made += some
            lost += why
    return made, lost


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", help="names of sets; left out, all that are there")
    parser.add_argument("--repeat", nargs="*", default=[], metavar="NAME=TIMES")
    parser.add_argument("--limit", nargs="*", default=[], metavar="NAME=RECORDS", help="a sample of a set")
    parser.add_argument(
        "--tokenizer", type=Path, help="an earlier run's tokenizer.json, to go on from its weights"
    )
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args(arguments)
    names = args.sets or sorted(
        p.name.removesuffix("_train.jsonl.gz") for p in args.records.glob("*_train.jsonl.gz")
    )
    repeat = {name: int(times) for name, _, times in (r.partition("=") for r in args.repeat)}
    limit = {name: int(count) for name, _, count in (r.partition("=") for r in args.limit)}
    args.out.mkdir(parents=True, exist_ok=True)
    if args.tokenizer:
        tokenizer = args.tokenizer.read_text("utf-8")
    else:
        tokenizer = extended_tokenizer(verified(args.encoder), texts(args.records, names))
    (args.out / "tokenizer.json").write_text(tokenizer, "utf-8")
    every: list[Example] = []
    for name in names:
        schemas = args.records / f"{name}_train_schemas.jsonl.gz"
        train = args.records / f"{name}_train.jsonl.gz"
        made, lost = encoded(train, schemas, tokenizer, args.processes, limit.get(name))
        print(json.dumps({"set": name, "examples": len(made), "lost": dict(lost.most_common(8))}), flush=True)
        every += made * repeat.get(name, 1)
        dev = args.records / f"{name}_dev.jsonl.gz"
        if dev.exists():
            dev_schemas = args.records / f"{name}_dev_schemas.jsonl.gz"
            some, lost = encoded(
                dev, dev_schemas if dev_schemas.exists() else schemas, tokenizer, args.processes, MAX_DEV
            )
            print(
                json.dumps({"dev": name, "examples": len(some), "lost": dict(lost.most_common(8))}),
                flush=True,
            )
            _write(args.out / f"dev_{name}.pkl", some)
    _write(args.out / "train.pkl", every)
    print(json.dumps({"train": len(every)}))


def _write(path: Path, some: list[Example]) -> None:
    with path.open("wb") as file:
        pickle.dump(some, file, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
