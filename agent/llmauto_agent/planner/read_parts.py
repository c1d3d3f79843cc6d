"""Pieces that all plans are built from: base table, default aggregates, units, keys of groups."""

from __future__ import annotations

from llmauto_agent.planner.read_draft import Draft, MeasureDraft, Refusal, tables_of
from llmauto_agent.planner.read_edit import columns_in
from llmauto_agent.planner.read_joins import finest
from llmauto_agent.planner.read_numbers import factor
from llmauto_tools.plan.model import (
    Aggregate,
    Arithmetic,
    ColumnRef,
    Expr,
    Literal_,
    Measure,
    Period,
)


def loose(d: Draft) -> list[str]:
    """The column and expression characters that nothing has taken."""
    return [s for s in d.code.text if s >= "\ue000" and d.code.slot(s).kind in {"cn", "ct", "cd", "cb", "x"}]


def default_measure(d: Draft, char: str) -> MeasureDraft | None:
    """The aggregate that a bare number column asks for in groups: amounts are summed, others averaged."""
    col = d.col(char)
    text = d.text(char)
    if col is None:
        expr = d.expr(char)
        return MeasureDraft(fold_ratio(d, expr), text)
    if col.family != "number" or d.facts.identifies(col):
        return None
    function = "sum" if d.facts.additive(col) else "avg"
    if function == "avg":
        d.assume(f"average {col.name}" if d.language == "en" else f"{col.name}取平均值")
    return MeasureDraft(Aggregate(function=function, argument=col.ref), text)  # type: ignore[arg-type]


def fold_ratio(d: Draft, expr: Expr) -> Expr:
    """An expression of columns as an aggregate: amounts are summed, ratios are ratios of sums."""
    if isinstance(expr, Arithmetic) and expr.op == "/":
        return Arithmetic(op="/", left=fold_ratio(d, expr.left), right=fold_ratio(d, expr.right))
    if isinstance(expr, Literal_):
        return expr
    return Aggregate(function="sum", argument=expr)


def base_of(d: Draft, measures: list[MeasureDraft], others: object) -> str:
    """The table that the plan starts from: the counted one, else the one that holds what is aggregated."""
    counted = [d.count_table] if d.count_table else [m.table for m in measures if m.table]
    needed = tables_of((tuple(m.expr for m in measures), others))
    if counted:
        return counted[0]
    if not needed:
        return d.base
    measured = tables_of(tuple(m.expr for m in measures))
    if len(measured) == 1:
        return next(iter(measured))
    return finest(d.facts, needed) or d.base


def windowed(d: Draft, items: list[Measure]) -> list[Measure]:
    if d.window == "none":
        return items
    return [m.model_copy(update={"window": d.window, "periods": d.periods}) for m in items]


def scaled(d: Draft, expr: Expr) -> Expr:
    if d.unit is None and d.scale == 1:
        return expr
    columns = [d.facts.col(t or d.base, name) for t, name in columns_in(expr)]
    by = factor(d, columns)
    whole = int(by) if float(by).is_integer() else by
    return expr if by == 1 else Arithmetic(op="/", left=expr, right=Literal_(value=whole))


def refine_buckets(d: Draft) -> None:
    """Months of a single year are told by their number; without a year they keep it."""
    one_year = any(
        isinstance(p, Period)
        and p.start
        and p.end
        and int(p.end[:4]) - int(p.start[:4]) <= 1
        and p.end[4:] == p.start[4:]
        for p in d.filters()
    )
    if one_year:
        return


def with_keys(d: Draft, groups: list[Expr], base: str) -> list[Expr]:
    """Groups by the name of another table's rows get its key too, so that namesakes stay apart."""
    out: list[Expr] = []
    for expr in groups:
        out.append(expr)
        if isinstance(expr, ColumnRef) and expr.table and expr.table != base:
            label, key = d.facts.label(expr.table), d.facts.key(expr.table)
            if label is not None and key is not None and label.ref == expr and key.ref not in out:
                out.insert(len(out) - 1, key.ref)
    return out


def shown(d: Draft, expr: Expr) -> Expr:
    """A column as it is shown: in the unit or scale that was asked for, where it is a number."""
    if isinstance(expr, ColumnRef) and d.facts.of(expr).family != "number":
        return expr
    try:
        return scaled(d, expr)
    except Refusal:
        return expr
