"""From the end of a conversation turn to the typed answer: the main result, its chart, the grounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from llmauto_agent.answer import Answer, GroundingSummary, Status
from llmauto_tools.errors import LlmautoError
from llmauto_tools.ledger import Evidence

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from llmauto_agent.session import Session

READING = "llmauto_reading"
_DRAWN = {"query", "analyze", "sample"}
"""Tools whose tables get a chart that suits them; the others bring their own."""


def compose_answer(
    session: Session, question: str, messages: Sequence[BaseMessage], evidence: list[Evidence], seconds: float
) -> Answer:
    """The answer of a turn whose last message is the model's."""
    from llmauto_agent.grounding.check import check

    last = messages[-1]
    text = str(last.text)
    reading: dict[str, Any] = last.response_metadata.get(READING, {})
    recalled = [session.workspace.ledger.get(i) for i in reading.get("evidence", ())]
    answer = _base(
        session, question, reading.get("status", "answered"), text, [*evidence, *recalled], seconds
    )
    if answer.status == "refused":
        answer.choices = list(reading.get("choices") or [])
    answer.tokens = _tokens(messages)
    answer.notices = [n.text for n in session.untold_notices()] + [n for e in evidence for n in e.notes]
    failed = [e for e in evidence if e.state == "failed"]
    if answer.status == "error" and failed:
        answer.error = failed[-1].error
    main = main_result(evidence)
    if main is not None and answer.status == "answered":
        answer.columns = [n for n, _ in main.columns]
        answer.rows = [list(r) for r in main.rows]
        answer.sections = list(main.sections)
        answer.sql = main.sql
        if len(main.rows) == 1 and (len(main.columns) == 1 or _is_share(main)):
            answer.value = main.rows[0][0]
        answer.charts = _charts(main, reading.get("chart"))
    if answer.status == "answered":
        said = _without(text, [*reading.get("quoted", ()), *reading.get("assumptions", ())])
        found = check(said, [*evidence, *recalled], question)
        answer.grounding = GroundingSummary(found.checked, found.grounded, list(found.unverified))
    return answer


def _without(text: str, quoted: Sequence[str]) -> str:
    """A text without the dates and ids in it, and how the question was read: these are no figures."""
    for part in sorted((q for q in quoted if q), key=len, reverse=True):
        text = text.replace(part, "")
    return text


def error_answer(session: Session, question: str, error: LlmautoError, seconds: float) -> Answer:
    """The answer of a turn that broke off."""
    answer = _base(session, question, "error", error.message, [], seconds)
    answer.error = {"kind": error.kind, "message": error.message, "hint": error.hint}
    return answer


def stored_answer(answer: Answer) -> dict[str, Any]:
    """What of an answer the session keeps: everything but the evidence, which the ledger has."""
    kept = asdict(replace(answer, evidence=[]))
    kept["evidence"] = [e.id for e in answer.evidence]
    return kept


def main_result(evidence: Sequence[Evidence]) -> Evidence | None:
    """The evidence whose tables are shown: the last one that has any."""
    return next((e for e in reversed(evidence) if e.state == "finished" and (e.columns or e.sections)), None)


def _is_share(evidence: Evidence) -> bool:
    """Whether the first column is a share and the others are the counts behind it."""
    if "plan" not in evidence.arguments:
        return False
    from llmauto_agent.planner.shares import without_counts
    from llmauto_tools.plan.model import Plan

    plan = Plan.model_validate(evidence.arguments["plan"])
    return without_counts(plan) != plan


def _base(
    session: Session, question: str, status: Status, text: str, evidence: list[Evidence], seconds: float
) -> Answer:
    tools = sum(e.seconds or 0.0 for e in evidence)
    return Answer(
        question=question,
        status=status,
        answer=text,
        evidence=evidence,
        model=session.model,
        seconds={
            "total": round(seconds, 4),
            "model": round(max(0.0, seconds - tools), 4),
            "tools": round(tools, 4),
        },
        session=session.id,
        workspace=str(session.workspace.path),
    )


def _tokens(messages: Sequence[BaseMessage]) -> dict[str, int]:
    """Tokens of the turn as the provider counted them; the built-in planner uses none."""
    used = {"input": 0, "output": 0}
    for message in reversed(messages):
        if message.type == "human":
            break
        usage = getattr(message, "usage_metadata", None)
        if usage:
            used["input"] += usage["input_tokens"]
            used["output"] += usage["output_tokens"]
    return used


def _charts(evidence: Evidence, request: str | None) -> list[dict[str, Any]]:
    if evidence.charts or evidence.tool not in _DRAWN:
        return list(evidence.charts)
    from llmauto_tools.charts.choose import choose_chart
    from llmauto_tools.charts.spec import vega_lite
    from llmauto_tools.plan.model import Plan
    from llmauto_tools.schema import Column

    plan = Plan.model_validate(evidence.arguments["plan"]) if "plan" in evidence.arguments else None
    chart = choose_chart(plan, evidence, request)
    columns = [Column(name, dtype) for name, dtype in evidence.columns]
    return [vega_lite(chart, columns, evidence.rows)] if chart else []
