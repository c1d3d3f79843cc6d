"""The notebook recomputes the report: it runs, and its results are those of the ledger."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from llmauto_agent.report import Request, make_report, write_report
from llmauto_tools.workspace import Workspace

nbclient = pytest.importorskip("nbclient")


def test_the_notebook_runs_and_agrees(workspace: Workspace, tmp_path: Path) -> None:
    pytest.importorskip("ipykernel")
    request = Request(goal="Monthly KPIs of sales by region", sources=("sales.csv",), created="2026-03-01")
    report = make_report(workspace, request)
    [path] = write_report(report.document, tmp_path / "r.ipynb", workspace)
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert "# Monthly KPIs of sales by region" in text
    assert '<a id="ev-' in text
    nbclient.NotebookClient(notebook, timeout=60).execute()
    printed = [
        o.get("text", "") for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "text" in o
    ]
    compared = [p for p in printed if "same result" in p]
    assert len(compared) >= 3
    again = write_report(report.document, tmp_path / "r2.ipynb", workspace)
    assert again[0].read_bytes() == path.read_bytes()
