"""What a statement's ORDER BY and LIMIT say about how its result may be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


@dataclass(frozen=True)
class Order:
    """How the rows of a result are ordered.

    ordered: the statement has an ORDER BY of its own (not only inside a subquery).
    keys: positions of the columns it orders by, None where one of them is not in the result.
    limited: a LIMIT cuts the result, so that rows with equal keys may come and go at its end.
    """

    ordered: bool = False
    keys: tuple[int, ...] | None = None
    limited: bool = False


def find_order(sql: str, columns: Sequence[str]) -> Order:
    """Read ORDER BY and LIMIT of the outermost SELECT; `columns` are the names of its result.

    A statement that sqlglot cannot parse counts as unordered and limited: nothing is then claimed about
    the order of its rows.
    """
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except SqlglotError:
        return Order(limited=True)
    limited = _is_limited(tree)
    while isinstance(tree, exp.Subquery) and not tree.args.get("order"):
        tree = tree.this
        limited = limited or _is_limited(tree)
    order = tree.args.get("order")
    if not isinstance(order, exp.Order):
        return Order(limited=limited)
    keys = [_position(term.this, tree, columns) for term in order.expressions]
    if any(k is None for k in keys):
        whole = len(keys) == 1 and order.expressions[0].this.sql().upper() == "ALL"
        return Order(True, tuple(range(len(columns))) if whole else None, limited)
    return Order(True, tuple(k for k in keys if k is not None), limited)


def _position(term: exp.Expr, tree: exp.Expr, columns: Sequence[str]) -> int | None:
    """The position in the result of what a term orders by, from 0."""
    from sqlglot import exp

    if isinstance(term, exp.Literal) and not term.is_string:
        position = int(term.this) - 1
        return position if 0 <= position < len(columns) else None
    projections = list(getattr(tree, "selects", []))
    if any(p.is_star for p in projections):
        projections = []
    if isinstance(term, exp.Column) and (not term.table or not projections):
        named = [i for i, c in enumerate(columns) if c.casefold() == term.name.casefold()]
        if len(named) == 1:
            return named[0]
    for i, projection in enumerate(projections[: len(columns)]):
        if projection.unalias() == term:
            return i
    return None


def _is_limited(tree: exp.Expr) -> bool:
    return any(tree.args.get(part) for part in ("limit", "offset", "sample"))
