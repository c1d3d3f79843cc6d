"""The memory in the agent loop: a question that it answers by itself does not go to the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, HumanMessage

from llmauto_agent.memory.use import Recollection

READING = "llmauto_reading"
"""As in planner/model.py: where a message carries how it came about."""


class Recollecting(AgentMiddleware[Any, Any, Any]):
    """Answers what teaches something or asks of earlier sessions; with the built-in planner (`reuse`), it also
    proposes the plan of a question whose answer was accepted before."""

    def __init__(self, recollection: Recollection, *, reuse: bool) -> None:
        super().__init__()
        self._recollection = recollection
        self._reuse = reuse

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        last = request.messages[-1] if request.messages else None
        if not isinstance(last, HumanMessage):
            return handler(request)
        question = str(last.text)
        self._recollection.begin(question)
        direct = self._recollection.direct(question)
        if direct is not None:
            told: dict[str, Any] = {
                "status": direct.status,
                "evidence": list(direct.evidence),
                "quoted": list(direct.quoted),
            }
            return ModelResponse(result=[AIMessage(direct.text, response_metadata={READING: told})])
        again = self._recollection.again(question) if self._reuse else None
        if again is not None:
            call = {
                "name": again.tool,
                "args": again.arguments,
                "id": f"again_{len(request.messages)}",
                "type": "tool_call",
            }
            told = {"assumptions": [again.said], "confidence": 1.0}
            return ModelResponse(result=[AIMessage("", tool_calls=[call], response_metadata={READING: told})])
        return handler(request)
