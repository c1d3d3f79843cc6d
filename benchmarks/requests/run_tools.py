#!/usr/bin/env python3
"""How well requests for the analyst's tools are read: the right tool, with the arguments that are pinned down.

    python benchmarks/requests/run_tools.py [--data DIR] [--split dev|held|all] [--planner both|rules]
    [--show-failures]

Scored as README.md says: right = the tool matches and each pinned argument equals (names without case, lists
as sets); a request to be refused is right where no tool runs; a plain question is right where it is left to
the query planner. Failures are shown for the dev files only.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import HERE, Bench, default_data

Json = dict[str, Any]


def same(wanted: Any, got: Any) -> bool:
    """Whether an argument is as it is pinned; lists as sets, steps by kind and columns."""
    if isinstance(wanted, list):
        if not isinstance(got, list):
            got = [got]
        if wanted and isinstance(wanted[0], dict):
            return len(wanted) == len(got) and all(any(same_step(w, g) for g in got) for w in wanted)
        return {plain(w) for w in wanted} == {plain(g) for g in got}
    if isinstance(got, list) and len(got) == 1:
        got = got[0]
    return bool(plain(wanted) == plain(got))


def same_step(wanted: Json, got: Any) -> bool:
    return isinstance(got, dict) and all(
        same(v, got.get(k)) for k, v in wanted.items() if k in {"kind", "columns"}
    )


def plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def arguments_right(item: Json, got: Json) -> bool:
    if item["tool"] == "compose":
        wanted, steps = item["arguments"]["steps"], got.get("steps", [])
        return len(wanted) == len(steps) and all(
            w["tool"] == g["tool"] and pinned(w.get("arguments", {}), g["arguments"])
            for w, g in zip(wanted, steps, strict=True)
        )
    if not pinned(item["arguments"], got):
        return False
    choices = {k: v for k, v in item.get("any_of", {}).items() if k != "tool"}
    return all(
        any(same(c, got.get(k)) if c is not None else got.get(k) is None for c in options)
        for k, options in choices.items()
    )


def pinned(wanted: Json, got: Json) -> bool:
    return all(same(v, got.get(k)) or str(got.get(k)).startswith("$") for k, v in wanted.items())


class ToolBench(Bench):
    """Reads each request after its conversation."""

    def read(self, item: Json) -> Any:
        workspace, index = self.target(item["sources"])
        read = self.reader(workspace, index)
        context = None
        for turn in item.get("context", ()):
            reading = read(turn, context)
            context = reading if not reading.refused else context
        return read(item["question"], context)

    def state(self, item: Json) -> tuple[str, str]:
        """("right", "arguments", "tool", "refused" or "answered"; what was read)."""
        reading = self.read(item)
        said = (
            f"{reading.tool} {json.dumps(reading.arguments, ensure_ascii=False)}"
            if reading.tool
            else f"refused {reading.missing} {reading.reason}"
        )
        if item.get("expect") == "refuse":
            return ("right" if reading.refused else "answered"), said
        tools = item.get("any_of", {}).get("tool", [item["tool"]])
        if item["tool"] == "analyze":
            left = reading.refused or reading.tool in {*tools, "analyze"}
            return ("right" if left else "tool"), said
        if reading.refused:
            return "refused", said
        if item["tool"] == "chart" and reading.tool == "analyze" and reading.plan is not None:
            kind = item["arguments"].get("kind")
            return ("right" if kind in {None, reading.chart} else "arguments"), said
        if reading.tool not in tools:
            return "tool", said
        if reading.tool != item["tool"]:
            return "right", said
        return ("right" if arguments_right(item, reading.arguments) else "arguments"), said


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=default_data(), help="the folder 'tabular' of the public data"
    )
    parser.add_argument("--split", choices=["dev", "held", "all"], default="all")
    parser.add_argument(
        "--show-failures", action="store_true", help="what went wrong, for the dev files only"
    )
    parser.add_argument(
        "--planner",
        choices=["both", "rules"],
        default="both",
        help="with the trained network, or the rules alone",
    )
    args = parser.parse_args(arguments)
    if args.data is None:
        parser.error("say where the data sets are, with --data or LLMAUTO_DATA")
    bench = ToolBench(args.data, args.planner)
    groups: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for split in ("dev", "held") if args.split == "all" else (args.split,):
        for path in sorted(HERE.glob(f"tools_{split}_*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                item = json.loads(line)
                state, said = bench.state(item)
                kind = path.stem.removeprefix(f"tools_{split}_")
                groups[f"{split} {kind}"][state] += 1
                if kind in {"en", "zh"}:
                    groups[f"{split} {item['tool']} {kind}"][state] += 1
                if args.show_failures and split == "dev" and state != "right":
                    wanted = item.get("arguments") or item.get("why")
                    print(
                        f"{state:9} {item['id']} {item.get('context', '')} {item['question']}\n    got  {said}\n    want {item.get('tool')} {json.dumps(wanted, ensure_ascii=False)} {json.dumps(item.get('any_of', ''), ensure_ascii=False)}"
                    )
    print(f"{'group':34} {'n':>4} {'right':>7} {'arguments':>10} {'tool':>6} {'refused':>8}")
    for name in sorted(groups, key=lambda n: (n.count(" "), n)):
        states = groups[name]
        n = sum(states.values())
        cells = [100 * states[s] / n for s in ("right", "arguments")] + [
            100 * (states["tool"] + states["answered"]) / n,
            100 * states["refused"] / n,
        ]
        print(f"{name:34} {n:4} {cells[0]:6.1f}% {cells[1]:9.1f}% {cells[2]:5.1f}% {cells[3]:7.1f}%")
    return 0


if __name__ == "__main__":
    sys.exit(main())
