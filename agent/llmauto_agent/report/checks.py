"""The checks of a saved report: conditions on the data that a person wrote, as SQL or as a question."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from llmauto_agent.numbers import is_number
from llmauto_agent.report.markup import Mark, escape
from llmauto_agent.report.views import reference
from llmauto_tools.errors import Interrupted, LlmautoError, ReportError
from llmauto_tools.ledger import Evidence
from llmauto_tools.runner import run_tool

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

_CONDITION = re.compile(
    r"\s*(?P<sign><=|>=|!=|<|>|==?)\s*(?P<number>[-+]?\d[\d,]*(?:\.\d+)?)\s*(?P<percent>%?)\s*$"
)
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip


class Check(BaseModel):
    """One check: the first cell of `sql`, or of the answer to `question`, has to be as `must` says.

    must: a comparison with a number, such as "< 5%" or ">= 1000"; left out, the cell has to be true.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    sql: str | None = None
    question: str | None = None
    must: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.sql is None) == (self.question is None):
            raise ValueError("a check has either sql or question")
        if self.must is not None and _CONDITION.match(self.must) is None:
            raise ValueError(f"'{self.must}' is no condition; write such as '< 5%' or '>= 1000'")
        return self

    @property
    def title(self) -> str:
        return self.name or self.question or " ".join((self.sql or "").split())


@dataclass(frozen=True)
class Checked:
    """What came of a check."""

    check: Check
    passed: bool
    value: Any = None
    evidence: Evidence | None = None
    problem: str = ""
    """Why it could not be evaluated; it then counts as failed."""

    def for_template(self) -> dict[str, Any]:
        """As a template prints it."""
        ref = (
            reference(f"{self.evidence.id}.rows[0][0]")
            if self.evidence is not None and self.value is not None
            else ""
        )
        return {
            "passed": self.passed, "name": Mark(escape(self.check.title)), "ref": ref, "problem": self.problem,
            "must": Mark(f"`{self.check.must}`") if self.check.must else "",
        }  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": self.check.title, "passed": self.passed, "value": self.value, "must": self.check.must,
            "evidence": self.evidence.id if self.evidence is not None else None, "problem": self.problem or None,
        }  # fmt: skip


def run_checks(workspace: Workspace, checks: Sequence[Check], session: str) -> list[Checked]:
    """Run every check, with evidence, under the report's session. One that cannot be run has failed."""
    found = []
    for i, check in enumerate(checks):
        try:
            evidence = _evaluate(workspace, check, session, f"check_{i}")
            found.append(_judged(check, evidence))
        except Interrupted:
            raise
        except LlmautoError as e:
            found.append(Checked(check, False, problem=str(e)))
    return found


def _evaluate(workspace: Workspace, check: Check, session: str, call: str) -> Evidence:
    if check.sql is not None:
        return run_tool(workspace, "query", {"sql": check.sql}, session=session, call_id=call)
    from llmauto_agent.planner.linker import SchemaIndex
    from llmauto_agent.planner.understand import understand
    from llmauto_agent.planner.values import EngineValues
    from llmauto_tools.plan.keys import find_joins

    tables = workspace.tables()
    values = EngineValues(workspace.engine, tables, workspace.fingerprint)
    reading = understand(
        str(check.question), SchemaIndex(tables, find_joins(tables, workspace.foreign_keys()), values)
    )
    if reading.plan is None or reading.refused:
        raise ReportError(f"The question '{check.question}' could not be read.", "Write the check as sql.")
    plan = reading.plan.model_dump(mode="json")
    return run_tool(workspace, "analyze", {"plan": plan}, session=session, call_id=call)


def _judged(check: Check, evidence: Evidence) -> Checked:
    if not evidence.rows or not evidence.rows[0]:
        return Checked(check, False, evidence=evidence, problem="It gave no row.")
    value = evidence.rows[0][0]
    if check.must is None:
        return Checked(check, value is True or (is_number(value) and value != 0), value, evidence)
    if not is_number(value):
        return Checked(check, False, value, evidence, problem="It gave no number to compare.")
    match = _CONDITION.match(check.must)
    assert match is not None, "the condition was checked when it was read"
    wanted = float(match["number"].replace(",", "")) / (100 if match["percent"] else 1)
    return Checked(check, _SIGNS[match["sign"]](float(value), wanted), value, evidence)
