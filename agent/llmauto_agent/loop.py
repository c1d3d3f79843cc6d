"""The agent loop: LangChain's `create_agent` over the tools of a workspace.

The loop itself is LangChain's. What is ours: each tool runs through `run_tool`, so that it leaves
evidence; the model is given a short result behind the privacy boundary, never the bulk; a tool that
fails becomes a message; steps are limited.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from langchain.agents import create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    HumanInTheLoopMiddleware,
    InterruptOnConfig,
    ModelRetryMiddleware,
    ToolErrorMiddleware,
)
from langchain_core.messages import ToolCall
from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool
from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import BaseModel, ConfigDict, create_model

from llmauto_agent.events import Event, ToolFinished, ToolProgress, ToolStarted
from llmauto_agent.privacy import Boundary
from llmauto_tools.errors import Interrupted, LlmautoError, StepLimitReached
from llmauto_tools.registry import ToolSpec, get_tool
from llmauto_tools.runner import run_tool
from llmauto_tools.state import BUSY_SECONDS, state_errors
from llmauto_tools.workspace import Workspace

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.language_models import BaseChatModel

MAX_MODEL_CALLS = 15
MAX_TOOL_CALLS = 25
"""Per question. A planner needs two model calls; a chat model that corrects itself a few more."""

SUMMARIZE_AT_TOKENS = 24_000
"""Older messages are summarised beyond this; evidence stays in the ledger whatever is forgotten."""


@dataclass
class Turn:
    """What the tools of one question share with the session that runs it."""

    key: str
    """Unique in the session; part of the ledger's call ids, since servers may repeat theirs."""
    emit: Callable[[Event], None]
    question: str
    timeout: float | None = None
    model_calls: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tool_calls: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    """Counters, safe in threads; a turn that is resumed begins to count anew."""


def make_tools(
    workspace: Workspace,
    specs: Sequence[ToolSpec],
    session: str,
    boundary: Boundary,
    turn: Callable[[], Turn],
) -> list[BaseTool]:
    """LangChain tools for the specs, for a model that reads their descriptions and arguments."""
    return [
        _make_tool(
            workspace,
            spec.name,
            create_model(
                f"{spec.name}_arguments",
                __base__=spec.arguments,
                call_id=(Annotated[str, InjectedToolCallId], ...),
            ),
            _description(spec),
            session,
            boundary,
            turn,
        )
        for spec in specs
    ]


class _AnyArguments(BaseModel):
    """Arguments that are validated when the tool is called."""

    model_config = ConfigDict(extra="allow")
    call_id: Annotated[str, InjectedToolCallId]


def make_embedded_tools(
    workspace: Workspace, names: Sequence[str], session: str, turn: Callable[[], Turn]
) -> list[BaseTool]:
    """LangChain tools for the built-in planner, which knows them: no tool's module is imported before
    it is called, and only the id of the evidence goes back."""
    return [_make_tool(workspace, name, _AnyArguments, name, session, None, turn) for name in names]


def _make_tool(
    workspace: Workspace,
    name: str,
    schema: type[BaseModel],
    description: str,
    session: str,
    boundary: Boundary | None,
    turn: Callable[[], Turn],
) -> BaseTool:
    def call(call_id: str, **arguments: Any) -> tuple[str, dict[str, str]]:
        now = turn()
        if next(now.tool_calls) > MAX_TOOL_CALLS:
            raise StepLimitReached("No more tool calls in this turn.", "Answer with what is known.")
        given = get_tool(name).arguments.model_validate(arguments).model_dump(mode="json")
        now.emit(ToolStarted(name, given, call_id))
        try:
            evidence = run_tool(
                workspace,
                name,
                given,
                session=session,
                call_id=f"{now.key}/{call_id}",
                progress=lambda text, fraction: now.emit(ToolProgress(call_id, text, fraction)),
                timeout=now.timeout,
            )
        except LlmautoError as e:
            failed = getattr(e, "evidence_id", None)
            if failed is not None:
                now.emit(ToolFinished(call_id, workspace.ledger.get(failed)))
            raise
        now.emit(ToolFinished(call_id, evidence))
        shown = boundary.result(evidence) if boundary else f'{{"evidence": "{evidence.id}"}}'
        return shown, {"evidence": evidence.id}

    return StructuredTool.from_function(
        func=call,
        name=name,
        description=description,
        args_schema=schema,
        response_format="content_and_artifact",
    )


def _description(spec: ToolSpec) -> str:
    if not spec.example:
        return spec.summary
    shown = ", ".join(f"{k}={v!r}" for k, v in spec.example.items())
    return f"{spec.summary} Example: {spec.name}({shown})"


def make_agent(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    saver: SqliteSaver,
    middleware: Sequence[AgentMiddleware[Any, Any, Any]],
) -> Any:
    """The compiled graph (LangChain does not export its type)."""
    return create_agent(model, list(tools), middleware=middleware, checkpointer=saver)


def base_middleware(
    workspace: Workspace, boundary: Boundary | None, turn: Callable[[], Turn]
) -> list[AgentMiddleware[Any, Any, Any]]:
    """What every model gets: a limit on its steps, and tool errors as messages."""
    from llmauto_agent.middleware import ModelCallLimit

    def on_error(error: Exception, request: ToolCallRequest) -> str | None:
        if not isinstance(error, LlmautoError) or isinstance(error, Interrupted):
            return None
        return (boundary or Boundary("samples")).error(error, [t.name for t in workspace.tables()])

    return [
        ModelCallLimit(MAX_MODEL_CALLS, lambda: next(turn().model_calls)),
        ToolErrorMiddleware(on_error),
    ]


def approval_middleware(names: Sequence[str], long_plan: int | None) -> list[AgentMiddleware[Any, Any, Any]]:
    """A person is asked before a tool runs that is costly or writes outside the workspace.

    With `long_plan`, each step is asked for where the model proposes that many at once.
    """
    asked: dict[str, bool | InterruptOnConfig] = {
        name: InterruptOnConfig(
            allowed_decisions=["approve", "edit", "reject"],
            description=_reason,
            when=_needs_asking(name, long_plan),
        )
        for name in names
    }
    return [HumanInTheLoopMiddleware(interrupt_on=asked, interrupt_mode="per_call")]


def _needs_asking(name: str, long_plan: int | None) -> Callable[[ToolCallRequest], bool]:
    def decide(request: ToolCallRequest) -> bool:
        spec = get_tool(name)
        if spec.costly or spec.writes_outside:
            return True
        proposed = [m for m in request.state["messages"] if getattr(m, "tool_calls", None)]
        return long_plan is not None and bool(proposed) and len(proposed[-1].tool_calls) >= long_plan

    return decide


def _reason(tool_call: ToolCall, state: Any, runtime: Any) -> str:
    spec = get_tool(tool_call["name"])
    if spec.writes_outside:
        return "writes outside the workspace"
    return "may take long" if spec.costly else "is a step of this plan"


def chat_model_middleware(
    model: BaseChatModel, tools: Sequence[BaseTool], prompt: Callable[[], str], share: str
) -> list[AgentMiddleware[Any, Any, Any]]:
    """What a model that is not embedded gets besides: the schema, retries, summaries, text calls.

    The client libraries retry refused requests (429, 5xx) themselves; a connection that breaks in
    the middle of a stream is tried again here.
    """
    from llmauto_agent.middleware import ModelFailures, RecoverTextCalls, SchemaPrompt, WholeStreams
    from llmauto_agent.narrow import MarkedSummaries, MarkShare

    return [
        MarkShare(share),
        ModelFailures(),
        SchemaPrompt(prompt),
        MarkedSummaries(share, model, trigger=("tokens", SUMMARIZE_AT_TOKENS), keep=("messages", 20)),
        RecoverTextCalls({t.name for t in tools}),
        ModelRetryMiddleware(
            max_retries=2, retry_on=_is_transient, on_failure="error", initial_delay=0.5, max_delay=8.0
        ),
        WholeStreams(),
    ]


def _is_transient(error: Exception) -> bool:
    """Whether trying again may help: a broken connection, not a refusal."""
    names = {c.__name__ for c in type(error).__mro__}
    return bool(names & {"TransportError", "APIConnectionError", "ConnectionError", "IncompleteRead"})


def open_checkpoints(folder: Path) -> SqliteSaver:
    """The checkpointer of a workspace, in `checkpoints.sqlite`. Errors as from `open_state`.

    Write-ahead log with synchronous=NORMAL: a kill loses nothing, a power failure at most the
    checkpoints of the running turn (`drop_superseded` puts those of a finished turn on the disk). The
    ledger is on the disk at every step, so that a turn which falls back to an earlier checkpoint finds
    the results of the calls that it makes again.
    """
    path = folder / "checkpoints.sqlite"
    with state_errors(path):
        db = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        saver = SqliteSaver(db)
        saver.setup()
        db.execute("PRAGMA synchronous = NORMAL")
    return saver


def drop_superseded(saver: SqliteSaver, session: str) -> None:
    """Delete all checkpoints of a session but the newest, and put that on the disk.

    Each checkpoint holds the whole conversation, so that keeping them all grows with the square of
    the number of turns; nobody goes back to one in the middle of a turn that is done.
    """
    with saver.lock:
        saver.conn.execute("PRAGMA synchronous = FULL")
        with saver.conn:
            newest = saver.conn.execute(
                "SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?", (session,)
            ).fetchone()[0]
            for table in ("checkpoints", "writes"):
                saver.conn.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < ?", (session, newest)
                )
        saver.conn.execute("PRAGMA synchronous = NORMAL")
