"""Headings for the columns of a result: short, readable, unique, and the same every time."""

from __future__ import annotations

from collections.abc import Sequence

from llmauto_tools.plan.model import (
    AbsoluteValue,
    Age,
    Aggregate,
    Arithmetic,
    ColumnRef,
    Conversion,
    DateBucket,
    DatePart,
    Expr,
    Item,
    Literal_,
    Measure,
    NumberBucket,
    ScalarQuery,
    TextFunction,
    Today,
)  # fmt: skip

_LONGEST = 40
_PREFIXES = {"count_distinct": "distinct"}
_OPERATIONS = {
    "+": ("plus", "total"),
    "-": ("minus", "difference"),
    "*": ("times", "product"),
    "/": ("per", "ratio"),
}


def headings(items: Sequence[Item | Measure]) -> list[str]:
    """A heading per output column: its alias, else a name made from its expression; unique."""
    taken: set[str] = set()
    names = []
    for item in items:
        name = unique(item.alias or _heading(item), taken, item.expr)
        taken.add(name.casefold())
        names.append(name)
    return names


def unique(name: str, taken: set[str], expr: Expr | None = None) -> str:
    """The name, or the name with its table or a number, so that it is not among `taken` (casefolded)."""
    if name.casefold() not in taken:
        return name
    if isinstance(expr, ColumnRef) and expr.table and f"{expr.table}_{name}".casefold() not in taken:
        return f"{expr.table}_{name}"
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"


def _heading(item: Item | Measure) -> str:
    window = item.window if isinstance(item, Measure) else "none"
    return window if window != "none" else name_of(item.expr)


def name_of(node: Expr) -> str:
    """A name for an expression, such as avg_fare, month, age_group or sales_per_count."""
    if isinstance(node, ColumnRef):
        return node.name
    if isinstance(node, Aggregate):
        return _aggregate(node)
    if isinstance(node, Arithmetic):
        if is_share(node):
            return "share"
        word, fallback = _OPERATIONS[node.op]
        name = f"{name_of(node.left)}_{word}_{name_of(node.right)}"
        return name if len(name) <= _LONGEST else fallback
    if isinstance(node, DatePart):
        return node.part
    if isinstance(node, DateBucket):
        return node.unit
    if isinstance(node, NumberBucket):
        return f"{name_of(node.argument)}_group"
    if isinstance(node, TextFunction):
        suffix = {"length": "_length", "initial": "_initial"}.get(node.function, "")
        return name_of(node.argument) + suffix
    if isinstance(node, Conversion | AbsoluteValue):
        return name_of(node.argument)
    return _constant(node)


def is_share(node: Arithmetic) -> bool:
    """Whether it divides an aggregate over some of the rows by the same one over all of them."""
    left, right = node.left, node.right
    if node.op != "/" or not isinstance(left, Aggregate) or not isinstance(right, Aggregate):
        return False
    return left.where is not None and left.model_copy(update={"where": right.where}) == right


def _constant(node: Literal_ | Age | Today | ScalarQuery) -> str:
    if isinstance(node, Literal_):
        return str(node.value)
    if isinstance(node, Age):
        return f"{node.unit}s"
    if isinstance(node, Today):
        return "today"
    inner: list[Item | Measure] = [*node.plan.measures, *node.plan.select]
    return f"overall_{_heading(inner[0])}" if inner else "value"


def _aggregate(node: Aggregate) -> str:
    if node.argument is None:
        return "count"
    what = name_of(node.argument)
    prefix = _PREFIXES.get(node.function, node.function)
    if node.function == "quantile" and node.fraction is not None:
        prefix = f"p{100 * node.fraction:g}"
    if node.function == "corr" and node.second is not None:
        what = f"{what}_{name_of(node.second)}"
    return f"{prefix}_{what}"
