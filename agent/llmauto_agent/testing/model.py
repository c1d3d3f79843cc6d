"""A scripted chat model for tests: it goes through the same interface as a real one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr

Step = AIMessage | Exception | Callable[[list[BaseMessage]], AIMessage]


class ScriptedChatModel(BaseChatModel):
    """Plays `steps` in order: a message, an exception to raise, or a function of the conversation.

    After the last step it repeats it, so that an endless loop can be scripted with one step.
    `seen` keeps the conversations that it was given.
    """

    steps: list[Any]
    seen: list[list[BaseMessage]] = []
    _next: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "llmauto-scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.seen.append(list(messages))
        step: Step = self.steps[min(self._next, len(self.steps) - 1)]
        self._next += 1
        if isinstance(step, Exception):
            raise step
        message = step if isinstance(step, AIMessage) else step(messages)
        return ChatResult(generations=[ChatGeneration(message=message.model_copy())])


def call(name: str, call_id: str, /, **arguments: Any) -> AIMessage:
    """A message that asks for one tool call."""
    return AIMessage(
        content="", tool_calls=[{"name": name, "args": arguments, "id": call_id, "type": "tool_call"}]
    )
