"""Make a report for good: draft it, say what changed, check the data, write the files, keep the version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from llmauto_agent.report.checks import Check, Checked, run_checks
from llmauto_agent.report.compare import Difference, compare
from llmauto_agent.report.draft import Material, make_draft
from llmauto_agent.report.markup import Mark, escape
from llmauto_agent.report.run import Progress, Report, Request, make_report
from llmauto_agent.report.store import Kept, Record, ReportStore, name_of
from llmauto_agent.report.views import reference
from llmauto_agent.report.write import SUFFIXES, write_report
from llmauto_tools.documents.model import Document
from llmauto_tools.documents.write import check_suffix

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

Writer = Callable[[Document, Material], Document]


@dataclass(frozen=True)
class Wanted:
    """What is to be made of a request: the files, the name that its versions are kept under, the checks."""

    request: Request
    outputs: tuple[Path, ...]
    name: str | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Produced:
    """A report that was made."""

    report: Report
    kept: Kept
    files: tuple[Path, ...]
    checks: tuple[Checked, ...]
    difference: Difference | None
    """From the last version that was made of other data; None where there is none."""

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(c.passed for c in self.checks)


def produce(
    workspace: Workspace, wanted: Wanted, *, progress: Progress | None = None, writer: Writer | None = None
) -> Produced:
    """Make the report, holding its lock. Raises WorkspaceError where another run holds it."""
    for path in wanted.outputs:
        check_suffix(path, SUFFIXES)
    store = ReportStore(workspace.path)
    name = wanted.name or name_of(wanted.request.goal)
    with store.lock(name):
        return _Production(workspace, wanted, store, name).run(progress, writer)


class _Production:
    def __init__(self, workspace: Workspace, wanted: Wanted, store: ReportStore, name: str) -> None:
        self._workspace, self._wanted, self._store, self._name = workspace, wanted, store, name
        self._checked: list[Checked] = []
        self._difference: Difference | None = None

    def run(self, progress: Progress | None, writer: Writer | None) -> Produced:
        report = make_report(
            self._workspace, self._wanted.request, progress=progress, also=self._also, writer=writer
        )
        files = [
            file
            for path in self._wanted.outputs
            for file in write_report(report.document, path, self._workspace)
        ]
        record = self._record(report.material, report.session)
        kept = self._store.save(self._name, report.document, record)
        return Produced(report, kept, tuple(files), tuple(self._checked), self._difference)

    def _also(self, material: Material, session: str) -> Material:
        """The material with the outcome of the checks, and with what changed since the last run."""
        self._checked = run_checks(self._workspace, self._wanted.checks, session)
        done = {**material.done}
        done |= {f"check_{i}": c.evidence for i, c in enumerate(self._checked) if c.evidence is not None}
        checked = [c.for_template() for c in self._checked]
        material = replace(
            material, checked=checked, checks={k: v for k, v in done.items() if k not in material.done}
        )
        before = self._store.before(self._name, session)
        if before is None:
            return material
        draft = make_draft(material)
        earlier = {i: self._workspace.ledger.get(i) for i in before.record.steps.values()}
        both = {**earlier, **material.by_id}
        self._difference = compare(
            before.document, before.record, draft, self._record(material, session), both
        )
        return replace(
            material, changed=change_lines(self._difference, material.goal.language), earlier=earlier
        )

    def _record(self, material: Material, session: str) -> Record:
        steps = {name: e.id for name, e in material.done.items()}
        sources = self._wanted.request.sources
        return Record(material.goal.text, material.goal.template, session, steps, sources)


def change_lines(difference: Difference, language: str) -> Sequence[Mark]:
    """What changed, as lines of markup with both values linked."""
    zh = language == "zh"
    lines = []
    for moved in difference.moved:
        before = reference(moved.before.ref, moved.before.format)
        after = reference(moved.after.ref, moved.after.format)
        said = f"：此前为 {before}，现在为 {after}。" if zh else f": {before} before, {after} now."
        lines.append(Mark(escape(moved.label) + said))
    for titles, english, chinese in (
        (difference.came, "New finding: ", "新发现："),
        (difference.went, "No longer found: ", "不再出现："),
    ):
        lines += [Mark((chinese if zh else english) + escape(title)) for title in titles]
    if not difference.any:
        lines.append(
            Mark(
                "报告中的数字和发现都没有变化。" if zh else "No number and no finding of the report changed."
            )
        )
    return lines
