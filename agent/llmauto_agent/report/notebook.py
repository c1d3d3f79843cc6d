"""A report as a Jupyter notebook that recomputes it.

The text comes first, with its charts; below, every statement behind a number runs again with DuckDB alone on the
same files, and its result is compared with the one that the report was made of (as the export of a session
does, docs/export.md). The tools' own computations (a test, a model) are not repeated: their statements are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmauto_agent.export.cells import code_cell, markdown_cell, notebook_text
from llmauto_agent.export.code import (
    check_code,
    definitions_code,
    install_line,
    run_code,
    runtime_code,
    setup_code,
    sources_code,
)
from llmauto_agent.export.replay import Document as Replayed
from llmauto_agent.export.replay import Step, step_of
from llmauto_agent.export.tables import TableFinder
from llmauto_agent.export.text import fenced, literal, text_literal
from llmauto_agent.store import SessionRecord
from llmauto_tools.documents.markdown import block_parts, escaped
from llmauto_tools.documents.model import Appendix, Chart, Code, Document, Heading, Record, Statement
from llmauto_tools.ledger import Evidence

if TYPE_CHECKING:
    from llmauto_tools.workspace import Workspace

_COMPARE = '''
def look_up(result, values, tolerance=1e-6):
    """Say which of a finding's values stand in the result as they are; the others were computed from it."""
    cells = [v for row in result.rows for v in row]
    numbers = [float(v) for v in cells if isinstance(v, (int, float)) or hasattr(v, "as_tuple")]
    for name, value in values.items():
        if isinstance(value, (int, float)):
            found = any(abs(n - value) <= tolerance * max(1.0, abs(value)) for n in numbers)
        else:
            found = str(value) in {str(c) for c in cells}
        print(f"{name} = {value}: {'in the result' if found else 'computed from the result'}")
'''
_SHOW = '''
def show_chart(title, spec):
    """Show a Vega-Lite chart; a front end that knows none shows its title."""
    from IPython.display import display

    names = ("application/vnd.vegalite.v6+json", "application/vnd.vegalite.v5+json")
    display({"text/plain": title, **{name: spec for name in names}}, raw=True)
'''


def render_notebook(document: Document, workspace: Workspace) -> str:
    """The notebook's JSON. The sources have to be attached, and the ledger to have the report's evidence."""
    tables = TableFinder(workspace)
    recomputed = [
        cell
        for record in document.records().values()
        for cell in _record(workspace.ledger.get(record.id), record, tables)
    ]
    about = _replayed(document, workspace, tables)
    cells = [*_text(document, about), *_set_up(about), *recomputed]
    return notebook_text(cells, document.title)


def _replayed(document: Document, workspace: Workspace, tables: TableFinder) -> Replayed:
    """The report as the parts of an export know a document."""
    meta = document.meta
    records = [workspace.ledger.get(r) for r in document.records()]
    session = SessionRecord("report", 0.0, 0.0, document.title, meta.model, "schema", meta.sources)
    versions = records[-1].versions if records else {}
    return Replayed(
        session, document.title, (meta.model,), 0.0, versions, tables.time_zone, meta.sources, (),
        tuple(tables.files), tuple(tables.setup),
    )  # fmt: skip


def _text(document: Document, about: Replayed) -> list[Any]:
    """The report itself: Markdown, and a cell per chart."""
    head = [f"# {escaped(document.title)}"]
    head += [" · ".join(x for x in (document.meta.created, escaped(", ".join(document.meta.sources))) if x)]
    head.append(
        f"The cells below the report recompute it. They need Python 3.11 or later and DuckDB:\n\n    {install_line(about)}"
    )
    cells = [markdown_cell("\n\n".join(head)), code_cell(_SHOW.strip(), folded=True)]
    waiting: list[str] = []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 2 and waiting:
            cells.append(markdown_cell("\n\n".join(waiting)))
            waiting = []
        if isinstance(block, Chart):
            cells += [markdown_cell("\n\n".join(waiting))] if waiting else []
            waiting = []
            cells.append(code_cell(f"show_chart({literal(block.title)}, {literal(block.spec)})", folded=True))
        elif not isinstance(block, (Appendix, Code)):
            waiting += [part for part in block_parts(block, document.meta.language) if part]
    return [*cells, markdown_cell("\n\n".join(waiting))] if waiting else cells


def _set_up(about: Replayed) -> list[Any]:
    compare, replay = runtime_code()
    return [
        markdown_cell("## Recomputing the numbers\n\nThe files that are read; a path may be changed here:"),
        code_cell(sources_code(about)),
        code_cell(
            f"from __future__ import annotations\n\n{compare}\n\n\n{replay}\n\n{_COMPARE}".rstrip(),
            folded=True,
        ),
        code_cell(setup_code(about)),
    ]


def _record(evidence: Evidence, record: Record, tables: TableFinder) -> list[Any]:
    """The cells of one record: its statement with the comparison, or the statements of its findings."""
    title = f'<a id="ev-{record.id}"></a>\n\n### {record.id}: {escaped(record.tool)}'
    step = step_of(evidence, tables)
    if step.replays:
        return [
            markdown_cell(title),
            code_cell(f"{run_code(step)}\n{evidence.id}"),
            code_cell(check_code(step), folded=len(evidence.rows) > 20),
        ]
    cells = [markdown_cell(title)]
    found = tables.find(evidence)
    own = [s for s in record.statements if s.group]
    if found.problem or not own:
        return [markdown_cell(f"{title}\n\n{fenced(_told(evidence), 'text')}")]
    if found.definitions:
        cells.append(code_cell(definitions_code(Step(evidence, definitions=found.definitions))))
    return [
        *cells,
        *(cell for i, s in enumerate(own) for cell in _finding(f"{evidence.id}_{i + 1}", s, record)),
    ]


def _finding(name: str, statement: Statement, record: Record) -> list[Any]:
    values = {f.name: f.value for f in record.figures if f.group == statement.group}
    code = f"{name} = replay.run({literal(name)}, {text_literal(statement.sql)})\nlook_up({name}, {literal(values)})\n{name}"
    return [code_cell(code)]


def _told(evidence: Evidence) -> str:
    return "\n".join(x for x in (evidence.text, *evidence.notes) if x) or evidence.tool
