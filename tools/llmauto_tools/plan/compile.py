"""A plan becomes SQL in this one place, built with sqlglot, for DuckDB or another dialect.

A plan without windows is one SELECT. Windows (share, running total, change, ...) read the groups from
a common table expression, so that each step can be read by itself:

    WITH "grouped" AS (SELECT month, sum(amount) AS sales ... GROUP BY month)
    SELECT month, sales, sales - LAG(sales) OVER (ORDER BY month) AS change FROM "grouped"

Rows come in a stated order: the plan's, ties broken by the group keys (or by the selected columns);
groups that nobody ordered come in the order of their keys. Missing values come last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlglot import exp

from llmauto_tools.errors import PlanError
from llmauto_tools.plan.model import Plan
from llmauto_tools.plan.predicates import predicate
from llmauto_tools.plan.scope import Settings
from llmauto_tools.plan.selects import grouped, rows
from llmauto_tools.plan.stages import Stage, finish, limited, order_keys
from llmauto_tools.schema import Column, Table

_SET_OPERATIONS = {"union": exp.union, "intersect": exp.intersect, "except": exp.except_}


def compile_plan(
    plan: Plan,
    tables: Sequence[Table] | Mapping[str, Table],
    dialect: str = "duckdb",
    *,
    today: dt.date | None = None,
) -> str:
    """The SQL of a plan over these tables, laid out for a person to read.

    `dialect` is a dialect of sqlglot ("duckdb", "spark"). `today` fixes the date that relative periods
    and Today mean; left out, they become CURRENT_DATE. Raises PlanError with the nearest names for a
    table or column that is not there, and for types that do not fit together.
    """
    query, _ = _settings(tables, dialect, today).query(plan)
    return query.sql(dialect=dialect, pretty=True)


def output_columns(plan: Plan, tables: Sequence[Table] | Mapping[str, Table]) -> tuple[Column, ...]:
    """The headings and expected DuckDB types of a plan's result: first the groups, then the measures.

    Types are inferred without running anything; a DECIMAL comes without its precision.
    """
    return _settings(tables, "duckdb", None).query(plan)[1]


def _settings(tables: Sequence[Table] | Mapping[str, Table], dialect: str, today: dt.date | None) -> Settings:
    by_name = dict(tables) if isinstance(tables, Mapping) else {t.name: t for t in tables}
    settings = Settings(by_name, dialect, today, lambda plan: _query(plan, settings), predicate)
    return settings


def _query(plan: Plan, settings: Settings) -> tuple[exp.Query, tuple[Column, ...]]:
    if plan.combine is not None:
        return _combined(plan, settings)
    stage = _stage(plan, settings)
    return finish(stage, plan, settings), stage.columns()


def _stage(plan: Plan, settings: Settings) -> Stage:
    if plan.select and (plan.measures or plan.group_by):
        raise PlanError("A plan either selects rows or measures groups, not both.")
    if plan.measures or plan.group_by:
        return grouped(plan, settings)
    return rows(plan, settings)


def _combined(plan: Plan, settings: Settings) -> tuple[exp.Query, tuple[Column, ...]]:
    """Both plans' rows as sets; the order and the limit of the first plan are those of the whole."""
    assert plan.combine is not None
    bare = plan.model_copy(update={"combine": None, "order_by": (), "limit": None, "offset": None})
    first, second = _stage(bare, settings), _query(plan.combine.plan, settings)
    columns = first.columns()
    if len(columns) != len(second[1]):
        raise PlanError(
            f"A {plan.combine.op} needs as many columns on both sides: {len(columns)} and {len(second[1])}."
        )
    operation = _SET_OPERATIONS[plan.combine.op]
    whole = operation(_arm(first.query), _arm(second[0]), distinct=True, copy=False)
    keys = order_keys(first, bare.model_copy(update={"order_by": plan.order_by}), shown_only=True)
    return limited(whole.order_by(*keys, copy=False), plan), columns


def _arm(query: exp.Query) -> exp.Query:
    """A side of a set operation; one with an order, a limit or a WITH of its own is wrapped."""
    own = any(query.args.get(part) for part in ("order", "limit", "offset", "with_"))
    if not own and isinstance(query, exp.Select):
        return query
    part = exp.to_identifier("part", quoted=True)
    return exp.select("*", copy=False).from_(query.subquery(part, copy=False), copy=False)
