"""The draft: what the grammar has gathered of a question while it reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from llmauto_agent.planner.read_code import GAP, Code
from llmauto_agent.planner.read_facts import Col, Facts
from llmauto_agent.planner.tokens import Language
from llmauto_tools.plan.model import Aggregate, Expr, Node, Predicate

Window = Literal["none", "share", "running_total", "change", "percent_change", "rank", "moving_average"]


@dataclass
class MeasureDraft:
    """An aggregate of the groups; `rows` says that it counts rows of `table`."""

    expr: Expr
    text: str
    alias: str | None = None
    table: str | None = None
    window: Window = "none"


@dataclass
class Rank:
    """A superlative or top-N: the first `count` after `skip`, by `by` (None: not said)."""

    descending: bool
    count: int | None = None
    skip: int = 0
    by: Expr | MeasureDraft | None = None
    counting: bool = False
    text: str = ""


@dataclass(frozen=True)
class Subject:
    """What a question asks for: a column, the rows of a table (`col` None), or a part of a date."""

    col: Col | None = None
    table: str | None = None
    expr: Expr | None = None


class Refusal(Exception):
    """The question cannot be read: the words at fault, and the choices where there are several readings."""

    def __init__(
        self, missing: list[str], choices: list[str] | None = None, reason: str | None = None
    ) -> None:
        super().__init__(missing)
        self.missing = missing
        self.choices = choices or []
        self.reason = reason


@dataclass
class Draft:
    """Everything that has been read so far. Measures and filters stay in the coded text until the end,
    so that "or", "not" and "difference between" can still take hold of them."""

    code: Code
    facts: Facts
    language: Language
    base: str
    """The table that column-less words refer to until the measures decide."""
    has_context: bool = False
    groups: list[Expr] = field(default_factory=list)
    having: list[Predicate] = field(default_factory=list)
    rank: Rank | None = None
    subject: Subject | None = None
    per_group: list[Expr] = field(default_factory=list)
    sort: list[tuple[Expr | None, bool]] = field(default_factory=list)
    limit: int | None = None
    window: Window = "none"
    periods: int = 1
    percent: bool = False
    scale: float = 1.0
    unit: str | None = None
    distinct: bool = False
    wants_rows: bool = False
    wants_list: bool = False
    share: bool = False
    per_average: bool = False
    chart: str | None = None
    when: bool = False
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    """Words that fit several columns equally well, with those columns."""
    named: list[tuple[str, str]] = field(default_factory=list)
    """The tables that the question names, each with its words."""
    label_said: bool = False
    """The column that names the rows was said for the rows ("which restaurants ...")."""
    guessed: bool = False
    """An unknown noun was taken for the rows."""
    row_nouns: set[str] = field(default_factory=set)
    assumptions: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    comparing: bool = False
    joined: bool = False
    """Several values of one column were joined by "and"."""
    count_table: str | None = None
    """The table whose rows "more than 40 orders" counts, where it is not the base."""

    # ---- slots

    def value(self, char: str) -> Any:
        return self.code.slot(char).value

    def text(self, char: str) -> str:
        return self.code.slot(char).text

    def expr(self, char: str) -> Expr:
        """The expression behind a column or expression character."""
        value = self.value(char)
        return value.ref if isinstance(value, Col) else value

    def col(self, char: str) -> Col | None:
        value = self.value(char)
        return value if isinstance(value, Col) else None

    def new_x(self, expr: Expr, text: str) -> str:
        return self.code.new("x", expr, text)

    def new_m(self, measure: MeasureDraft) -> str:
        return self.code.new("m", measure, measure.text)

    def new_f(self, predicate: Predicate, text: str) -> str:
        return self.code.new("f", predicate, text)

    def span(self, match: Any) -> str:
        """The question's own words behind a match."""
        return self.code.words(match.start(), match.end())

    def note(self, match: Any) -> str:
        """Record the matched words as understood; the gap they leave behind."""
        self.understood.append(self.span(match))
        return GAP

    # ---- what the coded text holds

    def measures(self) -> list[MeasureDraft]:
        return [s.value for s in self.code.slots_in(self.code.text) if s.kind == "m"]

    def filters(self) -> list[Predicate]:
        return [s.value for s in self.code.slots_in(self.code.text) if s.kind == "f"]

    def assume(self, text: str) -> None:
        if text not in self.assumptions:
            self.assumptions.append(text)

    def count(self, table: str | None = None, where: Predicate | None = None) -> Aggregate:
        return Aggregate(function="count", where=where)


def tables_of(node: Any) -> set[str]:
    """The tables that the columns of an expression or predicate name."""
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, Node):
            table = getattr(item, "table", None)
            if item.__class__.__name__ == "ColumnRef" and table:
                found.add(table)
            elif item.__class__.__name__ != "Plan":
                stack.extend(getattr(item, name) for name in type(item).model_fields)
        elif isinstance(item, tuple):
            stack.extend(item)
    return found
