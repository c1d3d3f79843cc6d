"""Run one command: the one place where errors become messages, JSON and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import typer

from llmauto import exits
from llmauto_tools.errors import Interrupted, LlmautoError

# Typer carries its own copy of click or uses the real one, depending on its version: both are
# reached through the one exception that it exports.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


@dataclass
class Invocation:
    """What the error report has to know of the command that is running."""

    json: bool = False
    debug: bool = False
    known: dict[str, Any] = field(default_factory=dict)
    """Fields of the JSON object that are known before there is an answer."""


def run_program(arguments: Sequence[str]) -> NoReturn:
    """Run a command line as the process's own and exit."""
    from llmauto.render.streams import make_streams_safe

    make_streams_safe()
    leave(run_command(arguments))


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; errors are reported, none is raised."""
    from llmauto.cli.app import app

    invocation = _read_flags(arguments)
    try:
        code = app(list(arguments), prog_name="llmauto", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        return exits.PIPE_CLOSED
    except SystemExit as e:
        # Typer turns a closed pipe into sys.exit(1) itself; completion scripts end with sys.exit(0).
        return exits.PIPE_CLOSED if e.code == 1 else int(e.code or 0)
    except (KeyboardInterrupt, typer.Abort):
        return _report(Interrupted("Interrupted."), invocation)
    except _USAGE_ERROR as e:
        return _report(_usage_error(e), invocation)
    except Exception as e:
        return _report(e, invocation)
    if code == exits.INTERRUPTED:
        return _report(Interrupted("Interrupted."), invocation)
    return int(code or 0)


def leave(code: int) -> NoReturn:
    """End the process at once: what matters is on disk, and a thread that still runs must not hold it.

    Skipping the interpreter's own teardown saves tens of milliseconds of freeing imported modules.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BrokenPipeError, ValueError):
            stream.flush()
    os._exit(code)


def _read_flags(arguments: Sequence[str]) -> Invocation:
    """--json and --debug, also where the rest of the command line cannot be parsed."""
    options = list(arguments)
    if "--" in options:
        options = options[: options.index("--")]
    debug = "--debug" in options or bool(os.environ.get("LLMAUTO_DEBUG"))
    return Invocation(json="--json" in options, debug=debug)


def _usage_error(error: Any) -> exits.UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "llmauto"
    return exits.UsageError(error.format_message(), f"See: {command} --help")


def _report(error: BaseException, invocation: Invocation) -> int:
    from llmauto import contract
    from llmauto.render.message import print_error

    known = isinstance(error, LlmautoError)
    try:
        if invocation.debug and not isinstance(error, (Interrupted, exits.UsageError)):
            import traceback

            traceback.print_exception(error)
        fields = contract.error_fields(error)
        hint = fields["hint"] if known else "This is a bug in llmauto; --debug shows where. Please report it."
        print_error(fields["message"] or "unknown", hint)
        if invocation.json:
            from llmauto.render.streams import print_json

            print_json(contract.error_object(error, invocation.known))
        sys.stdout.flush()
    except BrokenPipeError:
        return exits.PIPE_CLOSED
    return exits.exit_code(fields["kind"])
