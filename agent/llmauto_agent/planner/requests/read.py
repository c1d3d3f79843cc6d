"""Which tool a request asks for, and with which arguments; a request of several steps becomes a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reading import Reading
from llmauto_agent.planner.requests.arguments import BUILDERS, MissingTargetError
from llmauto_agent.planner.requests.choice import choice
from llmauto_agent.planner.requests.cues import scores
from llmauto_agent.planner.requests.mentions import Mentions
from llmauto_agent.planner.tokens import Language, fold, tokenize

ENOUGH = 0.9
"""The weight from which a request is for a tool."""
TRUST = 1.4
"""What a probability of 1 of the trained choice weighs beside the cues."""
CLEAR = 0.1
"""By how much the best tool has to lead."""
_NEEDS_TARGET = frozenset({"select_features", "train_model"})
_ON_A_MODEL = frozenset({"evaluate_model", "predict", "explain_model"})
_MODELLING = frozenset({"train_model", *_ON_A_MODEL})

_PARTS_EN = re.compile(
    r"\s*(?:[;→]|->|\bthen\b|\bafter that\b|\bafterwards\b|\bfinally\b|\bfollowed by\b|\bi\.e\.|,\s*(?:and\s+)?(?=(?:then|pick|choose|select|train|build|tell|explain|fit|"
    r"fix|fill|group|cluster|forecast|predict|check|evaluate|draw|plot|show|score|apply|who|what|clean|scale|test|give|see|say|how)\b)"
    r"|\band\s+(?=(?:then|pick|choose|select|train|build|tell|explain|fit|fix|fill|group|cluster|forecast|predict|check|evaluate|draw|plot|score|"
    r"apply|clean|scale|test (?:if|whether)|say|describe|why)\b)|\bbefore (?:you|we)\b|\.\s+(?=\w))\s*"
)
_PARTS_ZH = re.compile(
    r"[，,；;。→]|->|然后|再(?!来)|接着|之后|完了|最后|顺便|并(?=解释|且|画|告诉|训练|预测)|，?先"
)


@dataclass(frozen=True)
class Call:
    """A tool with the arguments that the request pins down."""

    tool: str
    arguments: dict[str, Any]


def read_request(
    question: str, index: SchemaIndex, language: Language, context: Reading | None = None
) -> Reading | None:
    """The reading of a request for a tool; None where it asks for something else.

    A tool that needs a target and is given none is refused, with the columns that it could be.
    """
    text = fold(question).strip()
    if not index.tables or not text:
        return None
    last = context.tool if context is not None else None
    steps = _steps(question, index, language, last)
    try:
        if len(steps) > 1:
            calls = _calls(steps, question, index, language)
            return _reading(question, language, "compose", {"steps": _linked(calls)})
        tool = _best(_without_names(question, index), language, last)
        if tool is None or tool == "chart":
            return None  # the query planner draws what it understands; `chart_request` is for the rest
        arguments = _arguments(tool, question, index, language, context)
    except MissingTargetError as e:
        return Reading(
            question,
            language,
            understood=[],
            missing=[str(e)],
            choices=[],
            reason="no_target",
            confidence=0.0,
        )
    return _reading(question, language, tool, arguments)


def _without_names(question: str, index: SchemaIndex) -> str:
    """The folded request without the columns that it names exactly: a column called segment asks for no tool."""
    text = list(fold(question))
    for link in index.link(tokenize(question)):
        if link.kind == "column" and link.how == "exact" and link.score >= 0.97:
            text[link.start : link.end] = "x" * (link.end - link.start)
    return "".join(text).strip()


def _reading(question: str, language: Language, tool: str, arguments: dict[str, Any]) -> Reading:
    return Reading(question, language, tool=tool, arguments=arguments, confidence=0.9)


def _best(text: str, language: Language, last: str | None) -> str | None:
    """The tool that the phrases of a text weigh most for."""
    found = scores(text, language)
    likely = choice(text)
    for tool, p in likely.items():
        if tool not in {"other", "compose"} and (p >= 0.25 or tool in found):
            found[tool] = found.get(tool, 0.0) + TRUST * p
    if likely.get("other", 0.0) > 0.5:
        found = {tool: weight - TRUST * (likely["other"] - 0.5) for tool, weight in found.items()}
    _settle(text, found, last)
    ranked = sorted(found.items(), key=lambda kv: -kv[1])
    if not ranked or ranked[0][1] < ENOUGH:
        return None
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLEAR and ranked[1][1] < 1.2 and ranked[0][1] < 1.2:
        return ranked[0][0] if ranked[0][1] > 1 else None
    return ranked[0][0]


_AHEAD = re.compile(
    r"\b(?:next|coming|upcoming|following) (?:\w+ )?(?:hours?|days?|weeks?|months?|quarters?|years?)\b|\bahead\b|\bfuture\b|\btomorrow\b"
    r"|未来|接下来|往后|下(?:个)?(?:月|周|季度|年)|明年|后(?:面)?[一二三四五六七八九十两\d]+ ?(?:天|周|个?月|季度|年)"
)


def _settle(text: str, found: dict[str, float], last: str | None) -> None:
    """What decides between tools that share their words."""
    if _AHEAD.search(text) and found.get("forecast"):
        found["forecast"] += 0.5
        found.pop("train_model", None)
    if (
        last in _MODELLING
        and re.search(r"\b(?:it|that|model)\b|模型|它", text)
        and not re.search(r"\b(?:train|build|fit)\b|训练", text)
    ):
        for tool in ("train_model", "select_features", "relate"):
            found.pop(tool, None)
    if last in _MODELLING or re.search(r"@\d", text):
        for tool in _ON_A_MODEL & found.keys():
            found[tool] += 0.35
        if not found and last in _MODELLING:
            found.update(_short_follow_up(text))
    elif not re.search(r"model|模型|shap|explain|predict|evaluat|评估|解释|confusion|混淆", text):
        for tool in _ON_A_MODEL & found.keys():
            found[tool] -= 0.5
    if found.get("explain_model", 0) and re.search(r"\b(?:train|build|fit)\b|训练|建", text):
        found["explain_model"] -= 0.2
    if found.get("apply_recipe", 0) >= 1.0:
        found.pop("preprocess", None)
    if (
        found.get("test_hypothesis")
        and found.get("relate")
        and re.search(r"correlat|regress|相关|回归", text)
    ):
        found["relate"] += 0.4
    if re.search(r"@\d", text):
        _named_model(text, found)
    if re.search(r"@\d", text) and re.search(r"recipe|receipt|配方|预处理|clean|转换|方案", text):
        found["apply_recipe"] = found.get("apply_recipe", 0) + 1.0


def _named_model(text: str, found: dict[str, float]) -> None:
    """A request that names a saved model is about it, and trains none unless it says so."""
    if not re.search(r"\btrain\b|训练", text):
        found.pop("train_model", None)
        found.pop("relate", None)
    if not _ON_A_MODEL & found.keys():
        found["predict"] = 1.0


def _short_follow_up(text: str) -> dict[str, float]:
    """Short requests after a model: "why?", "and by sex", 那女性呢."""
    if re.search(r"^(?:but |and |so |ok(?:ay)?,? )*why\b|为什么|为啥", text):
        return {"explain_model": 1.0}
    if re.search(r"^(?:and |now |then )*(?:by|for|per)\b|^(?:按|分|那)", text):
        return {"evaluate_model": 1.0}
    return {}


def _steps(question: str, index: SchemaIndex, language: Language, last: str | None) -> list[tuple[str, str]]:
    """The tools of a request with several, each with its part of the words."""
    pattern = _PARTS_ZH if language == "zh" else _PARTS_EN
    text = fold(question)
    edges = [0, *(e for match in pattern.finditer(text) for e in match.span()), len(text)]
    parts = [question[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True) if text[a:b].strip()]
    found: list[tuple[str, str]] = []
    for part in parts:
        before = found[-1][0] if found else last
        tool = _best(fold(part).strip(), language, before)
        if tool is None or (found and found[-1][0] == tool):
            if found:
                found[-1] = (found[-1][0], f"{found[-1][1]} , {part}")
            continue
        found.append((tool, part))
    return found if len({tool for tool, _ in found}) > 1 else []


def _arguments(
    tool: str, question: str, index: SchemaIndex, language: Language, context: Reading | None
) -> dict[str, Any]:
    mentions = Mentions(question, index, language)
    found = BUILDERS[tool](mentions)
    if tool in _ON_A_MODEL:
        named = [t.name for t in mentions.tables]
        return found | ({"table": named[0]} if named else {})
    if tool == "apply_recipe" and context is not None and "recipe" not in found and mentions.tables:
        return {"table": mentions.tables[0].name}
    return {"table": mentions.table.name} | found


def _calls(steps: list[tuple[str, str]], question: str, index: SchemaIndex, language: Language) -> list[Call]:
    """The steps with their arguments. A target that one part names is meant in the others too."""
    made: list[tuple[str, dict[str, Any] | None]] = []
    for tool, part in steps:
        try:
            made.append((tool, _arguments(tool, part, index, language, None)))
        except MissingTargetError:
            made.append((tool, None))
    known = next((a["target"] for t, a in made if a and t in _NEEDS_TARGET), None)
    if known is None and any(a is None for t, a in made if t in _NEEDS_TARGET):
        known = BUILDERS["train_model"](Mentions(question, index, language))["target"]
    table = Mentions(question, index, language).table.name
    calls = []
    for tool, arguments in made:
        if arguments is None and tool not in _NEEDS_TARGET:
            raise MissingTargetError(tool, [])
        calls.append(Call(tool, arguments if arguments is not None else {"table": table, "target": known}))
    return calls


def _linked(calls: list[Call]) -> list[dict[str, Any]]:
    """The steps of a plan, with what an earlier step made in the arguments of a later one."""
    made: dict[str, int] = {}
    target = next((c.arguments["target"] for c in calls if c.arguments.get("target")), None)
    steps = []
    for number, call in enumerate(calls, 1):
        arguments = dict(call.arguments)
        modelled = call.tool in _NEEDS_TARGET or (
            call.tool == "preprocess" and any(c.tool in _MODELLING for c in calls)
        )
        if modelled and target:
            arguments.setdefault("target", target)
        if call.tool == "train_model":
            if "preprocess" in made:
                arguments["recipe"] = f"${made['preprocess']}.recipe"
            if "select_features" in made:
                arguments["features"] = f"${made['select_features']}.features"
        elif call.tool in _ON_A_MODEL and "train_model" in made:
            arguments["model"] = f"${made['train_model']}.model"
        elif call.tool in {"segment", "forecast", "time_series"} and "preprocess" in made:
            arguments["table"] = f"${made['preprocess']}.table"
        made[call.tool] = number
        steps.append({"tool": call.tool, "arguments": arguments})
    return steps


def chart_request(question: str, index: SchemaIndex, language: Language) -> Reading | None:
    """The reading of a request for a chart that the query planner did not understand."""
    if not index.tables or scores(fold(question).strip(), language).get("chart", 0.0) < ENOUGH:
        return None
    try:
        arguments = _arguments("chart", question, index, language, None)
    except MissingTargetError:
        return None
    return _reading(question, language, "chart", arguments)
