"""A query under construction: the columns that it gives, how it is wrapped, put in order and cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from sqlglot import exp

from llmauto_tools.errors import PlanError, did_you_mean
from llmauto_tools.plan.dates import calendar_order
from llmauto_tools.plan.expressions import expression
from llmauto_tools.plan.model import Aggregate, Expr, Measure, Node, Order, Plan
from llmauto_tools.plan.naming import unique
from llmauto_tools.plan.scope import Scope, Settings
from llmauto_tools.plan.typed import Typed
from llmauto_tools.plan.walk import ungrouped_columns
from llmauto_tools.schema import Column

Q = TypeVar("Q", bound=exp.Query)

MAX_TIE_BREAKERS = 8
"""Selected columns that decide between rows that the plan's order leaves equal."""


def quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def ordered(sql: exp.Expr, *, descending: bool = False) -> exp.Ordered:
    """A sort key; missing values come last in both directions."""
    return exp.Ordered(this=sql, desc=descending or None, nulls_first=False)


@dataclass(frozen=True)
class Output:
    """A column of the result: its heading, its place in the plan, and its SQL."""

    name: str
    node: Node
    """An expression of the plan, or a Measure where a window makes something else of its expression."""
    typed: Typed
    role: Literal["row", "group", "measure"]

    @property
    def heading(self) -> exp.Column:
        return exp.Column(this=quoted(self.name))

    @property
    def sql(self) -> exp.Expr:
        """The expression under its heading; a column that has that name already stays as it is."""
        same = isinstance(self.typed.sql, exp.Column) and self.typed.sql.name == self.name
        return self.typed.sql if same else exp.Alias(this=self.typed.sql, alias=quoted(self.name))


@dataclass
class Stage:
    """A SELECT and its outputs.

    `scope` compiles further expressions over its tables. It is None where the stage reads a common
    table expression; `known` then says which expressions that has as columns.
    """

    query: exp.Select
    outputs: list[Output]
    scope: Scope | None
    known: dict[Node, exp.Expr] = field(default_factory=dict)

    @property
    def groups(self) -> list[Output]:
        return [o for o in self.outputs if o.role == "group"]

    @property
    def is_grouped(self) -> bool:
        return any(o.role != "row" for o in self.outputs)

    def columns(self) -> tuple[Column, ...]:
        return tuple(Column(o.name, o.typed.dtype) for o in self.outputs)

    def output(self, by: str | Node) -> Output | None:
        """The output that an order names: by its heading, or as the same expression."""
        if isinstance(by, Node):
            return next((o for o in self.outputs if o.node == by), None)
        exact = (o for o in self.outputs if o.name == by)
        return next(exact, None) or next(
            (o for o in self.outputs if o.name.casefold() == by.casefold()), None
        )

    def compute(self, node: Expr) -> exp.Expr:
        """The SQL of an expression that need not be an output. Raises PlanError."""
        if node in self.known:
            return self.known[node].copy()
        if self.scope is None:
            raise PlanError("Windows and top-per-group plans are sorted by what they show.")
        if self.is_grouped:
            check_grouped(node, [o.node for o in self.groups])
        return expression(node, self.scope).sql

    def sort_key(self, by: str | Expr, *, in_window: bool = False) -> exp.Expr:
        """What to sort by; month and weekday names sort as the calendar does.

        `in_window`: inside a window of the same SELECT, where headings are not known yet.
        """
        output = self.output(by)
        if output is None:
            if isinstance(by, str):
                names = [o.name for o in self.outputs]
                hint = did_you_mean(by, names) or "The outputs are: " + ", ".join(names)
                raise PlanError(f"There is no output '{by}' to sort by.", hint)
            return self.compute(by)
        calendar = calendar_key(output)
        if calendar is not None:
            return self.compute(calendar)
        return output.typed.sql.copy() if in_window else output.heading


def calendar_key(output: Output) -> Expr | None:
    """The number by which an output with month or weekday names is sorted."""
    part = calendar_order(output.node)
    if part is None or output.role != "group":
        return part
    return Aggregate(function="min", argument=part)


def check_grouped(node: Node, groups: Sequence[Node]) -> None:
    """Raise PlanError where a grouped plan reads a column that has many values in a group."""
    for ref in ungrouped_columns(node, tuple(groups)):
        raise PlanError(
            f"'{ref.name}' has many values in each group.", "Aggregate it, or group by it as well."
        )


# ---- wrapping


def wrap(stage: Stage, name: str, plan: Plan, taken: Mapping[str, object]) -> Stage:
    """The stage as a common table expression, and a stage over it with the same outputs.

    Whatever the plan sorts by is computed inside too, under a name of its own.
    """
    inner = stage.query
    known: dict[Node, exp.Expr] = {o.node: o.heading for o in stage.outputs}
    names = {o.name.casefold() for o in stage.outputs}
    for node in _wanted(stage, plan):
        if node not in known:
            hidden = unique("sort_key", names)
            names.add(hidden)
            inner = inner.select(exp.Alias(this=stage.compute(node), alias=quoted(hidden)), copy=False)
            known[node] = exp.Column(this=quoted(hidden))
    name = unique(name, {t.casefold() for t in taken})
    before = inner.args.get("with_")
    inner.set("with_", None)
    outer = exp.select(*(o.heading for o in stage.outputs), copy=False).from_(
        exp.Table(this=quoted(name)), copy=False
    )
    outer.set("with_", before)
    outer = outer.with_(quoted(name), as_=inner, copy=False)
    outputs = [replace(o, typed=replace(o.typed, sql=o.heading)) for o in stage.outputs]
    return Stage(outer, outputs, None, {**stage.known, **known})


def _wanted(stage: Stage, plan: Plan) -> list[Expr]:
    """The expressions that later stages sort or partition by and that are no outputs."""
    wanted = [o.by for o in plan.order_by if isinstance(o.by, Node)]
    if plan.top_per_group is not None:
        wanted += plan.top_per_group.by
    calendars = [calendar_key(o) for o in stage.groups]
    return [node for node in [*wanted, *calendars] if node is not None]


# ---- the end of a query


def finish(stage: Stage, plan: Plan, settings: Settings) -> exp.Select:
    """DISTINCT, the first rows per group, the order and the limit."""
    if plan.top_per_group is not None:
        if any(isinstance(o.node, Measure) for o in stage.outputs):
            stage = wrap(stage, "windowed", plan, settings.tables)  # a window cannot be computed over another
        stage.query.set("qualify", exp.Qualify(this=_first_rows(stage, plan)))
        if settings.dialect != "duckdb":  # others get a subquery for QUALIFY, which must not hold the order
            stage = wrap(stage, "ranked", plan, settings.tables)
    if plan.distinct and not stage.is_grouped:
        stage.query.distinct(copy=False)
    keys = order_keys(stage, plan, shown_only=plan.distinct and not stage.is_grouped)
    if keys:
        stage.query.order_by(*keys, copy=False)
    return limited(stage.query, plan)


def _first_rows(stage: Stage, plan: Plan) -> exp.Expr:
    """ROW_NUMBER() OVER (PARTITION BY ... ORDER BY ...) <= count"""
    top = plan.top_per_group
    assert top is not None
    if top.count < 1 or not top.by:
        raise PlanError("The top per group needs a group and a count of at least 1.")
    orders = list(plan.order_by) or _by_first_measure(stage)
    keys = [(stage.sort_key(o.by, in_window=True), o.descending) for o in orders]
    used = {sql for sql, _ in keys}
    partition = [_partition(stage, node) for node in top.by]
    for output in tie_breakers(stage):
        sql = stage.sort_key(output.node, in_window=True)  # type: ignore[arg-type]
        if sql not in used and sql not in partition:
            keys.append((sql, False))
    window = exp.Window(
        this=exp.RowNumber(),
        partition_by=partition,
        order=exp.Order(expressions=[ordered(sql, descending=d) for sql, d in keys]),
    )
    return exp.LTE(this=window, expression=exp.Literal.number(top.count))


def _partition(stage: Stage, node: Expr) -> exp.Expr:
    output = stage.output(node)
    return output.typed.sql.copy() if output else stage.compute(node)


def _by_first_measure(stage: Stage) -> list[Order]:
    first = next((o for o in stage.outputs if o.role == "measure"), None)
    if first is None:
        raise PlanError("The top per group needs an order.", "Say by what the rows are ranked.")
    return [Order(by=first.name, descending=True)]


def tie_breakers(stage: Stage) -> list[Output]:
    """The outputs that decide between equal rows: the groups, or the first columns that can be sorted."""
    if stage.is_grouped:
        return stage.groups
    return [o for o in stage.outputs if o.typed.family != "other"][:MAX_TIE_BREAKERS]


def order_keys(stage: Stage, plan: Plan, *, shown_only: bool) -> list[exp.Ordered]:
    """The sort keys of the result: partitions of a top-per-group, the plan's order, tie-breakers.

    `shown_only`: only outputs can be sorted by (after DISTINCT or a set operation).
    """
    orders = list(plan.order_by)
    if plan.top_per_group is not None:
        orders = [*(Order(by=node) for node in plan.top_per_group.by), *(orders or _by_first_measure(stage))]
    keys: dict[exp.Expr, bool] = {}
    for order in orders:
        keys.setdefault(_key(stage, order.by, shown_only), order.descending)
    if orders or stage.is_grouped or shown_only:
        for output in tie_breakers(stage):
            keys.setdefault(_key(stage, output.name, shown_only), False)
    return [ordered(sql, descending=descending) for sql, descending in keys.items()]


def _key(stage: Stage, by: str | Expr, shown_only: bool) -> exp.Expr:
    if not shown_only:
        return stage.sort_key(by)
    output = stage.output(by)
    if output is None:
        raise PlanError("Distinct or combined rows can be sorted only by what they show.")
    return output.heading


def limited(query: Q, plan: Plan) -> Q:
    """The query with the plan's limit and offset. Raises PlanError for negative ones."""
    for name, count in (("limit", plan.limit), ("offset", plan.offset)):
        if count is None:
            continue
        if count < 0:
            raise PlanError(f"The {name} is {count}, but it cannot be negative.")
        query = query.limit(count, copy=False) if name == "limit" else query.offset(count, copy=False)
    return query
