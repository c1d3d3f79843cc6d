"""The typed answer: the same fields as `llmauto ask --json` (docs/json.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from llmauto_tools.ledger import Evidence
from llmauto_tools.results import JsonValue, Section

Status = Literal["answered", "refused", "error"]


@dataclass
class GroundingSummary:
    """How many numbers of the answer were checked, how many were found in evidence, and the others.

    checked 0 means that there was nothing to check, which is no pass.
    """

    checked: int = 0
    grounded: int = 0
    unverified: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """What came of one question."""

    question: str
    status: Status
    answer: str
    """The answer, or the refusal, in a sentence or a few."""
    value: JsonValue = None
    """The scalar, when the answer is one."""
    columns: list[str] = field(default_factory=list)
    rows: list[list[JsonValue]] = field(default_factory=list)
    """The main result, bounded."""
    sections: list[Section] = field(default_factory=list)
    """Further tables of the main result, such as the associations in a profile."""
    sql: str | None = None
    evidence: list[Evidence] = field(default_factory=list)
    grounding: GroundingSummary = field(default_factory=GroundingSummary)
    charts: list[dict[str, Any]] = field(default_factory=list)
    """Vega-Lite specifications."""
    model: str = "builtin"
    tokens: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """total, model, tools"""
    session: str = ""
    workspace: str = ""
    notices: list[str] = field(default_factory=list)
    memory: list[dict[str, Any]] = field(default_factory=list)
    """What of the memory went into it: {id, kind, text, source, how}, and `stale` where it may be out of date."""
    choices: list[str] = field(default_factory=list)
    """What an ambiguous question could have meant, when it was refused for that."""
    error: dict[str, str | None] | None = None
    """{kind, message, hint}"""
