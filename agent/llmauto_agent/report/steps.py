"""The steps of a report: which tools run, with which arguments, for each template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llmauto_agent.report.goal import Goal
from llmauto_agent.report.kpi import by_dimension_sql, compare_sql, periods_sql
from llmauto_agent.report.roles import Profiled, Roles, outcomes
from llmauto_tools.columns import quoted
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import tool_names

TRIALS = 5
"""Trials of the search for a model; a number rather than a time makes the same report twice."""
FINDINGS = 8


@dataclass(frozen=True)
class Step:
    """One tool run. `needed`: the report is worth nothing without it; another step's failure is told in the
    report's limits. `fill`: arguments that are figures of an earlier step, as (argument, step, figure)."""

    name: str
    tool: str
    arguments: Mapping[str, Any]
    needed: bool = False
    fill: tuple[tuple[str, str, str], ...] = ()

    def filled(self, done: Mapping[str, Evidence]) -> dict[str, Any] | None:
        """The arguments with those figures, or None where the step that gives them did not finish."""
        arguments = dict(self.arguments)
        for argument, step, figure in self.fill:
            if step not in done:
                return None
            arguments[argument] = done[step].figures[figure]
        return arguments


def first_step(goal: Goal) -> Step:
    """The profile, which the roles of the columns are read from."""
    return Step("profile", "profile", {"table": goal.table}, needed=True)


def plan_steps(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    """What follows the profile."""
    return [_quality(goal, roles), *_BUILDERS[goal.template](goal, roles, columns)]


def _quality(goal: Goal, roles: Roles) -> Step:
    arguments: dict[str, Any] = {"table": roles.table}
    if roles.target and goal.template == "model":
        arguments["target"] = roles.target
    if roles.time:
        arguments["time"] = roles.time
    if "rules" in goal.parameters:
        arguments["rules"] = str(goal.parameters["rules"])
    return Step("quality", "check_quality", arguments, needed=goal.template == "quality")


def _exploratory(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    steps = []
    if goal.question is not None and goal.question.plan is not None:
        plan = goal.question.plan.model_dump(mode="json")
        steps.append(Step("answer", "analyze", {"plan": plan}))
    return steps + _insights(goal, roles)


def _insights(goal: Goal, roles: Roles) -> list[Step]:
    if "find_insights" not in tool_names():
        return []
    arguments: dict[str, Any] = {"table": roles.table}
    if roles.target:
        arguments["target"] = roles.target
    if roles.time:
        arguments["time"] = roles.time
    return [Step("insights", "find_insights", arguments)]


def _kpi(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    steps = [
        Step("compare", "query", {"sql": compare_sql(roles)}, needed=True),
        Step("periods", "query", {"sql": periods_sql(roles)}, needed=True),
    ]
    steps += [
        Step(f"by_{i}", "query", {"sql": by_dimension_sql(roles, dimension)})
        for i, dimension in enumerate(roles.dimensions)
    ]
    main = roles.measures[0] if roles.measures else None
    return steps + _insights(goal, replace(roles, target=main))


def _experiment(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    group = quoted(str(roles.group))
    sql = (
        f'SELECT {group} AS arm, count(*) AS "rows", count(*) / sum(count(*)) OVER () AS share\n'
        f"FROM {quoted(roles.table)}\nWHERE {group} IS NOT NULL\nGROUP BY 1\nORDER BY 1"
    )
    arms = next((c.distinct for c in columns if c.name == roles.group), 0)
    steps = [Step("arms", "query", {"sql": sql}, needed=True)]
    if arms == 2:
        share = float(goal.parameters.get("split", 0.5))
        arguments = {"table": roles.table, "value": roles.group, "proportion": share}
        steps.append(Step("balance", "test_hypothesis", arguments))
    for i, outcome in enumerate(outcomes(roles, columns)):
        arguments = {"table": roles.table, "value": outcome, "by": roles.group}
        steps.append(Step(f"test_{i}", "test_hypothesis", arguments, needed=i == 0))
    return steps


def _model(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    arguments: dict[str, Any] = {
        "table": roles.table,
        "target": roles.target,
        "trials": int(goal.parameters.get("trials", TRIALS)),
    }
    for name in ("time", "group", "metric"):
        if name in goal.parameters:
            arguments[name] = goal.parameters[name]
    return [
        Step("train", "train_model", arguments, needed=True),
        Step("explain", "explain_model", {}, fill=(("model", "train", "model"),)),
    ]


def _none(goal: Goal, roles: Roles, columns: Sequence[Profiled]) -> list[Step]:
    return []


_BUILDERS: dict[str, Callable[[Goal, Roles, Sequence[Profiled]], list[Step]]] = {
    "exploratory": _exploratory,
    "kpi": _kpi,
    "experiment": _experiment,
    "model": _model,
    "quality": _none,
}
