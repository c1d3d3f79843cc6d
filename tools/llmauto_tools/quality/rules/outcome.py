"""What came out of one rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleOutcome:
    """`failures` of `checked` rows break the rule."""

    name: str
    failures: int
    checked: int
    examples: tuple[str, ...]
    columns: tuple[str, ...]
    passed: bool
