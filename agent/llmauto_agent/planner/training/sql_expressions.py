"""Expressions of a SQL statement as expressions of a plan, in one canonical form.

Numbers that are whole become integers; a cast that the types do not need is left out; COUNT of a column
without missing values counts rows; SUM(CASE WHEN c THEN x ELSE 0 END) is a sum of the rows where c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from llmauto_agent.planner.training import sql_predicates as predicates
from llmauto_agent.planner.training.sql_scope import CannotSay, SqlScope
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
    Literal_,
    NumberBucket,
    Plan,
    ScalarQuery,
    TextFunction,
    Today,
)  # fmt: skip

_OPERATORS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}
_AGGREGATES: dict[type[exp.Expr], str] = {
    exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max", exp.Median: "median",
    exp.Stddev: "stddev", exp.StddevSamp: "stddev", exp.Variance: "variance", exp.Mode: "mode",
}  # fmt: skip
_PARTS: dict[type[exp.Expr], str] = {
    exp.Year: "year", exp.Quarter: "quarter", exp.Month: "month", exp.Week: "week",
    exp.WeekOfYear: "week", exp.Day: "day", exp.DayOfMonth: "day", exp.DayOfWeekIso: "weekday",
    exp.DayOfYear: "dayofyear", exp.Hour: "hour", exp.Minute: "minute",
    exp.Monthname: "month_name", exp.Dayname: "weekday_name",
}  # fmt: skip
_NAMED_PARTS = {"year", "quarter", "month", "week", "day", "hour", "minute"} | {"isodow", "doy", "dayofyear"}
_UNITS = {"year", "quarter", "month", "week", "day", "hour"}
_FORMATS = {"%Y": "year", "%m": "month", "%d": "day", "%H": "hour", "%M": "minute", "%B": "month_name"}
_TEXTS: dict[type[exp.Expr], str] = {
    exp.Lower: "lower", exp.Upper: "upper", exp.Length: "length", exp.Trim: "trim",
}  # fmt: skip
_WRAPPERS = (exp.Paren, exp.TsOrDsToTimestamp, exp.TsOrDsToDate, exp.IgnoreNulls, exp.AnyValue)
"""Around an expression without a meaning of their own here. ANY_VALUE is how a column that depends on
the group is written for DuckDB; the plan groups by it."""


def expression(node: exp.Expr, scope: SqlScope) -> Expr:
    """The plan's expression for a SQL one. Raises CannotSay."""
    while isinstance(node, _WRAPPERS):
        node = node.this
    if isinstance(node, exp.Alias):
        return expression(node.this, scope)
    for kinds, convert in _CONVERTERS:
        if isinstance(node, kinds):
            return convert(node, scope)
    raise CannotSay(_refusal(node), node.sql()[:80])


def _refusal(node: exp.Expr) -> str:
    if isinstance(node, exp.Window):
        return "window"
    if isinstance(node, (exp.Case, exp.If)):
        return "case"
    name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
    return f"function_{name.lower()}"


def _column(node: exp.Column, scope: SqlScope) -> Expr:
    return scope.column(node)


# ---- constants


def _literal(node: exp.Expr, scope: SqlScope) -> Expr:
    return Literal_(value=constant(node))


def constant(node: exp.Expr) -> bool | int | float | str | None:
    """The value of a SQL literal; whole numbers are integers. Raises CannotSay for anything else."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Neg):
        value = constant(node.this)
        if isinstance(value, (int, float)):
            return -value
    if isinstance(node, exp.Literal):
        return str(node.this) if node.is_string else number(node.this)
    raise CannotSay("not_a_constant", node.sql()[:80])


def number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def fitted(value: Expr, other: Expr, scope: SqlScope) -> Expr:
    """A constant in the type of what it is compared with: '1998' beside a number column is 1998."""
    if not isinstance(value, Literal_) or value.value is None or isinstance(value.value, bool):
        return value
    family = scope.family(other)
    if family == "number" and isinstance(value.value, str):
        try:
            return Literal_(value=number(value.value))
        except ValueError:
            return value
    if family == "text" and not isinstance(value.value, str):
        return Literal_(value=str(value.value))
    return value


def is_constant(node: Expr) -> bool:
    return isinstance(node, Literal_)


# ---- arithmetic and functions


def _arithmetic(node: exp.Expr, scope: SqlScope) -> Expr:
    left, right = expression(node.this, scope), expression(node.expression, scope)
    return Arithmetic(op=_OPERATORS[type(node)], left=left, right=right)  # type: ignore[arg-type]


def _multiplied(node: exp.Mul, scope: SqlScope) -> Expr:
    """`floor(x / 10) * 10` is a bucket of that width."""
    inner = node.this
    while isinstance(inner, exp.Paren):
        inner = inner.this
    if isinstance(inner, exp.Floor):
        ratio = inner.this
        if isinstance(ratio, exp.Div) and ratio.expression == node.expression:
            width = constant(node.expression)
            if isinstance(width, (int, float)):
                return NumberBucket(width=float(width), argument=expression(ratio.this, scope))
    return _arithmetic(node, scope)


def _negative(node: exp.Neg, scope: SqlScope) -> Expr:
    if isinstance(node.this, exp.Literal):
        return Literal_(value=constant(node))
    return Arithmetic(op="-", left=Literal_(value=0), right=expression(node.this, scope))


def _absolute(node: exp.Abs, scope: SqlScope) -> Expr:
    return AbsoluteValue(argument=expression(node.this, scope))


def _text(node: exp.Expr, scope: SqlScope) -> Expr:
    if isinstance(node, exp.Trim) and node.expression is not None:
        raise CannotSay("function_trim", node.sql())
    return TextFunction(function=_TEXTS[type(node)], argument=expression(node.this, scope))  # type: ignore[arg-type]


def _initial(node: exp.Expr, scope: SqlScope) -> Expr:
    start, length = node.args.get("start"), node.args.get("length") or node.expression
    first = start is None or start.name == "1"
    if not (first and length is not None and length.name == "1"):
        raise CannotSay("function_substring", node.sql())
    return TextFunction(function="initial", argument=expression(node.this, scope))


def _cast(node: exp.Cast, scope: SqlScope) -> Expr:
    kind = node.to.this
    if isinstance(node.this, exp.Literal) and node.this.is_string and kind in exp.DataType.TEMPORAL_TYPES:
        return Literal_(value=str(node.this.this), type="date")
    argument = expression(node.this, scope)
    family = scope.family(argument)
    if kind in exp.DataType.NUMERIC_TYPES:
        if kind in exp.DataType.INTEGER_TYPES and family != "text":
            raise CannotSay("cast_to_integer", node.sql())
        return argument if family == "number" else Conversion(to="number", argument=argument)
    if kind in exp.DataType.TEXT_TYPES:
        return argument if family == "text" else Conversion(to="text", argument=argument)
    if kind == exp.DataType.Type.BOOLEAN:
        return Conversion(to="boolean", argument=argument)
    if kind in exp.DataType.TEMPORAL_TYPES:
        return argument if family == "date" else Conversion(to="date", argument=argument)
    raise CannotSay("cast", node.sql())


# ---- dates


def _date_part(node: exp.Expr, scope: SqlScope) -> Expr:
    return _part(_PARTS[type(node)], node.this, scope)


def _part(part: str, argument: exp.Expr, scope: SqlScope) -> Expr:
    part = {"isodow": "weekday", "doy": "dayofyear"}.get(part, part)
    inner = expression(argument, scope)
    while isinstance(inner, Conversion) and inner.to == "date":
        inner = inner.argument  # a part takes text that is a date as it is
    return DatePart(part=part, argument=inner)  # type: ignore[arg-type]


def _extract(node: exp.Extract, scope: SqlScope) -> Expr:
    name = node.this.name.lower()
    if name not in _NAMED_PARTS:
        raise CannotSay("date_part", name)
    return _part(name, node.expression, scope)


def _bucket(node: exp.Expr, scope: SqlScope) -> Expr:
    unit = str(node.args["unit"].name).lower()
    if unit not in _UNITS:
        raise CannotSay("date_bucket", unit)
    return DateBucket(unit=unit, argument=expression(node.this, scope))  # type: ignore[arg-type]


def _age(node: exp.DateDiff, scope: SqlScope) -> Expr:
    unit = str(node.args["unit"].name).lower()
    if unit not in {"year", "month", "week", "day", "hour", "minute"}:
        raise CannotSay("date_difference", unit)
    start, end = expression(node.expression, scope), expression(node.this, scope)
    return Age(unit=unit, start=start, end=end)  # type: ignore[arg-type]


def _format(node: exp.TimeToStr, scope: SqlScope) -> Expr:
    part = _FORMATS.get(node.args["format"].name)
    if part is None:
        raise CannotSay("date_format", node.args["format"].name)
    return _part(part, node.this, scope)


def _anonymous(node: exp.Anonymous, scope: SqlScope) -> Expr:
    name = node.name.lower()
    if name in {"date_part", "datepart"} and len(node.expressions) == 2:
        part = node.expressions[0].name.lower()
        if part in _NAMED_PARTS:
            return _part(part, node.expressions[1], scope)
    if name in {"date_sub", "datesub"} and len(node.expressions) == 3:
        unit, start, end = node.expressions
        return _age(exp.DateDiff(this=end, expression=start, unit=exp.var(unit.name)), scope)
    raise CannotSay(f"function_{name}", node.sql()[:80])


# ---- aggregates


def _count(node: exp.Count, scope: SqlScope) -> Expr:
    counted = node.this
    if node.expressions:
        raise CannotSay("count_of_several")
    if isinstance(counted, exp.Distinct):
        if len(counted.expressions) != 1:
            raise CannotSay("count_of_several")
        return Aggregate(function="count_distinct", argument=expression(counted.expressions[0], scope))
    if isinstance(counted, (exp.Star, exp.Literal)) or (
        isinstance(counted, exp.Column) and isinstance(counted.this, exp.Star)
    ):
        return Aggregate(function="count")
    case = _case_condition(counted, scope)
    if case is not None and (case[2] is None or isinstance(case[2], exp.Null)):
        return _where(Aggregate(function="count"), case, scope)
    argument = expression(counted, scope)
    return (
        Aggregate(function="count")
        if _never_missing(argument, scope)
        else Aggregate(function="count", argument=argument)
    )


def _never_missing(node: Expr, scope: SqlScope) -> bool:
    return (
        isinstance(node, ColumnRef)
        and not scope.outer_joined
        and (node.table or "", node.name) in scope.complete
    )


def _aggregate(node: exp.Expr, scope: SqlScope) -> Expr:
    function = _AGGREGATES[type(node)]
    argument = node.this
    if isinstance(argument, exp.Distinct):
        if function not in {"min", "max"}:
            raise CannotSay("distinct_in_aggregate", node.sql())
        argument = argument.expressions[0]
    case = _case_condition(argument, scope)
    if case is not None and _is_zero(case[2], function):
        one = isinstance(case[1], exp.Literal) and case[1].name == "1"
        if function == "sum" and one:
            return _where(Aggregate(function="count"), case, scope)
        return _where(Aggregate(function=function, argument=expression(case[1], scope)), case, scope)  # type: ignore[arg-type]
    return Aggregate(function=function, argument=expression(argument, scope))  # type: ignore[arg-type]


Case = tuple[exp.Expr, exp.Expr, exp.Expr | None]


def _case_condition(node: exp.Expr, scope: SqlScope) -> Case | None:
    """(condition, value, otherwise) of a CASE with a single WHEN."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.If):
        return node.this, node.args["true"], node.args.get("false")
    if isinstance(node, exp.Case) and node.this is None and len(node.args["ifs"]) == 1:
        only = node.args["ifs"][0]
        return only.this, only.args["true"], node.args.get("default")
    return None


def _is_zero(otherwise: exp.Expr | None, function: str) -> bool:
    if otherwise is None or isinstance(otherwise, exp.Null):
        return True
    return function == "sum" and isinstance(otherwise, exp.Literal) and otherwise.name in {"0", "0.0"}


def _where(aggregate: Aggregate, case: Case, scope: SqlScope) -> Expr:
    return aggregate.model_copy(update={"where": predicates.predicate(case[0], scope)})


def _filter(node: exp.Filter, scope: SqlScope) -> Expr:
    aggregate = expression(node.this, scope)
    assert isinstance(aggregate, Aggregate)
    return aggregate.model_copy(update={"where": predicates.predicate(node.expression.this, scope)})


def _quantile(node: exp.PercentileCont, scope: SqlScope) -> Expr:
    fraction = constant(node.expression)
    if isinstance(fraction, bool) or not isinstance(fraction, (int, float)):
        raise CannotSay("quantile", node.sql())
    return Aggregate(function="quantile", argument=expression(node.this, scope), fraction=float(fraction))


def _corr(node: exp.Corr, scope: SqlScope) -> Expr:
    first, second = expression(node.this, scope), expression(node.expression, scope)
    return Aggregate(function="corr", argument=first, second=second)


def _extreme(node: exp.ArgMax | exp.ArgMin, scope: SqlScope) -> Expr:
    """The value where another is largest (the last in its order) or smallest (the first)."""
    value, by = expression(node.this, scope), expression(node.expression, scope)
    return Aggregate(function="last" if isinstance(node, exp.ArgMax) else "first", argument=value, second=by)


# ---- inner queries


def _scalar(node: exp.Expr, scope: SqlScope) -> Expr:
    return ScalarQuery(plan=single_value(scope.query(node, scope)))


def single_value(plan: Plan) -> Plan:
    """The plan where it gives one value; the first row of one that selects rows. Raises CannotSay.

    `(SELECT age FROM t WHERE name = 'x')` means one row, although the data could have more.
    """
    if gives_one_row(plan):
        return plan
    if len(plan.select) == 1 and plan.combine is None and plan.limit is None:
        return plan.model_copy(update={"limit": 1})
    raise CannotSay("inner_query_of_many_rows", plan.table)


def gives_one_row(plan: Plan) -> bool:
    """Whether a plan gives one value at most, whatever the data."""
    total = len(plan.measures) == 1 and not plan.group_by and plan.combine is None
    return total or (plan.limit == 1 and not plan.offset)


def _today(node: exp.Expr, scope: SqlScope) -> Expr:
    return Today()


_CONVERTERS: tuple[tuple[Any, Callable[[Any, SqlScope], Expr]], ...] = (
    (exp.Column, _column),
    ((exp.Literal, exp.Boolean, exp.Null), _literal),
    (exp.Neg, _negative),
    (exp.Mul, _multiplied),
    (tuple(_OPERATORS), _arithmetic),
    (exp.Abs, _absolute),
    (tuple(_TEXTS), _text),
    ((exp.Left, exp.Substring), _initial),
    (exp.Cast, _cast),
    (tuple(_PARTS), _date_part),
    (exp.Extract, _extract),
    ((exp.TimestampTrunc, exp.DateTrunc), _bucket),
    (exp.DateDiff, _age),
    (exp.TimeToStr, _format),
    (exp.Anonymous, _anonymous),
    (exp.Count, _count),
    (tuple(_AGGREGATES), _aggregate),
    (exp.Filter, _filter),
    (exp.PercentileCont, _quantile),
    (exp.Corr, _corr),
    ((exp.ArgMax, exp.ArgMin), _extreme),
    ((exp.Subquery, exp.Query), _scalar),
    (exp.CurrentDate, _today),
)
