"""What the linker returns: links, and the picks among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmauto_agent.planner.value_types import CellValue

LinkKind = Literal["table", "column", "value", "rows"]
LinkHow = Literal[
    "exact", "normalised", "inflected", "partial", "synonym", "typo", "description", "part", "abbreviation",
    "alias",    "flag", "rows",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One candidate meaning of a span of the question.

    kind    "table": `table` is set. "column": `table` and `column`. "value": also `value`, the cell
            value as the data spells it (how "flag": the yes-value, or with `negated` the no-value, of a
            yes/no or 0/1 column that the word names: "survived" → Survived = 1). "rows": the word stands
            for the rows of `table` ("passengers", "records"); `table` None means any table.
    size    how many words the span covers: a Chinese character counts a half, a function word 0.2.
    """

    start: int
    end: int
    text: str
    kind: LinkKind
    table: str | None
    column: str | None = None
    value: CellValue | None = None
    score: float = 1.0
    how: LinkHow = "exact"
    size: float = 1.0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen link with the other readings of the same span, best first.

    `ambiguous` says that another column of the same table fits as well as the chosen one ("price" with
    unit_price and list_price), or that the value occurs in two columns: ask rather than guess.
    """

    link: Link
    alternatives: tuple[Link, ...] = ()
    ambiguous: bool = False
