"""Cell values that a question may name: found through the engine, in bounded time, kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from llmauto_tools.results import QueryResult
from llmauto_tools.schema import Table

ValueHow = Literal["exact", "normalised", "inflected", "part", "abbreviation", "typo"]
CellValue = bool | int | float | str


class QueryEngine(Protocol):
    """The part of `llmauto_tools.sql.engine.Engine` that values need."""

    def query(
        self, sql: str, *, max_rows: int | None = None, timeout: float | None = None
    ) -> QueryResult: ...


@dataclass(frozen=True, slots=True)
class Phrase:
    """A span of a question that could be a value.

    `text` is folded, with one space between words; `key` has the words' roots (`words.root`); `typed`
    is the text as typed; `quoted` says that the person put it into quotes.
    """

    start: int
    end: int
    text: str
    key: str
    typed: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ValueMatch:
    """A cell value that a phrase names, with the column it occurs in and a score 0..1."""

    phrase: Phrase
    table: str
    column: str
    value: CellValue
    score: float
    how: ValueHow


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What is known of a column's cells without a full scan.

    `values` has the distinct values (text as in the data), or None where there are more than the
    limit; `complete` says that no other values occur (the whole table was seen). `binary` is the pair
    (no, yes) of a two-valued yes/no column: (0, 1), (False, True), ("No", "Yes"), ("否", "是").
    `low` and `high` bound numbers and dates (dates as ISO strings).
    """

    values: tuple[CellValue, ...] | None = None
    complete: bool = False
    binary: tuple[CellValue, CellValue] | None = None
    low: Any = None
    high: Any = None


class ValueSource(Protocol):
    """Where the linker gets cell values from."""

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        """What is known of a column; None for an unknown one."""
        ...

    def find(self, phrases: Sequence[Phrase]) -> list[ValueMatch]:
        """The values that the phrases name, in any column of any table."""
        ...


def distinct(source: ValueSource, table: str, column: str, limit: int = 100) -> list[str]:
    """Up to `limit` distinct values of a column as text, as far as the source knows them."""
    facts = source.facts(table, column)
    return [str(v) for v in (facts.values or ())[:limit]] if facts else []


class EngineValues:
    """Values of workspace tables, read through the engine when the first question needs them."""

    def __init__(self, engine: QueryEngine, tables: Sequence[Table]) -> None:
        self._engine = engine
        self._tables = {t.name: t for t in tables}

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        raise NotImplementedError

    def find(self, phrases: Sequence[Phrase]) -> list[ValueMatch]:
        raise NotImplementedError
