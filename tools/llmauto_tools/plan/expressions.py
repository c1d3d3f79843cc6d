"""Expressions of a plan as SQL: columns, constants, arithmetic, functions, aggregates, subqueries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan import dates
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
    ScalarQuery,
    TextFunction,
    Today,
)  # fmt: skip
from llmauto_tools.plan.scope import Scope
from llmauto_tools.plan.typed import (
    Typed,
    as_boolean,
    as_date,
    as_day,
    as_number,
    as_text,
    literal,
    number_literal,
)  # fmt: skip

_SMALL_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}
_INTEGERS = _SMALL_INTEGERS | {"BIGINT", "UBIGINT", "HUGEINT"}


def expression(node: Expr, scope: Scope) -> Typed:
    """The SQL of an expression. Raises PlanError for unknown names and types that do not fit."""
    return _COMPILERS[type(node)](node, scope)


def operand(sql: exp.Expr) -> exp.Expr:
    """In parentheses where the operators inside could bind less tightly than the one around."""
    return (
        exp.Paren(this=sql) if isinstance(sql, (exp.Binary, exp.Between, exp.In, exp.Not, exp.Neg)) else sql
    )


def divide(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Floating division that is NULL where the divisor is 0."""
    constant = isinstance(right, exp.Literal) and float(right.this) != 0
    divisor = right if constant else exp.Nullif(this=right, expression=exp.Literal.number(0))
    return exp.Div(this=operand(left), expression=operand(divisor), typed=False, safe=False)


def _column(node: ColumnRef, scope: Scope) -> Typed:
    return scope.column(node)


def _literal(node: Literal_, scope: Scope) -> Typed:
    return literal(node)


# ---- arithmetic

_OPERATORS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}


def _arithmetic(node: Arithmetic, scope: Scope) -> Typed:
    left, right = expression(node.left, scope), expression(node.right, scope)
    if "date" in {left.family, right.family}:
        return _date_arithmetic(node, left, right)
    left, right = as_number(left), as_number(right)
    if node.op != "/" and {left.dtype, right.dtype} <= _INTEGERS:
        left, right = _wide(left), _wide(right)
    if node.op == "/":
        return Typed(divide(left.sql, right.sql), "DOUBLE", "the quotient")
    sql = _OPERATORS[node.op](this=operand(left.sql), expression=operand(right.sql))
    return Typed(sql, _wider(left.dtype, right.dtype), "the result")


def _date_arithmetic(node: Arithmetic, left: Typed, right: Typed) -> Typed:
    """date - date is a number of days; date + or - a number moves it by days."""
    if left.family == right.family == "date" and node.op == "-":
        days = exp.DateDiff(this=as_day(left).sql, expression=as_day(right).sql, unit=exp.var("DAY"))
        return Typed(days, "BIGINT", "the difference")
    if node.op in "+-" and left.family == "date" and right.family == "number":
        count = exp.cast(right.sql, "INTEGER")
        return Typed(_OPERATORS[node.op](this=as_day(left).sql, expression=count), "DATE", left.label)
    raise PlanError(
        f"'{node.op}' does not work between {left.label} ({left.dtype}) and {right.label} ({right.dtype})."
    )


def _wide(value: Typed) -> Typed:
    """Small and unsigned integers as BIGINT: DuckDB stops with an error where INTEGER overflows."""
    if value.dtype in _SMALL_INTEGERS and value.constant is None:
        return value.becomes(exp.cast(value.sql, "BIGINT"), "BIGINT")
    return value


def _wider(left: str, right: str) -> str:
    integers = {"BIGINT", "HUGEINT"}
    if left in integers and right in integers:
        return "HUGEINT" if "HUGEINT" in {left, right} else "BIGINT"
    if left.startswith("DECIMAL") and right.startswith("DECIMAL"):
        return "DECIMAL"
    return "DOUBLE"


def _absolute(node: AbsoluteValue, scope: Scope) -> Typed:
    value = as_number(expression(node.argument, scope))
    return Typed(exp.Abs(this=value.sql), value.dtype, value.label)


def _number_bucket(node: NumberBucket, scope: Scope) -> Typed:
    """FLOOR(x / width) * width. Whole widths give whole numbers; other widths are rounded first,
    because 0.3 / 0.1 is a little less than 3 in binary."""
    if not node.width > 0:
        raise PlanError("The width of a bucket is more than 0.")
    value = as_number(expression(node.argument, scope))
    whole = float(node.width).is_integer()
    width = number_literal(int(node.width) if whole else node.width)
    steps: exp.Expr = exp.Div(this=operand(value.sql), expression=width, typed=False, safe=False)
    if not whole:
        steps = exp.Round(this=steps, decimals=exp.Literal.number(9))
    start: exp.Expr = exp.Mul(this=exp.Floor(this=steps), expression=width.copy())
    if whole:
        return Typed(exp.cast(start, "BIGINT"), "BIGINT", value.label)
    return Typed(exp.Round(this=start, decimals=exp.Literal.number(9)), "DOUBLE", value.label)


# ---- dates


def _date_part(node: DatePart, scope: Scope) -> Typed:
    return dates.date_part(node, expression(node.argument, scope))


def _date_bucket(node: DateBucket, scope: Scope) -> Typed:
    return dates.date_bucket(node, expression(node.argument, scope))


def _age(node: Age, scope: Scope) -> Typed:
    start, end = expression(node.start, scope), expression(node.end, scope)
    return dates.age(node, start, end, scope.settings.dialect)


def _today(node: Today, scope: Scope) -> Typed:
    return dates.today(scope)


# ---- text and conversions


def _text_function(node: TextFunction, scope: Scope) -> Typed:
    value = as_text(expression(node.argument, scope))
    if node.function == "length":
        return Typed(exp.Length(this=value.sql), "BIGINT", value.label)
    if node.function == "initial":
        return Typed(exp.Left(this=value.sql, expression=exp.Literal.number(1)), "VARCHAR", value.label)
    functions: dict[str, type[exp.Func]] = {"lower": exp.Lower, "upper": exp.Upper, "trim": exp.Trim}
    return Typed(functions[node.function](this=value.sql), "VARCHAR", value.label)


_CONVERSIONS: dict[str, Callable[[Typed], Typed]] = {
    "number": as_number, "text": as_text, "date": as_date, "boolean": as_boolean,
}  # fmt: skip


def _conversion(node: Conversion, scope: Scope) -> Typed:
    return _CONVERSIONS[node.to](expression(node.argument, scope))


# ---- aggregates


def _aggregate(node: Aggregate, scope: Scope) -> Typed:
    aggregated = _count(node, scope) if node.function.startswith("count") else _of_values(node, scope)
    if node.where is None:
        return aggregated
    condition = exp.Where(this=scope.settings.condition(node.where, scope))
    return Typed(exp.Filter(this=aggregated.sql, expression=condition), aggregated.dtype, aggregated.label)


def _count(node: Aggregate, scope: Scope) -> Typed:
    if node.argument is None:
        if node.function == "count_distinct":
            raise PlanError("count_distinct needs something to count.", "Name a column.")
        return Typed(exp.Count(this=exp.Star(), big_int=True), "BIGINT", "the count")
    value = expression(node.argument, scope)
    counted: exp.Expr = value.sql
    if node.function == "count_distinct":
        counted = exp.Distinct(expressions=[value.sql])
    return Typed(exp.Count(this=counted, big_int=True), "BIGINT", "the count")


_CALCULATED: dict[str, type[exp.Func]] = {
    "sum": exp.Sum, "avg": exp.Avg, "stddev": exp.Stddev, "variance": exp.Variance,
}  # fmt: skip
_PICKED: dict[str, type[exp.Func]] = {"min": exp.Min, "max": exp.Max, "first": exp.First, "last": exp.Last}


def _of_values(node: Aggregate, scope: Scope) -> Typed:
    if node.argument is None:
        raise PlanError(f"{node.function} needs something to aggregate.", "Name a column.")
    value = expression(node.argument, scope)
    label = f"the {node.function} of {value.label}"
    if node.function in _CALCULATED:
        number = as_number(value)
        dtype = _sum_type(number.dtype) if node.function == "sum" else "DOUBLE"
        return Typed(_CALCULATED[node.function](this=number.sql), dtype, label)
    if node.function == "corr":
        return Typed(
            exp.Corr(this=as_number(value).sql, expression=_second(node, scope).sql), "DOUBLE", label
        )
    if node.function in {"first", "last"} and node.second is not None:
        pick = exp.ArgMin if node.function == "first" else exp.ArgMax
        by = expression(node.second, scope)
        return Typed(pick(this=value.sql, expression=by.sql), value.dtype, label)
    if node.function in _PICKED:
        return Typed(_PICKED[node.function](this=value.sql), value.dtype, label)
    if node.function == "mode":
        return _mode(value, label, scope)
    return _quantile(node, value, label)


def _quantile(node: Aggregate, value: Typed, label: str) -> Typed:
    """Between two values, median and quantiles interpolate (DuckDB's quantile_cont, numpy's default)."""
    if value.family != "date":
        value = as_number(value)
    dtype = "TIMESTAMP" if value.family == "date" else "DOUBLE"
    if node.function == "median":
        return Typed(exp.Median(this=value.sql), dtype, label)
    if node.fraction is None or not 0 <= node.fraction <= 1:
        raise PlanError("A quantile needs a fraction from 0 to 1.", "The 90th percentile is fraction 0.9.")
    fraction = number_literal(node.fraction)
    return Typed(exp.PercentileCont(this=value.sql, expression=fraction), dtype, label)


def _mode(value: Typed, label: str, scope: Scope) -> Typed:
    """The most frequent value; the smallest of several, so that a run can be repeated."""
    argument: exp.Expr = value.sql
    if scope.settings.dialect == "duckdb":
        ordered = exp.Ordered(this=value.sql.copy(), desc=False, nulls_first=False)
        argument = exp.Order(this=value.sql, expressions=[ordered])
    return Typed(exp.Mode(this=argument), value.dtype, label)


def _second(node: Aggregate, scope: Scope) -> Typed:
    if node.second is None:
        raise PlanError(f"{node.function} needs a second column.")
    return as_number(expression(node.second, scope))


def _sum_type(dtype: str) -> str:
    if dtype.startswith("DECIMAL"):
        return "DECIMAL"
    return "DOUBLE" if dtype in {"DOUBLE", "FLOAT"} else "HUGEINT"


def _scalar_query(node: ScalarQuery, scope: Scope) -> Typed:
    plan = node.plan
    query, columns = scope.settings.query(plan)
    if len(columns) != 1:
        raise PlanError(f"A single value is needed, but the inner plan gives {len(columns)} columns.")
    one_row = plan.limit == 1 or (len(plan.measures) == 1 and not plan.group_by and plan.combine is None)
    if not one_row:
        raise PlanError(
            "A single value is needed, but the inner plan may give several rows.", "Limit it to 1."
        )
    return Typed(query.subquery(copy=False), columns[0].dtype, "the inner value")


_COMPILERS: dict[type, Callable[[Any, Scope], Typed]] = {
    ColumnRef: _column,
    Literal_: _literal,
    Arithmetic: _arithmetic,
    Aggregate: _aggregate,
    DatePart: _date_part,
    DateBucket: _date_bucket,
    NumberBucket: _number_bucket,
    TextFunction: _text_function,
    Conversion: _conversion,
    AbsoluteValue: _absolute,
    Age: _age,
    Today: _today,
    ScalarQuery: _scalar_query,
}
