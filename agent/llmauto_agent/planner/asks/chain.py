"""Several steps as one plan: what a later step needs of an earlier one is a reference to its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from llmauto_agent.planner.asks import roles
from llmauto_agent.planner.asks.arguments import BUILDERS
from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.missing import Missing

_NEEDS_TARGET = ("select_features", "train_model")
_ON_PREPARED = ("segment", "profile", "check_quality")
"""Tools that work on the table that `preprocess` made; the others learn the recipe inside their folds or
need the columns as they were."""


def chain(whole: Ask, parts: Sequence[tuple[str, Ask]]) -> list[dict[str, Any]]:
    """The steps of `compose`. Raises Missing where a step lacks what no other step names."""
    target = _target(whole, parts)
    steps: list[dict[str, Any]] = []
    last, before = whole.last, dict(whole.before)
    for tool, part in parts:
        part = replace(part, last=last, before=before)
        arguments = _arguments(tool, part, target, steps)
        refer(tool, arguments, steps)
        steps.append({"tool": tool, "arguments": arguments})
        last, before = tool, before | {k: v for k, v in arguments.items() if not str(v).startswith("$")}
    _tell_target(steps, target)
    return steps


def _target(whole: Ask, parts: Sequence[tuple[str, Ask]]) -> str | None:
    """The target of the whole plan: the one that a step names, else the one of the request."""
    for tool, part in parts:
        if tool in _NEEDS_TARGET:
            found = roles.target(part)
            if found is not None:
                return found
    return roles.target(whole) if any(tool in _NEEDS_TARGET for tool, _ in parts) else None


def _arguments(tool: str, part: Ask, target: str | None, steps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    try:
        return BUILDERS[tool](part)
    except Missing:
        given = part.before
        if tool in _NEEDS_TARGET and target is not None and given.get("target") != target:
            return _arguments(tool, replace(part, before=given | {"target": target}), target, steps)
        if tool == "chart" and (axes := _axes_of(given)):
            kind = next((k for k in _kinds(part)), None)
            return {"table": part.table} | ({"kind": kind} if kind else {}) | axes
        if tool == "test_hypothesis" and given.get("features") and given.get("target"):
            return {"table": part.table, "value": given["target"], "other": given["features"][0]}
        raise


def _kinds(part: Ask) -> list[str]:
    from llmauto_agent.planner.asks.vocabulary import CHART_KINDS

    return [kind for kind, pattern in CHART_KINDS if part.has(pattern)]


def _axes_of(given: dict[str, Any]) -> dict[str, Any]:
    """What a chart without columns of its own draws: those of the step before."""
    if given.get("value") and given.get("by"):
        return {"x": given["by"], "y": given["value"]}
    if given.get("value") and given.get("time"):
        return {"x": given["time"], "y": given["value"]}
    if given.get("target") and given.get("features"):
        return {"x": given["features"][0], "y": given["target"]}
    return {}


def refer(tool: str, arguments: dict[str, Any], steps: Sequence[dict[str, Any]]) -> None:
    """Put references to earlier figures into the arguments of a step."""
    done = {step["tool"]: number for number, step in enumerate(steps, 1)}
    if tool in {"evaluate_model", "predict", "explain_model"} and "train_model" in done:
        arguments["model"] = f"${done['train_model']}.model"
    if tool == "train_model":
        if "select_features" in done:
            arguments["features"] = f"${done['select_features']}.features"
        if "preprocess" in done:
            arguments["recipe"] = f"${done['preprocess']}.recipe"
    if tool == "apply_recipe" and "preprocess" in done:
        arguments["recipe"] = f"${done['preprocess']}.recipe"
    if tool in _ON_PREPARED and "preprocess" in done:
        arguments["table"] = f"${done['preprocess']}.table"


def _tell_target(steps: Sequence[dict[str, Any]], target: str | None) -> None:
    """A recipe that a model will use must leave the target alone."""
    trains = any(step["tool"] in _NEEDS_TARGET for step in steps)
    for step in steps:
        if step["tool"] == "preprocess" and trains and target is not None:
            step["arguments"].setdefault("target", target)
