"""What names mean inside one SELECT that is turned into a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from llmauto_tools.plan.model import Arithmetic, ColumnRef, Expr, Plan
from llmauto_tools.schema import Column, Table, TypeFamily


class CannotSay(Exception):
    """A statement that no plan can say. `reason` is a short fixed name that losses are counted by."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


@dataclass
class SqlScope:
    """The tables that a SELECT reads, by the name they go by in it, and the SELECT around it."""

    tables: Mapping[str, Table]
    """Every table of the database, by its name in lower case."""
    complete: frozenset[tuple[str, str]]
    """Columns (table, column) without missing values."""
    query: Callable[[exp.Expr, SqlScope], Plan]
    """Turns an inner query into a plan; set by sql_to_plan, so that this module need not know it."""
    outer: SqlScope | None = None
    bound: dict[str, Table] = field(default_factory=dict)
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    """Headings of the SELECT list, which ORDER BY, GROUP BY and HAVING may name."""
    outer_joined: bool = False
    """Some join is a left one, so that columns may be missing that are complete in their table."""
    texts: tuple[str, ...] = ()
    """The request and those before it, newest first, in whose words `during` names a period."""

    def inner(self) -> SqlScope:
        return SqlScope(self.tables, self.complete, self.query, outer=self, texts=self.texts)

    def bind(self, node: exp.Table) -> Table:
        """Add a table of the FROM clause. Raises CannotSay for an unknown one and for a second copy."""
        table = self.tables.get(node.name.lower())
        if table is None:
            raise CannotSay("unknown_table", node.name)
        if table in self.bound.values():
            raise CannotSay("self_join", table.name)
        self.bound[(node.alias or node.name).lower()] = table
        return table

    def column(self, node: exp.Column) -> ColumnRef:
        """The column that a name means. Raises CannotSay for unknown, ambiguous and outer ones."""
        name, qualifier = node.name, node.table.lower()
        searched = self.bound
        if qualifier:
            searched = {k: t for k, t in self.bound.items() if qualifier in (k, t.name.lower())}
        found = [(t, c) for t in searched.values() if (c := t.column(name)) is not None]
        if len(found) == 1:
            return ColumnRef(name=found[0][1].name, table=found[0][0].name)
        if found:
            raise CannotSay("ambiguous_column", name)
        if self.outer is not None and self.outer.knows(node):
            raise CannotSay("correlated", name)
        raise CannotSay("unknown_column", node.sql())

    def knows(self, node: exp.Column) -> bool:
        try:
            self.column(node)
        except CannotSay as e:
            return e.reason == "correlated"
        return True

    def family(self, node: Expr) -> TypeFamily | None:
        """The family of types of an expression, where it is plain to see."""
        if isinstance(node, Arithmetic) or node.kind in {"aggregate", "date_part", "number_bucket"}:
            return "number" if not (node.kind == "aggregate" and node.function in {"min", "max"}) else None
        column = self._declared(node)
        return column.family if column is not None else None

    def _declared(self, node: Expr) -> Column | None:
        if not isinstance(node, ColumnRef) or node.table is None:
            return None
        return self.tables[node.table.lower()].column(node.name)
