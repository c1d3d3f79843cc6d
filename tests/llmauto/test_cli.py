"""The commands in this process: exit codes, what goes to stdout and what to stderr."""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from llmauto.cli.program import run_command

SCHEMA = json.loads(files("llmauto").joinpath("answer.schema.json").read_text("utf-8"))


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    def object(self) -> Any:
        """The one JSON object on stdout, which fits the contract."""
        assert self.out.count("\n") == 1
        value = json.loads(self.out)
        Draft202012Validator(SCHEMA).validate(value)
        return value


Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> Ran:
        code = run_command([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


# ---- ask


def test_a_question_is_answered_with_its_table_sql_and_evidence(run: Run, orders_csv: Path) -> None:
    done = run("ask", "average amount by region", str(orders_csv))
    assert done.code == 0, done.err
    assert "99.99" in done.out
    assert "GROUP BY" in done.out
    assert "e1" in done.out
    assert "numbers traced" in done.out
    assert "\x1b" not in done.out


def test_json_is_one_object_that_fits_the_contract(run: Run, orders_csv: Path) -> None:
    done = run("ask", "how many orders?", str(orders_csv), "--json")
    value = done.object()
    assert done.code == 0
    assert (value["status"], value["value"]) == ("answered", 5)
    assert value["evidence"][0]["sql"] == value["sql"]
    assert value["grounding"]["checked"] == value["grounding"]["grounded"] >= 1


def test_a_refusal_goes_to_stderr_with_exit_code_3(run: Run, orders_csv: Path) -> None:
    done = run("ask", "what is the meaning of life?", str(orders_csv))
    assert (done.code, done.out) == (3, "")
    assert "not answered" in done.err
    assert (
        run("ask", "what is the meaning of life?", str(orders_csv), "--json").object()["status"] == "refused"
    )


def test_a_follow_up_goes_on_in_the_last_session(run: Run, orders_csv: Path) -> None:
    first = run("ask", "average amount by region", str(orders_csv), "--json").object()
    again = run("ask", "how many orders?", "--continue", "--json").object()
    assert again["session"] == first["session"]
    assert again["value"] == 5


def test_without_sources_those_of_the_last_session_are_used(run: Run, orders_csv: Path) -> None:
    run("ask", "how many orders?", str(orders_csv))
    done = run("ask", "average amount")
    assert done.code == 0
    assert "using the sources of the last session" in done.err
    assert str(orders_csv) in done.err


def test_the_rows_that_are_printed_are_bounded(run: Run, orders_csv: Path) -> None:
    done = run("ask", "average amount by region", str(orders_csv), "--max-rows", "1")
    assert "2 more rows (of 3)" in done.out


def test_quiet_prints_the_answer_only(run: Run, orders_csv: Path) -> None:
    done = run("ask", "how many orders?", str(orders_csv), "--quiet")
    assert done.out.count("\n") == 1
    assert "5" in done.out
    assert done.err == ""


def test_a_chart_can_be_forced_and_saved(run: Run, orders_csv: Path) -> None:
    path = orders_csv.with_name("chart.json")
    done = run("ask", "average amount by region", str(orders_csv), "--chart", "--save-chart", str(path))
    assert "■" in done.out
    assert json.loads(path.read_text("utf-8"))["mark"]["type"] == "bar"
    assert str(path) in done.err


# ---- wrong usage and failures


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ask"], 2, "QUESTION"),
        (["ask", "how many?"], 2, "No source"),
        (["ask", " ", "orders.csv"], 2, "empty"),
        (["ask", "how many?", "missing.csv"], 4, "missing.csv"),
        (["ask", "orders.csv", "how many?"], 2, "question comes first"),
        (["ask", "how many?", "orders.csv", "--share", "everything"], 2, "share"),
        (["ask", "how many?", "orders.csv", "--timeout", "soon"], 2, "timeout"),
        (["ask", "how many?", "orders.csv", "--model", "no-such-model"], 5, "no-such-model"),
        (["ask", "how many?", "orders.csv", "--save-chart", "x.gif"], 2, "x.gif"),
        (["ask", "how many?", "orders.csv", "--save-chart", "no/such/x.png"], 2, "no folder"),
        (["ask", "how many?", "--continue"], 2, "no session"),
        (["ask", "-", "-"], 2, "not both"),
        (["run", "no_such_tool", "orders.csv"], 2, "no_such_tool"),
        (["run", "querry", "orders.csv"], 2, "query"),
        (["run", "query", "orders.csv"], 2, "sql"),
        (["run", "query", "orders.csv", "--arg", "sql"], 2, "NAME=VALUE"),
        (["run", "query", "orders.csv", "--arg", "sq=SELECT 1"], 2, "'sql'"),
        (["run", "query", "orders.csv", "--arg", "sql=SELECT amuont FROM orders"], 3, "amount"),
        (["run", "query", "orders.csv", "--arg", "sql=DROP TABLE orders"], 3, "not allowed"),
        (["run", "query", "orders.csv", "--arg", "sql=SELECT * FROM read_csv('orders.csv')"], 3, "read_csv"),
        (["sessions", "show", "20200101-abcdef"], 2, "no session"),
        (["config", "get", "modell"], 2, "'model'"),
        (["config", "set", "timeout", "never"], 2, "timeout"),
        (["frobnicate"], 2, "frobnicate"),
        (["ask", "--frobnicate"], 2, "--frobnicate"),
    ],
)
def test_failures_have_their_exit_code_and_say_what_is_wrong(
    run: Run, orders_csv: Path, arguments: list[str], code: int, says: str
) -> None:
    done = run(*arguments)
    assert done.code == code, done.err
    assert says in done.err
    assert done.out == ""
    assert "Traceback" not in done.err


def test_failures_give_one_json_object_too(run: Run, orders_csv: Path) -> None:
    for arguments, kind in [
        (["ask", "how many?", "missing.csv"], "source_not_found"),
        (["ask", "how many?"], "usage"),
        (["ask", "--nonsense"], "usage"),
        (["run", "query", "orders.csv", "--arg", "sql=SELECT nope FROM orders"], "query_invalid"),
    ]:
        value = run(*arguments, "--json").object()
        assert value["status"] == "error"
        assert value["error"]["kind"] == kind


def test_an_error_has_a_next_step_and_debug_a_traceback(run: Run) -> None:
    done = run("ask", "how many?", "missing.csv")
    assert done.err.startswith("error: ")
    assert "Traceback" in run("ask", "how many?", "missing.csv", "--debug").err


def test_a_time_limit_is_exit_code_6(run: Run, orders_csv: Path) -> None:
    joins = ", ".join(f"orders o{i}" for i in range(20))
    sql = f"SELECT count(*) FROM {joins} WHERE o1.amount + o2.amount <> o3.amount + o19.amount"
    done = run("run", "query", str(orders_csv), "--arg", f"sql={sql}", "--timeout", "0.2")
    assert done.code == 6, done.err


def test_a_workspace_that_cannot_be_made_is_exit_code_1(run: Run, orders_csv: Path) -> None:
    done = run("ask", "how many orders?", str(orders_csv), "--workspace", str(orders_csv / "below"))
    assert done.code == 1
    assert "workspace" in done.err


# ---- run, tools


def test_a_tool_runs_without_a_model(run: Run, orders_csv: Path) -> None:
    sql = "SELECT region, count(*) AS n FROM orders GROUP BY ALL ORDER BY ALL"
    value = run("run", "query", str(orders_csv), "--arg", f"sql={sql}", "--json").object()
    assert value["rows"] == [["North", 2], ["South", 2], ["West", 1]]
    assert value["question"] is None
    shown = run("run", "query", str(orders_csv), "--arg", f"sql={sql}")
    assert shown.code == 0
    assert "North" in shown.out


def test_a_tool_that_needs_a_table_takes_the_only_one(run: Run, orders_csv: Path) -> None:
    value = run("run", "describe", str(orders_csv), "--json").object()
    assert value["evidence"][0]["arguments"]["table"] == "orders"
    other = orders_csv.with_name("other.csv")
    other.write_text("a\n1\n")
    assert run("run", "describe", str(orders_csv), str(other)).code == 2


def test_what_a_tool_wrote_is_named(run: Run, orders_csv: Path) -> None:
    sql = "sql=SELECT region, count(*) AS n FROM orders GROUP BY ALL"
    done = run("run", "chart", str(orders_csv), "--arg", sql, "--arg", "path=regions.json")
    assert done.code == 0, done.err
    [line] = [line for line in done.out.splitlines() if line.startswith("wrote ")]
    assert Path(line.removeprefix("wrote ")).is_file()


def test_tools_are_listed_with_their_arguments(run: Run) -> None:
    assert "sql" in run("tools").out
    listed = json.loads(run("tools", "--json").out)
    query = next(tool for tool in listed if tool["name"] == "query")
    assert query["arguments"]["properties"]["sql"]["type"] == "string"


# ---- sessions


def test_sessions_are_listed_shown_exported_and_removed(run: Run, orders_csv: Path, tmp_path: Path) -> None:
    asked = run("ask", "average amount by region", str(orders_csv), "--json").object()
    session = asked["session"]
    assert session in run("sessions", "list").out
    [listed] = json.loads(run("sessions", "list", "--json").out)
    assert (listed["id"], listed["turns"]) == (session, 1)
    shown = run("sessions", "show", session[:10]).out
    assert "average amount by region" in shown
    assert asked["answer"] in shown
    [turn] = json.loads(run("sessions", "show", session, "--json").out)["turns"]
    assert turn["answer"] == asked
    script = tmp_path / "replay.py"
    assert run("sessions", "export", session, "--output", str(script)).code == 0
    compile(script.read_text("utf-8"), "replay.py", "exec")
    assert run("sessions", "export", session, "--output", str(script)).code == 2
    notebook = run("sessions", "export", session, "--format", "notebook").out
    assert json.loads(notebook)["nbformat"] == 4
    assert run("sessions", "rm", session).code == 2
    assert run("sessions", "rm", session, "--yes").code == 0
    assert json.loads(run("sessions", "list", "--json").out) == []


def test_listing_makes_no_workspace(run: Run, tmp_path: Path) -> None:
    assert run("sessions", "list", "--workspace", str(tmp_path / "none")).code == 0
    assert not (tmp_path / "none").exists()


# ---- config, doctor


def test_settings_are_set_listed_and_used(run: Run, orders_csv: Path) -> None:
    assert run("config", "set", "max-rows", "1").code == 0
    assert run("config", "get", "max_rows").out == "1\n"
    assert json.loads(run("config", "list", "--json").out)["max_rows"] == {"value": 1, "origin": "file"}
    assert Path(run("config", "path").out.strip()).read_text("utf-8") == "max_rows = 1\n"
    assert "2 more rows" in run("ask", "average amount by region", str(orders_csv)).out
    assert run("config", "unset", "max_rows").code == 0
    assert run("config", "get", "max_rows").out == "20\n"


def test_doctor_finds_what_is_there_and_shows_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.out)["checks"]}
    assert done.code == 0
    assert {"python", "packages", "duckdb extensions", "gpu", "terminal", "workspace", "free disk"} <= set(
        checks
    )
    assert "OPENAI_API_KEY is set" in checks["keys"]["detail"]
    assert "very-secret" not in done.out + run("doctor").out


def test_doctor_reports_a_broken_configuration_and_a_bad_workspace(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.toml").write_text("model = ")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLMAUTO_CONFIG", str(tmp_path / "bad.toml"))
    done = run("doctor", "--json", "--workspace", str(tmp_path / "file" / "below"))
    states = {check["name"]: check["state"] for check in json.loads(done.out)["checks"]}
    assert done.code == 1
    assert states["configuration"] == "problem"
    assert states["workspace"] == "problem"


def test_debug_shows_where_an_answer_broke(
    run: Run, orders_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from llmauto_tools.toolbox import analyze

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(analyze, "TOOL", dataclasses.replace(analyze.TOOL, function=broken))
    assert "Traceback" not in run("ask", "how many orders?", str(orders_csv)).err
    done = run("ask", "how many orders?", str(orders_csv), "--debug")
    assert done.code == 1
    assert "planted" in done.err
    assert "Traceback" in done.err
