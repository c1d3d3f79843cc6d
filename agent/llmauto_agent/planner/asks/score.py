"""How strongly a text asks for each tool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from llmauto_agent.planner.asks.cues_en import CUES_EN
from llmauto_agent.planner.asks.cues_zh import CUES_ZH
from llmauto_agent.planner.asks.mentions import Mention

ENOUGH = 2.2
"""A tool below this score is not asked for."""
_MORE = 0.3
"""What each further cue adds, as a part of its weight: several weak hints do not make a name."""


@lru_cache(maxsize=1)
def _patterns() -> dict[str, tuple[tuple[float, re.Pattern[str]], ...]]:
    return {
        tool: tuple((w, re.compile(p)) for w, p in (*CUES_EN[tool], *CUES_ZH.get(tool, ())))
        for tool in CUES_EN
    }


def scores(text: str, mentions: Sequence[Mention]) -> dict[str, float]:
    """Tool → score of a folded text. A cue inside the name of a column does not count.

    The strongest cue counts whole, each other one a part: a request that names a tool beats one that
    only hints at another.
    """
    found = {}
    for tool, cues in _patterns().items():
        weights = sorted((w for w, p in cues if _hits(p, text, mentions)), reverse=True)
        if weights:
            found[tool] = weights[0] + _MORE * sum(weights[1:3])
    return found


def _hits(pattern: re.Pattern[str], text: str, mentions: Sequence[Mention]) -> bool:
    return any(not _inside(m, text, mentions) for m in pattern.finditer(text))


def _inside(match: re.Match[str], text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a cue is only a part of a column's name; a verb that begins the request is not."""
    if match.start() == 0 or re.fullmatch(
        r"(?:please |now |then |can you |could you )", text[: match.start()]
    ):
        return False
    return any(
        m.start <= match.start() and match.end() <= m.end and m.score >= 0.85 and not m.by_value
        for m in mentions
    )  # fmt: skip
