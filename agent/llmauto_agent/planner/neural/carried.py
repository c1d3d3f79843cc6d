"""What a follow-up keeps: the values, numbers and dates of the plan before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llmauto_agent.planner.date_words import DateLiteral
from llmauto_agent.planner.literals import NumberLiteral
from llmauto_agent.planner.value_types import CellValue
from llmauto_tools.plan import model as m

NOWHERE = -1
"""The place in the request of what it does not say itself."""
MANY = 8


@dataclass(frozen=True)
class Carried:
    """Literals of a plan, each once: (table, column, value), numbers, dates."""

    values: tuple[tuple[str, str, CellValue], ...] = ()
    numbers: tuple[NumberLiteral, ...] = ()
    dates: tuple[DateLiteral, ...] = ()


def carried(plan: m.Plan | None) -> Carried:
    """What the plan compares with, counts or spans, so that a follow-up may keep it."""
    if plan is None:
        return Carried()
    values: dict[tuple[str, str, CellValue], None] = {}
    numbers: dict[float, NumberLiteral] = {}
    dates: dict[str, DateLiteral] = {}
    for owner, node in _nodes(plan):
        for column, value in _compared(node):
            if isinstance(value, (str, bool)):
                values[column.table or owner.table, column.name, value] = None
        if isinstance(node, m.Literal_) and node.type != "auto":
            dates.setdefault(str(node.value), _date("period", str(node.value)[:10], low=str(node.value)))
        for number in _numbers(node):
            text = str(int(number) if number == int(number) else number)
            numbers.setdefault(number, NumberLiteral(number, "number", NOWHERE, NOWHERE, text))
        if isinstance(node, m.Period):
            text = f"{node.start or ''} to {node.end or ''}"
            dates.setdefault(text, _date("period", text, low=node.start, high=node.end))
        elif isinstance(node, m.RelativePeriod):
            text = f"{node.count} {node.unit} {node.offset}" + (" rolling" if node.rolling else "")
            dates.setdefault(
                text,
                _date(
                    "relative",
                    text,
                    unit=node.unit,
                    offset=node.offset,
                    count=node.count,
                    rolling=node.rolling,
                ),
            )
    return Carried(tuple(values)[:MANY], tuple(numbers.values())[:MANY], tuple(dates.values())[:MANY])


def _date(kind: str, text: str, **fields: object) -> DateLiteral:
    return DateLiteral(kind, NOWHERE, NOWHERE, text, **fields)  # type: ignore[arg-type]


def _nodes(plan: m.Plan) -> Iterator[tuple[m.Plan, m.Node]]:
    """Every node with the plan that it is in, inner plans too."""
    waiting: list[tuple[m.Plan, object]] = [(plan, plan)]
    while waiting:
        owner, node = waiting.pop(0)
        if isinstance(node, tuple):
            waiting += [(owner, n) for n in node]
        elif isinstance(node, m.Node):
            owner = node if isinstance(node, m.Plan) else owner
            yield owner, node
            waiting += [(owner, getattr(node, name)) for name in type(node).model_fields]


def _compared(node: m.Node) -> Iterator[tuple[m.ColumnRef, object]]:
    """The columns and the constants that stand beside them."""
    if isinstance(node, m.Compare):
        if isinstance(node.left, m.ColumnRef) and isinstance(node.right, m.Literal_):
            yield node.left, node.right.value
    elif isinstance(node, m.OneOf) and isinstance(node.argument, m.ColumnRef):
        for value in node.values:
            yield node.argument, value
    elif isinstance(node, m.TextMatch) and isinstance(node.argument, m.ColumnRef):
        yield node.argument, node.text


def _numbers(node: m.Node) -> Iterator[float]:
    if (
        isinstance(node, m.Literal_)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    ):
        yield node.value
    elif isinstance(node, m.OneOf):
        yield from (v for v in node.values if isinstance(v, (int, float)) and not isinstance(v, bool))
    elif isinstance(node, m.Plan) and node.limit is not None:
        yield node.limit
    elif isinstance(node, m.TopPerGroup):
        yield node.count
    elif isinstance(node, m.NumberBucket):
        yield node.width
    elif isinstance(node, m.Measure) and node.periods != 1:
        yield node.periods
    elif isinstance(node, m.Aggregate) and node.fraction is not None:
        yield node.fraction
