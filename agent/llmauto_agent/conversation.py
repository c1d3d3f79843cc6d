"""What a new question does to the conversation before it: open calls are closed, old messages forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, ToolMessage

KEEP_MESSAGES = 20
"""Of a conversation with an embedded model; five turns of a planner."""


def close_open_calls(messages: Sequence[BaseMessage]) -> list[ToolMessage]:
    """Answers to the tool calls of a question that broke off; providers refuse calls without one.

    Only calls at the end can be open. Earlier ones may have the same ids: some servers repeat theirs.
    """
    answered = set()
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            answered.add(message.tool_call_id)
            continue
        calls = message.tool_calls if isinstance(message, AIMessage) else []
        return [
            ToolMessage("Interrupted before it was done.", tool_call_id=call["id"], status="error")
            for call in calls
            if call["id"] not in answered
        ]
    return []


def forget_old(messages: Sequence[BaseMessage]) -> list[RemoveMessage]:
    """Remove all but the newest KEEP_MESSAGES messages and the turn of the last plan.

    A planner takes from a conversation only the plan that a follow-up question goes on from. Every
    checkpoint holds every message, so that a step would cost more with every turn; the turns themselves
    stay in the store and the ledger.
    """
    starts = [i for i, m in enumerate(messages) if isinstance(m, HumanMessage)]
    recent = next((i for i in starts if len(messages) - i <= KEEP_MESSAGES), len(messages))
    planned = max((i for i, m in enumerate(messages) if _has_plan(m)), default=recent)
    begin = max((i for i in starts if i <= planned), default=0)
    end = min((i for i in starts if i > planned), default=len(messages))
    return [RemoveMessage(id=str(m.id)) for i, m in enumerate(messages[:recent]) if not begin <= i < end]


def _has_plan(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and any("plan" in call["args"] for call in message.tool_calls)
