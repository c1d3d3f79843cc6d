"""What the trained planner may point to: tables, columns, matched values, numbers, dates, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.links import Link
from llmauto_agent.planner.literals import NumberLiteral, read_numbers
from llmauto_agent.planner.tokens import Token, tokenize
from llmauto_agent.planner.value_types import CellValue
from llmauto_tools.schema import Table

MAX_COLUMNS = 60
"""Columns that the model is shown; of more, those whose names or values the request names come first."""
MAX_TABLES = 12
MAX_VALUES = 24
MAX_VALUES_PER_COLUMN = 3
LEVELS = 5
"""Steps of the linker's score that the model sees: 0 is no link, 4 the name itself."""


@dataclass(frozen=True, slots=True)
class ColumnItem:
    """A column with how strongly the request names it, 0..LEVELS-1."""

    table: str
    name: str
    dtype: str
    family: str
    level: int
    key: bool = False
    """It takes part in a key that joins tables."""


@dataclass(frozen=True, slots=True)
class ValueItem:
    """A cell value that a span of the request names."""

    column: int
    value: CellValue
    start: int
    end: int
    level: int
    negated: bool = False


@dataclass(frozen=True)
class Items:
    """Everything that may be pointed to, for one request."""

    question: str
    tables: tuple[str, ...]
    columns: tuple[ColumnItem, ...]
    values: tuple[ValueItem, ...]
    numbers: tuple[NumberLiteral, ...]
    dates: tuple[DateLiteral, ...]
    words: tuple[Token, ...]
    named: tuple[int, ...] = ()
    """For each word of the request, how strongly it names something of the schema, 0..LEVELS-1."""
    context: tuple[str, ...] = ()
    previous: str = ""
    """The plan of the turn before, in words (`wording.plan_words`), or empty."""
    table_levels: tuple[int, ...] = field(default=())

    def column(self, table: str | None, name: str) -> int | None:
        """The position of a column; without a table, the first of that name."""
        for i, item in enumerate(self.columns):
            if item.name == name and (table is None or item.table == table):
                return i
        return None


def level_of(score: float) -> int:
    """A linker's score as a level."""
    if score >= 0.97:
        return 4
    if score >= 0.85:
        return 3
    return 2 if score >= 0.65 else (1 if score > 0 else 0)


def find_items(question: str, index: SchemaIndex, context: Sequence[str] = (), previous: str = "") -> Items:
    """Link a request to the schema and gather what it may point to."""
    words = tokenize(question)
    links = index.link(words)
    earlier = [link for text in context[-1:] for link in index.link(tokenize(text))]
    scores = _scores([*links, *earlier])
    tables = _tables(index, scores)
    columns = _columns(index, tables, scores)
    place = {(c.table, c.name): i for i, c in enumerate(columns)}
    return Items(
        question=question,
        tables=tuple(t.name for t in tables),
        columns=tuple(columns),
        values=tuple(_values(links, place)),
        numbers=tuple(read_numbers(question)),
        dates=tuple(d for d in read_dates(question) if d.kind in {"period", "relative", "part"}),
        words=tuple(words),
        named=tuple(_named(words, links)),
        context=tuple(context),
        previous=previous,
        table_levels=tuple(level_of(scores.get((t.name, None), 0.0)) for t in tables),
    )


Scores = dict[tuple[str, str | None], float]


def _scores(links: Sequence[Link]) -> Scores:
    """The best score of each table (column None) and column; a value counts for its column, a little less."""
    scores: Scores = {}
    for link in links:
        if link.table is None:
            continue
        key = (link.table, link.column if link.kind in {"column", "value"} else None)
        score = link.score * 0.6 if link.kind == "value" else link.score
        scores[key] = max(scores.get(key, 0.0), score)
    return scores


def _tables(index: SchemaIndex, scores: Scores) -> list[Table]:
    """All tables where they are few, else the best with those that join them, in the schema's order."""
    tables = list(index.tables)
    if len(tables) <= MAX_TABLES:
        return tables

    def weight(table: Table) -> float:
        named = sorted((s for (t, c), s in scores.items() if t == table.name), reverse=True)
        return sum(s**2 for s in named[:5])

    best = {t.name for t in sorted(tables, key=lambda t: -weight(t))[: MAX_TABLES - 3]}
    for key in index.foreign_keys:
        if len(best) >= MAX_TABLES:
            break
        if (key.table in best) != (key.other_table in best):
            best |= {key.table, key.other_table}
    return [t for t in tables if t.name in best][:MAX_TABLES]


def _columns(index: SchemaIndex, tables: Sequence[Table], scores: Scores) -> list[ColumnItem]:
    keys = {(k.table, k.column) for k in index.foreign_keys}
    keys |= {(k.other_table, k.other_column) for k in index.foreign_keys}
    every = [
        ColumnItem(
            t.name,
            c.name,
            c.dtype,
            c.family,
            level_of(scores.get((t.name, c.name), 0.0)),
            (t.name, c.name) in keys,
        )
        for t in tables
        for c in t.columns
    ]
    if len(every) <= MAX_COLUMNS:
        return every
    order = sorted(
        range(len(every)),
        key=lambda i: (-scores.get((every[i].table, every[i].name), 0.0), not every[i].key, i),
    )
    return [every[i] for i in sorted(order[:MAX_COLUMNS])]


def _values(links: Sequence[Link], place: dict[tuple[str, str], int]) -> list[ValueItem]:
    """The best value links, a few for each column."""
    found: dict[tuple[int, CellValue], ValueItem] = {}
    count: dict[int, int] = {}
    for link in sorted(
        (x for x in links if x.kind == "value"), key=lambda x: (-x.score * x.size**0.25, x.start)
    ):
        column = place.get((link.table or "", link.column or ""))
        if column is None or link.value is None or (column, link.value) in found:
            continue
        if count.get(column, 0) >= MAX_VALUES_PER_COLUMN or len(found) >= MAX_VALUES:
            continue
        count[column] = count.get(column, 0) + 1
        found[column, link.value] = ValueItem(
            column, link.value, link.start, link.end, level_of(link.score), link.negated
        )
    return sorted(found.values(), key=lambda v: (v.column, v.start))


def _named(words: Sequence[Token], links: Sequence[Link]) -> list[int]:
    levels = []
    for word in words:
        over = [x.score for x in links if x.start < word.end and word.start < x.end and x.kind != "rows"]
        levels.append(level_of(max(over, default=0.0)))
    return levels
