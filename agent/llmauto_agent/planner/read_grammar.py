"""Rules of the grammar: patterns over the coded text, each with the function that acts on a match."""

from __future__ import annotations

import re
from collections.abc import Callable

from llmauto_agent.planner.read_draft import Draft

Action = Callable[[Draft, "re.Match[str]"], "str | None"]


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
