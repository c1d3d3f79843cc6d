"""A project's llmauto.yml as meanings: what the built-in planner applies and a chat model is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from llmauto_agent.meaning.types import Definition, Meanings, StandingFilter
from llmauto_agent.semantics.check import check, ends
from llmauto_agent.semantics.model import NamedExpression, SemanticFile
from llmauto_agent.semantics.places import Located, Place
from llmauto_agent.semantics.read import read_semantics
from llmauto_tools.schema import ForeignKey, Table

SOURCE = "llmauto.yml"
"""How the source of each meaning begins, whatever the file's real name: the planner's wording knows it."""


class Semantics:
    """The semantic layer of one project; called, it gives the meanings for the tables that are attached now.

    The file is read again when it changes, and checked again when the tables do. Raises InvalidArguments, with
    file, line and what to do, where it is not right.
    """

    def __init__(self, path: Path, tables: Callable[[], Sequence[Table]]) -> None:
        self.path = path
        self._tables = tables
        self._read: tuple[tuple[int, int], SemanticFile, Located] | None = None
        self._made: tuple[object, Meanings] | None = None

    def __call__(self) -> Meanings:
        """The meanings for the tables that are attached now."""
        version, file, located = self._current()
        tables = list(self._tables())
        key = (version, tables)
        if self._made is None or self._made[0] != key:
            check(file, located, tables)
            self._made = (key, meanings_of(file, located, tables))
        return self._made[1]

    @property
    def file(self) -> SemanticFile:
        """The file as it is now."""
        return self._current()[1]

    def _current(self) -> tuple[tuple[int, int], SemanticFile, Located]:
        try:
            found = self.path.stat()
            version = (found.st_mtime_ns, found.st_size)
        except OSError:
            version = (0, 0)
        if self._read is None or self._read[0] != version:
            self._read = (version, *read_semantics(self.path))
        return self._read


def meanings_of(file: SemanticFile, located: Located, tables: Sequence[Table]) -> Meanings:
    """The meanings of a file that was checked, for the tables that are attached."""
    here = {t.name.casefold(): t for t in tables}
    words = sorted(_words(file, located, here), key=lambda d: -len(d.name))
    defined = [
        _definition(entry, f"{SOURCE}:{located.line((part, i))}", here)
        for part, entries in (("measures", file.measures), ("dimensions", file.dimensions))
        for i, entry in enumerate(entries)
        if entry.table is None or entry.table.casefold() in here
    ]
    filters = [
        StandingFilter(
            f.condition, f.exclude is not None, f.name, f"{SOURCE}:{located.line(('filters', i))}",
            here[f.table.casefold()].name, "sql",
        )
        for i, f in enumerate(file.filters)
        if f.table.casefold() in here
    ]  # fmt: skip
    # January is the calendar year, which needs no rule.
    start = file.fiscal_year_start if file.fiscal_year_start != 1 else None
    return Meanings(
        (*words, *defined),
        tuple(filters),
        start,
        f"{SOURCE}:{located.line(('fiscal_year_start',))}" if start else "",
        tuple(_joins(file, here)),
        tuple((e.question, e.sql) for e in file.examples),
    )


def _definition(entry: NamedExpression, source: str, here: dict[str, Table]) -> Definition:
    table = here[entry.table.casefold()].name if entry.table is not None else None
    column = here[entry.table.casefold()].column(_bare(entry.expression)) if entry.table is not None else None
    if column is not None and not entry.synonyms and _spoken(column.name) == _spoken(entry.name):
        # The column by its own name: nothing to replace, but a chat model is told its description.
        return Definition(entry.name, column.name, source, (), table, "word", entry.description)
    note = ", ".join(part for part in (entry.unit and f"in {entry.unit}", entry.description) if part)
    return Definition(entry.name, entry.expression, source, entry.synonyms, table, "sql", note)


def _bare(expression: str) -> str:
    """The name in an expression that is only a column, however it is quoted."""
    return expression.strip().removeprefix('"').removesuffix('"').replace('""', '"')


def _spoken(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _words(file: SemanticFile, located: Located, here: dict[str, Table]) -> Iterator[Definition]:
    """Other words for tables, columns, values and measures, each replaced by what the data calls it."""

    def word(name: str, stands_for: str, place: Place, read: Literal["word", "value"] = "word") -> Definition:
        return Definition(name, stands_for, f"{SOURCE}:{located.line(place)}", read=read)

    for name, table in file.tables.items():
        attached = here.get(name.casefold())
        if attached is None:
            continue
        place: Place = ("tables", name)
        yield from (word(w, attached.name, (*place, "synonyms")) for w in table.synonyms)
        for column_name, column in table.columns.items():
            found = attached.column(column_name)
            assert found is not None, "the file was checked"
            inside: Place = (*place, "columns", column_name)
            yield from (word(w, found.name, (*inside, "synonyms")) for w in column.synonyms)
            for value, others in column.values.items():
                yield from (word(w, value, (*inside, "values", value), "value") for w in others)
    for name, others in file.synonyms.items():
        yield from (word(w, name, ("synonyms", name)) for w in others)


def _joins(file: SemanticFile, here: dict[str, Table]) -> Iterator[ForeignKey]:
    for join in file.joins:
        (a, x), (b, y) = ends(join)
        left, right = here.get(a.casefold()), here.get(b.casefold())
        if left is None or right is None:
            continue
        from_, to = left.column(x), right.column(y)
        assert from_ is not None, "the file was checked"
        assert to is not None, "the file was checked"
        yield ForeignKey(left.name, from_.name, right.name, to.name, declared=True)
