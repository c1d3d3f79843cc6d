"""`llmauto memory …`, the memory of `ask` and of a chat over a pipe, and what a question without one loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ran import run

from llmauto.cli.program import run_command

ORDERS = "id,region,amount,status\n1,North,10,paid\n2,South,20,open\n3,North,5,paid\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.csv").write_text(ORDERS)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _rules_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from llmauto_agent.planner.model import BuiltinChatModel

    monkeypatch.setattr(BuiltinChatModel, "_runtime", lambda self: None)


def listed(capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, Any]]:
    return json.loads(run(capsys, "memory", "list", "--json", *more)[0])  # type: ignore[no-any-return]


def test_a_definition_is_added_applied_shown_and_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = run(capsys, "memory", "add", "revenue means sum of amount where status is paid")
    assert "m1 is remembered" in said
    out, _ = run(capsys, "ask", "revenue by region", "orders.csv", "--json")
    answer = json.loads(out)
    assert answer["rows"][0] == ["North", 15]
    assert [(m["id"], m["how"]) for m in answer["memory"]] == [("m1", "applied")]
    assert {e["kind"] for e in listed(capsys)} == {"definition", "question", "table", "column"}
    found = json.loads(run(capsys, "memory", "search", "how much did we earn", "--json", "--limit", "2")[0])
    assert "m1" in [e["id"] for e in found]
    assert "definition" in run(capsys, "memory", "show", "m1")[0]
    run(capsys, "memory", "forget", "m1", "--yes")
    assert "m1" not in {e["id"] for e in listed(capsys)}
    answer = json.loads(run(capsys, "ask", "revenue by region", "orders.csv", "--json")[0])
    assert answer["memory"] == []


def test_editing_teaches_anew(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "memory", "add", "revenue means sum of amount")
    run(capsys, "memory", "edit", "m1", "revenue means sum of amount where status is open")
    [entry] = listed(capsys)
    assert entry["data"]["definition"]["body"] == "sum of amount where status is open"


def test_off_stores_nothing_and_uses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "memory", "add", "revenue means sum of amount where status is paid")
    answer = json.loads(
        run(capsys, "ask", "how many rows are there?", "orders.csv", "--memory", "off", "--json")[0]
    )
    assert answer["memory"] == []
    assert len(listed(capsys)) == 1
    run(capsys, "config", "set", "memory", "off")
    from llmauto.exits import exit_code

    _, said = run(capsys, "memory", "add", "x means y", code=exit_code("workspace"))
    assert "off" in said
    assert len(listed(capsys)) == 1


def test_a_secret_is_refused_and_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    from llmauto.exits import exit_code

    _, said = run(
        capsys, "memory", "add", "mail ada@example.com the totals", code=exit_code("invalid_arguments")
    )
    assert "e-mail address" in said
    run(capsys, "memory", "add", "mail ada@example.com the totals", "--allow-personal")
    assert len(listed(capsys)) == 1


def test_documents_export_and_import(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "terms.md").write_text("# Codes\n47 means refused\n\n# Units\nkilometres")
    assert "2 entries" in run(capsys, "memory", "add", "--file", "terms.md")[1]
    run(capsys, "memory", "export", "all.jsonl")
    run(capsys, "memory", "forget", "--all", "--yes")
    assert listed(capsys) == []
    run(capsys, "memory", "import", "all.jsonl")
    assert {e["text"] for e in listed(capsys, "--kind", "document")} == {
        "Codes\n47 means refused",
        "Units\nkilometres",
    }
    (tmp_path / "bad.jsonl").write_text('{"kind": "finding"}\n')
    assert "Line 1" in run(capsys, "memory", "import", "bad.jsonl", code=2)[1]


def test_training_pairs_need_consent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from llmauto.folders import workspace_folder
    from llmauto_agent.memory.entry import Entry
    from llmauto_agent.memory.memory import Memory

    with Memory(workspace_folder() / "memory", None) as memory:
        memory.add(
            [Entry("correction", "how many paid?", data={"accepted": True, "sql": "SELECT 1", "schema": []})]
        )
    assert "Nobody can answer" in run(capsys, "memory", "export", "--training", "pairs.jsonl", code=2)[1]
    assert not (tmp_path / "pairs.jsonl").exists()
    run(capsys, "memory", "export", "--training", "pairs.jsonl", "--yes")
    assert json.loads((tmp_path / "pairs.jsonl").read_text())["sql"] == "SELECT 1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--kind", "gossip"], "is no kind"),
        (["add"], "What is to be remembered?"),
        (["forget"], "Which entries?"),
        (["show", "m7"], "There is no memory 'm7'"),
        (["add", "--file", "none.md"], "There is no file"),
        (["add", "x", "--scope", "world"], "is no scope"),
    ],
)
def test_mistakes_are_told(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    capsys.readouterr()
    assert run_command(["memory", *arguments]) != 0
    assert said in capsys.readouterr().err


def test_the_status_says_where_everything_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Nothing is remembered yet" in run(capsys, "memory", "status")[0]
    run(capsys, "memory", "add", "euros without cents", "--scope", "person")
    run(capsys, "memory", "reembed")
    told = json.loads(run(capsys, "memory", "status", "--json")[0])
    [store] = told["stores"]
    assert (store["scope"], store["entries"], told["memory"]) == ("person", 1, "on")
    assert store["models"][0]["vectors"] == 1
    assert Path(store["folder"]).is_dir()


def test_a_chat_teaches_judges_and_corrects(tmp_path: Path) -> None:
    lines = [
        "how many rows are there?",
        "/right",
        "/fix SELECT count(*) AS paid FROM orders WHERE status = 'paid'",
        "how many rows are there?",
        "/why",
        "/memory add amounts are in euros",
        "/memory",
        "/memory search currency",
        "/wrong",
    ]
    code = (
        "from llmauto_agent.planner.model import BuiltinChatModel\n"
        "BuiltinChatModel._runtime = lambda self: None\n"
        "from llmauto.cli.program import run_command\n"
        "raise SystemExit(run_command(['chat', 'orders.csv']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input="\n".join(lines) + "\n", capture_output=True, text=True,
        cwd=tmp_path, env=os.environ | {"COLUMNS": "100"}, timeout=100, check=False,
    )  # fmt: skip
    out = done.stdout
    assert "this query is used when the question comes again" in out, done.stderr
    assert "is what “how many rows are there?” means from now on" in out
    assert "used again: how many rows are there?" in out
    assert "a preference, recalled where it belongs" in out
    assert "is not told again" in out
    second = out.split("means from now on")[1]
    assert "2" in second.split("/why")[0]


HEAVY = {"chromadb", "chromadb_rust_bindings", "pypdf", "docx"}
MODEL = {"llmauto_agent.memory.nearest", "llmauto_agent.memory.recall"}


def loaded_by_ask(*more: str, folder: Path) -> set[str]:
    code = (
        "import sys, json\n"
        "from llmauto_agent.planner.model import BuiltinChatModel\nBuiltinChatModel._runtime = lambda self: None\n"
        "from llmauto.cli.program import run_command\n"
        f"assert run_command(['ask', 'how many rows are there?', 'orders.csv', '--json', *{list(more)!r}]) == 0\n"
        "json.dump(sorted(sys.modules), sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_a_plain_question_loads_no_model_and_off_loads_no_memory(tmp_path: Path) -> None:
    first = loaded_by_ask(folder=tmp_path)
    assert ({m.split(".")[0] for m in first} & HEAVY) | (first & MODEL) == set()
    second = loaded_by_ask(folder=tmp_path)  # now there is something remembered
    assert ({m.split(".")[0] for m in second} & HEAVY) | (second & MODEL) == set()
    assert "llmauto_agent.memory.store" in second
    off = loaded_by_ask("--memory", "off", folder=tmp_path)
    assert not {m for m in off if m.startswith(("llmauto_agent.memory", "llmauto_agent.meaning"))}


def test_a_report_is_remembered(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{('North', 'South')[i % 2]},{100 + 3 * i}" for i in range(60))
    (tmp_path / "sales.csv").write_text("id,region,amount\n" + rows)
    run(capsys, "report", "what drives the amount", "sales.csv", "-o", "report.md")
    [entry] = listed(capsys, "--kind", "report")
    assert "what drives the amount" in entry["text"]
    assert entry["data"]["evidence"]
