"""Settings that the grammar leaves to the words of the request: "with the median", "optimise AUC"."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.asks.chain import refer
from llmauto_agent.planner.asks.steps import settings
from llmauto_agent.planner.asks.vocabulary import METRICS
from llmauto_agent.planner.neural.items import Items
from llmauto_agent.planner.tokens import fold

NAMED = 3
"""The level of `Items.table_levels` from which on a request names a table."""


def with_settings(tool: str | None, arguments: dict[str, Any], items: Items) -> dict[str, Any]:
    """The arguments of a call, or of a plan of several, with the settings of each step of `preprocess`,
    the metric of `train_model`, and what one call of a plan takes from another. The grammar writes a table
    with every call; it is left out where the tool does better without."""
    if tool == "compose":
        return arguments | {"steps": _chained(arguments["steps"], items)}
    if tool == "tables":
        return {}
    if tool in {"evaluate_model", "explain_model"}:
        return arguments if _says(arguments.get("table"), items) else _without(arguments, "table")
    if tool == "train_model":
        text = fold(items.question)
        metric = next((name for name, pattern in METRICS if re.search(pattern, text)), None)
        return arguments | ({"metric": metric} if metric else {})
    if tool != "preprocess" or "steps" not in arguments:
        return arguments
    return arguments | {
        "steps": [_filled(step, arguments.get("table"), items) for step in arguments["steps"]]
    }


def _says(table: str | None, items: Items) -> bool:
    """Whether the request names this table, of several: a model is else looked at on its held-out rows."""
    if table is None or len(items.tables) < 2:
        return False
    return items.table_levels[items.tables.index(table)] >= NAMED


def _without(arguments: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in arguments.items() if k != name}


def _chained(calls: list[dict[str, Any]], items: Items) -> list[dict[str, Any]]:
    """The calls of a plan: what a later one needs of an earlier one is a reference to its figure."""
    chained: list[dict[str, Any]] = []
    for call in calls:
        own = dict(with_settings(call["tool"], call["arguments"], items))
        refer(call["tool"], own, chained)
        chained.append({"tool": call["tool"], "arguments": own})
    return chained


def _filled(step: dict[str, Any], table: str | None, items: Items) -> dict[str, Any]:
    places = [items.column(table, c) for c in step.get("columns", ())]
    numbers = bool(places) and all(p is not None and items.columns[p].family == "number" for p in places)
    return step | settings(step["kind"], fold(items.question), items.question, numbers=numbers)
