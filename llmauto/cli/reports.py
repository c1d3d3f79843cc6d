"""What can be done with the reports that a workspace keeps: list, show, compare and edit them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from llmauto import exits
from llmauto.cli.common import folder_of
from llmauto.exits import UsageError
from llmauto.render.message import print_note
from llmauto.render.screen import screen_for

if TYPE_CHECKING:
    from llmauto.cli.report import ReportOptions


def versions(options: ReportOptions) -> int:
    """Print the versions of the reports, oldest first; of one report where a name follows."""
    from llmauto_agent.report.store import ReportStore

    store = ReportStore(folder_of(options.workspace))
    kept = [store.find(s.ref) for s in store.all(options.sources[0] if options.sources else None)]
    rows = [
        [k.ref, k.document.meta.created, k.record.template, k.record.goal, "; ".join(k.record.edits) or "–"]
        for k in kept
    ]
    names = ["report", "date", "template", "goal", "edits"]
    if options.json:
        from llmauto.render.streams import print_json

        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return exits.ANSWERED
    if not rows:
        print_note("No report is kept in this workspace yet.")
        return exits.ANSWERED
    from llmauto.render.table import render_table

    screen = screen_for(sys.stdout)
    for part in render_table(names, rows, screen, max_rows=0, row_count=len(rows), whole={"report"}):
        screen.console().print(part)
    return exits.ANSWERED


def show(options: ReportOptions) -> int:
    """Print a version as Markdown."""
    from llmauto_agent.report.store import ReportStore
    from llmauto_tools.documents.markdown import render_markdown

    [ref] = _words(options, 1, "llmauto report show NAME[@VERSION]")
    kept = ReportStore(folder_of(options.workspace)).find(ref)
    sys.stdout.write(render_markdown(kept.document))
    return exits.ANSWERED


def diff(options: ReportOptions) -> int:
    """Print what the second version says differently from the first."""
    from llmauto_agent.report.compare import compare, texts_changed
    from llmauto_agent.report.store import ReportStore
    from llmauto_tools.ledger import Ledger

    first, second = _words(options, 2, "llmauto report diff NAME@1 NAME@2")
    folder = folder_of(options.workspace)
    store = ReportStore(folder)
    before, after = store.find(first), store.find(second)
    ledger = Ledger(folder / "state.sqlite")
    try:
        ids = {*before.record.steps.values(), *after.record.steps.values()}
        evidence = {i: ledger.get(i) for i in sorted(ids)}
    finally:
        ledger.close()
    found = compare(before.document, before.record, after.document, after.record, evidence)
    changed = texts_changed(before.document, after.document)
    if options.json:
        from llmauto.render.streams import print_json

        moved = [{"label": m.label, "before": m.before.value, "after": m.after.value} for m in found.moved]
        print_json({"moved": moved, "came": list(found.came), "went": list(found.went), "parts": changed})
        return exits.ANSWERED
    lines = [f"{m.label}: {m.before.text} -> {m.after.text}" for m in found.moved]
    lines += [f"new finding: {title}" for title in found.came]
    lines += [f"no longer found: {title}" for title in found.went]
    lines += [f"changed part: {name}" for name in changed]
    sys.stdout.write("\n".join(lines or ["The two say the same."]) + "\n")
    return exits.ANSWERED


def edit(options: ReportOptions) -> int:
    """Change a kept report as a sentence asks, keep it as a new version, and write it where asked."""
    from llmauto.cli.common import limits
    from llmauto.config import load_settings
    from llmauto_agent.report.edit import edit_report
    from llmauto_agent.report.store import ReportStore
    from llmauto_agent.report.write import write_report
    from llmauto_tools.workspace import Workspace

    ref, request = _words(options, 2, 'llmauto report edit NAME "drop the third finding" -o report.html')
    settings = load_settings(workspace=options.workspace, timeout=options.timeout)
    with Workspace(folder_of(options.workspace), limits(settings)) as workspace:
        kept = edit_report(workspace, ReportStore(workspace.path), ref, request)
        for path in options.outputs:
            for file in write_report(kept.document, path, workspace):
                sys.stdout.write(f"{file}\n")
    print_note(f"{kept.ref}: {kept.record.edits[-1]}")
    return exits.ANSWERED


def _words(options: ReportOptions, count: int, usage: str) -> tuple[str, ...]:
    if len(options.sources) != count:
        raise UsageError(f"That needs {count} {'word' if count == 1 else 'words'} more.", usage)
    return options.sources
