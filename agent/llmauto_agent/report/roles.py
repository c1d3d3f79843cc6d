"""What the columns of a table are for in a report: told by a person, named by the goal, else chosen by kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmauto_agent.report.goal import PERIODS, Goal
from llmauto_tools.columns import find_column
from llmauto_tools.errors import ReportError
from llmauto_tools.ledger import Evidence
from llmauto_tools.schema import Table

MAX_MEASURES = 4
MAX_DIMENSIONS = 3
MAX_LEVELS = 40
_ARM = re.compile(
    r"variant|treat|experiment|\barm\b|^ab$|ab_|_ab|test_?group|^group$|cohort|实验|分组|组别|版本", re.I
)
_RATE = re.compile(
    r"rate|ratio|share|percent|pct|price|score|rating|age|avg|mean|discount|率|价|评分|折扣|占比", re.I
)


@dataclass(frozen=True)
class Roles:
    """The columns that a report is about."""

    table: str
    target: str | None = None
    time: str | None = None
    measures: tuple[str, ...] = ()
    """Columns of numbers, the most important first."""
    averaged: frozenset[str] = frozenset()
    """Measures whose mean says more than their sum (prices, rates)."""
    dimensions: tuple[str, ...] = ()
    """Columns whose values make groups."""
    group: str | None = None
    """The column with the arms of an experiment."""
    period: str = "month"


@dataclass(frozen=True)
class Profiled:
    """A column as the profile tells it."""

    name: str
    kind: str
    family: str
    distinct: int
    missing: int


def profiled(profile: Evidence, table: Table) -> list[Profiled]:
    """The columns of the profile's main table."""
    names = [n for n, _ in profile.columns]
    place = {n: names.index(n) for n in ("column", "kind", "distinct", "missing")}
    found = []
    for row in profile.rows:
        column = table.column(str(row[place["column"]]))
        if column is not None:
            found.append(
                Profiled(
                    column.name,
                    str(row[place["kind"]]),
                    column.family,
                    int(row[place["distinct"]] or 0),
                    int(row[place["missing"]] or 0),
                )
            )
    return found


def choose_roles(goal: Goal, table: Table, columns: Sequence[Profiled]) -> Roles:
    """The roles of a table's columns for a goal.

    Raises ReportError where the template needs a column that is neither named nor to be found, and
    InvalidArguments for a parameter that names none.
    """
    given = {k: _found(table, v) for k, v in goal.parameters.items() if k in _NAMES}
    by_name = {c.name: c for c in columns}
    named = [by_name[n] for n in goal.columns if n in by_name]
    time = given.get("time") or _first(named, _is_time) or _first(columns, _is_time)
    group = given.get("group") or (_arm(named, columns) if goal.template == "experiment" else None)
    target = given.get("target") or _target(goal, named, group)
    measures = given.get("measures") or _measures(named, columns, target if goal.template != "kpi" else None)
    dimensions = given.get("dimensions") or _dimensions(named, columns, {group, target, time})
    roles = Roles(
        table=table.name,
        target=target,
        time=time,
        measures=tuple(measures)[:MAX_MEASURES],
        averaged=frozenset(m for m in measures if _RATE.search(m)),
        dimensions=tuple(dimensions)[:MAX_DIMENSIONS],
        group=group,
        period=_period(goal),
    )
    _check(goal, roles, columns)
    return roles


_NAMES = ("target", "time", "group", "measures", "dimensions")


def _found(table: Table, names: Any) -> Any:
    if isinstance(names, (list, tuple)):
        return [find_column(table, str(n)).name for n in names]
    return find_column(table, str(names)).name


def _first(columns: Sequence[Profiled], wanted: Any) -> str | None:
    return next((c.name for c in columns if wanted(c)), None)


def _is_time(column: Profiled) -> bool:
    return column.family == "date" and column.kind not in {"constant", "empty"}


def _is_measure(column: Profiled) -> bool:
    return column.family == "number" and column.kind in {"number", "money"}


def _is_group(column: Profiled) -> bool:
    return column.kind in {"category", "boolean"} and 2 <= column.distinct <= MAX_LEVELS


def _arm(named: Sequence[Profiled], columns: Sequence[Profiled]) -> str | None:
    """The column with the arms: called so, else one that the goal names, else the only one of two levels."""
    called = [c for c in columns if _ARM.search(c.name) and 2 <= c.distinct <= 6]
    groups = [c for c in named if _is_group(c) and c.distinct <= 6]
    for found in (groups, called, [c for c in columns if _is_group(c) and c.distinct == 2]):
        if found:
            return found[0].name
    return None


def _target(goal: Goal, named: Sequence[Profiled], group: str | None) -> str | None:
    if goal.template == "quality":
        return None
    usable = [c for c in named if c.name != group and (_is_measure(c) or _is_group(c))]
    if goal.template == "model":
        return usable[0].name if usable else None
    numbers = [c for c in usable if _is_measure(c)]
    found = numbers or [c for c in usable if c.kind in {"boolean"} or c.distinct == 2]
    return found[0].name if found else None


def _measures(named: Sequence[Profiled], columns: Sequence[Profiled], target: str | None) -> list[str]:
    wanted = [c.name for c in named if _is_measure(c)]
    if target and target not in wanted:
        wanted.insert(0, target)
    if wanted:
        return list(dict.fromkeys(wanted))
    money = [c.name for c in columns if c.kind == "money" and not _RATE.search(c.name)]
    numbers = [c.name for c in columns if _is_measure(c) and c.name not in money]
    return [*money, *sorted(numbers, key=lambda n: bool(_RATE.search(n)))]


def _dimensions(named: Sequence[Profiled], columns: Sequence[Profiled], taken: set[str | None]) -> list[str]:
    wanted = [c.name for c in named if _is_group(c) and c.name not in taken]
    others = [c.name for c in columns if _is_group(c) and c.name not in taken and c.missing == 0]
    return list(dict.fromkeys([*wanted, *others]))


def _period(goal: Goal) -> str:
    period = goal.period or "month"
    if period not in PERIODS:
        raise ReportError(f"'{period}' is no period.", f"The periods are {', '.join(PERIODS)}.")
    return period


def _check(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> None:
    listed = ", ".join(f"'{c.name}'" for c in columns[:12])
    if goal.template == "model" and roles.target is None:
        raise ReportError(
            "The goal does not say which column the model predicts.",
            f"Name one of: {listed}; or target in report.yml.",
        )
    if goal.template == "kpi" and roles.time is None:
        raise ReportError(
            f"A KPI report compares periods, and '{roles.table}' has no column of dates.",
            "Cast one with preprocess, or take --template exploratory.",
        )
    if goal.template == "experiment":
        if roles.group is None:
            raise ReportError(
                "The goal does not say which column tells the groups of the experiment apart.",
                f"Name one of: {listed}; or group in report.yml.",
            )
        if not outcomes(roles, columns):
            raise ReportError("There is no column of numbers or of two values to compare the groups by.")


def outcomes(roles: Roles, columns: Sequence[Profiled]) -> list[str]:
    """What the groups of an experiment are compared by, the one that the goal names first."""
    flags = [c.name for c in columns if c.kind == "boolean" or (_is_group(c) and c.distinct == 2)]
    found = [n for n in (roles.target, *flags, *roles.measures) if n is not None and n != roles.group]
    return list(dict.fromkeys(found))[:MAX_MEASURES]
