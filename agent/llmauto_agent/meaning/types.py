"""Definitions and standing filters, wherever they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from llmauto_tools.schema import ForeignKey


@dataclass(frozen=True)
class Definition:
    """What a name stands for. `body` is in words or in SQL: "sum of mrr * 12 where status is active" (a
    measure), "price - cost" (a value of each row), "amount above 1000" (a condition that rows meet), or the
    name of a column or table (another word for it).

    source: where it comes from, for the answer and `/why`: an entry's id, or a place in llmauto.yml. table: the
    table that it is about; left out, those that have its columns. read: how the body is read: "said" is all of
    the above, "sql" a SQL expression and nothing else, "word" the name of a column, table or measure, which takes
    the name's place in the question, and "value" the same for a cell as the data spells it. note: unit and description, for chat models.
    """

    name: str
    body: str
    source: str = ""
    also: tuple[str, ...] = ()
    """Other names of the same thing."""
    table: str | None = None
    read: Literal["said", "sql", "word", "value"] = "said"
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.also)


@dataclass(frozen=True)
class StandingFilter:
    """A condition that every row has to meet to count, unless the question says otherwise.

    body: the condition for what is counted, in words or in SQL ("is_test is false"), or the name of a
    definition ("test accounts", with `exclude` True). The words of `about` lift it: "including test accounts".
    read: as of a definition.
    """

    body: str
    exclude: bool = False
    about: str = ""
    source: str = ""
    table: str | None = None
    read: Literal["said", "sql"] = "said"


@dataclass(frozen=True)
class Meanings:
    """All that apply to a question. fiscal_start: the month (2..12) in which the fiscal year begins. joins: how
    tables belong together, besides what the sources declare. examples: (question, its SQL), for chat models."""

    definitions: tuple[Definition, ...] = ()
    filters: tuple[StandingFilter, ...] = ()
    fiscal_start: int | None = None
    fiscal_source: str = ""
    joins: tuple[ForeignKey, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.definitions or self.filters or self.fiscal_start)

    def __add__(self, other: Meanings) -> Meanings:
        """Both; of two definitions of one name, that of `self`."""
        known = {n.casefold() for d in self.definitions for n in d.names}
        more = tuple(d for d in other.definitions if d.name.casefold() not in known)
        first = self if self.fiscal_start is not None else other
        return Meanings(
            (*self.definitions, *more),
            (*self.filters, *other.filters),
            first.fiscal_start,
            first.fiscal_source,
            (*self.joins, *other.joins),
            (*self.examples, *other.examples),
        )


NONE = Meanings()


def combined(parts: Iterable[Meanings]) -> Meanings:
    """All of them; the first of two definitions of one name."""
    whole = NONE
    for part in parts:
        whole = whole + part
    return whole
