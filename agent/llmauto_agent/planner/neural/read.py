"""Actions of the grammar as a query plan, or as another tool's call: the inverse of `write`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from llmauto_agent.planner.date_conditions import dated
from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.neural.grammar import (
    AGGREGATES,
    ARITHMETIC,
    CLAUSES,
    COMPARISONS,
    CONSTANTS,
    ENUMS,
    TOOLS,
    Action,
    Pointer,
    Token,
    two_columns,
)
from llmauto_agent.planner.neural.items import Items
from llmauto_agent.planner.neural.units import factor
from llmauto_tools.errors import PlanError
from llmauto_tools.plan import model as m
from llmauto_tools.plan.paths import join_path
from llmauto_tools.schema import ForeignKey


@dataclass(frozen=True)
class Proposal:
    """What a sequence of actions says: a plan, another tool with its arguments, or a refusal."""

    plan: m.Plan | None = None
    tool: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    chart: str | None = None
    refusal: str | None = None


def read_actions(actions: Sequence[Action], items: Items, keys: Sequence[ForeignKey] = ()) -> Proposal:
    """The proposal of a whole sentence of the grammar.

    Raises PlanError where its tables cannot be joined along the keys, or where it says what no plan can.
    """
    reader = _Reader(actions, items, keys)
    head = reader.token()
    if head == "ANALYZE":
        plan = reader.plan()
        last = reader.token()
        chart = last.removeprefix("CHART_") if last != "END" else None
        return Proposal(plan=plan, tool="analyze", chart=chart)
    if head.startswith("TOOL_"):
        tool = head.removeprefix("TOOL_")
        return Proposal(tool=tool, arguments=reader.arguments(tool))
    if head == "COMPOSE":
        return Proposal(tool="compose", arguments={"steps": reader.steps()})
    return Proposal(refusal=head.removeprefix("REFUSE_"))


class _Reader:
    def __init__(self, actions: Sequence[Action], items: Items, keys: Sequence[ForeignKey]) -> None:
        self.actions = actions
        self.items = items
        self.keys = keys
        self.at = 0

    # ---- tokens

    def next(self) -> Action:
        action = self.actions[self.at]
        self.at += 1
        return action

    def peek(self) -> str:
        """The name of the next token, or "" before a pointer."""
        action = self.actions[self.at]
        return action.name if isinstance(action, Token) else ""

    def token(self) -> str:
        action = self.next()
        assert isinstance(action, Token)
        return action.name

    def pointer(self) -> int:
        action = self.next()
        assert isinstance(action, Pointer)
        return action.index

    # ---- plans

    def plan(self) -> m.Plan:
        parts: dict[str, Any] = {"table": self.items.tables[self.pointer()]}
        while (name := self.token()) != "END":
            self._clause(name, parts)
        return connect(m.Plan(**parts), self.keys)

    def _clause(self, name: str, parts: dict[str, Any]) -> None:
        match name:
            case "SELECT":
                parts["select"] = tuple(m.Item(expr=self.expr()) for _ in self._listed())
            case "GROUP":
                parts["group_by"] = tuple(m.Item(expr=self.expr()) for _ in self._listed())
            case "MEASURE":
                parts["measures"] = tuple(self._measure() for _ in self._listed())
            case "ORDER":
                parts["order_by"] = tuple(
                    m.Order(descending=self.token() == "DESC", by=self.expr()) for _ in self._listed()
                )
            case "DISTINCT":
                parts["distinct"] = True
            case "WHERE" | "HAVING":
                parts[name.lower()] = self.pred()
            case "LIMIT" | "OFFSET":
                parts[name.lower()] = _whole(self.number())
            case "TOP":
                count = _whole(self.number())
                by = tuple(self.expr() for _ in self._listed())
                parts["top_per_group"] = m.TopPerGroup(count=count, by=by)
            case _:
                op: Any = name.lower()
                parts["combine"] = m.SetOperation(op=op, plan=self.plan())

    def _listed(self) -> Any:
        """Once for each item of a list, which a later clause or the end closes."""
        yield
        while self.peek() not in {*CLAUSES, "END"}:
            yield

    def _measure(self) -> m.Measure:
        name = self.peek()
        if not name.startswith("WINDOW_"):
            return m.Measure(expr=self.expr())
        window: Any = self.token().removeprefix("WINDOW_")
        periods = 1
        if window == "moving_average" or window.endswith("_by"):
            periods = _whole(self.number())
        return m.Measure(window=window.removesuffix("_by"), periods=periods, expr=self.expr())

    # ---- expressions

    def expr(self, beside: m.Expr | None = None) -> m.Expr:
        """An expression; a literal takes the type of the column that it stands `beside`."""
        action = self.next()
        if isinstance(action, Pointer):
            if action.kind == "column":
                item = self.items.columns[action.index]
                return m.ColumnRef(name=item.name, table=item.table)
            if action.kind == "date":
                return _date_literal(self.items.dates[action.index])
            self.at -= 1
            return m.Literal_(value=self.literal(beside))
        name = action.name
        if name in CONSTANTS or name == "SPAN":
            self.at -= 1
            return m.Literal_(value=self.literal(beside))
        if name in ARITHMETIC:
            op: Any = ARITHMETIC[name]
            left = self.expr()
            return m.Arithmetic(op=op, left=left, right=self.expr())
        return self._function(name)

    def _function(self, name: str) -> m.Expr:
        head, _, rest = name.partition("_")
        kind: Any = rest
        match head:
            case "PART":
                return m.DatePart(part=kind, argument=self.expr())
            case "BUCKET":
                return m.DateBucket(unit=kind, argument=self.expr())
            case "TEXT":
                return m.TextFunction(function=kind, argument=self.expr())
            case "CAST":
                return m.Conversion(to=kind, argument=self.expr())
            case "AGE":
                start = self.expr()
                return m.Age(unit=kind, start=start, end=self.expr())
            case "WIDTH":
                width = float(self.number())
                return m.NumberBucket(width=width, argument=self.expr())
            case "ABS":
                return m.AbsoluteValue(argument=self.expr())
            case "TODAY":
                return m.Today()
            case "QUERY":
                return m.ScalarQuery(plan=self.plan())
        return self._aggregate(name)

    def _aggregate(self, name: str) -> m.Aggregate:
        if name == "FILTERED":
            inner = self.expr()
            where = self.pred()
            if not isinstance(inner, m.Aggregate):
                raise PlanError("A condition is set on what is no aggregate.")
            return inner.model_copy(update={"where": where})
        if name == "COUNT_ROWS":
            return m.Aggregate(function="count")
        if name == "AGG_quantile":
            fraction = float(self.number())
            fraction = fraction / 100 if fraction > 1 else fraction
            return m.Aggregate(function="quantile", fraction=fraction, argument=self.expr())
        if name in {"AGG_corr", "FIRST_BY", "LAST_BY"}:
            two: Any = "corr" if name == "AGG_corr" else name.removesuffix("_BY").lower()
            first = self.expr()
            return m.Aggregate(function=two, argument=first, second=self.expr())
        function: Any = name.removeprefix("AGG_")
        assert function in AGGREGATES
        return m.Aggregate(function=function, argument=self.expr())

    # ---- literals

    def number(self) -> int | float:
        action = self.next()
        if isinstance(action, Pointer):
            return self.items.numbers[action.index].value
        value = CONSTANTS[action.name]
        assert isinstance(value, (int, float))
        return value

    def literal(self, beside: m.Expr | None = None) -> bool | int | float | str | None:
        family = self._family(beside)
        action = self.next()
        if isinstance(action, Token):
            if action.name == "SPAN":
                return _typed(self._span(), family)
            return CONSTANTS[action.name]
        if action.kind == "value":
            return self.items.values[action.index].value
        if action.kind == "date":
            return self.items.dates[action.index].low
        number = self.items.numbers[action.index]
        return number.text if family == "text" else number.value

    def _span(self) -> str:
        first, last = self.pointer(), self.pointer()
        words = self.items.words
        if last < first:
            raise PlanError("A text ends before it begins.")
        if words[first].kind == "quoted" and first == last:
            return words[first].text
        return self.items.question[words[first].start : words[last].end]

    def _family(self, e: m.Expr | None) -> str | None:
        if isinstance(e, m.ColumnRef):
            place = self.items.column(e.table, e.name)
            return self.items.columns[place].family if place is not None else None
        return None

    # ---- predicates

    def pred(self) -> m.Predicate:
        name = self.token()
        if name in COMPARISONS:
            op: Any = COMPARISONS[name]
            left = self.expr()
            return m.Compare(op=op, left=left, right=self.expr(left))
        if name in {"AND", "OR"}:
            listed = [self.pred()]
            while self.peek() != "CLOSE":
                listed.append(self.pred())
            self.next()
            return m.And(items=tuple(listed)) if name == "AND" else m.Or(items=tuple(listed))
        if name == "NOT":
            return m.Not(item=self.pred())
        argument = self.expr()
        match name:
            case "BETWEEN":
                low = self.expr(argument)
                return m.Between(argument=argument, low=low, high=self.expr(argument))
            case "PERIOD":
                return dated(argument, self.items.dates[self.pointer()])
            case "ONE_OF":
                values = [self.literal(argument)]
                while self.peek() != "CLOSE":
                    values.append(self.literal(argument))
                self.next()
                return m.OneOf(argument=argument, values=tuple(values))
            case "IS_NULL":
                return m.IsNull(argument=argument)
            case "IS_TRUE":
                return m.IsTrue(argument=argument)
            case "IN":
                return m.InQuery(argument=argument, plan=self.plan())
        how: Any = name.removeprefix("MATCH_")
        return m.TextMatch(how=how, argument=argument, text=str(self.literal(argument)))

    # ---- other tools

    def steps(self) -> list[dict[str, Any]]:
        found = []
        for _ in self._closed():
            tool = self.token().removeprefix("TOOL_")
            found.append({"tool": tool, "arguments": self.arguments(tool)})
        return found

    def arguments(self, tool: str) -> dict[str, Any]:
        found: dict[str, Any] = {"table": self.items.tables[self.pointer()]}
        numbers: dict[str, int] = {}
        while (name := self.token()) != "END":
            argument = name.removeprefix("ARG_")
            if isinstance(pointer := self.actions[self.at], Pointer) and pointer.kind == "number":
                numbers[argument] = pointer.index
            found[argument] = self._argument(TOOLS[tool][argument])
        if tool == "test_hypothesis" and two_columns(found) and self._is_number(found.get("by")):
            found["other"] = found.pop("by")
        for argument, index in numbers.items():
            times = factor(argument, self.items.numbers[index], self.items.question, found)
            found[argument] = _whole(found[argument] * times) if times != 1 else found[argument]
        return found

    def _is_number(self, column: str | None) -> bool:
        place = self.items.column(None, column) if column is not None else None
        return place is not None and self.items.columns[place].family == "number"

    def _argument(self, kind: str) -> Any:
        if kind == "NUM":
            return self.number()
        if kind == "COL":
            return self.items.columns[self.pointer()].name
        if kind == "TABLE":
            return self.items.tables[self.pointer()]
        if kind == "COLS":
            return [self.items.columns[self.pointer()].name for _ in self._closed()]
        if kind == "CHECKS":
            return [self.token().removeprefix("CHECKS_") for _ in self._closed()]
        if kind == "STEPS":
            return [self._step() for _ in self._closed()]
        if kind == "NAME":
            self.next()
            return self._span()
        value = self.token().removeprefix(f"{kind}_")
        assert value in ENUMS[kind]
        return True if kind == "YES" else value

    def _step(self) -> dict[str, Any]:
        """A step of `preprocess`: its kind, and its columns where it names some."""
        found: dict[str, Any] = {"kind": self.token().removeprefix("STEPS_")}
        columns = []
        while isinstance(self.actions[self.at], Pointer):
            columns.append(self.items.columns[self.pointer()].name)
        return found | ({"columns": columns} if columns else {})

    def _closed(self) -> Any:
        """Once for each item of a list that CLOSE ends."""
        yield
        while self.peek() != "CLOSE":
            yield
        self.next()


def _whole(number: float) -> int:
    return int(number)


def _typed(text: str, family: str | None) -> int | float | str:
    """A text of the request, as a number where the column beside it holds numbers."""
    if family == "number":
        try:
            number = float(text.replace(",", ""))
        except ValueError:
            return text
        return int(number) if number.is_integer() else number
    return text


def _date_literal(date: DateLiteral) -> m.Literal_:
    if date.low is None and date.high is None:
        raise PlanError("A date has no day to compare with.")
    return m.Literal_(value=date.low or date.high, type="date")


# ---- joins


def connect(plan: m.Plan, keys: Sequence[ForeignKey]) -> m.Plan:
    """The plan with the joins that its columns need; columns without their table where it reads one only.

    Raises PlanError where no keys connect the tables.
    """
    wanted = [t for t in dict.fromkeys(_tables(plan)) if t != plan.table]
    if not wanted:
        bare: m.Plan = _bare(plan, plan.table)
        return bare
    joins = join_path(keys, plan.table, wanted)
    return plan.model_copy(update={"joins": joins})


def _tables(node: Any) -> list[str]:
    """The tables that the columns of this plan name, those of inner plans left out."""
    if isinstance(node, m.ColumnRef):
        return [node.table] if node.table else []
    if isinstance(node, (m.ScalarQuery, m.SetOperation)):
        return []
    if isinstance(node, m.InQuery):
        return _tables(node.argument)
    if isinstance(node, tuple):
        return [t for item in node for t in _tables(item)]
    if isinstance(node, m.Node):
        return [t for name in type(node).model_fields for t in _tables(getattr(node, name))]
    return []


def _bare(node: Any, table: str) -> Any:
    """A copy whose columns do not name their table; inner plans are complete already."""
    if isinstance(node, m.ColumnRef):
        return node.model_copy(update={"table": None})
    if isinstance(node, (m.ScalarQuery, m.SetOperation)):
        return node
    if isinstance(node, m.InQuery):
        return node.model_copy(update={"argument": _bare(node.argument, table)})
    if isinstance(node, tuple):
        return tuple(_bare(item, table) for item in node)
    if isinstance(node, m.Node):
        changed = {
            name: _bare(getattr(node, name), table) for name in type(node).model_fields if name != "joins"
        }
        return node.model_copy(update=changed)
    return node
