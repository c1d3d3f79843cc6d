"""What names mean inside one plan: the tables that it reads, and its columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from llmauto_tools.errors import PlanError, did_you_mean
from llmauto_tools.plan.model import ColumnRef, Join, Plan, Predicate
from llmauto_tools.plan.typed import Typed, align
from llmauto_tools.schema import Column, Table


@dataclass
class Settings:
    """What holds for a whole compilation, subqueries included."""

    tables: Mapping[str, Table]
    dialect: str
    today: dt.date | None
    query: Callable[[Plan], tuple[exp.Query, tuple[Column, ...]]]
    """Compiles another plan; set by compile.py, so that this module need not know it."""
    condition: Callable[[Predicate, Scope], exp.Expr]
    """Compiles a predicate; set by compile.py for the same reason."""


@dataclass
class Scope:
    """The tables of one plan by the name that they go by in it."""

    settings: Settings
    bound: dict[str, Table] = field(default_factory=dict)
    qualify: bool = False
    """Write every column with its table, because a bare name could mean something else."""

    def column(self, ref: ColumnRef) -> Typed:
        """The column that a reference means. Raises PlanError with the nearest names."""
        binding, column = self._find(ref)
        identifier = exp.to_identifier(column.name, quoted=True)
        table = exp.to_identifier(binding, quoted=True) if self.qualify else None
        return Typed(exp.Column(this=identifier, table=table), column.dtype, f"'{column.name}'")

    def binding_of(self, ref: ColumnRef) -> str:
        """The name under which the plan reads the table of a column."""
        return self._find(ref)[0]

    def _find(self, ref: ColumnRef) -> tuple[str, Column]:
        searched = {ref.table: self.table(ref.table)} if ref.table is not None else self.bound
        found = [(name, col) for name, table in searched.items() if (col := table.column(ref.name))]
        exact = [pair for pair in found if pair[1].name == ref.name] or found
        if len(exact) == 1:
            return self._spelling(exact[0][0]), exact[0][1]
        if exact:
            places = " and ".join(f"'{name}'" for name, _ in exact)
            raise PlanError(f"The column '{ref.name}' is in {places}.", "Say which table is meant.")
        names = [c.name for table in searched.values() for c in table.columns]
        where = " or ".join(f"'{name}'" for name in searched)
        hint = did_you_mean(ref.name, names) or "The columns are: " + ", ".join(names[:20])
        raise PlanError(f"There is no column '{ref.name}' in {where}.", hint)

    def table(self, name: str) -> Table:
        """A table that the plan reads, by its name in the plan. Raises PlanError."""
        spelled = self._spelling(name)
        if spelled in self.bound:
            return self.bound[spelled]
        hint = did_you_mean(name, self.bound) or "It reads: " + ", ".join(self.bound)
        raise PlanError(f"The plan does not read a table '{name}'.", hint)

    def _spelling(self, name: str) -> str:
        if name in self.bound:
            return name
        return next((b for b in self.bound if b.casefold() == name.casefold()), name)

    def bind(self, name: str, alias: str | None = None) -> str:
        """Add a table of the workspace to the plan; returns the name that it goes by."""
        table = known_table(self.settings.tables, name)
        binding = alias or table.name
        if binding.casefold() in {b.casefold() for b in self.bound}:
            raise PlanError(f"The plan reads '{binding}' twice.", "Give the second one an alias.")
        self.bound[binding] = table
        return binding

    def join(self, join: Join) -> tuple[exp.Expr, exp.Expr]:
        """Bind the joined table; returns it and the condition that joins it."""
        if not join.on:
            raise PlanError(f"The join with '{join.table}' has no columns to join on.")
        binding = self.bind(join.table, join.alias)
        self.qualify = True
        conditions: list[exp.Expr] = []
        for known, added in join.on:
            if added.table is None:
                added = ColumnRef(name=added.name, table=binding)
            if known.table is None:
                known = self._owned(known, binding)
            left, right = align(self.column(known), self.column(added))
            conditions.append(exp.EQ(this=left.sql, expression=right.sql))
        return table_sql(self.bound[binding].name, join.alias), exp.and_(*conditions, copy=False)

    def _owned(self, ref: ColumnRef, joined: str) -> ColumnRef:
        """The reference with its table, looked for among the tables that came before `joined`."""
        before = Scope(self.settings, {n: t for n, t in self.bound.items() if n != joined})
        return ColumnRef(name=ref.name, table=before.binding_of(ref))


def table_sql(name: str, alias: str | None = None) -> exp.Table:
    table = exp.Table(this=exp.to_identifier(name, quoted=True))
    if alias is not None:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    return table


def known_table(tables: Mapping[str, Table], name: str) -> Table:
    """The table of that name (exact, else ignoring case). Raises PlanError with the nearest names."""
    if name in tables:
        return tables[name]
    for known, table in tables.items():
        if known.casefold() == name.casefold():
            return table
    hint = did_you_mean(name, tables) or (
        "The tables are: " + ", ".join(list(tables)[:20]) if tables else None
    )
    raise PlanError(f"There is no table '{name}'.", hint)
