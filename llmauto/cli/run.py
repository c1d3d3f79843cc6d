"""`llmauto run`: one tool, without any model."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmauto import contract, exits
from llmauto.cli.common import choose_sources, limits
from llmauto.cli.confirm import confirm
from llmauto.cli.drive import Emit, drive
from llmauto.cli.program import Invocation
from llmauto.folders import workspace_folder
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for
from llmauto.render.status import StatusLine
from llmauto_tools.errors import InvalidArguments, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from llmauto.config import Settings
    from llmauto_tools.ledger import Evidence
    from llmauto_tools.registry import ToolSpec
    from llmauto_tools.workspace import Workspace


@dataclass(frozen=True)
class RunOptions:
    """The command line of one `run`. None means that the option was not given."""

    tool: str
    sources: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    workspace: str | None = None
    json: bool = False
    max_rows: int | None = None
    timeout: float | None = None
    yes: bool = False
    quiet: bool = False


def run_tool_command(options: RunOptions, invocation: Invocation) -> int:
    """Run the tool and print what it gave; returns the exit code. Raises the errors of the tree."""
    from llmauto.config import load_settings
    from llmauto_tools.registry import get_tool

    began = time.perf_counter()
    settings = load_settings(workspace=options.workspace, timeout=options.timeout, max_rows=options.max_rows)
    folder = workspace_folder(settings.workspace)
    invocation.known |= {"workspace": str(folder)}
    spec = get_tool(options.tool)
    arguments = parse_arguments(spec, options.arguments)
    if (spec.costly or spec.writes_outside) and not options.yes:
        reason = "takes long or much memory" if spec.costly else "writes outside the workspace"
        confirm(f"'{spec.name}' {reason}. Run it?")
    sources = choose_sources(options.sources, folder, optional=True)
    status = StatusLine(quiet=options.quiet)
    status.say(spec.name)
    evidence = _drive(settings, folder, sources, spec, arguments, status)
    _present(evidence, options, settings, folder, time.perf_counter() - began)
    return exits.ANSWERED


def parse_arguments(spec: ToolSpec, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE pairs as the tool's arguments, typed by its Pydantic model.

    A value is taken as it is typed where its field accepts that ("5" for a number, any text for a
    text), else as JSON. Raises InvalidArguments for a missing "=", an unknown name, a name given twice.
    """
    arguments: dict[str, Any] = {}
    fields = spec.arguments.model_fields
    for pair in given:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals:
            raise InvalidArguments(f"'{pair}' is not NAME=VALUE.", f'Like this: --arg {name}="…"')
        field = fields.get(name)
        if field is None:
            takes = f"'{spec.name}' takes: {', '.join(fields) or 'no arguments'}."
            raise InvalidArguments(
                f"The tool '{spec.name}' has no argument '{name}'.", did_you_mean(name, fields) or takes
            )
        if name in arguments:
            raise InvalidArguments(f"The argument '{name}' is given twice.")
        arguments[name] = _typed(field.annotation, text)
    return arguments


def _typed(annotation: Any, text: str) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(annotation).validate_python(text)
    except ValidationError:
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            pass
    return text


def _drive(
    settings: Settings,
    folder: Path,
    sources: list[str],
    spec: ToolSpec,
    arguments: dict[str, Any],
    status: StatusLine,
) -> Evidence:
    from llmauto_tools.runner import run_tool
    from llmauto_tools.workspace import Workspace

    opened: list[Workspace] = []

    def work(emit: Emit) -> Evidence:
        with Workspace(folder, limits(settings)) as workspace:
            opened.append(workspace)
            for source in sources:
                emit((f"reading {source}", None))
                workspace.attach(source)
            emit((spec.name, None))
            return run_tool(
                workspace,
                spec.name,
                _with_table(spec, arguments, [table.name for table in workspace.tables()]),
                progress=lambda text, fraction: emit((text, fraction)),
                timeout=settings.timeout,
            )

    def stop() -> None:
        for workspace in opened:
            workspace.interrupt()

    return drive(work, status, on_event=lambda event: status.say(*event), stop=stop)


def _with_table(spec: ToolSpec, arguments: dict[str, Any], tables: Sequence[str]) -> dict[str, Any]:
    """A tool that needs a table's name gets it where there is only one table to name."""
    field = spec.arguments.model_fields.get("table")
    if field is None or not field.is_required() or "table" in arguments or len(tables) != 1:
        return arguments
    return {**arguments, "table": tables[0]}


def _present(
    evidence: Evidence, options: RunOptions, settings: Settings, folder: Path, seconds: float
) -> None:
    if options.json:
        from llmauto.render.streams import print_json

        print_json(contract.run_object(evidence, str(folder), seconds))
    else:
        from llmauto.render.answer import Style, print_result

        style = Style(settings.max_rows, chart=evidence.tool == "chart", quiet=options.quiet)
        print_result(evidence, screen_for(sys.stdout), style, folder)
        sys.stdout.flush()
    if not options.quiet:
        for note in evidence.notes:
            print_note(note)
