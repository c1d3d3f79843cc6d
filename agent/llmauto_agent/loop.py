"""The agent loop: LangChain's `create_agent` over the tools of a workspace.

The loop itself is LangChain's. What is ours: each tool runs through `run_tool`, so that it leaves
evidence; the model is given a short result behind the privacy boundary, never the bulk; a tool that
fails becomes a message; steps are limited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelCallLimitMiddleware,
    ToolCallLimitMiddleware,
    ToolErrorMiddleware,
)
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool
from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import create_model

from llmauto_agent.events import Event, ToolFinished, ToolProgress, ToolStarted
from llmauto_agent.privacy import Boundary
from llmauto_tools.errors import Interrupted, LlmautoError
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import ToolSpec
from llmauto_tools.runner import run_tool
from llmauto_tools.workspace import Workspace

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.language_models import BaseChatModel

MAX_MODEL_CALLS = 15
MAX_TOOL_CALLS = 25
"""Per question. A planner needs two model calls; a chat model that corrects itself a few more."""


@dataclass
class Turn:
    """What the tools of one question share with the session that runs it."""

    key: str
    """Unique in the session; part of the ledger's call ids, since servers may repeat theirs."""
    emit: Callable[[Event], None]
    timeout: float | None = None
    evidence: list[Evidence] = field(default_factory=list)


def make_tools(
    workspace: Workspace,
    specs: Sequence[ToolSpec],
    session: str,
    boundary: Boundary | None,
    turn: Callable[[], Turn],
) -> list[BaseTool]:
    """LangChain tools for the specs. `boundary` None means an embedded model: only the id goes back."""
    return [_make_tool(workspace, spec, session, boundary, turn) for spec in specs]


def _make_tool(
    workspace: Workspace,
    spec: ToolSpec,
    session: str,
    boundary: Boundary | None,
    turn: Callable[[], Turn],
) -> BaseTool:
    def call(call_id: str, **arguments: Any) -> tuple[str, dict[str, str]]:
        now = turn()
        given = spec.arguments.model_validate(arguments).model_dump(mode="json")
        now.emit(ToolStarted(spec.name, given, call_id))
        try:
            evidence = run_tool(
                workspace,
                spec.name,
                given,
                session=session,
                call_id=f"{now.key}/{call_id}",
                progress=lambda text, fraction: now.emit(ToolProgress(call_id, text, fraction)),
                timeout=now.timeout,
            )
        except LlmautoError as e:
            failed = getattr(e, "evidence_id", None)
            if failed is not None:
                now.evidence.append(workspace.ledger.get(failed))
                now.emit(ToolFinished(call_id, now.evidence[-1]))
            raise
        now.evidence.append(evidence)
        now.emit(ToolFinished(call_id, evidence))
        shown = boundary.result(evidence) if boundary else f'{{"evidence": "{evidence.id}"}}'
        return shown, {"evidence": evidence.id}

    schema = create_model(
        f"{spec.name}_arguments",
        __base__=spec.arguments,
        call_id=(Annotated[str, InjectedToolCallId], ...),
    )
    return StructuredTool.from_function(
        func=call,
        name=spec.name,
        description=_description(spec),
        args_schema=schema,
        response_format="content_and_artifact",
    )


def _description(spec: ToolSpec) -> str:
    if not spec.example:
        return spec.summary
    shown = ", ".join(f"{k}={v!r}" for k, v in spec.example.items())
    return f"{spec.summary} Example: {spec.name}({shown})"


def _middleware(workspace: Workspace, boundary: Boundary | None) -> list[AgentMiddleware[Any, Any, Any]]:
    def on_error(error: Exception, request: ToolCallRequest) -> str | None:
        if not isinstance(error, LlmautoError) or isinstance(error, Interrupted):
            return None
        names = [t.name for t in workspace.tables()]
        return (boundary or Boundary("samples")).error(error, names)

    return [
        ModelCallLimitMiddleware(run_limit=MAX_MODEL_CALLS, exit_behavior="end"),
        ToolCallLimitMiddleware(run_limit=MAX_TOOL_CALLS, exit_behavior="continue"),
        ToolErrorMiddleware(on_error),
    ]


def make_agent(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    workspace: Workspace,
    boundary: Boundary | None,
    system_prompt: str | None,
    saver: SqliteSaver,
) -> Any:
    """The compiled graph (LangChain does not export its type)."""
    return create_agent(
        model,
        list(tools),
        system_prompt=system_prompt,
        middleware=_middleware(workspace, boundary),
        checkpointer=saver,
    )


def open_checkpoints(folder: Path) -> SqliteSaver:
    """The checkpointer of a workspace, in `checkpoints.sqlite`."""
    db = sqlite3.connect(folder / "checkpoints.sqlite", timeout=30, check_same_thread=False)
    saver = SqliteSaver(db)
    saver.setup()
    return saver


def drop_superseded(saver: SqliteSaver, session: str) -> None:
    """Delete all checkpoints of a session but the newest.

    Each checkpoint holds the whole conversation, so that keeping them all grows with the square of
    the number of turns; nobody goes back to one in the middle of a turn that is done.
    """
    with saver.lock, saver.conn:
        newest = saver.conn.execute(
            "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?", (session,)
        ).fetchone()[0]
        for table in ("checkpoints", "writes"):
            saver.conn.execute(
                f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < ?", (session, newest)
            )
