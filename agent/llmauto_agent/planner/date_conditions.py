"""The conditions that date expressions of a request set on a column."""

from __future__ import annotations

from typing import Any

from llmauto_agent.planner.date_words import DateLiteral
from llmauto_tools.plan import model as m


def dated(argument: m.Expr, date: DateLiteral) -> m.Predicate:
    """The condition of a period, a relative period or a part ("in March", "on weekends")."""
    if date.kind == "period":
        return m.Period(argument=argument, start=date.low, end=date.high)
    if date.kind == "relative":
        return relative_period(argument, date)
    part: Any = date.part
    expr = m.DatePart(part=part, argument=argument)
    if len(date.values) == 1:
        return m.Compare(op="=", left=expr, right=m.Literal_(value=date.values[0]))
    return m.OneOf(argument=expr, values=date.values)


def relative_period(argument: m.Expr, date: DateLiteral) -> m.RelativePeriod:
    """That of "last month" or "the past 30 days", told from the newest date of the data."""
    unit: Any = date.unit
    return m.RelativePeriod(
        argument=argument,
        unit=unit,
        offset=date.offset,
        count=date.count,
        rolling=date.rolling,
        anchor="data",
    )
