"""Rules of the grammar: patterns over the coded text, each with the function that acts on a match."""

from __future__ import annotations

import re
from collections.abc import Callable

from llmauto_agent.planner.harmless import row_nouns
from llmauto_agent.planner.read_draft import Draft

Action = Callable[[Draft, "re.Match[str]"], "str | None"]

_NOT_NOUNS = (
    r"(?:non|are|is|were|was|have|has|had|do|does|did|in|on|of|at|with|without|from|for|there|that|who|which|they|we|i|it|you|be|been|can|could|would"
    r"|more|less|than|and|or|not|no|only|per|by|between|to|times|different|where|whose|as|the|please|survived|live|lived|sold|got|get)"
)
NOUN = rf"(?:(?!{_NOT_NOUNS}(?![a-z]))[a-z][a-z'-]+)"
"""An English word that may be the noun of the rows, in a place where one is expected."""

ROW_NOUNS = row_nouns()
"""Nouns that commonly stand for the rows of a table, whatever the table is called."""

PARTS = frozenset(
    [
        "men",
        "women",
        "man",
        "woman",
        "males",
        "females",
        "boys",
        "girls",
        "children",
        "kids",
        "child",
        "babies",
        "adults",
        "adult",
        "seniors",
        "teenagers",
        "teens",
        "minors",
        "elderly",
        "senators",
        "survivors",
        "victims",
        "winners",
        "losers",
        "widows",
        "singles",
        "couples",
        "families",
        "students",
        "managers",
        "directors",
        "engineers",
        "doctors",
    ]
)
"""Nouns that name some of the rows: where the data do not know them, they must not pass for all rows."""


class Stage:
    """An ordered list of rules. Each rule is tried wherever it matches, from left to right."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, str, Action]] = []

    def rule(self, *sources: str, language: str = "") -> Callable[[Action], Action]:
        """Add a rule with its patterns; `language` restricts it to "en" or "zh"."""

        def add(action: Action) -> Action:
            self._rules.extend((language, source, action) for source in sources)
            return action

        return add

    def run(self, draft: Draft) -> None:
        for language, source, action in self._rules:
            if language in ("", draft.language):
                draft.code.rewrite(source, lambda m, act=action: act(draft, m))  # type: ignore[misc]
