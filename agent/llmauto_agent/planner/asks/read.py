"""Read a request for a tool, or for several: which, and with which arguments.

question → typing errors corrected → columns and tables named → the score of every tool over the cues
(cues_*.py) → the winner, against the plain question → its arguments (arguments.py)

None means that no tool is asked for, and the question goes on to the reader of plain questions. Where a
tool is asked for but something that it needs is not named, or is not in the data, it is a refusal.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from llmauto_agent.planner.asks.arguments import BUILDERS
from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.chain import chain
from llmauto_agent.planner.asks.choose import MODEL_TOOLS, choose
from llmauto_agent.planner.asks.clauses import clauses
from llmauto_agent.planner.asks.mentions import Named, corrected
from llmauto_agent.planner.asks.missing import Missing
from llmauto_agent.planner.asks.score import scores
from llmauto_agent.planner.asks.vocabulary import REFERENCE
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.tokens import detect_language, fold

_BY = re.compile(
    r"^(?:and |now |what about |how about |same |then )*(?:by|per|for each|split by|separately for|broken down by)\s+\S|^(?:再|那)?[分按]\S{1,12}(?:呢|看看?|来看)?$"
)
_SLICED = ("evaluate_model", "time_series", "forecast")
"""Tools whose last call can be repeated by groups."""


def read_ask(question: str, index: SchemaIndex, context: Reading | None = None) -> Reading | None:
    """The reading of a request for a tool; None where the question asks for none.

    `context` is the reading of the conversation's last tool call, whose `arguments` a follow-up takes up.
    """
    last = context.tool if context else None
    if not index.tables:
        return None
    typed = corrected(question, index)
    if not _may_ask(typed, last):
        return None
    before = dict(context.arguments) if context else {}
    named = Named(typed, index, str(before["table"]) if "table" in before else None)
    ask = Ask(typed, named, last, _of_last_step(before), last in MODEL_TOOLS or _trains(before))
    try:
        tool, arguments = _read(ask)
    except Missing as missing:
        return _refused(question, missing)
    if tool is None:
        return None
    return Reading(
        question, detect_language(question), confidence=0.9, tool=tool, arguments=arguments,
        understood=list(dict.fromkeys(m.text for m in ask.mentions)), chart=None,
    )  # fmt: skip


def _may_ask(typed: str, last: str | None) -> bool:
    """Whether any tool could be meant: a look at the words alone, before anything is linked."""
    if last not in {None, "analyze"} or REFERENCE.search(typed):
        return True
    found = scores(fold(typed), ())
    return any(score >= 1.6 for tool, score in found.items() if tool != "analyze")


def _read(ask: Ask) -> tuple[str | None, dict[str, Any]]:
    if ask.last in (*_SLICED, "train_model") and _BY.search(ask.text) and ask.columns:
        tool = "evaluate_model" if ask.last == "train_model" else str(ask.last)
        kept = {k: v for k, v in ask.before.items() if ask.last != "train_model"}
        return tool, kept | {"by": ask.columns[0]}
    whole = choose(ask)
    if whole is None:
        return None, {}
    steps = clauses(ask.text, ask.mentions, lambda start, end, before: choose(_part(ask, start, end, before)))
    if len(steps) > 1 and len({s.tool for s in steps}) > 1:
        return "compose", {
            "steps": chain(ask, [(str(s.tool), _part(ask, s.start, s.end, None)) for s in steps])
        }
    return whole, BUILDERS[whole](ask)


def _part(ask: Ask, start: int, end: int, before: str | None) -> Ask:
    """The request from `start` to `end` with the mentions that lie in it."""
    named = ask.named.within(start, end)
    trained = ask.trained or before in MODEL_TOOLS
    return replace(ask, typed=ask.typed[start:end], named=named, last=before or ask.last, trained=trained)


def _of_last_step(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call; of compose, those of its last steps together."""
    if "steps" not in arguments or not all("tool" in s for s in arguments["steps"] or ()):
        return arguments
    together: dict[str, Any] = {}
    for step in arguments["steps"]:
        together |= step["arguments"]
    return {k: v for k, v in together.items() if not str(v).startswith("$")}


def _trains(arguments: dict[str, Any]) -> bool:
    steps = arguments.get("steps") or ()
    return any(s.get("tool") in MODEL_TOOLS for s in steps)


def _refused(question: str, missing: Missing) -> Reading:
    columns = missing.ask.named.table.columns
    argument = len(missing.words) == 1 and missing.words[0] in {"target", "value", "by", "features", "x"}
    return Reading(
        question,
        detect_language(question),
        missing=[] if argument else missing.words,
        choices=[c.name for c in columns[:6]] if argument else [],
        reason=f"needs_{missing.words[0]}" if argument else "unknown_column",
    )
