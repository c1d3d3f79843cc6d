"""What came of reading a question: a plan (or the call of another tool), or an honest refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from llmauto_agent.planner.tokens import Language
from llmauto_tools.plan.model import Plan

THRESHOLD = 0.6
"""Readings below this confidence are refusals: a wrong answer is worse than none."""


@dataclass(frozen=True)
class Offer:
    """A reading that is not sure enough for an answer, in words, with its tool call."""

    words: str
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    chart: str | None = None


@dataclass(frozen=True)
class Reading:
    """One reading of a question.

    `plan` and `tool` None is a refusal: `understood` and `missing` say why, `choices` what could have
    been meant. A reading of the tool "analyze" carries a plan; the other tools ("tables", "describe",
    "sample") carry their arguments. `assumptions` belong into the answer ("'best' read as the highest
    rating").
    """

    question: str
    language: Language = "en"
    plan: Plan | None = None
    confidence: float = 0.0
    understood: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    chart: str | None = None
    """The kind of chart that the question asks for: "bar", "line", "scatter", "histogram", "pie"."""
    assumptions: list[str] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    """With a refusal that asks back: the readings behind `choices`, one of which the person may pick."""
    reason: str | None = None
    """Why it was refused, where no single word is at fault: "write", "forecast", "chat", "type"."""

    @property
    def refused(self) -> bool:
        return self.tool is None
