"""Plan a report, run its steps with evidence, and draft it.

Every step is recorded under a session that is named after the goal, the template and the state of the data. A
run that was cut off finds its finished steps there and goes on behind them; a run on the same data finds them
all, and gives the same report.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto_agent.numbers import Language
from llmauto_agent.report.draft import Material, Problem, make_draft
from llmauto_agent.report.goal import Goal, read_goal
from llmauto_agent.report.roles import Roles, choose_roles, profiled
from llmauto_agent.report.steps import Step, first_step, plan_steps
from llmauto_agent.report.template import find_template
from llmauto_agent.report.verify import Verified, verify_document
from llmauto_tools.documents.model import Document
from llmauto_tools.errors import Interrupted, LlmautoError, ReportError
from llmauto_tools.ledger import Evidence
from llmauto_tools.registry import get_tool
from llmauto_tools.runner import run_tool, versions

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Request:
    """What somebody wants a report of.

    template: "exploratory", "kpi", "experiment", "model", "quality", or the path of a person's own; None: by the
    words of the goal. parameters: table, target, time, group, measures, dimensions, period, split, trials, …
    (docs/reports.md). created: the date in the report (None: today). costly: run steps that take long.
    fresh: run every step again, even where the data are as they were.
    """

    goal: str
    sources: tuple[str, ...] = ()
    template: str | None = None
    language: Language | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    created: str | None = None
    costly: bool = True
    fresh: str = ""


@dataclass(frozen=True)
class Report:
    """A drafted report, with what it was made of."""

    document: Document
    material: Material
    verified: Verified
    session: str
    """The ledger's session of its steps."""

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The finished records by the name of their step."""
        return dict(self.material.done)


def make_report(
    workspace: Workspace,
    request: Request,
    *,
    progress: Progress | None = None,
    also: Callable[[Material, str], Material] | None = None,
    writer: Callable[[Document, Material], Document] | None = None,
) -> Report:
    """Run a report's steps on the tables that are attached, and draft it.

    also: adds to the material before it is drafted (checks, what changed since the last run). writer: rewrites
    the draft (a chat model). Raises ReportError where the goal cannot be planned, and whatever a step that the
    report cannot do without raises; the other steps' failures are told in its limits.
    """
    tell = progress or (lambda text, fraction: None)
    if not " ".join(request.goal.split()):
        raise ReportError(
            "A report needs a goal.", 'Say what it is about: llmauto report "sales by region" data.csv'
        )
    tell("reading the goal", 0.0)
    goal, template = _read(workspace, request)
    session = session_of(workspace, goal, request)
    run = _Run(workspace, session, tell, request.costly)
    material = run.steps(goal, request, template)
    if also is not None:
        material = also(material, session)
    tell("writing the report", 0.95)
    document = make_draft(material)
    if writer is not None:
        document = writer(document, material)
    verified = verify_document(document, material.by_id, names=names_of(material))
    return Report(verified.document, material, verified, session)


def _read(workspace: Workspace, request: Request) -> tuple[Goal, Path | None]:
    kind, path = find_template(request.template) if request.template else (None, None)
    goal = read_goal(
        workspace, request.goal, template=kind, language=request.language, parameters=request.parameters
    )
    return goal, path


def session_of(workspace: Workspace, goal: Goal, request: Request) -> str:
    """The ledger's session of a report: the same for the same wish on the same data and version."""
    state = {
        "goal": goal.text,
        "template": goal.template,
        "parameters": {k: goal.parameters[k] for k in sorted(goal.parameters)},
        "data": sorted((t.name, workspace.fingerprint(t.name)) for t in workspace.tables()),
        "version": versions()["llmauto"],
        "fresh": request.fresh,
    }
    text = json.dumps(state, ensure_ascii=False, default=str)
    return "report-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


class _Run:
    """The steps of one report."""

    def __init__(self, workspace: Workspace, session: str, tell: Progress, costly: bool) -> None:
        self._workspace, self._session, self._tell, self._costly = workspace, session, tell, costly
        self.done: dict[str, Evidence] = {}
        self.problems: list[Problem] = []

    def steps(self, goal: Goal, request: Request, template: Path | None) -> Material:
        """Run them all."""
        table = self._workspace.table(goal.table)
        self._do(first_step(goal), 0.05, 0.2)
        columns = profiled(self.done["profile"], table)
        roles = choose_roles(goal, table, columns)
        steps = plan_steps(goal, roles, columns)
        for i, step in enumerate(steps):
            width = 0.75 / len(steps)
            self._do(step, 0.2 + i * width, 0.2 + (i + 1) * width)
        return self._material(goal, roles, request, template)

    def _material(self, goal: Goal, roles: Roles, request: Request, template: Path | None) -> Material:
        return Material(
            goal=goal,
            roles=roles,
            done=self.done,
            tables=self._workspace.tables(),
            sources=source_names(request.sources),
            problems=self.problems,
            template=template,
            created=request.created if request.created is not None else dt.date.today().isoformat(),
        )

    def _do(self, step: Step, begin: float, end: float) -> None:
        arguments = step.filled(self.done)
        spec = get_tool(step.tool)
        if arguments is None:
            return
        if spec.costly and not self._costly:
            raise ReportError(
                f"This report runs '{step.tool}', which takes long.",
                "Give --yes to go ahead, or another template.",
            )
        self._tell(step.tool, begin)
        try:
            self.done[step.name] = run_tool(
                self._workspace,
                step.tool,
                arguments,
                session=self._session,
                call_id=step.name,
                progress=lambda text, part: self._tell(
                    text, begin + (end - begin) * part if part is not None else None
                ),
            )
        except Interrupted:
            raise
        except LlmautoError as e:
            if step.needed:
                raise
            self.problems.append(Problem(step.tool, str(e)))


def source_names(sources: Sequence[str]) -> list[str]:
    """Sources as a report names them: the file's name, and no credentials."""
    from llmauto_agent.export.text import without_credentials

    return [without_credentials(s) if "://" in s else Path(s).name for s in sources]


def names_of(material: Material) -> list[str]:
    """Names whose digits are no numbers: tables, columns, sources."""
    columns = [c.name for t in material.tables for c in t.columns]
    return [*(t.name for t in material.tables), *columns, *material.sources]
