"""The names of saved models and recipes in a request."""

from __future__ import annotations

import re

from llmauto_agent.planner.asks.ask import Ask
from llmauto_agent.planner.asks.vocabulary import REFERENCE

_NAME = r"[\"'“‘`]?([A-Za-z][\w.-]*(?:@\d+)?)[\"'”’`]?"
_NOT_NAMES = frozenset(
    ["recipe", "recipes", "the", "a", "an", "my", "to", "on", "in", "of", "for", "with", "it", "this", "that", "same", "says", "saved", "cleaning", "again", "data", "table", "model", "models", "preprocessing", "prep", "and", "now", "use", "run", "apply", "is", "called", "last", "time", "here", "these", "those", "rows", "file", "version", "go", "put", "through", "please", "do", "way", "new", "old", "which", "we", "i", "you", "not", "from", "by", "transform", "steps", "named"]
)  # fmt: skip
_RECIPE = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"\b(?:called|named)\s+{_NAME}|叫(?:做)?\s*{_NAME}",
        rf"\brecipe\s*(?:called |named |,\s*)?{_NAME}",
        rf"{_NAME}\s+recipe\b",
        rf"配方\s*(?:是|叫)?\s*{_NAME}|{_NAME}\s*(?:这个)?(?:配方|预处理方案|的步骤|的流程|方案)",
        rf"(?:re-?apply|apply|套用(?:之前保存的)?|应用|按照?|用)\s*(?:the )?{_NAME}",
    )
)


def reference(ask: Ask) -> str | None:
    """The first "name@version" of the request, as typed."""
    found = REFERENCE.search(ask.typed)
    return found[1] if found else None


def model_named(ask: Ask) -> str | None:
    """The model that the request names by version; other names are matched with what is saved, later."""
    return reference(ask)


def recipe_named(ask: Ask) -> str | None:
    """The recipe that the request names, with or without a version."""
    found = reference(ask)
    if found:
        return found
    known = {t.name.casefold() for t in ask.named.index.tables}
    known |= {c.name.casefold() for c in ask.named.table.columns}
    for pattern in _RECIPE:
        for match in pattern.finditer(ask.typed):
            name = next(g for g in match.groups() if g)
            if name.casefold() not in _NOT_NAMES and name.casefold() not in known:
                return name
    return None
