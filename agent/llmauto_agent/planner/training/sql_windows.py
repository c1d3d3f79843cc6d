"""Window functions of a SQL statement as measures of a plan over its groups.

    sum(x) / sum(sum(x)) OVER ()                          share
    sum(sum(x)) OVER (ORDER BY month)                     running_total
    sum(x) - lag(sum(x)) OVER (ORDER BY month)            change
    sum(x) / lag(sum(x)) OVER (ORDER BY month) - 1        percent_change
    avg(sum(x)) OVER (ORDER BY month ROWS 2 PRECEDING)    moving_average
    rank() OVER (ORDER BY sum(x) DESC)                    rank
    QUALIFY row_number() OVER (PARTITION BY g ORDER BY sum(x) DESC) <= 3    top_per_group

A factor 100 of a share or a percent change is left out: the plan gives fractions.
"""

from __future__ import annotations

from sqlglot import exp

from llmauto_agent.planner.training.sql_expressions import expression
from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
from llmauto_tools.plan.model import Expr, Measure, Order, TopPerGroup
from llmauto_tools.plan.walk import has_aggregate


def window_measure(node: exp.Expr, scope: SqlScope) -> Measure | None:
    """The measure that an expression with a window is, None for one without. Raises CannotSay."""
    if node.find(exp.Window) is None or node.find(exp.Query) is not None:
        return None
    node = _bare(node)
    for read in (_running, _ranked, _share, _change, _percent_change):
        found = read(node, scope)
        if found is not None:
            return found
    raise CannotSay("window", node.sql()[:80])


def _bare(node: exp.Expr) -> exp.Expr:
    """Without heading, parentheses, rounding, and factors of 100 or 1.0."""
    while True:
        if isinstance(node, (exp.Alias, exp.Paren, exp.Round)):
            node = node.this
        elif isinstance(node, exp.Mul) and _is_number(node.this, 1, 100):
            node = node.expression
        elif isinstance(node, exp.Mul) and _is_number(node.expression, 1, 100):
            node = node.this
        else:
            return node


def _is_number(node: exp.Expr, *wanted: float) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) in wanted


def _grouped(node: exp.Expr, scope: SqlScope) -> Expr:
    """An aggregate over the rows of a group; a window over single rows is no measure."""
    inner = expression(_bare(node), scope)
    if not has_aggregate(inner):
        raise CannotSay("window", node.sql()[:80])
    return inner


def _running(node: exp.Expr, scope: SqlScope) -> Measure | None:
    """A running total, or a moving average where the frame begins a number of rows before."""
    if not (isinstance(node, exp.Window) and isinstance(node.this, (exp.Sum, exp.Avg))):
        return None
    if node.args.get("order") is None:
        return None
    expr = _grouped(node.this.this, scope)
    spec = node.args.get("spec")
    start = spec.args.get("start") if spec is not None else None
    if isinstance(node.this, exp.Sum) and (start is None or start == "UNBOUNDED"):
        return Measure(expr=expr, window="running_total")
    if isinstance(node.this, exp.Avg) and isinstance(start, exp.Literal):
        return Measure(expr=expr, window="moving_average", periods=int(start.name) + 1)
    raise CannotSay("window_frame", node.sql()[:80])


def _ranked(node: exp.Expr, scope: SqlScope) -> Measure | None:
    if not (isinstance(node, exp.Window) and isinstance(node.this, (exp.Rank, exp.DenseRank, exp.RowNumber))):
        return None
    order = node.args.get("order")
    if node.args.get("partition_by") or order is None or len(order.expressions) != 1:
        raise CannotSay("window_rank", node.sql()[:80])
    expr = _grouped(order.expressions[0].this, scope)
    if not order.expressions[0].args.get("desc"):
        raise CannotSay("window_rank_ascending", node.sql()[:80])
    return Measure(expr=expr, window="rank")


def _share(node: exp.Expr, scope: SqlScope) -> Measure | None:
    if not isinstance(node, exp.Div):
        return None
    part, whole = _bare(node.this), node.expression
    if not (isinstance(whole, exp.Window) and isinstance(whole.this, exp.Sum)) or whole.args.get("order"):
        return None
    if whole.args.get("partition_by"):
        raise CannotSay("share_within_groups", node.sql()[:80])
    if _bare(whole.this.this) != part:
        raise CannotSay("share_of_another", node.sql()[:80])
    return Measure(expr=_grouped(part, scope), window="share")


def _change(node: exp.Expr, scope: SqlScope) -> Measure | None:
    if not isinstance(node, exp.Sub):
        return None
    back = _periods_back(node.expression, node.this)
    return None if back is None else Measure(expr=_grouped(node.this, scope), window="change", periods=back)


def _percent_change(node: exp.Expr, scope: SqlScope) -> Measure | None:
    """`x / before - 1`, or `(x - before) / before`."""
    value: exp.Expr | None = None
    back = None
    if isinstance(node, exp.Sub) and _is_number(node.expression, 1):
        ratio = _bare(node.this)
        if isinstance(ratio, exp.Div):
            value, back = _bare(ratio.this), _periods_back(ratio.expression, ratio.this)
    elif isinstance(node, exp.Div):
        change = _bare(node.this)
        if isinstance(change, exp.Sub) and _bare(change.expression) == _bare(node.expression):
            value, back = change.this, _periods_back(change.expression, change.this)
    if value is None or back is None:
        return None
    return Measure(expr=_grouped(value, scope), window="percent_change", periods=back)


def _periods_back(node: exp.Expr, value: exp.Expr) -> int | None:
    """How many groups back `lag(value)` looks; None for anything else."""
    node = _bare(node)
    if not (isinstance(node, exp.Window) and isinstance(node.this, exp.Lag)) or not node.args.get("order"):
        return None
    if _bare(node.this.this) != _bare(value):
        return None
    offset = node.this.args.get("offset")
    return int(offset.name) if offset is not None else 1


# ---- the first rows of each group


def top_per_group(node: exp.Select, scope: SqlScope) -> tuple[TopPerGroup, tuple[Order, ...]] | None:
    """The first rows within groups that a QUALIFY keeps, with their order. Raises CannotSay."""
    qualify = node.args.get("qualify")
    if qualify is None:
        return None
    test = qualify.this
    window = test.this if isinstance(test, (exp.LTE, exp.EQ, exp.LT)) else None
    if not (isinstance(window, exp.Window) and isinstance(window.this, (exp.RowNumber, exp.Rank))):
        raise CannotSay("qualify", qualify.sql()[:80])
    count = int(test.expression.name) - isinstance(test, exp.LT)
    if isinstance(test, exp.EQ) and count != 1:
        raise CannotSay("qualify", "a rank that is not the first")
    by = tuple(expression(e, scope) for e in window.args.get("partition_by") or ())
    order = window.args.get("order")
    if not by or order is None:
        raise CannotSay("qualify", qualify.sql()[:80])
    orders = tuple(
        Order(by=expression(o.this, scope), descending=bool(o.args.get("desc"))) for o in order.expressions
    )
    return TopPerGroup(by=by, count=count), orders
