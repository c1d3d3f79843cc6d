"""A plan of several tools as a person reads it before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 70
"""Characters of an argument that are shown."""


def steps_of(tool: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of a composed plan; none for another tool."""
    steps = arguments.get("steps") if tool == "compose" else None
    return [s for s in steps if isinstance(s, dict)] if isinstance(steps, Sequence) else []


def step_lines(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line a step: its number, its tool, its arguments."""
    return [
        f"  {number}. {s.get('tool')}{_shown(s.get('arguments') or {})}" for number, s in enumerate(steps, 1)
    ]


def _shown(arguments: Mapping[str, Any]) -> str:
    parts = []
    for name, value in arguments.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if text.startswith("$"):
            number, _, what = text[1:].partition(".")
            text = f"{what} of step {number}"
        parts.append(f"{name}: {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}")
    return f"  ({'; '.join(parts)})" if parts else ""


def without_step(arguments: Mapping[str, Any], number: int) -> dict[str, Any] | None:
    """The arguments of a plan with one step left out, counted from 1.

    None where there is no such step, or where a later one needs what it makes.
    """
    steps = [dict(s) for s in steps_of("compose", arguments)]
    if not 1 <= number <= len(steps) or len(steps) == 1:
        return None
    del steps[number - 1]
    for step in steps[number - 1 :]:
        changed: dict[str, Any] = {}
        for name, value in (step.get("arguments") or {}).items():
            changed[name] = value
            if isinstance(value, str) and value.startswith("$"):
                needed, _, what = value[1:].partition(".")
                if int(needed) == number:
                    if name in {"features", "recipe"}:  # it then does without
                        del changed[name]
                        continue
                    return None
                changed[name] = f"${int(needed) - (int(needed) > number)}.{what}"
        step["arguments"] = changed
    return {**arguments, "steps": steps}
