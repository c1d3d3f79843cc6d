"""`llmauto report`: an analysis that drafts its document, once or again and again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto import exits
from llmauto.cli.common import choose_sources, limits
from llmauto.cli.drive import Emit, drive
from llmauto.cli.memory_open import remember_report
from llmauto.cli.program import Invocation
from llmauto.exits import UsageError
from llmauto.folders import workspace_folder
from llmauto.render.message import print_note
from llmauto.render.status import StatusLine

if TYPE_CHECKING:
    from llmauto.config import Settings
    from llmauto_agent.report.produce import Produced, Wanted
    from llmauto_agent.report.spec import ReportSpec
    from llmauto_tools.workspace import Workspace

DEFAULT_OUTPUT = Path("report.html")
_COSTLY = {"model"}
"""Templates whose steps take long."""


@dataclass(frozen=True)
class ReportOptions:
    """The command line of one `report`. None means that the option was not given."""

    goal: str
    sources: tuple[str, ...] = ()
    outputs: tuple[Path, ...] = ()
    template: str | None = None
    language: str | None = None
    parameters: tuple[str, ...] = ()
    name: str | None = None
    fresh: bool = False
    model: str | None = None
    share: str | None = None
    workspace: str | None = None
    json: bool = False
    timeout: float | None = None
    yes: bool = False
    quiet: bool = False


def report_command(options: ReportOptions, invocation: Invocation) -> int:
    """Make a report, or do what the first word says. Raises the errors of the tree."""
    actions: dict[str, Callable[[ReportOptions], int]] = {}
    if options.goal in ("versions", "diff", "edit", "show"):
        from llmauto.cli import reports

        actions = {
            "versions": reports.versions,
            "diff": reports.diff,
            "edit": reports.edit,
            "show": reports.show,
        }
        return actions[options.goal](options)
    if options.goal.endswith((".yml", ".yaml")):
        return _saved(options, invocation)
    return _asked(options, invocation)


def _asked(options: ReportOptions, invocation: Invocation) -> int:
    """A report of a goal on the command line."""
    from llmauto.config import load_settings
    from llmauto_agent.report.goal import template_of
    from llmauto_agent.report.produce import Wanted
    from llmauto_agent.report.run import Request

    settings = load_settings(
        workspace=options.workspace, timeout=options.timeout, model=options.model, share=options.share
    )
    folder = workspace_folder(settings.workspace)
    invocation.known |= {"workspace": str(folder)}
    outputs = options.outputs or (DEFAULT_OUTPUT,)
    if not options.yes:
        _check_free(outputs)
    template = options.template or template_of(options.goal)
    if template in _COSTLY and not options.yes:
        from llmauto.cli.confirm import confirm

        confirm("This report trains a model, which can take some minutes. Go on?")
    sources = choose_sources(options.sources, folder)
    request = Request(
        goal=options.goal,
        sources=tuple(sources),
        template=options.template,
        language=_language(options.language),
        parameters=_parameters(options.parameters),
        fresh=str(time.time()) if options.fresh else "",
    )
    return _make(Wanted(request, outputs, options.name), settings, folder, options)


def _saved(options: ReportOptions, invocation: Invocation) -> int:
    """A report of a report.yml. What the command line says goes before what the file says."""
    from llmauto.config import load_settings
    from llmauto_agent.report.produce import Wanted
    from llmauto_agent.report.run import Request
    from llmauto_agent.report.spec import read_spec

    path = Path(options.goal)
    spec = read_spec(path)
    settings = load_settings(
        workspace=options.workspace or spec.workspace,
        timeout=options.timeout,
        model=options.model or spec.model,
        share=options.share or spec.share,
    )
    folder = workspace_folder(settings.workspace, start=path.resolve().parent)
    invocation.known |= {"workspace": str(folder)}
    request = Request(
        goal=spec.goal,
        sources=tuple(options.sources or spec.sources),
        template=options.template or spec.template,
        language=_language(options.language) or spec.language,
        parameters={**spec.parameters, **_parameters(options.parameters)},
        fresh=str(time.time()) if options.fresh else "",
    )
    outputs = options.outputs or tuple(Path(o) for o in spec.output)
    name = options.name or spec.name or _own_name(spec, path)
    return _make(Wanted(request, outputs, name, spec.checks), settings, folder, options)


def _own_name(spec: ReportSpec, path: Path) -> str:
    """The name of a report.yml's versions: the file's own, or the goal's where all are called report."""
    from llmauto_agent.report.store import name_of

    return name_of(spec.goal if path.stem == "report" else path.stem)


def _make(wanted: Wanted, settings: Settings, folder: Path, options: ReportOptions) -> int:
    began = time.perf_counter()
    status = StatusLine(quiet=options.quiet)
    produced = _drive(wanted, settings, folder, status)
    _present(produced, options, folder, time.perf_counter() - began)
    sys.stdout.flush()
    remember_report(settings, folder, produced)
    return exits.ANSWERED if produced.passed else exits.CHECK_FAILED


def _drive(wanted: Wanted, settings: Settings, folder: Path, status: StatusLine) -> Produced:
    from llmauto_agent.report.produce import produce
    from llmauto_tools.workspace import Workspace

    opened: list[Workspace] = []

    def work(emit: Emit) -> Produced:
        with Workspace(folder, limits(settings)) as workspace:
            opened.append(workspace)
            for source in wanted.request.sources:
                emit((f"reading {source}", None))
                workspace.attach(source)
            return produce(
                workspace,
                wanted,
                progress=lambda text, part: emit((text, part)),
                writer=report_writer(settings.model, workspace, settings.share),
            )

    def stop() -> None:
        for workspace in opened:
            workspace.interrupt()

    return drive(work, status, on_event=lambda event: status.say(*event), stop=stop)


def report_writer(model: str, workspace: Workspace, share: str) -> Any:
    """What rewrites a draft with a chat model; None for the built-in one."""
    from llmauto_agent.models import is_embedded

    if is_embedded(model):
        return None
    from llmauto_agent.report.author import make_author

    return make_author(model, workspace, share)


def _check_free(outputs: Sequence[Path]) -> None:
    for path in outputs:
        if path.exists():
            raise UsageError(f"'{path}' exists already.", "Give --yes to replace it, or another --output.")


def _language(given: str | None) -> Any:
    if given is not None and given not in ("en", "zh"):
        raise UsageError(
            f"'{given}' is no language that reports are written in.", "Use --lang en or --lang zh."
        )
    return given


def _parameters(given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE pairs; lists with commas, numbers as numbers."""
    import yaml  # type: ignore[import-untyped]

    found: dict[str, Any] = {}
    for pair in given:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"'{pair}' is not NAME=VALUE.", 'Like this: --set target="unit price"')
        if name in ("measures", "dimensions"):
            found[name] = [part.strip() for part in text.split(",") if part.strip()]
        else:
            found[name.strip()] = yaml.safe_load(text) if name in ("trials", "split") else text
    return found


def _present(produced: Produced, options: ReportOptions, folder: Path, seconds: float) -> None:
    meta = produced.report.document.meta
    if options.json:
        from llmauto.render.streams import print_json

        print_json(report_object(produced, folder, seconds))
        return
    for problem in produced.report.material.problems:
        print_note(f"left out: {problem.message}")
    for text in meta.unverified:
        print_note(f"not verified, and marked in the report: {text}")
    for checked in produced.checks:
        found = f" (found {checked.value})" if checked.value is not None else ""
        print_note(
            f"check {'passed' if checked.passed else 'FAILED'}: {checked.check.title}{found} {checked.problem}".rstrip()
        )
    if options.quiet:
        return
    for file in produced.files:
        sys.stdout.write(f"{file}\n")
    difference = produced.difference
    changed = ""
    if difference is not None:
        changed = f"; {len(difference.moved)} numbers moved, {len(difference.came)} findings came, {len(difference.went)} went"
    print_note(
        f"{produced.kept.ref}: {meta.template}, {meta.checked} numbers and claims checked, {len(meta.unverified)} not"
        f" verified{changed}; {seconds:.1f} s"
    )


def report_object(produced: Produced, folder: Path, seconds: float) -> dict[str, Any]:
    """What `--json` prints."""
    meta, difference = produced.report.document.meta, produced.difference
    changes = None
    if difference is not None:
        changes = {
            "moved": [
                {"label": m.label, "before": m.before.value, "after": m.after.value} for m in difference.moved
            ],
            "came": list(difference.came),
            "went": list(difference.went),
        }
    return {
        "version": 1,
        "report": produced.kept.ref,
        "title": produced.report.document.title,
        "template": meta.template,
        "language": meta.language,
        "files": [str(f) for f in produced.files],
        "checked": meta.checked,
        "unverified": list(meta.unverified),
        "problems": [{"tool": p.tool, "message": p.message} for p in produced.report.material.problems],
        "checks": [c.to_dict() for c in produced.checks],
        "passed": produced.passed,
        "changes": changes,
        "evidence": {name: e.id for name, e in produced.report.evidence.items()},
        "workspace": str(folder),
        "seconds": round(seconds, 3),
    }
