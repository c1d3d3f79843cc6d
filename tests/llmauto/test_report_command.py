"""`llmauto report` in this process: files, exit codes, JSON, versions, edits."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import llmauto
from llmauto.cli.program import run_command
from llmauto_tools.registry import tool_names


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]
GOAL = "Data quality of the orders"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from llmauto_agent.report import steps

    monkeypatch.setattr(steps, "tool_names", lambda: [n for n in tool_names() if n != "find_insights"])
    monkeypatch.chdir(tmp_path)
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Ran:
        code = run_command(["report", *(str(a) for a in arguments), "-w", "ws"])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


def test_a_report_is_written_and_named(run: Run, orders_csv: Path) -> None:
    done = run(GOAL, orders_csv, "-o", "a.json", "-o", "a.md")
    assert done.code == 0
    assert done.out.splitlines() == ["a.json", "a.md"]
    assert "0 not verified" in done.err
    assert json.loads(Path("a.json").read_text())["meta"]["template"] == "quality"
    assert "# Data quality of the orders" in Path("a.md").read_text()


def test_files_are_replaced_on_request_only(run: Run, orders_csv: Path) -> None:
    Path("a.json").write_text("mine")
    refused = run(GOAL, orders_csv, "-o", "a.json")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert Path("a.json").read_text() == "mine"
    assert run(GOAL, orders_csv, "-o", "a.json", "--yes").code == 0
    assert Path("a.json").read_text() != "mine"


def test_json_says_what_was_made(run: Run, orders_csv: Path) -> None:
    done = run(GOAL, orders_csv, "-o", "a.json", "--json", "--lang", "zh")
    made = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert (made["template"], made["language"], made["passed"]) == ("quality", "zh", True)
    assert made["files"] == ["a.json"]
    assert made["unverified"] == []
    assert set(made["evidence"]) == {"profile", "quality"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["x", "none.csv", "-o", "a.json"], 4, "none.csv"),
        ([GOAL, "ORDERS", "-o", "a.txt"], 2, ".html, .md, .pdf"),
        ([GOAL, "ORDERS", "-o", "a.json", "--lang", "fr"], 2, "--lang en"),
        ([GOAL, "ORDERS", "-o", "a.json", "--template", "kpis"], 3, "Did you mean 'kpi'"),
        ([GOAL, "ORDERS", "-o", "a.json", "--set", "table"], 2, "NAME=VALUE"),
        (["Predict paid", "ORDERS", "-o", "a.json"], 2, "--yes"),
        (["report.yml"], 2, "report.yml cannot be read"),
        (["diff", "a"], 2, "llmauto report diff"),
        (["edit", "nothing", "drop the limits"], 2, "no report 'nothing'"),
    ],
)
def test_what_is_wrong_is_said_with_an_exit_code(
    run: Run, orders_csv: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(*(str(orders_csv) if a == "ORDERS" else a for a in arguments))
    assert done.code == code, done.err
    assert said in done.err
    assert not list(Path().glob("a.*"))


def test_a_saved_report_fails_with_its_checks(run: Run, orders_csv: Path) -> None:
    Path("daily.yml").write_text(
        f"goal: {GOAL}\nsources: {orders_csv}\noutput: out.json\n"
        "checks:\n  - {name: rows, sql: SELECT count(*) FROM orders, must: '> 3'}\n"
        "  - {name: cheap, sql: SELECT max(amount) FROM orders, must: '< 50'}\n"
    )
    done = run("daily.yml")
    assert done.code == 7
    assert "check passed: rows (found 5)" in done.err
    assert "check FAILED: cheap (found 99.99)" in done.err
    assert Path("out.json").exists()
    assert run("daily.yml", "--quiet").out == ""


def test_versions_are_listed_edited_and_compared(run: Run, orders_csv: Path) -> None:
    assert run(GOAL, orders_csv, "-o", "a.json", "--name", "q").code == 0
    edited = run("edit", "q", "drop the limits", "-o", "b.json")
    assert edited.code == 0, edited.err
    assert "Limits" not in Path("b.json").read_text()
    listed = run("versions")
    assert "q@1" in listed.out
    assert "drop the limits" in listed.out
    assert "changed part: Limits" in run("diff", "q@1", "q@2").out
    assert "The two say the same" in run("diff", "q@1", "q@1").out
    assert run("show", "q@1").out.startswith("# Data quality")


def test_from_python(orders_csv: Path) -> None:
    report = llmauto.report(GOAL, str(orders_csv), "a.json", workspace="ws", template="quality")
    assert report.unverified == []
    assert report.checked > 3
    assert [f.name for f in report.files] == ["a.json"]
    assert report.ref.endswith("@1")
    assert report._repr_markdown_().startswith("# Data quality")
    assert report.write("b.md") == [Path("b.md")]
