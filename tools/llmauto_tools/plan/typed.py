"""SQL expressions that know their DuckDB type, and the conversions between families of types.

A conversion is written only where the types say that it is needed: a number column compared with a
number stays as it is, a text column compared with a number becomes TRY_CAST("zip" AS DOUBLE).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import Literal_
from llmauto_tools.schema import TypeFamily, type_family

_TRUE = {"true", "t", "yes", "y", "1"}
_FALSE = {"false", "f", "no", "n", "0"}
_FAMILY_WORDS = {
    "number": "a number", "text": "text", "date": "a date", "time": "a time of day",
    "boolean": "true or false", "other": "a nested value",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """A SQL expression, its DuckDB type, and how to name it in a message.

    `constant` is set where the expression is a literal of the plan, so that a comparison can write it
    in the type of the other side.
    """

    sql: exp.Expr
    dtype: str
    label: str = "the expression"
    constant: Literal_ | None = None

    @property
    def family(self) -> TypeFamily:
        return type_family(self.dtype)

    def becomes(self, sql: exp.Expr, dtype: str) -> Typed:
        """The same thing written as another expression of another type; no constant any more."""
        return replace(self, sql=sql, dtype=dtype, constant=None)


def literal(node: Literal_) -> Typed:
    """A constant of the plan in its own type. Raises PlanError where a date is none."""
    value = node.value
    if node.type != "auto" and value is not None:
        moment = _moment(str(value))
        if moment is None:
            raise PlanError(f"'{value}' is not a date.", "Write dates as 2024-01-31.")
        typed = date_literal(moment, timestamp=node.type == "timestamp")
    elif value is None:
        typed = Typed(exp.null(), "NULL")
    elif isinstance(value, bool):
        typed = Typed(exp.Boolean(this=value), "BOOLEAN")
    elif isinstance(value, str):
        typed = Typed(exp.Literal.string(value), "VARCHAR")
    else:
        typed = Typed(number_literal(value), "BIGINT" if isinstance(value, int) else "DOUBLE")
    return replace(typed, constant=node, label=f"'{value}'")


def number_literal(value: int | float) -> exp.Expr:
    """The number as SQL; infinities and NaN, which SQL has no literal for, as a cast."""
    if isinstance(value, float) and not math.isfinite(value):
        return exp.cast(exp.Literal.string(str(value)), "DOUBLE")
    if value < 0:
        return exp.Neg(this=exp.Literal.number(repr(-value)))
    return exp.Literal.number(repr(value))


def date_literal(moment: dt.date, *, timestamp: bool = False) -> Typed:
    """A date, or a timestamp where it has a time of day or `timestamp` asks for one."""
    timed = isinstance(moment, dt.datetime)
    if timed or timestamp:
        text = (
            moment.isoformat(sep=" ") if isinstance(moment, dt.datetime) else f"{moment.isoformat()} 00:00:00"
        )
        return Typed(exp.cast(exp.Literal.string(text), "TIMESTAMP"), "TIMESTAMP")
    return Typed(exp.cast(exp.Literal.string(moment.isoformat()), "DATE"), "DATE")


def iso_moment(text: str) -> dt.date:
    """The date or date and time that an ISO 8601 text means. Raises PlanError."""
    moment = _moment(text)
    if moment is None:
        raise PlanError(f"'{text}' is not a date.", "Write dates as 2024-01-31.")
    return moment


def _moment(text: str) -> dt.date | None:
    text = text.strip()
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


# ---- conversions


def as_number(value: Typed) -> Typed:
    """As something to calculate with: booleans count as 0 and 1, text that is no number is NULL."""
    if value.family in {"number", "other"} or value.dtype == "NULL":
        return value
    if value.family == "boolean":
        return value.becomes(exp.cast(value.sql, "INTEGER"), "INTEGER")
    if value.family == "text":
        return value.becomes(
            exp.TryCast(this=value.sql, to=exp.DataType.build("DOUBLE"), safe=True), "DOUBLE"
        )
    raise _mismatch(value, "a number")


def as_date(value: Typed) -> Typed:
    """As a date or timestamp; text that is none is NULL. Raises PlanError for other types."""
    if value.family == "date" or value.dtype == "NULL":
        return value
    if value.constant is not None and isinstance(value.constant.value, str):
        return date_literal(iso_moment(value.constant.value))
    if value.family == "text":
        # TIMESTAMP reads a plain date too; DATE would drop a time of day that is there.
        to = exp.DataType.build("TIMESTAMP")
        return value.becomes(exp.TryCast(this=value.sql, to=to, safe=True), "TIMESTAMP")
    raise _mismatch(value, "a date")


def as_day(value: Typed) -> Typed:
    """As a DATE without the time of day."""
    value = as_date(value)
    if value.dtype == "DATE":
        return value
    return value.becomes(exp.cast(value.sql, "DATE"), "DATE")


def as_text(value: Typed) -> Typed:
    if value.dtype.upper() == "VARCHAR":
        return value
    return value.becomes(exp.cast(value.sql, "TEXT"), "VARCHAR")


def as_boolean(value: Typed) -> Typed:
    """As a condition: numbers are true unless 0, text where it says yes, true, t, y or 1."""
    if value.family == "boolean":
        return value
    if value.family == "number":
        return value.becomes(exp.NEQ(this=value.sql, expression=exp.Literal.number(0)), "BOOLEAN")
    if value.family == "text":
        to = exp.DataType.build("BOOLEAN")
        return value.becomes(exp.TryCast(this=value.sql, to=to, safe=True), "BOOLEAN")
    raise _mismatch(value, "true or false")


def align(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides of a comparison in one family of types. Raises PlanError where there is none."""
    if left.constant is not None and right.constant is None:
        right, left = _align_constant(right, left)
        return left, right
    if right.constant is not None:
        return _align_constant(left, right)
    families = {left.family, right.family}
    if len(families) == 1 or "other" in families:
        return left, right
    if families <= {"number", "text", "boolean"}:
        return as_number(left), as_number(right)
    if families == {"date", "text"}:
        return as_date(left), as_date(right)
    raise PlanError(
        f"{left.label} is {_FAMILY_WORDS[left.family]}, {right.label} is {_FAMILY_WORDS[right.family]}:"
        " they cannot be compared."
    )


def _align_constant(side: Typed, constant: Typed) -> tuple[Typed, Typed]:
    assert constant.constant is not None
    value = constant.constant.value
    if value is None or side.dtype == "NULL":
        return side, constant
    if constant.constant.type != "auto" or side.family == "date":
        return _align_moment(side, constant, value)
    if side.family == "number":
        return side, Typed(number_literal(_number(value, side)), "DOUBLE")
    if side.family == "boolean":
        return side, Typed(exp.Boolean(this=_truth(value, side)), "BOOLEAN")
    if side.family == "text" and isinstance(value, bool):
        return as_boolean(side), constant
    if side.family == "text" and isinstance(value, (int, float)):
        return as_number(side), constant
    return side, constant


def _align_moment(side: Typed, constant: Typed, value: Any) -> tuple[Typed, Typed]:
    """Compare with a day day by day: a timestamp on 5 March is equal to 5 March."""
    if not isinstance(value, str):
        raise _mismatch(side, "a number", f"it cannot be compared with {value}")
    moment = iso_moment(value)
    timestamp = constant.constant is not None and constant.constant.type == "timestamp"
    if isinstance(moment, dt.datetime) or timestamp:
        return as_date(side), date_literal(moment, timestamp=True)
    return as_day(side), date_literal(moment)


def _number(value: Any, side: Typed) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    text = str(value).strip()
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise PlanError(f"{side.label} is a number, '{value}' is not.") from None


def _truth(value: Any, side: Typed) -> bool:
    folded = str(value).strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise PlanError(f"{side.label} is true or false, '{value}' is neither.")


def _mismatch(value: Typed, wanted: str, more: str | None = None) -> PlanError:
    return PlanError(
        f"{value.label} is {_FAMILY_WORDS[value.family]} ({value.dtype}); "
        + (more or f"{wanted} is needed")
        + "."
    )
