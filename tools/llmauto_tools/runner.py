"""Run a tool on a workspace and record the evidence."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from typing import Any

from pydantic import BaseModel, ValidationError

from llmauto_tools.errors import Interrupted, InvalidArguments, LlmautoError
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import Progress, ToolContext, ToolSpec, get_tool
from llmauto_tools.results import to_json_value
from llmauto_tools.workspace import Workspace


def run_tool(
    workspace: Workspace,
    name: str,
    arguments: dict[str, Any],
    *,
    session: str | None = None,
    call_id: str | None = None,
    progress: Progress | None = None,
    timeout: float | None = None,
) -> Evidence:
    """Run the tool of that name and return its evidence.

    With `session` and `call_id` the run is idempotent: a call that finished before (in a session that
    was killed and resumed) is not run again, unless it asks for something else: some model servers
    give every call of a conversation the same id. Errors of the tool are recorded and raised again, with
    the id in their attribute `evidence_id`.
    """
    spec = get_tool(name)
    parsed = _parse(spec, arguments)
    recorded = _changed(parsed)
    if session is not None and call_id is not None:
        done = workspace.ledger.find_call(session, call_id)
        if done is not None and (done.tool, done.arguments) == (name, to_json_value(recorded)):
            return done
    evidence_id = workspace.ledger.start(
        name,
        recorded,
        session=session,
        call_id=call_id,
        versions=versions(),
    )
    before = workspace.interrupts
    context = ToolContext(
        evidence_id,
        progress or (lambda text, fraction: None),
        timeout,
        stopped=lambda: workspace.interrupts != before,
        session=session,
        call_id=call_id,
    )
    began = time.perf_counter()
    try:
        result = spec.function(workspace, parsed, context)
        names = (result.table.tables if result.table else ()) or result.tables
        fingerprints = {t: workspace.fingerprint(t) for t in names}
    except BaseException as e:
        workspace.ledger.fail(
            evidence_id, _as_record(e), time.perf_counter() - began, getattr(e, "sql", None)
        )
        if isinstance(e, LlmautoError):
            e.evidence_id = evidence_id  # type: ignore[attr-defined]
        raise
    return workspace.ledger.finish(evidence_id, result, time.perf_counter() - began, fingerprints)


def _changed(arguments: BaseModel) -> dict[str, Any]:
    """The arguments that differ from their defaults. An object among them is whole: its tags are defaults."""
    names = arguments.model_dump(mode="json", exclude_defaults=True)
    return {name: value for name, value in arguments.model_dump(mode="json").items() if name in names}


def _as_record(error: BaseException) -> dict[str, str | None]:
    if isinstance(error, LlmautoError):
        return {"kind": error.kind, "message": error.message, "hint": error.hint}
    if isinstance(error, KeyboardInterrupt):
        return {"kind": Interrupted.kind, "message": "The run was stopped.", "hint": None}
    return {"kind": "internal", "message": f"{type(error).__name__}: {error}", "hint": None}


def _parse(spec: ToolSpec, arguments: dict[str, Any]) -> Any:
    try:
        return spec.arguments.model_validate(arguments)
    except ValidationError as e:
        problems = "; ".join(
            f"{'.'.join(str(p) for p in err['loc']) or 'arguments'}: {err['msg']}" for err in e.errors()[:5]
        )
        wanted = ", ".join(
            f"{n}{'' if f.is_required() else ' (optional)'}" for n, f in spec.arguments.model_fields.items()
        )
        raise InvalidArguments(
            f"The arguments of '{spec.name}' are not right: {problems}.", f"It takes: {wanted or 'none'}."
        ) from e


_versions: dict[str, str] = {}


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    if not _versions:
        _versions["python"] = platform.python_version()
        for package in ("llmauto", "duckdb", "sqlglot"):
            _versions[package] = importlib.metadata.version(package)
    return dict(_versions)
