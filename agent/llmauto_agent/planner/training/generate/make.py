"""Invent requests: python -m llmauto_agent.planner.training.generate.make --out DIR --count N [--lang en|zh]

Writes invented_LANG_train.jsonl.gz and its schemas, and a tenth of the tables into invented_LANG_dev. The
same seed gives the same files.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llmauto_agent.planner.training.generate.noise import typed
from llmauto_agent.planner.training.generate.tables import Domain, domains

FOLLOWS, REFUSES = 0.2, 0.09
"""Shares of follow-ups and of requests to be refused."""


def records(lang: str, tables: Sequence[Domain], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Invented requests as training records."""
    package = "llmauto_agent.planner.training.generate"
    shapes = importlib.import_module(f"{package}.shapes_{lang}")
    parts = importlib.import_module(f"{package}.parts_{lang}")
    follow = importlib.import_module(f"{package}.follow_{lang}")
    refuse = importlib.import_module(f"{package}.refuse_{lang}")
    r = random.Random(seed)
    made = 0
    while made < count:
        d = parts.Draw(r, r.choice(tables))
        try:
            record = _draw(d, r, shapes, follow, refuse)
        except LookupError:
            continue
        made += 1
        yield {"id": f"invented-{lang}-{made}", "source": "invented", "lang": lang, "db": d.d.db, **record}


def _draw(d: Any, r: random.Random, shapes: Any, follow: Any, refuse: Any) -> dict[str, Any]:
    draw = r.random()
    empty: dict[str, Any] = {
        "context": [],
        "previous": None,
        "tool": "analyze",
        "arguments": {},
        "chart": None,
        "plan": None,
    }
    if draw < REFUSES:
        question, reason = refuse.refused(d)
        return empty | {"question": typed(question, r), "refuse": reason}
    if draw < REFUSES + FOLLOWS:
        first = r.choice(follow.FIRST)(d)
        change = r.choices([f for f, _ in follow.FOLLOW], [w for _, w in follow.FOLLOW])[0]
        asked = change(d, first.plan)
        before = {"context": [typed(first.question, r)], "previous": _json(first.plan)}
    else:
        asked = r.choices([s for s, _ in shapes.SHAPES], [w for _, w in shapes.SHAPES])[0](d)
        before = {}
    return (
        empty
        | before
        | {"question": typed(asked.question, r), "plan": _json(asked.plan), "chart": asked.chart}
    )


def _json(plan: Any) -> dict[str, Any]:
    found: dict[str, Any] = plan.model_dump(mode="json", exclude_defaults=True)
    return found


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        for row in rows:
            file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
            count += 1
    return count


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--lang", choices=["en", "zh"], nargs="*", default=["en", "zh"])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    for lang in args.lang:
        every = list(domains(lang))
        dev, train = every[::10], [d for i, d in enumerate(every) if i % 10]
        for part, tables, count in (("train", train, args.count), ("dev", dev, max(200, args.count // 40))):
            path = args.out / f"invented_{lang}_{part}.jsonl.gz"
            written = _write(path, records(lang, tables, count, args.seed + (part == "dev")))
            _write(args.out / f"invented_{lang}_{part}_schemas.jsonl.gz", (d.schema() for d in tables))
            print(json.dumps({"file": path.name, "records": written, "tables": len(tables)}), flush=True)


if __name__ == "__main__":
    main()
