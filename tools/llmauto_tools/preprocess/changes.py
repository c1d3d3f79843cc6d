"""What a fitted step does to a table, as data, and the one place where that becomes SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from llmauto_tools.columns import quoted
from llmauto_tools.preprocess.kinds import Kind, Schema

RESERVED = "llmauto "
"""How the columns begin that exist only inside the statement."""
POSITION = "llmauto row"
"""The row's position in the table, from 1; only inside the statement."""
ROLE = "llmauto role"
"""train, test or valid; only inside the statement."""

Mode = Literal["apply", "all", "train"]
"""apply: any rows; all: the rows it is fitted on, with their roles; train: the training rows alone."""


@dataclass(frozen=True)
class Form:
    """How a column is computed: SQL over the columns before the step, and which of them it reads."""

    sql: str
    reads: tuple[str, ...]
    window: bool = False


@dataclass(frozen=True)
class Output:
    """A column that a step makes or replaces."""

    name: str
    kind: Kind
    form: Form
    fitting: Form | None = None
    """On the rows that the recipe is fitted on, where that is not the same (cross-fitting)."""

    def for_mode(self, mode: Mode) -> Form:
        return self.form if mode == "apply" or self.fitting is None else self.fitting


@dataclass(frozen=True)
class Keep:
    """A condition without which a training row is dropped; `window`: it is over a window."""

    sql: str
    reads: tuple[str, ...]
    window: bool = False


@dataclass(frozen=True)
class Change:
    """One stage of the statement."""

    title: str
    outputs: tuple[Output, ...] = ()
    drops: tuple[str, ...] = ()
    keep: Keep | None = None

    def apply_to(self, schema: Schema) -> Schema:
        """The columns after the stage: replaced in place, new ones at the end."""
        after = {n: k for n, k in schema.items() if n not in self.drops}
        after.update({o.name: o.kind for o in self.outputs})
        return after

    def needs(self, wanted: set[str], mode: Mode) -> set[str]:
        """The columns before the stage that the wanted ones after it are made of."""
        made = {o.name: o.for_mode(mode) for o in self.outputs}
        before = {n for n in wanted if n not in made}
        for name in wanted & made.keys():
            before.update(made[name].reads)
        if self.keep is not None and mode != "apply":
            before.update(self.keep.reads)
        return before


@dataclass(frozen=True)
class Role:
    """How the rows that a recipe is fitted on get their roles."""

    sql: str = "'train'"
    reads: tuple[str, ...] = ()
    name: str | None = None
    """The column of the result that tells it."""


@dataclass(frozen=True)
class Chain:
    """The stages over a relation with these columns."""

    source: Schema
    changes: tuple[Change, ...] = ()
    role: Role = Role()

    def schema(self) -> Schema:
        schema = self.source
        for change in self.changes:
            schema = change.apply_to(schema)
        return schema

    def has_windows(self, mode: Mode) -> bool:
        """Whether DuckDB may give the rows in another order than the relation's."""
        forms = (o.for_mode(mode) for c in self.changes for o in c.outputs)
        keeps = (c.keep for c in self.changes if mode != "apply" and c.keep is not None)
        return any(k.window for k in keeps) or any(f.window for f in forms)

    def reads(self, wanted: Sequence[str], mode: Mode) -> list[str]:
        """The columns of the relation that the wanted ones are made of."""
        needed = self._needs(set(wanted), mode)[0]
        return [n for n in self.source if n in needed]

    def sql(
        self, relation: str, mode: Mode, wanted: Sequence[str] | None = None, *, ordered: bool = False
    ) -> str:
        """A SELECT over `relation` (a quoted table, or a SELECT in parentheses).

        wanted: the columns that it gives (all, where left out, with the role's in mode "all"); stages
        that they do not need are left out. ordered: sort by the row's position.
        """
        outputs = [*self.schema()] if wanted is None else [*wanted]
        needs = self._needs({*outputs, *([POSITION] if ordered else [])}, mode)
        stages = [("llmauto_source", self._source(relation, needs[0], mode))]
        available = needs[0] & ({*self.source} | {POSITION}) | ({ROLE} if mode != "apply" else set())
        for number, change in enumerate(self.changes, start=1):
            made = [o for o in change.outputs if o.name in needs[number]]
            if made or (change.keep is not None and mode != "apply"):
                sql = _stage(change, made, available, stages[-1][0], mode)
                stages.append((f"llmauto_{number}_{change.title}", sql))
                available = (available - {*change.drops}) | {o.name for o in made}
        body = ",\n".join(f"{name} AS NOT MATERIALIZED (\n  {sql}\n)" for name, sql in stages)
        names = [quoted(n) for n in outputs]
        if mode == "all" and self.role.name is not None and wanted is None:
            names.append(f"{quoted(ROLE)} AS {quoted(self.role.name)}")
        order = f"\nORDER BY {quoted(POSITION)}" if ordered else ""
        return f"WITH {body}\nSELECT {', '.join(names) or 'NULL AS nothing'}\nFROM {stages[-1][0]}{order}"

    def _needs(self, wanted: set[str], mode: Mode) -> list[set[str]]:
        """The columns that each stage has to give: first the source, then after every change."""
        needs = [set(wanted)]
        for change in reversed(self.changes):
            needs.append(change.needs(needs[-1], mode))
        if mode != "apply":
            needs[-1] = needs[-1] | set(self.role.reads)
        return needs[::-1]

    def _source(self, relation: str, needed: set[str], mode: Mode) -> str:
        names = [quoted(n) for n in self.source if n in needed]
        if POSITION in needed:
            names.append(f"row_number() OVER () AS {quoted(POSITION)}")
        select = f"SELECT {', '.join(names) or '1 AS unused'} FROM {relation}"
        if mode == "apply":
            return select
        where = f" WHERE {quoted(ROLE)} = 'train'" if mode == "train" else ""
        return f"SELECT *, {self.role.sql} AS {quoted(ROLE)} FROM (\n  {select}\n  ){where}"


def _stage(change: Change, made: list[Output], available: set[str], before: str, mode: Mode) -> str:
    forms = {o.name: o.for_mode(mode) for o in made}
    dropped = [n for n in change.drops if n in available]
    items = []
    if available - {*dropped}:
        star = f"{before}.*"
        if dropped:
            star += f" EXCLUDE ({', '.join(quoted(n) for n in dropped)})"
        replaced = [f"{f.sql} AS {quoted(n)}" for n, f in forms.items() if n in available]
        if replaced:
            star += " REPLACE (\n    " + ",\n    ".join(replaced) + ")"
        items.append(star)
    items += [f"{f.sql} AS {quoted(n)}" for n, f in forms.items() if n not in available]
    sql = "SELECT " + ",\n    ".join(items) + f"\n  FROM {before}"
    if change.keep is not None and mode != "apply":
        clause = "QUALIFY" if change.keep.window else "WHERE"
        sql += f"\n  {clause} {quoted(ROLE)} <> 'train' OR ({change.keep.sql})"
    return sql
