"""The settings of cleaning steps, which the grammar leaves to the words of the request ("with the median")."""

from __future__ import annotations

from typing import Any

from llmauto_agent.planner.asks.steps import settings
from llmauto_agent.planner.neural.items import Items
from llmauto_agent.planner.tokens import fold


def with_settings(tool: str | None, arguments: dict[str, Any], items: Items) -> dict[str, Any]:
    """The arguments of a call, or of a plan of several, with the settings of each step of `preprocess`."""
    if tool == "compose":
        steps = [
            s | {"arguments": with_settings(s["tool"], s["arguments"], items)} for s in arguments["steps"]
        ]
        return arguments | {"steps": steps}
    if tool != "preprocess" or "steps" not in arguments:
        return arguments
    return arguments | {
        "steps": [_filled(step, arguments.get("table"), items) for step in arguments["steps"]]
    }


def _filled(step: dict[str, Any], table: str | None, items: Items) -> dict[str, Any]:
    places = [items.column(table, c) for c in step.get("columns", ())]
    numbers = bool(places) and all(p is not None and items.columns[p].family == "number" for p in places)
    return step | settings(step["kind"], fold(items.question), items.question, numbers=numbers)
