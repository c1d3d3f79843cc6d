"""Walk over the nodes of a plan without knowing their kinds."""

from __future__ import annotations

from collections.abc import Iterator

from llmauto_tools.plan.model import Aggregate, ColumnRef, Node, Plan


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside a node; plans inside it are theirs, not its."""
    for name in type(node).model_fields:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node) and not isinstance(item, Plan):
                yield item


def walk(node: Node) -> Iterator[Node]:
    """The node and all nodes inside it, outermost first, without inner plans."""
    yield node
    for child in children(node):
        yield from walk(child)


def columns_of(node: Node) -> list[ColumnRef]:
    return [n for n in walk(node) if isinstance(n, ColumnRef)]


def has_aggregate(node: Node) -> bool:
    return any(isinstance(n, Aggregate) for n in walk(node))


def ungrouped_columns(node: Node, groups: tuple[Node, ...]) -> Iterator[ColumnRef]:
    """Columns that are read per row although the rows are grouped: neither a group nor aggregated."""
    if node in groups or isinstance(node, Aggregate):
        return
    if isinstance(node, ColumnRef):
        yield node
    for child in children(node):
        yield from ungrouped_columns(child, groups)
