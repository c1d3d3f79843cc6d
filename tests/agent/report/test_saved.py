"""Reports that are made again: report.yml, checks, what changed, versions, the lock."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_parts import write_sales

from llmauto_agent.report.checks import Check
from llmauto_agent.report.compare import texts_changed
from llmauto_agent.report.produce import Produced, Wanted, produce
from llmauto_agent.report.run import Request
from llmauto_agent.report.spec import read_spec
from llmauto_agent.report.store import ReportStore, name_of
from llmauto_tools.documents.model import Document, plain
from llmauto_tools.errors import InvalidArguments, WorkspaceError
from llmauto_tools.registry import tool_names
from llmauto_tools.workspace import Workspace

REQUEST = Request(goal="Monthly KPIs of sales by region", sources=("sales.csv",), created="2026-03-01")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_agent.report import steps

    monkeypatch.setattr(steps, "tool_names", lambda: [n for n in tool_names() if n != "find_insights"])


def made(workspace: Workspace, tmp_path: Path, *checks: Check) -> Produced:
    return produce(workspace, Wanted(REQUEST, (tmp_path / "out.json",), "kpis", checks))


def test_the_file_is_written_whole_and_the_version_kept(workspace: Workspace, tmp_path: Path) -> None:
    produced = made(workspace, tmp_path)
    written = Document.from_json((tmp_path / "out.json").read_bytes())
    assert written == produced.report.document
    assert not list(tmp_path.glob(".out*"))
    store = ReportStore(workspace.path)
    assert store.find("kpis").document == written
    assert produced.kept.ref == "kpis@1"
    assert made(workspace, tmp_path).kept.ref == "kpis@1"
    assert produced.difference is None


def test_a_run_on_fresh_data_says_what_changed(workspace: Workspace, tmp_path: Path, sales_csv: Path) -> None:
    first = made(workspace, tmp_path)
    write_sales(sales_csv, factor=0.5)
    workspace.attach(str(sales_csv))
    second = made(workspace, tmp_path)
    assert second.kept.ref == "kpis@2"
    assert second.difference is not None
    moved = {m.label: m for m in second.difference.moved}
    assert moved["sales current"].after.value < moved["sales current"].before.value
    changes = [plain(p) for key, p in second.report.document.texts() if key == "changes"]
    assert len(changes) > 1
    assert second.report.verified.findings == ()
    assert "Summary" in texts_changed(first.report.document, second.report.document)
    assert made(workspace, tmp_path).report.document == second.report.document


def test_checks_pass_and_fail_with_evidence(workspace: Workspace, tmp_path: Path) -> None:
    produced = made(
        workspace, tmp_path,
        Check(name="many", sql="SELECT count(*) FROM sales", must=">= 100"),
        Check(name="few", sql="SELECT count(*) FROM sales", must="< 5"),
        Check(name="true", sql="SELECT count(*) > 3 FROM sales"),
        Check(question="what is the average units?", must="< 100%"),
        Check(name="broken", sql="SELECT nothing FROM sales"),
    )  # fmt: skip
    assert [c.passed for c in produced.checks] == [True, False, True, False, False]
    assert not produced.passed
    assert produced.checks[0].value == 720
    assert "nothing" in produced.checks[4].problem
    told = [plain(p) for key, p in produced.report.document.texts() if key == "checks"]
    assert len(told) == 6
    assert told[2] == "Failed: few (found 720, must be < 5)"


def test_a_second_run_at_once_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with ReportStore(workspace.path).lock("kpis"), pytest.raises(WorkspaceError, match="being made already"):
        made(workspace, tmp_path)
    assert made(workspace, tmp_path).kept.ref == "kpis@1"


def test_names_are_made_of_the_goal() -> None:
    assert name_of("What drives the sales of 2024, by region?") == "what-drives-the-sales-of-2024"
    assert name_of("销售月报") == "销售月报"
    assert name_of("???") == "report"


def test_a_report_yml_is_read_with_its_paths(tmp_path: Path) -> None:
    path = tmp_path / "report.yml"
    path.write_text(
        "goal: KPIs\nsources: sales.csv\noutput: [a.html, b.pdf]\nparameters: {period: week}\n"
        "checks:\n  - {name: n, sql: SELECT 1, must: '> 0'}\n"
    )
    spec = read_spec(path)
    assert spec.sources == (str(tmp_path / "sales.csv"),)
    assert spec.output == (str(tmp_path / "a.html"), str(tmp_path / "b.pdf"))
    assert spec.parameters == {"period": "week"}
    assert spec.checks[0].must == "> 0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("goal: [", "in line"),
        ("- a", "holds no settings"),
        ("goal: x", "sources: Field required"),
        ("goal: x\nsources: y\nsorces: z", "Did you mean 'sources'"),
        ("goal: x\nsources: y\nchecks: [{must: '< 5'}]", "either sql or question"),
        ("goal: x\nsources: y\nchecks: [{sql: SELECT 1, must: small}]", "'small' is no condition"),
        ("goal: x\nsources: y\nlanguage: fr", "language"),
    ],
)
def test_what_is_wrong_in_a_report_yml_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "report.yml"
    path.write_text(text)
    with pytest.raises(InvalidArguments) as caught:
        read_spec(path)
    assert said in str(caught.value)
