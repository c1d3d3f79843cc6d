"""What is known of cell values: facts of columns, phrases to look for, and matches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

ValueHow = Literal["exact", "normalised", "inflected", "part", "abbreviation", "alias", "typo"]
CellValue = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A span of a question that could be a value.

    `text` is folded, with one space between words; `key` has the words' roots (`words.root`); `typed`
    is the text as typed; `quoted` says that the person put it into quotes; `explained` that names of
    the schema and words of the question's own account for it, so that it is hardly a value.
    """

    start: int
    end: int
    text: str
    key: str
    typed: str
    quoted: bool = False
    explained: bool = False


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
    `low` and `high` bound numbers and dates (dates as ISO strings). `unique` says that nearly every row
    has a value of its own, as a name or an id has.
    """

    values: tuple[CellValue, ...] | None = None
    complete: bool = False
    binary: tuple[CellValue, CellValue] | None = None
    low: Any = None
    high: Any = None
    unique: bool = False


class ValueSource(Protocol):
    """Where the linker gets cell values from."""

    def facts(self, table: str, column: str) -> ColumnFacts | None:
        """What is known of a column; None for an unknown one."""
        ...

    def find(self, phrases: Sequence[Phrase], first: Sequence[str] = ()) -> list[ValueMatch]:
        """The values that the phrases name, in any column; tables in `first` matter most."""
        ...


def distinct(source: ValueSource, table: str, column: str, limit: int = 100) -> list[str]:
    """Up to `limit` distinct values of a column as text, as far as the source knows them."""
    facts = source.facts(table, column)
    return [str(v) for v in (facts.values or ())[:limit]] if facts else []
