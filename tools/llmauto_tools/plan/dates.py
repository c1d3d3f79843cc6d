"""Dates in SQL: parts, buckets, differences, and periods relative to an anchor."""

from __future__ import annotations

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import Age, DateBucket, DatePart, Node, RelativePeriod
from llmauto_tools.plan.scope import Scope, table_sql
from llmauto_tools.plan.typed import Typed, as_date, as_day, date_literal

_PARTS: dict[str, type[exp.Func]] = {
    "year": exp.Year, "quarter": exp.Quarter, "month": exp.Month, "week": exp.WeekOfYear, "day": exp.Day,
    "weekday": exp.DayOfWeekIso, "hour": exp.Hour, "minute": exp.Minute, "dayofyear": exp.DayOfYear,
}  # fmt: skip
_NAMES = {"month_name": ("%B", "month"), "weekday_name": ("%A", "weekday")}


def date_part(node: DatePart, argument: Typed) -> Typed:
    """The part as a number, or the English name of a month or weekday. A year number is its own year."""
    if node.part == "year" and argument.family == "number":
        return argument
    moment = as_date(argument)
    if node.part in _NAMES:
        name = exp.TimeToStr(this=moment.sql, format=exp.Literal.string(_NAMES[node.part][0]))
        return Typed(name, "VARCHAR", argument.label)
    return Typed(_PARTS[node.part](this=moment.sql), "BIGINT", argument.label)


def calendar_order(node: Node) -> DatePart | None:
    """The number by which a named part is put in order (March after February), if it is one."""
    if isinstance(node, DatePart) and node.part in _NAMES:
        number = _NAMES[node.part][1]
        return DatePart(part="month" if number == "month" else "weekday", argument=node.argument)
    return None


def date_bucket(node: DateBucket, argument: Typed) -> Typed:
    """The start of the unit: a DATE, or a TIMESTAMP for hours."""
    truncated = truncate(as_date(argument).sql, node.unit)
    if node.unit == "hour":
        return Typed(truncated, "TIMESTAMP", argument.label)
    return Typed(exp.cast(truncated, "DATE"), "DATE", argument.label)


def truncate(moment: exp.Expr, unit: str) -> exp.Expr:
    return exp.TimestampTrunc(this=moment, unit=exp.var(unit.upper()))


def age(node: Age, start: Typed, end: Typed, dialect: str) -> Typed:
    """Whole units from start to end: the birthday must have been reached (DuckDB's date_sub)."""
    if node.unit in {"hour", "minute"}:
        first, last = as_date(start).sql, as_date(end).sql
    else:
        first, last = as_day(start).sql, as_day(end).sql
    label = "the difference"
    if dialect == "duckdb":
        return Typed(exp.func("DATESUB", exp.Literal.string(node.unit), first, last), "BIGINT", label)
    if node.unit in {"year", "month"}:
        months = exp.MonthsBetween(this=last, expression=first)
        per = 12 if node.unit == "year" else 1
        whole = exp.Floor(
            this=exp.Div(this=months, expression=exp.Literal.number(per), typed=False, safe=False)
        )
        return Typed(exp.cast(whole, "BIGINT"), "BIGINT", label)
    return Typed(exp.DateDiff(this=last, expression=first, unit=exp.var(node.unit.upper())), "BIGINT", label)


def today(scope: Scope) -> Typed:
    """The fixed date of the compilation, or CURRENT_DATE."""
    if scope.settings.today is not None:
        return date_literal(scope.settings.today)
    return Typed(exp.CurrentDate(), "DATE", "today")


def relative_period(node: RelativePeriod, argument: Typed, anchor: exp.Expr) -> exp.Expr:
    """`start <= argument < end`, both computed from the anchor (a DATE)."""
    if node.count < 1:
        raise PlanError("A relative period counts at least one unit.")
    if node.rolling:
        end = shift(anchor, "day", 1)
        by_day = node.unit == "day"
        start = shift(anchor, "day", 1 - node.count) if by_day else shift(end, node.unit, -node.count)
    else:
        begin = node.offset if node.offset > 0 else node.offset + 1 - node.count
        current = truncate(anchor, node.unit)
        start, end = shift(current, node.unit, begin), shift(current, node.unit, begin + node.count)
    return exp.and_(
        exp.GTE(this=argument.sql, expression=start),
        exp.LT(this=argument.sql.copy(), expression=end),
        copy=False,
    )


def relative_years(node: RelativePeriod, argument: Typed, anchor: exp.Expr) -> exp.Expr:
    """The same over a column that holds the year as a number; the anchor is a year."""
    if node.unit != "year":
        raise PlanError(
            f"{argument.label} is a number: only periods of whole years can be taken of it.",
            f"A {node.unit} needs a column with dates.",
        )
    if node.rolling or node.offset <= 0:
        last = 0 if node.rolling else node.offset
        first = last + 1 - node.count
    else:
        first, last = node.offset, node.offset + node.count - 1
    return exp.Between(this=argument.sql, low=_plus(anchor, first), high=_plus(anchor, last))


def newest(argument: Typed, binding: str, scope: Scope) -> exp.Expr:
    """The largest value of the argument in its table, as a scalar subquery."""
    table = table_sql(scope.bound[binding].name, binding if binding != scope.bound[binding].name else None)
    largest: exp.Expr = exp.Max(this=argument.sql.copy())
    if argument.family == "date" and argument.dtype != "DATE":
        largest = exp.cast(largest, "DATE")
    return exp.select(largest, copy=False).from_(table, copy=False).subquery(copy=False)


def shift(moment: exp.Expr, unit: str, count: int) -> exp.Expr:
    """The moment moved by `count` units, written as adding or taking away an interval."""
    if count == 0:
        return moment.copy()
    if unit == "quarter":
        unit, count = "month", 3 * count
    interval = exp.Interval(this=exp.Literal.string(str(abs(count))), unit=exp.var(unit.upper()))
    operation = exp.Add if count > 0 else exp.Sub
    return operation(this=moment.copy(), expression=interval)


def _plus(value: exp.Expr, count: int) -> exp.Expr:
    if count == 0:
        return value.copy()
    operation = exp.Add if count > 0 else exp.Sub
    return operation(this=value.copy(), expression=exp.Literal.number(abs(count)))
