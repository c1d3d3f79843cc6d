"""The built-in planner as a LangChain chat model, so that any other model can take its place.

It reads the last question and the schema and proposes one tool call; when the result is there, it
words the answer. It is embedded: it looks at the workspace directly and sends nothing anywhere. All
its state is in the messages, so a session that was killed goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, PrivateAttr

from llmauto_agent.planner.asks.complete import complete
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reader import read as read_by_rules
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.refuse import word_failure, word_refusal
from llmauto_agent.planner.shares import with_counts, without_counts
from llmauto_agent.planner.tokens import detect_language
from llmauto_agent.planner.tool_words import word_tool
from llmauto_agent.planner.understand import understand
from llmauto_agent.planner.values import EngineValues
from llmauto_agent.planner.verbalise import verbalise
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.plan.keys import find_joins
from llmauto_tools.plan.model import Plan
from llmauto_tools.workspace import Workspace

if TYPE_CHECKING:
    from llmauto_agent.planner.neural.runtime import Runtime

LOOK_SECONDS = 1.0
"""How long a plan may be tried before it is chosen."""

READING = "llmauto_reading"
"""Where a message of this model carries how the question was read."""


class BuiltinChatModel(BaseChatModel):
    """Reads requests by rules over a schema linker; answers from the evidence of its tool calls."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    workspace: Workspace
    network: bool = True
    """Whether the trained network reads along; False leaves the rules alone."""
    weights: Path | None = None
    """The folder of a fine-tuned planner (`planner.tuning.store`); None is the one that ships."""
    meanings: Callable[[], Any] | None = None
    """Definitions and standing filters (llmauto_agent.meaning.types.Meanings) that apply to every question."""
    applied: Callable[[tuple[tuple[str, str, str], ...]], None] | None = None
    """Is told which of them went into a plan: (name, what it stands for, source)."""
    _index: tuple[tuple[str, ...], SchemaIndex] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "llmauto-builtin"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The planner knows the tools of the workspace; there is nothing to bind."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        asked = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=None)
        if asked is None:
            raise ValueError("There is no question in the conversation.")
        question = str(messages[asked].text)
        since = messages[asked + 1 :]
        if any(isinstance(m, ToolMessage) for m in since):
            message = self._word(question, since)
        else:
            message = self._propose(question, messages[:asked])
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _propose(self, question: str, earlier: list[BaseMessage]) -> AIMessage:
        reading = picked(question, earlier) or self._understand(question, previous_reading(earlier))
        summary = reading_summary(reading) | {"follow_up": self._goes_on(reading, earlier)}
        if reading.refused:
            text = word_refusal(reading, self.workspace.tables())
            return AIMessage(content=text, response_metadata={READING: summary | {"status": "refused"}})
        try:
            arguments = complete(self.workspace, reading.tool or "", reading.arguments)
        except InvalidArguments as e:
            text = word_failure({"message": e.message, "hint": e.hint}, reading.language)
            return AIMessage(content=text, response_metadata={READING: summary | {"status": "refused"}})
        if reading.plan is not None:
            arguments = {"plan": with_counts(reading.plan).model_dump(mode="json")}
        call = {
            "name": reading.tool or "analyze",
            "args": arguments,
            "id": f"builtin_{len(earlier)}",
            "type": "tool_call",
        }
        return AIMessage(content="", tool_calls=[call], response_metadata={READING: summary})

    def _understand(self, question: str, context: Reading | None) -> Reading:
        """The reading of a question, with the meanings that apply to it."""

        def read(text: str, index: SchemaIndex) -> Reading:
            if not text.strip(" ,，.。?？!") and context is not None and context.plan is not None:
                return context  # it only lifted a filter: "including test accounts"
            return understand(text, index, context, runtime=self._runtime, execute=self._first_rows)

        meanings = self.meanings() if self.meanings is not None else None
        if not meanings:
            return read(question, self.index())
        from llmauto_agent.meaning.apply import make_known, read_with
        from llmauto_agent.meaning.plans import unfiltered

        known = make_known(meanings, self.index())
        if context is not None and context.plan is not None:  # they are added to the new plan, and said, anew
            context = replace(context, plan=unfiltered(context.plan, known.filters))
        reading, applied = read_with(question, known, read)
        if self.applied is not None:
            self.applied(applied.used)
        return reading

    def _goes_on(self, reading: Reading, earlier: Sequence[BaseMessage]) -> bool:
        """Whether a question means something else, or nothing, without the conversation before it."""
        if reading.plan is None or not earlier:
            return False
        meanings = self.meanings() if self.meanings is not None else None
        if not meanings:
            return read_by_rules(reading.question, self.index()).plan != reading.plan
        from llmauto_agent.meaning.apply import make_known, read_with

        known = make_known(meanings, self.index())
        return read_with(reading.question, known, read_by_rules)[0].plan != reading.plan

    def _word(self, question: str, since: list[BaseMessage]) -> AIMessage:
        reading: dict[str, Any] = {}
        parts: list[str] = []
        failed = False
        for message in since:
            if isinstance(message, AIMessage):
                reading = message.response_metadata.get(READING, reading)
            elif isinstance(message, ToolMessage):
                failed = failed or message.status == "error"
                parts.append(self._word_result(question, message, reading))
        status = "error" if failed else "answered"
        return AIMessage(content="\n".join(parts), response_metadata={READING: reading | {"status": status}})

    def _word_result(self, question: str, message: ToolMessage, reading: dict[str, Any]) -> str:
        language: Literal["en", "zh"] = detect_language(question)
        if message.status == "error":
            return word_failure(_error_of(message), language)
        evidence = self.workspace.ledger.get(message.artifact["evidence"])
        if language == "zh" and (said := word_tool(evidence)) is not None:
            return said
        plan = Plan.model_validate(evidence.arguments["plan"]) if "plan" in evidence.arguments else None
        return verbalise(
            plan,
            evidence,
            language,
            self.workspace.tables(),
            question=question,
            assumptions=reading.get("assumptions", ()),
        )

    def _runtime(self) -> Runtime | None:
        """The trained network, where its weights are installed and not switched off."""
        if not self.network:
            return None
        from llmauto_agent.planner.neural.runtime import SHIPPED, loaded

        if self.weights is not None:
            from llmauto_agent.planner.tuning.store import fitting_card

            fitting_card(self.weights)
            return loaded(self.weights)
        return loaded(SHIPPED) if (SHIPPED / "model.json").exists() else None

    def _first_rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """A look at what a plan would give, within a second."""
        return self.workspace.engine.query(sql, max_rows=2, timeout=LOOK_SECONDS).rows

    def index(self) -> SchemaIndex:
        """The schema index of the tables that are attached now; made again when they change."""
        tables = self.workspace.tables()
        declared = self.meanings().joins if self.meanings is not None else ()
        key = tuple(f"{t.name} {self.workspace.fingerprint(t.name)}" for t in tables) + tuple(
            map(str, declared)
        )
        if self._index is None or self._index[0] != key:
            values = EngineValues(self.workspace.engine, tables, self.workspace.fingerprint)
            joins = find_joins(tables, [*declared, *self.workspace.foreign_keys()])
            self._index = (key, SchemaIndex(tables, joins, values))
        return self._index[1]


def picked(question: str, earlier: Sequence[BaseMessage]) -> Reading | None:
    """The reading that the person picks of those that the last answer asked back with, by its words or number."""
    last = next((m for m in reversed(earlier) if isinstance(m, AIMessage)), None)
    offers = last.response_metadata.get(READING, {}).get("offers", []) if last is not None else []
    said = question.strip()
    for number, offer in enumerate(offers, 1):
        if said == str(number) or offer["words"] in question:
            plan = Plan.model_validate(offer["plan"]) if offer["plan"] else None
            return Reading(
                question, detect_language(question), plan=plan, confidence=1.0, tool=offer["tool"],
                arguments=offer["arguments"], chart=offer["chart"],
            )  # fmt: skip
    return None


def previous_reading(earlier: Sequence[BaseMessage]) -> Reading | None:
    """The last plan or tool call of the conversation, as context of a follow-up."""
    question = ""
    found: Reading | None = None
    for message in earlier:
        if isinstance(message, HumanMessage):
            question = str(message.text)
        elif isinstance(message, AIMessage):
            for call in message.tool_calls:
                if call["name"] == "analyze":
                    plan = without_counts(Plan.model_validate(call["args"]["plan"]))
                    found = Reading(question, plan=plan, tool="analyze", confidence=1.0)
                else:
                    found = Reading(question, tool=call["name"], arguments=call["args"], confidence=1.0)
    return found


def reading_summary(reading: Reading) -> dict[str, Any]:
    """What of a reading travels with the message: plain JSON."""
    return {
        "confidence": round(reading.confidence, 3),
        "understood": reading.understood,
        "missing": reading.missing,
        "choices": reading.choices,
        "assumptions": reading.assumptions,
        "chart": reading.chart,
        "offers": [
            {
                "words": o.words,
                "tool": o.tool,
                "arguments": o.arguments,
                "plan": o.plan.model_dump(mode="json", exclude_defaults=True) if o.plan else None,
                "chart": o.chart,
            }
            for o in reading.offers
            if reading.refused
        ],
    }


def _error_of(message: ToolMessage) -> dict[str, Any]:
    try:
        error = json.loads(str(message.text))
    except ValueError:
        return {"message": str(message.text)}
    return error if isinstance(error, dict) else {"message": str(message.text)}
