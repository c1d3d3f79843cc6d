"""Keeps what was said at a freer share level from a model that may see names and types only.

A session may go on with another model or another level. The conversation so far then holds answers of the
built-in planner, or of a model that was shown results: cells, in words. At the level "schema" they are
replaced before the next question, for good (the session's own record of questions and answers is
elsewhere and stays whole). Each message says in its metadata at which level it was made; one that does not
is the built-in planner's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse, SummarizationMiddleware
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    HumanMessage,
    RemoveMessage,
    ToolMessage,
)

SHARE = "llmauto_share"
"""Where a message carries the level that it was made at."""
WITHHELD = "(The answer was shown to the person; you may not see it.)"
_QUESTION = re.compile(r"q\d+")


def withhold(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Replacements and removals, by id, for all that was not made at the level "schema"."""
    changed: list[BaseMessage] = []
    calls: set[str | None] = set()
    for message in messages:
        if isinstance(message, HumanMessage):
            # A summary of earlier messages has the form of a question, but not its id.
            if not _QUESTION.fullmatch(message.id or "") and message.additional_kwargs.get(SHARE) != "schema":
                changed.append(HumanMessage(WITHHELD, id=message.id, additional_kwargs={SHARE: "schema"}))
        elif isinstance(message, ToolMessage):
            if message.tool_call_id in calls:
                changed.append(RemoveMessage(id=str(message.id)))
        elif isinstance(message, AIMessage):
            calls.clear()  # servers repeat ids: a result belongs to the call before it
            if message.response_metadata.get(SHARE) == "schema":
                continue
            if message.tool_calls:
                calls.update(call["id"] for call in message.tool_calls)
                changed.append(RemoveMessage(id=str(message.id)))
            else:
                changed.append(AIMessage(WITHHELD, id=message.id, response_metadata={SHARE: "schema"}))
    return changed


class MarkShare(AgentMiddleware[Any, Any, Any]):
    """Writes the share level into each message of the model."""

    def __init__(self, share: str) -> None:
        super().__init__()
        self._share = share

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        response = handler(request)
        for message in response.result:
            message.response_metadata[SHARE] = self._share
        return response


class MarkedSummaries(SummarizationMiddleware):
    """Summaries that carry the share level of the conversation that they sum up."""

    def __init__(self, share: str, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._share = share

    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        update = super().before_model(state, runtime)
        messages: list[AnyMessage] = (update or {}).get("messages", [])
        for message in messages:
            if isinstance(message, HumanMessage) and not _QUESTION.fullmatch(message.id or ""):
                message.additional_kwargs.setdefault(SHARE, self._share)
        return update
