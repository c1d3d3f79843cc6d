"""Cut a request for several things into its steps: "clean it, pick features, then train and explain"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmauto_agent.planner.asks.mentions import Mention

_CUT = re.compile(
    r"\s*[,;.?!:](?=\s|$)\s*(?:(?:and|then|after that|afterwards|next|finally|also|i\.e\.|first|plus)[ ,]+)*"
    r"|\s+(?:and then|then|after that|afterwards|and|&|plus|followed by)\s+(?:finally |also )?"
    r"|\s*(?:→|->|=>|\+)\s*"
    r"|[，；。？！,:：、]\s*(?:然后|接着|随后|最后|并且|并|顺便|之后|完了|再|先|也)*"
    r"|然后|接着|随后|之后再?|完了|最后(?=[解评预训画])|并(?=解|评|预|训|画|做|说|给)|再(?=解|评|预|训|画|做|聚|建)"
    r"|(?<=特征)(?=训练|建模|建|做)|(?<=[值完])后(?=聚|训|建|预|画)"
)
_SAME = {
    ("profile", "relate"),
    ("relate", "test_hypothesis"),
    ("test_hypothesis", "relate"),
    ("profile", "test_hypothesis"),
}
"""The second, where it names no column of its own, only says more about the first."""
_MODEL = re.compile(r"\bmodel|\btrain|\bclassif|\bregress|模型|训练|建模|分类")


@dataclass
class Clause:
    """A part of the request that asks for one tool; `start`, `end` are its place in the text."""

    start: int
    end: int
    tool: str | None


def clauses(
    text: str, mentions: Sequence[Mention], choose: Callable[[int, int, str | None], str | None]
) -> list[Clause]:
    """The steps of a folded text; `choose` gives the tool of a span after an earlier tool, or None.

    A span that asks for no tool belongs to the step before it, at the beginning to the one after it.
    """
    steps: list[Clause] = []
    waiting: int | None = None
    for start, end in _spans(text, mentions):
        tool = choose(start, end, steps[-1].tool if steps else None)
        if steps and (tool is None or _goes_on(steps[-1], tool, text[start:end], start, end, mentions)):
            steps[-1].end = end
        elif tool is None:
            waiting = start if waiting is None else waiting
        else:
            steps.append(Clause(start if waiting is None else waiting, end, tool))
            waiting = None
    return steps


def _spans(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    spans, start = [], 0
    for match in _CUT.finditer(text):
        inside = any(m.start < match.end() and match.start() < m.end for m in mentions)
        if match.start() < start or inside or _in_list(match, text, mentions):
            continue
        if text[start : match.start()].strip():
            spans.append((start, match.start()))
        start = match.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans


def _in_list(match: re.Match[str], text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a cut would part a list of columns: "channel and status"."""
    before = any(m.end == match.start() for m in mentions)
    after = re.match(r"(?:the |its |their )?", text[match.end() :])
    start = match.end() + (after.end() if after else 0)
    return before and any(m.start == start for m in mentions)


def _goes_on(before: Clause, tool: str, text: str, start: int, end: int, mentions: Sequence[Mention]) -> bool:
    """Whether a span only says more about the step before it."""
    if tool == before.tool:
        return True
    named = any(start <= m.start < end for m in mentions)
    if (before.tool, tool) in _SAME and not named:
        return True
    return before.tool == "forecast" and tool == "train_model" and not _MODEL.search(text)
