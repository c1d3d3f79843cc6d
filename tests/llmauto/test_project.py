"""llmauto.yml on the command line: where it is found, `learn`, `test`, and that nothing is loaded without one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ran import run

from llmauto.exits import UsageError
from llmauto.project import project_file

ORDERS = "id,region,amount,status\n1,North,10,paid\n2,South,20,cancelled\n3,North,5,paid\n"
SEMANTICS = """
measures:
  - {name: revenue, table: orders, expression: sum(amount)}
filters:
  - {name: cancelled orders, table: orders, exclude: status = 'cancelled'}
"""
QUESTIONS = """
sources: orders.csv
tests:
  - question: What is the revenue?
    value: 15
  - question: revenue including cancelled orders
    value: 35
  - name: by region
    question: revenue by region
    rows: [[North, 15]]
  - question: how many orders are there?
    sql: SELECT count(*) FROM orders WHERE status = 'paid'
  - question: what is the average shoe size?
    refused: true
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_agent.planner.model import BuiltinChatModel

    monkeypatch.setattr(BuiltinChatModel, "_runtime", lambda self: None)


def test_the_file_is_found_upwards_but_not_beyond_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (tmp_path / "a" / ".git").mkdir()
    (tmp_path / "llmauto.yml").write_text("")
    assert project_file() is None
    (tmp_path / "a" / "llmauto.yaml").write_text("")
    assert project_file() == tmp_path / "a" / "llmauto.yaml"
    assert project_file(tmp_path) == tmp_path / "llmauto.yml"
    with pytest.raises(UsageError, match=r"no llmauto\.yml"):
        project_file(inner)


def test_ask_obeys_the_project(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "llmauto.yml").write_text(SEMANTICS)
    answer = json.loads(run(capsys, "ask", "revenue by region", "orders.csv", "--json")[0])
    assert answer["rows"] == [["North", 15]]
    assert "Applied from llmauto.yml:5" in answer["answer"]


def test_a_wrong_file_ends_the_question_with_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "llmauto.yml").write_text(
        "measures:\n  - {name: x, table: orders, expression: sum(amuont)}\n"
    )
    _, said = run(capsys, "ask", "how many orders are there?", "orders.csv", code=2)
    assert "llmauto.yml:2: the table 'orders' has no column 'amuont'" in " ".join(said.split())
    assert "amount" in said


def test_test_says_what_differs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "llmauto.yml").write_text(SEMANTICS)
    (tmp_path / "questions.yml").write_text(QUESTIONS)
    out, said = run(capsys, "test", "--junit", "out.xml")
    assert out.count("✓") + out.count("pass ") == 5
    assert "5 passed, 0 failed" in said
    (tmp_path / "questions.yml").write_text(
        QUESTIONS.replace("value: 15", "value: 14").replace("North, 15", "South, 15")
    )
    out, said = run(capsys, "test", "questions.yml", "--junit", "out.xml", code=7)
    assert "expected 14, got 15" in out
    assert "missing ['South', 15]; not expected ['North', 15]" in " ".join(out.split())
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("5", "2")
    assert [c.get("name") for c in suite if len(c)] == ["What is the revenue?", "by region"]
    found = json.loads(run(capsys, "test", "--json", "-x", code=7)[0])
    assert (found["passed"], found["failed"]) == (0, 1)
    assert found["tests"][0]["difference"].startswith("expected 14, got 15")


def test_test_says_what_it_needs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "llmauto test FILE" in run(capsys, "test", code=2)[1]
    (tmp_path / "q.yml").write_text("tests:\n  - {question: a, refused: true}\n")
    assert "names no sources" in run(capsys, "test", "q.yml", code=2)[1]


def test_learn_drafts_and_never_overwrites(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, said = run(capsys, "learn", "orders.csv")
    assert "1 table, 0 joins" in said
    text = (tmp_path / "llmauto.yml").read_text("utf-8")
    assert "      status: {} # " in text
    (tmp_path / "llmauto.yml").write_text("mine: 1")
    _, said = run(capsys, "learn", "orders.csv", code=2)
    assert "exists already" in said
    assert (tmp_path / "llmauto.yml").read_text() == "mine: 1"
    assert run(capsys, "learn", "orders.csv", "--stdout")[0] == text
    run(capsys, "learn", "orders.csv", "--force")
    assert (tmp_path / "llmauto.yml").read_text("utf-8") == text


def test_without_a_file_nothing_of_it_is_loaded() -> None:
    code = (
        "import sys\nfrom llmauto.cli.program import run_command\n"
        "assert run_command(['ask', 'how many orders are there?', 'orders.csv', '-w', 'w']) == 0\n"
        "print(sorted(m for m in sys.modules if m == 'yaml' or m.startswith('llmauto_agent.semantics')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
