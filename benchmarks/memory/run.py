#!/usr/bin/env python3
"""The memory measured: recall, speed, durability, what it costs the first question, and its effect on answers.

    python benchmarks/memory/run.py recall [--embedder NAME] [--part dev|held|all] [--misses]
    python benchmarks/memory/run.py speed [--entries 100000]
    python benchmarks/memory/run.py start
    python benchmarks/memory/run.py durability [--runs 100]
    python benchmarks/memory/run.py effect
    python benchmarks/memory/run.py encoder --from DIR

Each prints one JSON object. See README.md for what they mean and what they gave.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parts = parser.add_subparsers(dest="what", required=True)
    recall = parts.add_parser("recall")
    recall.add_argument("--embedder", default="builtin")
    recall.add_argument("--part", choices=["dev", "held", "all"], default="all")
    recall.add_argument("--misses", action="store_true")
    speed = parts.add_parser("speed")
    speed.add_argument("--entries", type=int, default=100_000)
    parts.add_parser("start")
    durability = parts.add_parser("durability")
    durability.add_argument("--runs", type=int, default=100)
    parts.add_parser("effect")
    encoder = parts.add_parser("encoder")
    encoder.add_argument("--from", dest="source", type=Path, required=True)
    args = parser.parse_args(arguments)
    print(json.dumps(_run(args), indent=1, ensure_ascii=False))
    return 0


def _run(args: argparse.Namespace) -> object:
    if args.what == "recall":
        from recall import measure

        return measure(args.embedder, args.part, args.misses)
    if args.what == "speed":
        from speed import measure as speed

        return speed(args.entries)
    if args.what == "start":
        from start import measure as start

        return start()
    if args.what == "durability":
        from durability import measure as durability

        return durability(args.runs)
    if args.what == "effect":
        from effect import measure as effect

        return effect()
    from encoder import measure as encoder

    return encoder(args.source)


if __name__ == "__main__":
    sys.exit(main())
