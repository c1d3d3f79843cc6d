"""What the agent says while it works. It prints nothing: whoever owns the screen renders these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmauto_agent.answer import Answer
    from llmauto_tools.ledger import Evidence


@dataclass(frozen=True)
class TextDelta:
    """A piece of the model's text, as it streams."""

    text: str


@dataclass(frozen=True)
class ToolStarted:
    tool: str
    arguments: dict[str, Any]
    call_id: str


@dataclass(frozen=True)
class ToolProgress:
    call_id: str
    text: str
    fraction: float | None = None


@dataclass(frozen=True)
class ToolFinished:
    """The evidence of a tool call; its state is "finished" or "failed"."""

    call_id: str
    evidence: Evidence


@dataclass(frozen=True)
class PlanProposed:
    """The model wants to run many steps at once; an ApprovalWanted for each of them follows."""

    steps: tuple[tuple[str, dict[str, Any]], ...]
    """(tool, arguments)"""


@dataclass(frozen=True)
class ApprovalWanted:
    """A costly step waits for the person: answer with Session.decide(call_id, ...)."""

    call_id: str
    tool: str
    arguments: dict[str, Any]
    reason: str


@dataclass(frozen=True)
class Notice:
    """Something that a person should know: a source note, a limit, an assumption."""

    text: str
    level: str = "info"


@dataclass(frozen=True)
class Answered:
    answer: Answer


Event = (
    TextDelta | ToolStarted | ToolProgress | ToolFinished | ApprovalWanted | PlanProposed | Notice | Answered
)

__all__ = [
    "Answered", "ApprovalWanted", "Event", "Notice", "PlanProposed", "TextDelta", "ToolFinished", "ToolProgress", "ToolStarted",
]  # fmt: skip
