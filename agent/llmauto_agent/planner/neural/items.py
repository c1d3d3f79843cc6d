"""What the trained planner may point to: tables, columns, matched values, numbers, dates, words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.dates import read_dates
from llmauto_agent.planner.linker import SchemaIndex
from llmauto_agent.planner.links import Link
from llmauto_agent.planner.literals import NumberLiteral, read_numbers
from llmauto_agent.planner.neural.carried import NOWHERE, carried
from llmauto_agent.planner.neural.words import plan_words
from llmauto_agent.planner.tokens import Token, tokenize
from llmauto_agent.planner.value_types import CellValue
from llmauto_tools.plan.model import Plan
from llmauto_tools.schema import Table

MAX_COLUMNS = 60
"""Columns that the model is shown; of more, those whose names or values the request names come first."""
MAX_TABLES = 12
MAX_VALUES = 24
MAX_VALUES_PER_COLUMN = 3
FEW_VALUES, MAX_OFFERED = 4, 16
"""A text column of so many different values offers them all, up to so many in a request."""
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
    """A cell value that a span of the request names; at NOWHERE one that the plan before it compares with
    (`kept`), or one of the few of its column, which a request may mean in other words ("women": F)."""

    column: int
    value: CellValue
    start: int
    end: int
    level: int
    negated: bool = False
    kept: bool = False


@dataclass(frozen=True)
class Items:
    """Everything that may be pointed to, for one request. What the plan before it holds comes last of the
    numbers and dates, and is at NOWHERE."""

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
    """The plan of the turn before, in words (`words.plan_words`), or empty."""
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


def find_items(
    question: str, index: SchemaIndex, context: Sequence[str] = (), previous: Plan | None = None
) -> Items:
    """Link a request to the schema and gather what it may point to.

    context: the requests before it; previous: the plan of the last of them.
    """
    words = tokenize(question)
    links = index.link(words)
    earlier = [link for text in context[-1:] for link in index.link(tokenize(text))]
    kept = carried(previous)
    scores = _scores([*links, *earlier])
    for table, column, _ in kept.values:
        scores[table, column] = max(scores.get((table, column), 0.0), 0.5)
    tables = _tables(index, scores)
    columns = _columns(index, tables, scores)
    place = {(c.table, c.name): i for i, c in enumerate(columns)}
    values = list(_values(links, place))
    values += _unsaid(values, [(place[t, c], v) for t, c, v in kept.values if (t, c) in place], kept=True)
    values += _unsaid(values, list(_few(index, columns)), kept=False)[:MAX_OFFERED]
    dates = [d for d in read_dates(question) if d.kind in {"period", "relative", "part"}]
    return Items(
        question=question,
        tables=tuple(t.name for t in tables),
        columns=tuple(columns),
        values=tuple(sorted(values, key=lambda v: (v.column, v.start))),
        numbers=(*read_numbers(question), *kept.numbers),
        dates=(*dates, *kept.dates),
        words=tuple(words),
        named=tuple(_named(words, links)),
        context=tuple(context),
        previous=plan_words(previous) if previous is not None else "",
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


def _unsaid(
    said: Sequence[ValueItem], values: Sequence[tuple[int, CellValue]], *, kept: bool
) -> list[ValueItem]:
    """Values that are not among those that were said, at NOWHERE."""
    known = {(v.column, v.value) for v in said}
    new = dict.fromkeys(v for v in values if v not in known)
    return [ValueItem(column, value, NOWHERE, NOWHERE, 0, kept=kept) for column, value in new]


def _few(index: SchemaIndex, columns: Sequence[ColumnItem]) -> Iterator[tuple[int, CellValue]]:
    """The values of text columns that have few, the columns that the request names first."""
    if index.values is None:
        return
    order = sorted(range(len(columns)), key=lambda i: (-columns[i].level, i))
    for i in order:
        if columns[i].family != "text":
            continue
        facts = index.values.facts(columns[i].table, columns[i].name)
        if facts is not None and facts.values and 2 <= len(facts.values) <= FEW_VALUES:
            yield from ((i, v) for v in facts.values)


def _named(words: Sequence[Token], links: Sequence[Link]) -> list[int]:
    levels = []
    for word in words:
        over = [x.score for x in links if x.start < word.end and word.start < x.end and x.kind != "rows"]
        levels.append(level_of(max(over, default=0.0)))
    return levels
