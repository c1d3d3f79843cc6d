"""Settings that the grammar leaves to the words of the request: "with the median", "optimise AUC"."""

from __future__ import annotations

import re
from typing import Any

from llmauto_agent.planner.asks.steps import settings
from llmauto_agent.planner.asks.vocabulary import METRICS
from llmauto_agent.planner.neural.items import Items
from llmauto_agent.planner.tokens import fold


def with_settings(tool: str | None, arguments: dict[str, Any], items: Items) -> dict[str, Any]:
    """The arguments of a call, or of a plan of several, with the settings of each step of `preprocess` and
    the metric of `train_model`."""
    if tool == "compose":
        steps = [
            s | {"arguments": with_settings(s["tool"], s["arguments"], items)} for s in arguments["steps"]
        ]
        return arguments | {"steps": steps}
    if tool == "train_model":
        text = fold(items.question)
        metric = next((name for name, pattern in METRICS if re.search(pattern, text)), None)
        return arguments | ({"metric": metric} if metric else {})
    if tool != "preprocess" or "steps" not in arguments:
        return arguments
    return arguments | {
        "steps": [_filled(step, arguments.get("table"), items) for step in arguments["steps"]]
    }


def _filled(step: dict[str, Any], table: str | None, items: Items) -> dict[str, Any]:
    places = [items.column(table, c) for c in step.get("columns", ())]
    numbers = bool(places) and all(p is not None and items.columns[p].family == "number" for p in places)
    return step | settings(step["kind"], fold(items.question), items.question, numbers=numbers)
