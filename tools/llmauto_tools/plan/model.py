"""The typed query plan: what a question asks of the data, independent of any SQL dialect.

A planner (rules, a trained model, a chat model) writes a `Plan`; `compile.py` turns it into SQL; the
verbaliser words it; the chart chooser reads it; a follow-up question edits it. It is plain data: it
goes to JSON and back without loss (`Plan.model_validate_json(plan.model_dump_json())`).

Shape of a plan, in the order SQL evaluates it:

    table + joins → where → group_by + measures (or plain `select` rows) → having
    → per-measure windows (share of total, running total, change) → top_per_group → order_by → limit
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer


class Node(BaseModel):
    # The validators are built when they are first needed: most runs use a few of the kinds.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keep `kind`, which is a default, where defaults are left out: without it nothing reads back."""
        kind = getattr(self, "kind", None)
        fields: dict[str, Any] = handler(self)
        return {"kind": kind, **fields} if kind is not None else fields


# ---- expressions -------------------------------------------------------------------------------


class ColumnRef(Node):
    """A column; `table` may be left out where the plan reads one table."""

    kind: Literal["column"] = "column"
    name: str
    table: str | None = None


class Literal_(Node):  # noqa: N801 - 'Literal' is typing's
    """A constant. Dates and timestamps are ISO 8601 strings with `type` saying so."""

    kind: Literal["literal"] = "literal"
    value: bool | int | float | str | None
    type: Literal["auto", "date", "timestamp"] = "auto"


class Arithmetic(Node):
    """`left op right`; division is floating and gives NULL when the divisor is 0."""

    kind: Literal["arithmetic"] = "arithmetic"
    op: Literal["+", "-", "*", "/"]
    left: Expr
    right: Expr


AggregateName = Literal[
    "count", "count_distinct", "sum", "avg", "median", "min", "max", "stddev", "variance", "quantile", "mode",
    "corr", "first", "last",
]  # fmt: skip


class Aggregate(Node):
    """An aggregate. `argument` None means rows (count(*)). `where` restricts the rows it sees.

    `quantile` uses `fraction` (0..1); `corr` takes `second`; `first` and `last` take the value where
    `second` is smallest or largest (without it, in the order of the rows). Of several modes, the smallest.
    """

    kind: Literal["aggregate"] = "aggregate"
    function: AggregateName
    argument: Expr | None = None
    second: Expr | None = None
    fraction: float | None = None
    where: Predicate | None = None


class DatePart(Node):
    """A part of a date as a number (or English name): year 2024, quarter 1-4, month 1-12, ISO week 1-53,
    weekday 1 (Monday) to 7. `year` also takes a column that holds the year as a number.
    """

    kind: Literal["date_part"] = "date_part"
    part: Literal[
        "year", "quarter", "month", "week", "day", "weekday", "hour", "minute", "dayofyear",
        "month_name", "weekday_name",
    ]  # fmt: skip
    argument: Expr


class DateBucket(Node):
    """A date truncated to the start of its year, quarter, month, ... ; keeps order and year apart."""

    kind: Literal["date_bucket"] = "date_bucket"
    unit: Literal["year", "quarter", "month", "week", "day", "hour"]
    argument: Expr


class NumberBucket(Node):
    """A number rounded down to a multiple of `width` (10-year age groups: width 10; decades too)."""

    kind: Literal["number_bucket"] = "number_bucket"
    width: float
    argument: Expr


class TextFunction(Node):
    kind: Literal["text_function"] = "text_function"
    function: Literal["lower", "upper", "length", "trim", "initial"]
    argument: Expr


class Conversion(Node):
    """An explicit cast; NULL where a value does not convert."""

    kind: Literal["conversion"] = "conversion"
    to: Literal["number", "text", "date", "boolean"]
    argument: Expr


class AbsoluteValue(Node):
    kind: Literal["absolute"] = "absolute"
    argument: Expr


class Age(Node):
    """Whole `unit`s between two dates (end - start)."""

    kind: Literal["date_difference"] = "date_difference"
    unit: Literal["year", "month", "week", "day", "hour", "minute"]
    start: Expr
    end: Expr


class Today(Node):
    """The date on which the plan runs; recorded in the evidence as the SQL it became."""

    kind: Literal["today"] = "today"


class ScalarQuery(Node):
    """One value computed by another plan, such as the overall average."""

    kind: Literal["scalar_query"] = "scalar_query"
    plan: Plan


Expr = Annotated[
    ColumnRef
    | Literal_
    | Arithmetic
    | Aggregate
    | DatePart
    | DateBucket
    | NumberBucket
    | TextFunction
    | Conversion
    | AbsoluteValue
    | Age
    | Today
    | ScalarQuery,
    Field(discriminator="kind"),
]


# ---- predicates --------------------------------------------------------------------------------


class Compare(Node):
    kind: Literal["compare"] = "compare"
    op: Literal["=", "!=", "<", "<=", ">", ">="]
    left: Expr
    right: Expr


class Between(Node):
    """Inclusive on both sides."""

    kind: Literal["between"] = "between"
    argument: Expr
    low: Expr
    high: Expr


class Period(Node):
    """A half-open span of time, `start <= argument < end`, as ISO dates; None is unbounded.

    The argument may also be a column that holds the year as a number, if both bounds begin a year.
    """

    kind: Literal["period"] = "period"
    argument: Expr
    start: str | None = None
    end: str | None = None


class RelativePeriod(Node):
    """`count` whole `unit`s that end before (offset < 0) or contain (offset 0) the anchor.

    last month: unit month, offset -1; this year: offset 0; the last 30 days: count 30, unit day,
    rolling True (the count units up to and including the anchor). The anchor is today, or the newest
    date in the data ("data"), which suits files that end in the past; the answer says which was used.
    """

    kind: Literal["relative_period"] = "relative_period"
    argument: Expr
    unit: Literal["year", "quarter", "month", "week", "day"]
    offset: int = 0
    count: int = 1
    rolling: bool = False
    anchor: Literal["today", "data"] = "today"


class OneOf(Node):
    """The argument is one of the values; None among them stands for missing ones."""

    kind: Literal["one_of"] = "one_of"
    argument: Expr
    values: tuple[bool | int | float | str | None, ...]


class TextMatch(Node):
    """Case-insensitive unless `case_sensitive`."""

    kind: Literal["text_match"] = "text_match"
    argument: Expr
    how: Literal["contains", "starts", "ends", "equals"]
    text: str
    case_sensitive: bool = False


class IsNull(Node):
    kind: Literal["is_null"] = "is_null"
    argument: Expr


class IsTrue(Node):
    """A boolean expression taken as it is ("is active")."""

    kind: Literal["is_true"] = "is_true"
    argument: Expr


class And(Node):
    kind: Literal["and"] = "and"
    items: tuple[Predicate, ...]


class Or(Node):
    kind: Literal["or"] = "or"
    items: tuple[Predicate, ...]


class Not(Node):
    kind: Literal["not"] = "not"
    item: Predicate


class InQuery(Node):
    """The argument occurs in the first column of another plan."""

    kind: Literal["in_query"] = "in_query"
    argument: Expr
    plan: Plan


Predicate = Annotated[
    Compare
    | Between
    | Period
    | RelativePeriod
    | OneOf
    | TextMatch
    | IsNull
    | IsTrue
    | And
    | Or
    | Not
    | InQuery,
    Field(discriminator="kind"),
]


# ---- the plan ----------------------------------------------------------------------------------


class Join(Node):
    """Adds `table`, on equality of one or more column pairs with tables that are already there."""

    table: str
    on: tuple[tuple[ColumnRef, ColumnRef], ...]
    """Pairs (column of a table already in the plan, column of the joined table)."""
    how: Literal["inner", "left"] = "inner"
    alias: str | None = None


class Item(Node):
    """An output column: an expression and its heading (None: the compiler names it)."""

    expr: Expr
    alias: str | None = None


class Measure(Node):
    """An aggregate expression of the groups, with an optional window over them.

    share: the value divided by its total (within `over` groups where given, else over all), 0..1.
    running_total, change, percent_change, moving_average follow the order of the first group_by item
    that is a date, a number or a bucket; `over` names group_by positions that are kept apart (left out:
    all the others). They go from one group that is there to the next: a month without rows is no group.
    percent_change is a fraction: 0.1 is 10% more. rank: 1 = largest; equal values share a rank.
    """

    expr: Expr
    alias: str | None = None
    window: Literal[
        "none", "share", "running_total", "change", "percent_change", "rank", "moving_average"
    ] = "none"
    over: tuple[int, ...] = ()
    periods: int = 1
    """change, percent_change: how many groups back; moving_average: how many groups."""


class Order(Node):
    """`by` is the alias of an output column or an expression."""

    by: str | Expr
    descending: bool = False


class TopPerGroup(Node):
    """Keep the first `count` rows (by the plan's order_by) within each combination of `by`.

    Without an order_by, groups are ranked by the first measure, largest first. The result is sorted by
    `by`, then by the plan's order.
    """

    by: tuple[Expr, ...]
    count: int = 1


class SetOperation(Node):
    """Combines this plan's rows with another's, as sets; order_by and limit then apply to the whole."""

    op: Literal["union", "intersect", "except"]
    plan: Plan


class Plan(Node):
    """A question as data: `select` for rows, `measures` (and `group_by`) for groups or one total.

    With neither, the plan lists all columns of its table; `group_by` alone lists the distinct groups.
    """

    table: str
    joins: tuple[Join, ...] = ()
    where: Predicate | None = None
    select: tuple[Item, ...] = ()
    distinct: bool = False
    group_by: tuple[Item, ...] = ()
    measures: tuple[Measure, ...] = ()
    having: Predicate | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    top_per_group: TopPerGroup | None = None
    combine: SetOperation | None = None
