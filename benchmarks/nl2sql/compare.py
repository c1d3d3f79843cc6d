"""Whether the rows of an answer are those of the gold SQL: the comparison that training uses too."""

from __future__ import annotations

from llmauto_agent.planner.training.compare import KEPT_ROWS, Verdict, compare, plain

__all__ = ["KEPT_ROWS", "Verdict", "compare", "plain"]
