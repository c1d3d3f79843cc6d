"""Asking the person about a costly step: what it would do, and yes, no, or other arguments."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal, NamedTuple

from llmauto.render.message import print_note
from llmauto.render.text import clean_lines
from llmauto_agent.events import ApprovalWanted
from llmauto_tools.errors import Interrupted

ASKED = "Run it? [y]es, [N]o, [e]dit: "


class Verdict(NamedTuple):
    """What the person decided; `arguments` are the new ones of an edit."""

    decision: Literal["approve", "reject", "edit"]
    arguments: dict[str, Any] | None = None


def ask_approval(wanted: ApprovalWanted) -> Verdict:
    """Show the step and ask. No answer is no; Ctrl-C raises Interrupted."""
    from llmauto.cli.confirm import can_answer

    print_note(f"{wanted.tool} {wanted.reason}:\n{_shown(wanted.arguments)}")
    if not can_answer():
        print_note("Nobody can answer here, so it is not run; --yes runs it.")
        return Verdict("reject")
    while True:
        reply = _read(ASKED).strip().lower()
        if reply in {"y", "yes"}:
            return Verdict("approve")
        if reply not in {"e", "edit"}:
            return Verdict("reject")
        arguments = _edited(wanted.arguments)
        if arguments is not None:
            return Verdict("edit", arguments)


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
