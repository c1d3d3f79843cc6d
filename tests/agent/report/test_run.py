"""A report from goal to document: steps with evidence, resumed where they were cut off, the same every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_parts import write_sales

from llmauto_agent.report import run as running
from llmauto_agent.report.goal import period_of, template_of
from llmauto_agent.report.run import Request, make_report
from llmauto_tools.documents.model import Appendix, Chart, Document, Figure, Heading, Table, plain
from llmauto_tools.errors import InvalidArguments, MissingExtra, ReportError
from llmauto_tools.registry import tool_names
from llmauto_tools.workspace import Workspace

KPI = Request(goal="Monthly KPIs of sales by region", sources=("sales.csv",), created="2026-03-01")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for insights has tests of its own, and takes a second."""
    from llmauto_agent.report import steps

    monkeypatch.setattr(steps, "tool_names", lambda: [n for n in tool_names() if n != "find_insights"])


def headings(document: Document) -> list[str]:
    return [plain(b.pieces) for b in document.blocks if isinstance(b, Heading)]


def test_a_kpi_report_compares_the_last_complete_period(workspace: Workspace) -> None:
    report = make_report(workspace, KPI)
    document = report.document
    assert document.meta.template == "kpi"
    assert report.verified.findings == ()
    assert headings(document)[:3] == ["Summary", "Figures of the period", "By region"]
    compare = report.evidence["compare"]
    row = dict(zip([n for n, _ in compare.columns], compare.rows[0], strict=True))
    assert row["kpi"] == "sales"
    assert str(row["period"]).startswith("2024-12-01")
    [total] = workspace.engine.query("SELECT sum(sales) FROM sales WHERE day >= '2024-12-01'").rows[0]
    assert row["current"] == pytest.approx(float(total))
    texts = [plain(p) for _, p in document.texts()]
    assert any("the sum of sales was" in t and ("rose by" in t or "fell by" in t) for t in texts)
    assert any(isinstance(b, Chart) for b in document.blocks)


def test_every_number_leads_to_a_record_in_the_appendix(workspace: Workspace) -> None:
    document = make_report(workspace, KPI).document
    records = document.records()
    figures = [p for _, pieces in document.texts() for p in pieces if isinstance(p, Figure)]
    assert len(figures) > 20
    assert {f.evidence for f in figures} <= set(records)
    assert {b.source.partition(".")[0] for b in document.blocks if isinstance(b, Table)} <= set(records)
    assert all(r.statements or r.arguments for r in records.values())
    assert isinstance(document.blocks[-1], Appendix)


def test_two_runs_are_the_same_but_for_the_date(tmp_path: Path, sales_csv: Path) -> None:
    documents = []
    for name, day in (("one", "2026-03-01"), ("two", "2026-03-02")):
        with Workspace(tmp_path / name) as ws:
            ws.attach(str(sales_csv))
            document = make_report(ws, Request(goal=KPI.goal, sources=KPI.sources, created=day)).document
            documents.append(document.to_json().replace(day, "DAY"))
    assert documents[0] == documents[1]


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    real = running.run_tool

    def dying(ws: Workspace, name: str, arguments: dict[str, Any], **more: Any) -> Any:
        if more["call_id"] == "periods" and len(ran) < 4:
            raise KeyboardInterrupt
        ran.append(more["call_id"])
        return real(ws, name, arguments, **more)

    monkeypatch.setattr(running, "run_tool", dying)
    with pytest.raises(KeyboardInterrupt):
        make_report(workspace, KPI)
    before = {e.call_id: e.id for e in workspace.ledger.list() if e.state == "finished"}
    assert set(before) == {"profile", "quality", "compare"}
    monkeypatch.setattr(running, "run_tool", real)
    report = make_report(workspace, KPI)
    assert {name: report.evidence[name].id for name in before} == before
    assert report.evidence["periods"].id not in before.values()


def test_fresh_data_are_looked_at_anew(workspace: Workspace, sales_csv: Path) -> None:
    first = make_report(workspace, KPI)
    again = make_report(workspace, KPI)
    assert again.session == first.session
    assert again.evidence["compare"].id == first.evidence["compare"].id
    write_sales(sales_csv, months=25)
    workspace.attach(str(sales_csv))
    later = make_report(workspace, KPI)
    assert later.session != first.session
    assert later.evidence["compare"].rows != first.evidence["compare"].rows


def test_a_report_in_chinese(workspace: Workspace) -> None:
    report = make_report(workspace, Request(goal="销售月报", language="zh", template="kpi"))
    assert report.document.meta.language == "zh"
    assert headings(report.document)[:2] == ["摘要", "本期指标"]
    assert report.verified.findings == ()


def test_an_experiment_is_read_out(workspace: Workspace) -> None:
    pytest.importorskip("statsmodels")
    goal = Request(goal="A/B test: do sales differ by channel?")
    report = make_report(workspace, goal)
    assert report.document.meta.template == "experiment"
    assert report.material.roles.group == "channel"
    assert list(report.evidence)[2:4] == ["arms", "balance"]
    assert report.verified.findings == ()


def test_the_question_of_the_goal_is_answered_first(workspace: Workspace) -> None:
    report = make_report(workspace, Request(goal="What are the average sales by region?"))
    assert report.document.meta.template == "exploratory"
    assert "answer" in report.evidence
    assert "What was asked" in headings(report.document)


def test_what_a_step_cannot_do_is_told_in_the_limits(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = running.run_tool

    def lacking(ws: Workspace, name: str, arguments: dict[str, Any], **more: Any) -> Any:
        if name == "check_quality":
            raise MissingExtra("Checking labels", "ml")
        return real(ws, name, arguments, **more)

    monkeypatch.setattr(running, "run_tool", lacking)
    report = make_report(workspace, KPI)
    assert [p.tool for p in report.material.problems] == ["check_quality"]
    assert any("pip install" in plain(p) for key, p in report.document.texts() if key == "limits")


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(goal=" "), "needs a goal"),
        (Request(goal="sales", template="poem"), "no template 'poem'"),
        (Request(goal="build a model"), "does not say which column"),
        (Request(goal="KPIs", parameters={"period": "fortnight"}), "is no period"),
    ],
)
def test_a_goal_that_cannot_be_planned_says_what_is_missing(
    workspace: Workspace, request_: Request, said: str
) -> None:
    with pytest.raises(ReportError) as caught:
        make_report(workspace, request_)
    assert said in str(caught.value)


def test_a_parameter_names_a_column_that_is_there(workspace: Workspace) -> None:
    with pytest.raises(InvalidArguments, match="has no column 'sale'"):
        make_report(workspace, Request(goal="KPIs", parameters={"measures": ["sale"]}))


def test_without_a_table_there_is_no_report(tmp_path: Path) -> None:
    with Workspace(tmp_path / "empty") as ws, pytest.raises(ReportError, match="no table to report on"):
        make_report(ws, KPI)


def test_a_costly_step_waits_for_consent(workspace: Workspace) -> None:
    request = Request(goal="Predict sales", costly=False)
    with pytest.raises(ReportError, match="takes long"):
        make_report(workspace, request)


@pytest.mark.parametrize(
    ("goal", "template"),
    [
        ("What drives sales?", "exploratory"),
        ("Monthly sales report compared with last month", "kpi"),
        ("A/B test of the new checkout", "experiment"),
        ("Predict churn", "model"),
        ("Data quality of orders", "quality"),
        ("销售月报", "kpi"),
        ("数据质量报告", "quality"),
        ("预测流失", "model"),
        ("实验结果", "experiment"),
    ],
)
def test_the_words_of_a_goal_choose_the_template(goal: str, template: str) -> None:
    assert template_of(goal) == template


def test_the_words_of_a_goal_choose_the_period() -> None:
    assert period_of("weekly numbers") == "week"
    assert period_of("sales vs last quarter") == "quarter"
    assert period_of("sales") is None


def test_a_template_of_one_s_own(workspace: Workspace, tmp_path: Path) -> None:
    own = tmp_path / "mine.md.j2"
    own.write_text(
        "{# llmauto: kpi #}\n# My {{ title }}\n"
        "## Numbers {{ key('summary') }}\n{{ steps.compare.rows[0].ref('current') }} of `{{ roles.measures[0]|code }}`\n"
        '::table {{ steps.compare.table.place }} caption="All"\n## Evidence\n::appendix\n'
    )
    report = make_report(workspace, Request(goal="Sales", template=str(own)))
    assert report.document.title == "My Sales"
    assert headings(report.document) == ["Numbers", "Evidence"]
    assert "compare" in report.evidence
    own.write_text("{# llmauto: kpi #}\n{{ stepps.compare }}")
    with pytest.raises(ReportError, match="stepps"):
        make_report(workspace, Request(goal="Sales", template=str(own)))
    own.write_text("{% if %}")
    with pytest.raises(ReportError, match="line 1"):
        make_report(workspace, Request(goal="Sales", template=str(own)))
