"""Reports from Python: `llmauto.report(...)`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmauto.api import Source, open_workspace, source_paths

if TYPE_CHECKING:
    from llmauto_agent.report.produce import Produced
    from llmauto_tools.documents.model import Document
    from llmauto_tools.ledger import Evidence

PathLike = str | os.PathLike[str]


class Report:
    """A drafted report: its document, the files that were written, and what was checked."""

    def __init__(self, produced: Produced, workspace: Path) -> None:
        self._produced = produced
        self._workspace = workspace

    @property
    def document(self) -> Document:
        """The document model: blocks of text, tables, charts, and the evidence behind the numbers."""
        return self._produced.report.document

    @property
    def ref(self) -> str:
        """The version that the workspace keeps, such as "sales@2"."""
        return self._produced.kept.ref

    @property
    def title(self) -> str:
        return self.document.title

    @property
    def files(self) -> list[Path]:
        return list(self._produced.files)

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The ledger records by the name of their step."""
        return self._produced.report.evidence

    @property
    def checked(self) -> int:
        """How many numbers and claims of the text were checked against the evidence."""
        return self.document.meta.checked

    @property
    def unverified(self) -> list[str]:
        """Those that were found nowhere; they are marked in the text."""
        return list(self.document.meta.unverified)

    @property
    def notices(self) -> list[str]:
        """Steps that could not be done, and why."""
        return [p.message for p in self._produced.report.material.problems]

    def write(self, path: PathLike) -> list[Path]:
        """Write it as .html, .md, .pdf, .docx or .json; returns the files. Replaces what is there."""
        from llmauto_tools.documents.write import write_document

        return write_document(self.document, path)

    def __repr__(self) -> str:
        return f"<llmauto.Report {self.ref}: {self.title!r}>"

    def _repr_markdown_(self) -> str:
        from llmauto_tools.documents.markdown import render_markdown

        return render_markdown(self.document)


def report(
    goal: str,
    sources: Source | Sequence[Source] | Mapping[str, Source],
    output: PathLike | Sequence[PathLike] | None = None,
    *,
    template: str | None = None,
    language: Any = None,
    model: str = "builtin",
    share: str = "schema",
    workspace: PathLike | None = None,
    name: str | None = None,
    **parameters: Any,
) -> Report:
    """Analyse sources and draft a report, as `llmauto report` does; write it to `output`.

    output: a .html, .md, .pdf, .docx, .ipynb or .json file, or several; they are replaced. parameters: table,
    target, time, group, measures, dimensions, period, … (docs/reports.md). Raises LlmautoError.

    >>> llmauto.report("What drives sales?", "sales.csv", "report.html").unverified
    []
    """
    from llmauto_agent.report.produce import Wanted, produce
    from llmauto_agent.report.run import Request

    outputs = [] if output is None else [output] if isinstance(output, (str, os.PathLike)) else list(output)
    with open_workspace(workspace) as opened:
        paths = source_paths(sources, opened.path / "cache")
        for path in paths:
            opened.attach(path)
        request = Request(goal, tuple(paths), template, language, parameters)
        wanted = Wanted(request, tuple(Path(o) for o in outputs), name)
        produced = produce(opened, wanted, writer=_writer(model, opened, share))
        return Report(produced, opened.path)


def _writer(model: str, workspace: Any, share: str) -> Any:
    from llmauto.cli.report import report_writer

    return report_writer(model, workspace, share)
