"""Follow-ups: a question that edits the plan before it ("and by sex?", "only 2023", "as a share")."""

from __future__ import annotations

from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.reading import Reading


def follow_up(question: str, index: SchemaIndex, context: Reading, language: str) -> Reading | None:
    """The edited plan, or None where the question stands on its own."""
    return None
