"""Asking the person about a costly step: what it would do, and yes, no, or other arguments."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal, NamedTuple

from llmauto.render.message import print_note
from llmauto.render.steps import step_lines, steps_of, without_step
from llmauto.render.text import clean_lines
from llmauto_agent.events import ApprovalWanted
from llmauto_tools.errors import Interrupted

ASKED = "Run it? [y]es, [N]o, [e]dit: "
ASKED_STEP = "Run it? [y]es, [N]o, [e]dit, [a]ll of the plan: "
ASKED_PLAN = "Run it? [y]es, [N]o, [e]dit or [d]rop a step (d 2): "
STEP_REASON = "is a step of this plan"
"""Why the agent loop asks for a step that is asked for only because the plan is long."""


class Verdict(NamedTuple):
    """What the person decided; `arguments` are the new ones of an edit."""

    decision: Literal["approve", "reject", "edit"]
    arguments: dict[str, Any] | None = None
    rest: bool = False
    """Whether the other steps of the plan are approved with it; costly ones are still asked for."""


def ask_approval(wanted: ApprovalWanted) -> Verdict:
    """Show the step and ask. No answer is no; Ctrl-C raises Interrupted."""
    from llmauto.cli.confirm import can_answer

    steps = steps_of(wanted.tool, wanted.arguments)
    if steps:
        return _ask_plan(wanted)
    print_note(f"{wanted.tool} {wanted.reason}:\n{_shown(wanted.arguments)}")
    if not can_answer():
        print_note("Nobody can answer here, so it is not run; --yes runs it.")
        return Verdict("reject")
    of_plan = wanted.reason == STEP_REASON
    while True:
        reply = _read(ASKED_STEP if of_plan else ASKED).strip().lower()
        if reply in {"y", "yes"}:
            return Verdict("approve")
        if of_plan and reply in {"a", "all"}:
            return Verdict("approve", rest=True)
        if reply not in {"e", "edit"}:
            return Verdict("reject")
        arguments = _edited(wanted.arguments)
        if arguments is not None:
            return Verdict("edit", arguments)


def _ask_plan(wanted: ApprovalWanted) -> Verdict:
    """Show the steps of a plan; each can be left out before the rest runs."""
    from llmauto.cli.confirm import can_answer

    arguments = wanted.arguments
    changed = False
    while True:
        lines = step_lines(steps_of("compose", arguments))
        print_note("The plan:\n" + "\n".join(map(clean_lines, lines)))
        if not can_answer():
            print_note("Nobody can answer here, so it is not run; --yes runs it.")
            return Verdict("reject")
        reply = _read(ASKED_PLAN).strip().lower()
        if reply in {"y", "yes"}:
            return Verdict("edit", arguments) if changed else Verdict("approve")
        word, _, number = reply.partition(" ")
        if word in {"e", "edit"}:
            edited = _edited_step(arguments, number.strip()) if number.strip() else _edited(arguments)
            arguments, changed = (edited, True) if edited is not None else (arguments, changed)
            continue
        if word not in {"d", "drop"}:
            return Verdict("reject")
        fewer = without_step(arguments, int(number)) if number.strip().isdecimal() else None
        if fewer is None:
            print_note("Name a step that no later one needs, such as: d 2")
        else:
            arguments, changed = fewer, True


def _edited_step(plan: dict[str, Any], number: str) -> dict[str, Any] | None:
    """The plan with new arguments for one step, or None where there is no such step or they are no object."""
    steps = steps_of("compose", plan)
    if not number.isdecimal() or not 1 <= int(number) <= len(steps):
        print_note(f"Name a step from 1 to {len(steps)}, such as: e 2")
        return None
    place = int(number) - 1
    arguments = _edited(steps[place].get("arguments") or {})
    if arguments is None:
        return None
    return {
        **plan,
        "steps": [{**s, "arguments": arguments} if i == place else s for i, s in enumerate(steps)],
    }


def _edited(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments as the person changed them, or None where that is no JSON object."""
    text = _read("New arguments: ", json.dumps(arguments, ensure_ascii=False))
    try:
        changed = json.loads(text)
    except ValueError as e:
        print_note(f"That is not JSON: {e}.")
        return None
    if isinstance(changed, dict):
        return changed
    print_note('The arguments are a JSON object, such as {"rows": 5}.')
    return None


def _shown(arguments: dict[str, Any]) -> str:
    return clean_lines(json.dumps(arguments, ensure_ascii=False, indent=2))


def _read(prompt: str, default: str = "") -> str:
    """One line from the terminal. Ctrl-C raises Interrupted, Ctrl-D is an empty answer."""
    if not sys.stdout.isatty():
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return sys.stdin.readline()
    from prompt_toolkit import prompt as ask

    try:
        return ask(prompt, default=default)
    except KeyboardInterrupt as e:
        raise Interrupted("Stopped.") from e
    except EOFError:
        return ""
