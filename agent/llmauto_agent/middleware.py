"""What we add to LangChain's loop: the schema prompt of the turn, and calls that were written as text.

Retries, approvals, summaries and tool errors are LangChain's own middleware (see loop.py).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, SystemMessage

from llmauto_agent.keys import seen_keys
from llmauto_tools.errors import LlmautoError, ModelError, StepLimitReached


class ModelCallLimit(AgentMiddleware[Any, Any, Any]):
    """Ends a turn whose model keeps calling tools. `count` gives the number of the call in its turn.

    LangChain's own limits hook in before and after the model, and each hook is a step of the graph with a
    checkpoint of its own; four of them doubled the time of a turn.
    """

    def __init__(self, limit: int, count: Callable[[], int]) -> None:
        super().__init__()
        self._limit = limit
        self._count = count

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        if self._count() > self._limit:
            raise StepLimitReached(
                "The model kept calling tools without coming to an answer.",
                "Ask for less at once, or use another model with --model.",
            )
        return handler(request)


class SchemaPrompt(AgentMiddleware[Any, Any, Any]):
    """Gives the model the system prompt of this turn, with the tables that matter to the question."""

    def __init__(self, prompt: Callable[[], str]) -> None:
        super().__init__()
        self._prompt = prompt

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return handler(request.override(system_message=SystemMessage(self._prompt())))


class ModelFailures(AgentMiddleware[Any, Any, Any]):
    """Turns whatever a provider's client raises into one ModelError, without the keys of this process.

    The graph writes the error of a step into its checkpoint, and servers like to quote the key that
    they refuse.
    """

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        try:
            return handler(request)
        except LlmautoError:
            raise
        except Exception as e:
            text = without_secrets(f"{type(e).__name__}: {e}")[:400]
        raise ModelError(f"The chat model failed: {text}", "Try again, or use another model with --model.")


class WholeStreams(AgentMiddleware[Any, Any, Any]):
    """Refuses an answer whose stream broke off: a connection that closes early looks like an end."""

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        response = handler(request)
        for message in response.result:
            told = message.response_metadata
            if "model_provider" in told and not any(k in told for k in _REASONS_TO_END):
                raise ConnectionError("the connection closed before the answer was complete")
        return response


_REASONS_TO_END = ("finish_reason", "stop_reason", "done_reason", "status")


def without_secrets(text: str) -> str:
    """`text` with the values of this process's keys and tokens blotted out."""
    for key in seen_keys:
        text = text.replace(key, "***")
    for name, value in os.environ.items():
        if len(value) >= 8 and re.search(r"KEY|TOKEN|SECRET|PASSWORD", name):
            text = text.replace(value, "***")
    return text


class RecoverTextCalls(AgentMiddleware[Any, Any, Any]):
    """Turns a tool call that a weak model wrote as text into a call.

    Small local models often print the call instead of making it: bare JSON, JSON in a code fence, or
    in <tool_call> tags. Only the name of a tool that exists, with an object of arguments, and nothing
    else in the message but a few words, is taken for a call.
    """

    def __init__(self, tools: Collection[str]) -> None:
        super().__init__()
        self._tools = frozenset(tools)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        response = handler(request)
        response.result = [self._recover(m, len(request.messages)) for m in response.result]
        return response

    def _recover(self, message: Any, position: int) -> Any:
        if not isinstance(message, AIMessage) or message.tool_calls or message.invalid_tool_calls:
            return message
        calls = written_calls(str(message.text), self._tools)
        if not calls:
            return message
        made = [
            {"name": name, "args": arguments, "id": f"written_{position}_{i}", "type": "tool_call"}
            for i, (name, arguments) in enumerate(calls)
        ]
        return message.model_copy(update={"content": "", "tool_calls": made})


_TAGGED = re.compile(r"<(tool_call|function_call)>\s*(.*?)\s*(?:</\1>|$)", re.DOTALL)
_FENCED = re.compile(r"```(?:json|tool_call)?\s*(.*?)```", re.DOTALL)
_MAX_WORDS_AROUND = 30


def written_calls(text: str, tools: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    """The tool calls written in `text`, as (name, arguments); empty when it is an answer in words."""
    tagged = [m.group(2) for m in _TAGGED.finditer(text)]
    fenced = [m.group(1) for m in _FENCED.finditer(text)]
    pieces = tagged or fenced or ([text] if text.lstrip()[:1] in "{[" else [])
    around = _FENCED.sub("", _TAGGED.sub("", text)) if tagged or fenced else ""
    if not pieces or len(around.split()) > _MAX_WORDS_AROUND:
        return []
    found: list[tuple[str, dict[str, Any]]] = []
    for piece in pieces:
        found.extend(_calls_of(piece, tools))
    return found


def _calls_of(piece: str, tools: Collection[str]) -> list[tuple[str, dict[str, Any]]]:
    try:
        value = json.loads(piece)
    except ValueError:
        return []
    found = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        function = item.get("function")
        body = function if isinstance(function, dict) else item
        name = body.get("name") or body.get("tool") or (function if isinstance(function, str) else None)
        arguments: Any = next(
            (body[k] for k in ("arguments", "parameters", "args", "input") if k in body), {}
        )
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError:
                continue
        if name in tools and isinstance(arguments, dict):
            found.append((str(name), arguments))
    return found
