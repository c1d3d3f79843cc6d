"""A query plan as the actions of the grammar: what the trained planner learns to write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from llmauto_agent.planner.neural.grammar import (
    ARITHMETIC,
    COMPARISONS,
    CONSTANTS,
    TOOLS,
    Action,
    Pointer,
    Token,
    two_columns,
)
from llmauto_agent.planner.neural.items import Items
from llmauto_agent.planner.neural.units import factor
from llmauto_agent.planner.tokens import fold
from llmauto_tools.plan import model as m

_COMPARE = {op: name for name, op in COMPARISONS.items()}
_ARITHMETIC = {op: name for name, op in ARITHMETIC.items()}


class NotSayableError(ValueError):
    """The grammar or the items cannot say this plan; the message names the part."""


def write_plan(plan: m.Plan, items: Items, chart: str | None = None) -> list[Action]:
    """The actions of a plan. Raises NotSayableError.

    Joins are left out: they follow from the tables that the columns are of (`read.connect`).
    """
    writer = _Writer(items)
    return [
        Token("ANALYZE"), *writer.plan(plan), Token(f"CHART_{chart}") if chart else Token("END"),
    ]  # fmt: skip


def write_call(tool: str, arguments: dict[str, Any], items: Items) -> list[Action]:
    """The actions of another tool's call, or of a plan of several. Raises NotSayableError."""
    writer = _Writer(items)
    if tool != "compose":
        return list(writer.call(tool, arguments))
    steps = [action for s in arguments["steps"] for action in writer.call(s["tool"], s["arguments"])]
    return [Token("COMPOSE"), *steps, Token("CLOSE")]


def write_refusal(reason: str) -> list[Action]:
    """The actions of a refusal for one of the reasons of the grammar."""
    return [Token(f"REFUSE_{reason}")]


class _Writer:
    def __init__(self, items: Items) -> None:
        self.items = items

    def plan(self, plan: m.Plan) -> Iterator[Action]:
        yield self._table(plan.table)
        yield from self._clause("SELECT", [self.expr(i.expr, plan) for i in plan.select])
        if plan.distinct:
            yield Token("DISTINCT")
        if plan.where is not None:
            yield Token("WHERE")
            yield from self.pred(plan.where, plan)
        yield from self._clause("GROUP", [self.expr(i.expr, plan) for i in plan.group_by])
        yield from self._clause("MEASURE", [self._measure(x, plan) for x in plan.measures])
        if plan.having is not None:
            yield Token("HAVING")
            yield from self.pred(plan.having, plan)
        yield from self._clause("ORDER", [self._order(o, plan) for o in plan.order_by])
        if plan.limit is not None:
            yield from (Token("LIMIT"), self._number(plan.limit))
        if plan.offset is not None:
            yield from (Token("OFFSET"), self._number(plan.offset))
        if plan.top_per_group is not None:
            yield from (Token("TOP"), self._number(plan.top_per_group.count))
            for by in plan.top_per_group.by:
                yield from self.expr(by, plan)
        if plan.combine is not None:
            yield Token(plan.combine.op.upper())
            yield from self.plan(plan.combine.plan)
        yield Token("END")

    def call(self, tool: str, arguments: dict[str, Any]) -> Iterator[Action]:
        kinds = TOOLS.get(tool)
        if tool == "test_hypothesis" and "other" in arguments and two_columns(arguments):
            arguments = {("by" if name == "other" else name): value for name, value in arguments.items()}
        if kinds is None or set(arguments) - set(kinds) - {"table"}:
            raise NotSayableError("tool")
        yield Token(f"TOOL_{tool}")
        yield self._table(arguments.get("table") or self.items.tables[0])
        for name, kind in kinds.items():
            if name in arguments:
                yield Token(f"ARG_{name}")
                number = self._with_unit(name, arguments) if kind == "NUM" else None
                yield from [number] if number else self._argument(kind, arguments[name])
        yield Token("END")

    def _with_unit(self, name: str, arguments: dict[str, Any]) -> Action | None:
        """A number of the request that is the argument in another unit; None where it is no such number."""
        for i, number in enumerate(self.items.numbers):
            times = factor(name, number, self.items.question, arguments)
            if times != 1 and number.value * times == arguments[name]:
                return Pointer("number", i)
        return None

    def _argument(self, kind: str, value: Any) -> Iterator[Action]:
        if kind == "NUM":
            yield self._number(value)
        elif kind == "TABLE":
            yield self._table(value)
        elif kind == "NAME":
            yield from self._text(str(value))
        elif kind in {"COL", "COLS"}:
            for name in [value] if kind == "COL" else value:
                yield self._named_column(name)
        elif kind == "STEPS":
            for step in value:
                yield Token(f"STEPS_{step['kind']}")
                for name in step.get("columns", ()):
                    yield self._named_column(name)
        else:
            for name in value if isinstance(value, list) else [value]:
                yield Token(f"{kind}_{str(name).lower()}")
        if kind in {"COLS", "CHECKS", "STEPS"}:
            yield Token("CLOSE")

    def _named_column(self, name: str) -> Action:
        place = self.items.column(None, name)
        if place is None:
            raise NotSayableError("column")
        return Pointer("column", place)

    def _clause(self, name: str, parts: Sequence[Iterator[Action]]) -> Iterator[Action]:
        if parts:
            yield Token(name)
            for part in parts:
                yield from part

    def _table(self, name: str) -> Action:
        if name not in self.items.tables:
            raise NotSayableError("table")
        return Pointer("table", self.items.tables.index(name))

    def _measure(self, measure: m.Measure, plan: m.Plan) -> Iterator[Action]:
        if measure.over:
            raise NotSayableError("over")
        if measure.window == "moving_average":
            yield from (Token("WINDOW_moving_average"), self._number(measure.periods))
        elif measure.window in {"change", "percent_change"} and measure.periods != 1:
            yield from (Token(f"WINDOW_{measure.window}_by"), self._number(measure.periods))
        elif measure.window != "none":
            yield Token(f"WINDOW_{measure.window}")
        yield from self.expr(measure.expr, plan)

    def _order(self, order: m.Order, plan: m.Plan) -> Iterator[Action]:
        yield Token("DESC" if order.descending else "ASC")
        by = order.by
        if isinstance(by, str):
            shown: list[m.Item | m.Measure] = [*plan.select, *plan.group_by, *plan.measures]
            named = [i.expr for i in shown if i.alias == by]
            if not named:
                raise NotSayableError("order by an alias")
            by = named[0]
        yield from self.expr(by, plan)

    # ---- expressions

    def expr(self, e: m.Expr, plan: m.Plan) -> Iterator[Action]:
        match e:
            case m.ColumnRef():
                yield self._column(e, plan)
            case m.Literal_():
                yield from self.literal(e.value, None, e.type)
            case m.Arithmetic():
                yield Token(_ARITHMETIC[e.op])
                yield from self.expr(e.left, plan)
                yield from self._beside(e.right, e.left, plan)
            case m.Aggregate():
                yield from self._aggregate(e, plan)
            case m.DatePart():
                yield Token(f"PART_{e.part}")
                yield from self.expr(e.argument, plan)
            case m.DateBucket():
                yield Token(f"BUCKET_{e.unit}")
                yield from self.expr(e.argument, plan)
            case m.NumberBucket():
                yield from (Token("WIDTH"), self._number(e.width))
                yield from self.expr(e.argument, plan)
            case m.TextFunction():
                yield Token(f"TEXT_{e.function}")
                yield from self.expr(e.argument, plan)
            case m.Conversion():
                yield Token(f"CAST_{e.to}")
                yield from self.expr(e.argument, plan)
            case m.AbsoluteValue():
                yield Token("ABS")
                yield from self.expr(e.argument, plan)
            case m.Age():
                yield Token(f"AGE_{e.unit}")
                yield from self.expr(e.start, plan)
                yield from self.expr(e.end, plan)
            case m.Today():
                yield Token("TODAY")
            case m.ScalarQuery():
                yield Token("QUERY")
                yield from self.plan(e.plan)
            case _:
                raise NotSayableError(type(e).__name__)

    def _aggregate(self, e: m.Aggregate, plan: m.Plan) -> Iterator[Action]:
        if e.where is not None:
            yield Token("FILTERED")
        if e.function == "quantile":
            yield from (Token("AGG_quantile"), self._number(e.fraction or 0.5))
        elif e.function in {"first", "last"} and e.second is not None:
            yield Token(f"{e.function.upper()}_BY")
        elif e.argument is None:
            yield Token("COUNT_ROWS")
        else:
            yield Token(f"AGG_{e.function}")
        if e.argument is not None:
            yield from self.expr(e.argument, plan)
        if e.second is not None:
            yield from self.expr(e.second, plan)
        if e.where is not None:
            yield from self.pred(e.where, plan)

    def _column(self, ref: m.ColumnRef, plan: m.Plan) -> Action:
        place = self.items.column(ref.table or plan.table, ref.name)
        if place is None and ref.table is None:
            place = self.items.column(None, ref.name)
        if place is None:
            raise NotSayableError("column")
        return Pointer("column", place)

    # ---- literals

    def _beside(self, e: m.Expr, other: m.Expr, plan: m.Plan) -> Iterator[Action]:
        """An expression that stands beside another: a literal is looked for in the other's column first."""
        if isinstance(e, m.Literal_):
            yield from self.literal(e.value, self._place(other, plan), e.type)
        else:
            yield from self.expr(e, plan)

    def _place(self, e: m.Expr, plan: m.Plan) -> int | None:
        while isinstance(e, (m.TextFunction, m.Conversion)):
            e = e.argument
        return self.items.column(e.table or plan.table, e.name) if isinstance(e, m.ColumnRef) else None

    def literal(
        self, value: bool | int | float | str | None, column: int | None, kind: str = "auto"
    ) -> list[Action]:
        if value is None or isinstance(value, bool):
            found = self._value(value, column) if value is not None else None
            return [found or Token({None: "NULL", True: "TRUE", False: "FALSE"}[value])]
        if kind != "auto":
            return [self._date(str(value))]
        if (pointer := self._value(value, column)) is not None:
            return [pointer]
        if isinstance(value, (int, float)):
            return [self._number(value)]
        return self._text(value)

    def _value(self, value: object, column: int | None) -> Action | None:
        """A matched cell: of the column beside it where there is one, else of any."""
        wanted = _key(value)
        places = [i for i, v in enumerate(self.items.values) if _key(v.value) == wanted]
        near = [i for i in places if self.items.values[i].column == column]
        chosen = near or ([] if isinstance(value, (int, float)) else places)
        return Pointer("value", chosen[0]) if chosen else None

    def _number(self, value: float) -> Action:
        for i, number in enumerate(self.items.numbers):
            if number.value == value:
                return Pointer("number", i)
        for name, constant in CONSTANTS.items():
            if name.startswith("C") and constant == value:
                return Token(name)
        for i, number in enumerate(self.items.numbers):
            if abs(number.fraction - value) < 1e-9:
                return Pointer("number", i)
        raise NotSayableError("number")

    def _date(self, text: str) -> Action:
        for i, date in enumerate(self.items.dates):
            if text[:10] in {date.low, date.high}:
                return Pointer("date", i)
        raise NotSayableError("date")

    def _text(self, value: str) -> list[Action]:
        """A number as it is typed, or words of the request."""
        try:
            return [self._number(float(value.replace(",", "")))]
        except ValueError:
            pass
        wanted = "".join(fold(value).split())
        words = self.items.words
        for first in range(len(words)):
            text = ""
            for last in range(first, min(first + 12, len(words))):
                text += "".join(words[last].lower.split())
                if text == wanted:
                    return [Token("SPAN"), Pointer("word", first), Pointer("word", last)]
                if not wanted.startswith(text):
                    break
        raise NotSayableError("text")

    # ---- predicates

    def pred(self, p: m.Predicate, plan: m.Plan) -> Iterator[Action]:
        match p:
            case m.Compare():
                yield Token(_COMPARE[p.op])
                yield from self.expr(p.left, plan)
                yield from self._beside(p.right, p.left, plan)
            case m.Between():
                yield Token("BETWEEN")
                yield from self.expr(p.argument, plan)
                yield from self._beside(p.low, p.argument, plan)
                yield from self._beside(p.high, p.argument, plan)
            case m.Period():
                yield Token("PERIOD")
                yield from self.expr(p.argument, plan)
                yield self._dated(lambda d: d.kind == "period" and (d.low, d.high) == (p.start, p.end))
            case m.RelativePeriod():
                yield Token("PERIOD")
                yield from self.expr(p.argument, plan)
                said = (p.unit, p.offset, p.count, p.rolling)
                yield self._dated(
                    lambda d: d.kind == "relative" and (d.unit, d.offset, d.count, d.rolling) == said
                )
            case m.OneOf():
                yield Token("ONE_OF")
                yield from self.expr(p.argument, plan)
                for value in p.values:
                    yield from self.literal(value, self._place(p.argument, plan))
                yield Token("CLOSE")
            case m.TextMatch():
                yield Token(f"MATCH_{p.how}")
                yield from self.expr(p.argument, plan)
                yield from self.literal(p.text, self._place(p.argument, plan))
            case m.IsNull():
                yield Token("IS_NULL")
                yield from self.expr(p.argument, plan)
            case m.IsTrue():
                yield Token("IS_TRUE")
                yield from self.expr(p.argument, plan)
            case m.And() | m.Or():
                yield Token("AND" if isinstance(p, m.And) else "OR")
                for item in sorted(p.items, key=lambda i: self._first_column(i, plan)):
                    yield from self.pred(item, plan)
                yield Token("CLOSE")
            case m.Not():
                yield Token("NOT")
                yield from self.pred(p.item, plan)
            case m.InQuery():
                yield Token("IN")
                yield from self.expr(p.argument, plan)
                yield from self.plan(p.plan)
            case _:
                raise NotSayableError(type(p).__name__)

    def _first_column(self, p: m.Predicate, plan: m.Plan) -> int:
        """Conditions are written in the order of their columns, since any order means the same."""
        argument = p.left if isinstance(p, m.Compare) else getattr(p, "argument", None)
        place = self._place(argument, plan) if isinstance(argument, m.ColumnRef) else None
        return len(self.items.columns) if place is None else place

    def _dated(self, fits) -> Action:  # type: ignore[no-untyped-def]
        for i, date in enumerate(self.items.dates):
            if fits(date):
                return Pointer("date", i)
        raise NotSayableError("period")


def _key(value: object) -> str:
    return fold(str(value)).strip()
