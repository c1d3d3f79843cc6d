#!/usr/bin/env python3
"""Check the requests for tools: their form, their sources, and the columns that their arguments name.

    python benchmarks/requests/check_tools.py --data DIR

DIR is the folder "tabular" of the public data folder. The exit code is not zero if anything is wrong.
Tables and columns come from the loader of `validate.py`. Needs duckdb; everything else is standard library.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from validate import HERE, Item, connection, resolve

SHARED_SOURCES = {"examples/data/销售.csv"}
"""Used by dev and held lines alike: no other set has Chinese column names."""

ARGUMENTS: dict[str, set[str]] = {
    "analyze": set(),
    "profile": {"table", "columns", "target"},
    "check_quality": {"table", "target", "other", "rules", "checks"},
    "preprocess": {"table", "target", "steps", "split", "group", "time", "name"},
    "apply_recipe": {"table", "recipe"},
    "select_features": {"table", "target", "count", "features"},
    "test_hypothesis": {"table", "value", "by", "paired", "kind", "alternative"},
    "relate": {"table", "target", "features"},
    "time_series": {"table", "time", "value", "every", "by", "what"},
    "forecast": {"table", "time", "value", "horizon", "every", "by"},
    "segment": {"table", "columns", "clusters", "method"},
    "chart": {"table", "kind", "x", "y", "series", "facet"},
    "train_model": {"table", "target", "features", "task", "metric", "time_budget"},
    "evaluate_model": {"model", "table", "by"},
    "predict": {"table", "model"},
    "explain_model": {"model", "row", "features"},
    "compose": {"steps"},
}
COLUMNS = {
    *("columns", "target", "group", "time", "features", "value", "by", "paired", "x", "y", "series", "facet")
}
"""Arguments that name columns, whatever the tool."""
TABLES = {"table", "other"}
WORDS: dict[tuple[str, str], set[str]] = {
    ("check_quality", "checks"): {
        *("missing", "duplicates", "constant", "outliers", "types", "categories", "impossible"),
        *("time_order", "imbalance", "leakage", "drift", "labels", "personal"),
    },
    ("preprocess", "split"): {"random", "stratified", "group", "time"},
    ("time_series", "every"): {"day", "week", "month", "quarter", "year"},
    ("forecast", "every"): {"day", "week", "month", "quarter", "year"},
    ("time_series", "what"): {"trend", "seasonality", "changes", "anomalies", "resample", "all"},
    ("segment", "method"): {"kmeans", "hdbscan"},
    ("chart", "kind"): {"bar", "line", "area", "scatter", "histogram", "box", "heatmap", "pie"},
    ("train_model", "task"): {"classification", "regression"},
}
NUMBERS = {"count", "clusters", "horizon", "row", "time_budget"}
STEPS = {*("cast", "trim", "unify", "impute", "outliers", "scale", "encode", "dates", "text", "rare", "drop")}
REFUSALS = {"missing_column", "nothing_named"}
KEYS = {*("id", "written", "lang", "sources", "question", "context", "note")}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def names(sources: tuple[str, ...], data: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tables and the columns (of all tables) of the sources."""
    rows = (
        connection(sources, data)
        .execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal")
        .fetchall()
    )
    return frozenset(table for table, _ in rows), frozenset(column for _, column in rows)


def check_form(item: Item, name: str) -> Iterator[str]:
    """What is wrong with the keys of a line."""
    refusal = "refuse" in name
    known = KEYS | ({"expect", "why"} if refusal else {"tool", "arguments", "any_of"})
    yield from (f"unknown key {k}" for k in sorted(set(item) - known))
    needed = KEYS - {"context", "note"}
    yield from (f"no {k}" for k in sorted(needed) if not item.get(k))
    if item.get("written") != "before":
        yield "written is not before"
    if item.get("lang") not in ("en", "zh"):
        yield "lang"
    if refusal and (item.get("expect") != "refuse" or item.get("why") not in REFUSALS):
        yield "a refusal needs expect, and why as one of " + ", ".join(sorted(REFUSALS))
    if not refusal and (item.get("tool") not in ARGUMENTS or not isinstance(item.get("arguments"), dict)):
        yield "tool or arguments"
    if "query" in name and item.get("tool") != "analyze":
        yield "a plain question belongs to analyze"


def check_call(tool: str, arguments: dict[str, Any], item: Item, data: str) -> Iterator[str]:
    """What is wrong with the pinned arguments of one call of a tool."""
    yield from (f"{tool} has no argument {a}" for a in sorted(set(arguments) - ARGUMENTS[tool]))
    for argument, value in arguments.items():
        if tool == "compose":
            for step in value:
                if step.get("tool") not in ARGUMENTS:
                    yield f"unknown tool {step.get('tool')}"
                else:
                    yield from check_call(step["tool"], step["arguments"], item, data)
        elif argument == "steps":
            yield from _check_steps(value, item, data)
        else:
            yield from check_value(tool, argument, value, item, data)


def _check_steps(steps: list[dict[str, Any]], item: Item, data: str) -> Iterator[str]:
    for step in steps:
        if step.get("kind") not in STEPS or set(step) - {"kind", "columns"}:
            yield f"step {step}"
        yield from check_value("preprocess", "columns", step.get("columns", []), item, data)


def check_value(tool: str, argument: str, value: Any, item: Item, data: str) -> Iterator[str]:
    """What is wrong with one value: a table, a column, a word or a number."""
    tables, columns = names(tuple(item["sources"]), data)
    for part in _listed(value):
        if argument in COLUMNS and part is not True and part not in columns:
            yield f"{argument}: no column {part}"
        if argument in TABLES and part not in tables:
            yield f"{argument}: no table {part}"
        if part not in WORDS.get((tool, argument), {part}):
            yield f"{argument}: {part} is not one of its words"
        if argument in NUMBERS and (not isinstance(part, int) or part < 1):
            yield f"{argument}: {part} is not a positive whole number"


def check_any_of(item: Item, data: str) -> Iterator[str]:
    """What is wrong with the values of which any is right."""
    for argument, values in item.get("any_of", {}).items():
        if not isinstance(values, list) or not values:
            yield f"any_of {argument} is not a list"
        elif argument == "tool":
            yield from (f"unknown tool {v}" for v in values if v not in ARGUMENTS)
        elif argument in item["arguments"]:
            yield f"{argument} is pinned and in any_of"
        elif argument not in ARGUMENTS[item["tool"]]:
            yield f"{item['tool']} has no argument {argument}"
        else:
            for value in (v for v in values if v is not None):
                yield from check_value(item["tool"], argument, value, item, data)


@dataclass
class Checker:
    """Reads the files of tool requests, collects errors and counts."""

    data: str
    errors: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    questions: set[tuple[Any, ...]] = field(default_factory=set)
    splits: dict[str, set[str]] = field(default_factory=lambda: {"dev": set(), "held": set()})
    counts: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)

    def read(self, path: Path) -> None:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path.name}:{number}"
            try:
                item = json.loads(line)
            except ValueError as e:
                self.errors.append(f"{where}: {e}")
                continue
            self.errors += [f"{where}: {problem}" for problem in self._problems(item, path.stem)]
            _, split, part = path.stem.split("_")
            self.splits[split].update(item.get("sources", []))
            self.counts[item.get("tool", "(refuse)"), f"{split}_{part}"] += 1

    def _problems(self, item: Item, name: str) -> Iterator[str]:
        form = list(check_form(item, name))
        yield from form
        if item.get("id") in self.ids:
            yield f"duplicate id {item['id']}"
        self.ids.add(str(item.get("id")))
        if form:
            return
        key = (*item["sources"], item["question"].lower(), *item.get("context", []))
        if key in self.questions:
            yield "the same question twice"
        self.questions.add(key)
        missing = [s for s in item["sources"] if not Path(resolve(s, self.data)).exists()]
        yield from (f"no source {s}" for s in missing)
        if not missing and "tool" in item:
            yield from check_call(item["tool"], item["arguments"], item, self.data)
            yield from check_any_of(item, self.data)

    def finish(self) -> None:
        """What can be told only of all files together."""
        both = (self.splits["dev"] & self.splits["held"]) - SHARED_SOURCES
        self.errors += [f"{source} is in dev and in held" for source in sorted(both)]

    def report(self) -> None:
        parts = sorted({part for _, part in self.counts})
        print(f"{'tool':<16}" + "".join(f"{part:>13}" for part in parts))
        for tool in [*ARGUMENTS, "(refuse)"]:
            print(f"{tool:<16}" + "".join(f"{self.counts[tool, part] or '-':>13}" for part in parts))
        print(", ".join(f"{len(sources)} {split} sources" for split, sources in self.splits.items()))
        for error in self.errors:
            print("ERROR", error)
        print(f"{self.counts.total()} lines, {len(self.errors)} errors")


def check(paths: Sequence[Path], data: str) -> Checker:
    """Read and check the files."""
    checker = Checker(data)
    for path in paths:
        checker.read(path)
    checker.finish()
    return checker


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", required=True, help="the folder 'tabular' of the public data folder")
    checker = check(sorted(HERE.glob("tools_*.jsonl")), parser.parse_args().data)
    checker.report()
    return 1 if checker.errors else 0


if __name__ == "__main__":
    sys.exit(main())
