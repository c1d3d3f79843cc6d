"""The statements of a KPI report: the last complete period against the one before and the year before.

A period counts as complete when the data go to its end but for a few days (weekends, late rows).
"""

from __future__ import annotations

from llmauto_agent.report.roles import Roles
from llmauto_tools.columns import literal, quoted

MAX_PERIODS = 60
MAX_GROUPS = 12
LATE = {"day": 0, "week": 2, "month": 3, "quarter": 7, "year": 14}
"""Days that may be missing at the end of a complete period."""


def measures_of(roles: Roles) -> list[tuple[str, str]]:
    """(name, SQL) of what is compared: the measures and the number of rows."""
    found = [(m, f"{'avg' if m in roles.averaged else 'sum'}({quoted(m)})") for m in roles.measures]
    return [*found, ("rows", "count(*)")]


def _bucket(roles: Roles) -> str:
    return f"CAST(date_trunc('{roles.period}', {quoted(str(roles.time))}) AS DATE)"


def _interval(period: str, count: int = 1) -> str:
    return f"INTERVAL {3 * count} MONTH" if period == "quarter" else f"INTERVAL {count} {period.upper()}"


def _totals(roles: Roles) -> str:
    picked = ",\n    ".join(f"{sql} AS {quoted(name)}" for name, sql in measures_of(roles))
    time = quoted(str(roles.time))
    return (
        f"SELECT {_bucket(roles)} AS period,\n    {picked}\n  FROM {quoted(roles.table)}\n"
        f"  WHERE {time} IS NOT NULL\n  GROUP BY 1"
    )


def _latest(roles: Roles) -> str:
    time, step = quoted(str(roles.time)), _interval(roles.period)
    begins = f"date_trunc('{roles.period}', max({time}))"
    late = LATE[roles.period] + 1
    return (
        f"SELECT CAST(CASE WHEN max({time}) >= {begins} + {step} - INTERVAL {late} DAY THEN {begins}\n"
        f"    ELSE {begins} - {step} END AS DATE) AS period\n  FROM {quoted(roles.table)}"
    )


def periods_sql(roles: Roles) -> str:
    """Every measure per period, the last MAX_PERIODS periods, oldest first."""
    return (
        f"SELECT *\nFROM (\n  {_totals(roles)}\n  ORDER BY 1 DESC\n  LIMIT {MAX_PERIODS}\n)\nORDER BY period"
    )


def compare_sql(roles: Roles) -> str:
    """A row per measure: the last complete period, the one before, the same one a year before, and changes."""
    step = _interval(roles.period)
    parts = []
    for place, (name, _) in enumerate(measures_of(roles)):
        column = quoted(name)
        parts.append(
            f"SELECT {place} AS place, {literal(name)} AS kpi, latest.period AS period,\n"
            f"    max({column}) FILTER (WHERE totals.period = latest.period) AS current,\n"
            f"    max({column}) FILTER (WHERE totals.period = latest.period - {step}) AS previous,\n"
            f"    max({column}) FILTER (WHERE totals.period = latest.period - INTERVAL 1 YEAR) AS year_before\n"
            "  FROM totals, latest\n  GROUP BY latest.period"
        )
    union = "\n  UNION ALL\n  ".join(parts)
    return (
        f"WITH totals AS (\n  {_totals(roles)}\n), latest AS (\n  {_latest(roles)}\n), compared AS (\n  {union}\n)\n"
        f"SELECT kpi, period, CAST(period - {step} AS DATE) AS previous_period, current, previous,\n"
        "  current - previous AS change, (current - previous) / nullif(abs(previous), 0) AS change_share,\n"
        "  year_before, (current - year_before) / nullif(abs(year_before), 0) AS year_share\n"
        "FROM compared\nORDER BY place"
    )


def by_dimension_sql(roles: Roles, dimension: str) -> str:
    """The main measure per value of a column, now and before, the largest changes first."""
    sql = measures_of(roles)[0][1]
    step, bucket = _interval(roles.period), _bucket(roles)
    now = f"{sql} FILTER (WHERE {bucket} = latest.period)"
    before = f"{sql} FILTER (WHERE {bucket} = latest.period - {step})"
    return (
        f"WITH latest AS (\n  {_latest(roles)}\n)\n"
        f'SELECT {quoted(dimension)} AS "group", current, previous, current - previous AS change,\n'
        "  (current - previous) / nullif(abs(previous), 0) AS change_share\n"
        f"FROM (\n  SELECT {quoted(dimension)}, coalesce({now}, 0) AS current, coalesce({before}, 0) AS previous\n"
        f"  FROM {quoted(roles.table)}, latest\n  WHERE {quoted(dimension)} IS NOT NULL\n  GROUP BY ALL\n)\n"
        f"WHERE current <> 0 OR previous <> 0\nORDER BY abs(current - previous) DESC, 1\nLIMIT {MAX_GROUPS}"
    )
