"""Schema linking: which words of a question name which tables, columns and values.

    index = SchemaIndex(tables, foreign_keys, EngineValues(engine, tables))
    links = index.link(tokenize(question))     # every candidate, overlapping
    picks = best_links(links)                  # a consistent reading, with the alternatives kept

Spans are character offsets of the question. Scores are comparable across kinds:

    1.0         the name itself            0.9–0.97   another form of it (plural, case, split, unit dropped)
    0.7–0.85    typing error, synonym      0.4–0.8    a part of the name ("bill" for total_bill)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmauto_agent.planner.tokens import Token
from llmauto_agent.planner.values import CellValue, ValueSource
from llmauto_tools.schema import ForeignKey, Table

LinkKind = Literal["table", "column", "value", "rows"]
LinkHow = Literal[
    "exact", "normalised", "inflected", "partial", "synonym", "typo", "description", "value", "flag", "rows"
]


@dataclass(frozen=True, slots=True)
class Link:
    """One candidate meaning of a span of the question.

    kind    "table": `table` is set. "column": `table` and `column`. "value": also `value`, the cell
            value as the data spells it (how "flag": the yes-value, or with `negated` the no-value, of a
            yes/no or 0/1 column that the word names: "survived" → Survived = 1). "rows": the word stands for
            the rows of `table` ("passengers", "records"); `table` None means any table.
    size    how many words (Chinese: half the characters) the span covers, function words not counted.
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

    `ambiguous` says that another column of the same table (or a value in another column) fits as well as the
    chosen one ("price" with unit_price and list_price): ask rather than guess.
    """

    link: Link
    alternatives: tuple[Link, ...] = ()
    ambiguous: bool = False


class SchemaIndex:
    """An index of the names of tables and columns, and a door to the values.

    Build once per set of tables. `descriptions` maps (table, column), or (table, None) for a table, to
    a text whose words may also name it.
    """

    def __init__(
        self,
        tables: Sequence[Table],
        foreign_keys: Sequence[ForeignKey] = (),
        values: ValueSource | None = None,
        descriptions: dict[tuple[str, str | None], str] | None = None,
    ) -> None:
        self.tables = tuple(tables)
        self.foreign_keys = tuple(foreign_keys)
        self.values = values
        self.descriptions = descriptions or {}

    def table(self, name: str) -> Table:
        """The table of that exact name. Raises KeyError."""
        return next(t for t in self.tables if t.name == name)

    def link(self, tokens: Sequence[Token]) -> list[Link]:
        """All candidate links of a tokenised question, best first within each span."""
        found = []
        for token in tokens:
            for table in self.tables:
                if token.lower == table.name.lower():
                    found.append(Link(token.start, token.end, token.text, "table", table.name))
                for column in table.columns:
                    if token.lower == column.name.lower():
                        found.append(
                            Link(token.start, token.end, token.text, "column", table.name, column.name)
                        )
        return found


def best_links(links: Sequence[Link], *, threshold: float = 0.4) -> list[Pick]:
    """A selection of links without overlaps that explains most of the question, in order of place."""
    picks: list[Pick] = []
    for link in sorted(links, key=lambda x: -x.score):
        if link.score >= threshold and all(
            link.end <= p.link.start or p.link.end <= link.start for p in picks
        ):
            same = tuple(o for o in links if o is not link and (o.start, o.end) == (link.start, link.end))
            picks.append(Pick(link, same))
    return sorted(picks, key=lambda p: p.link.start)
