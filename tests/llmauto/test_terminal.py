"""The program in a real pseudo-terminal, over pipes, and under signals."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

from llmauto.render.text import width
from llmauto_tools.ledger import Ledger

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
ENDLESS = (
    "SELECT count(*) FROM "
    + ", ".join(f"orders o{i}" for i in range(20))
    + " WHERE o1.amount + o2.amount <> o3.amount + o19.amount"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONIOENCODING", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("LANG", "C.UTF-8")


def spawn(*arguments: str, columns: int = 80, **environment: str) -> Any:
    return pexpect.spawn(
        sys.executable,
        ["-m", "llmauto", *arguments],
        dimensions=(50, columns),
        env={**os.environ, **environment},
        encoding="utf-8",
        timeout=60,
    )


def screen(*arguments: str, columns: int = 80, **environment: str) -> str:
    """All that a terminal of that width was sent by a command that succeeds."""
    child = spawn(*arguments, columns=columns, **environment)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    return str(child.before)


def lines_of(shown: str) -> list[str]:
    """The lines as they stand on the screen: without colours, and without what was drawn over."""
    return [line.split("\r")[-1] for line in ANSI.sub("", shown).replace("\r\n", "\n").split("\n")]


def piped(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "llmauto", *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=90,
        **options,
    )


@pytest.fixture
def cjk_csv(tmp_path: Path) -> Path:
    path = tmp_path / "销售.csv"
    rows = ["大区,城市,产品名称,销售额,日期,备注"]
    rows += [
        f"华南,深圳市南山区,羽绒服{i},{i * 1234.5},2024-0{i}-01,请放在门口\x1b[31m红" for i in range(1, 8)
    ]
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_everything_fits_the_terminal(cjk_csv: Path, columns: int) -> None:
    shown = screen("run", "query", str(cjk_csv), "--arg", "sql=SELECT * FROM 销售", columns=columns)
    assert all(width(line) <= columns for line in lines_of(shown)), shown
    assert "华南" in shown
    assert "\x1b[31m红" not in shown


@pytest.mark.parametrize("columns", [40, 200])
def test_an_answer_has_its_table_and_chart_in_a_terminal(orders_csv: Path, columns: int) -> None:
    shown = screen("ask", "average amount by region", str(orders_csv), columns=columns)
    lines = lines_of(shown)
    assert all(width(line) <= columns for line in lines), shown
    assert "\x1b[" in shown
    assert sum("■" in line for line in lines) == 3
    assert any("traced" in line for line in lines)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(orders_csv: Path, environment: dict[str, str]) -> None:
    assert "\x1b" not in screen("ask", "average amount by region", str(orders_csv), **environment)


def test_an_ascii_terminal_gets_ascii(cjk_csv: Path) -> None:
    shown = screen("run", "query", str(cjk_csv), "--arg", "sql=SELECT * FROM 销售", PYTHONIOENCODING="ascii")
    assert shown.isascii()


def test_a_long_step_shows_what_it_does_and_ctrl_c_stops_it(orders_csv: Path, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    child = spawn("run", "query", str(orders_csv), "--arg", f"sql={ENDLESS}", "--workspace", str(folder))
    child.expect(r"query.* \d")
    child.sendintr()
    child.expect("Interrupted")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    ledger = Ledger(folder / "state.sqlite")
    [evidence] = ledger.list()
    ledger.close()
    assert evidence.state in {"failed", "lost"}
    again = piped("run", "query", str(orders_csv), "--arg", "sql=SELECT 1 AS one", "--workspace", str(folder))
    assert again.returncode == 0


@pytest.mark.parametrize("delay", [0.3, 0.6, 0.8, 0.9, 1.0, 1.1])
def test_ctrl_c_while_it_starts_ends_it(orders_csv: Path, delay: float) -> None:
    """The agent is imported in a thread then: an exception in the import system would leave a lock behind."""
    program = [sys.executable, "-m", "llmauto", "ask", "how many orders?", str(orders_csv), "--json"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(delay)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert child.returncode in {0, 130}
    assert b"Traceback" not in err
    if out:
        assert json.loads(out)["status"] == ("answered" if child.returncode == 0 else "error")


def test_sigterm_ends_cleanly(orders_csv: Path) -> None:
    child = spawn("run", "query", str(orders_csv), "--arg", f"sql={ENDLESS}")
    child.expect(r"query.* \d")
    child.kill(signal.SIGTERM)
    child.expect("Terminated")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 143


def test_over_a_pipe_there_is_no_status_line_and_no_escape(orders_csv: Path) -> None:
    done = piped("run", "query", str(orders_csv), "--arg", f"sql={ENDLESS}", "--timeout", "1.5")
    assert done.returncode == 6
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_question_and_data_come_over_pipes(orders_csv: Path) -> None:
    asked = piped("ask", "-", str(orders_csv), "--json", input="how many orders?\n")
    assert json.loads(asked.stdout)["value"] == 5
    data = piped(
        "run", "query", "-", "--arg", "sql=SELECT count(*) FROM stdin", "--json", input=orders_csv.read_text()
    )
    assert json.loads(data.stdout)["value"] == 5, data.stderr


def test_a_reader_that_goes_away_is_no_error(orders_csv: Path) -> None:
    sql = "SELECT a.*, b.*, c.* FROM orders a, orders b, orders c, orders d, orders e"
    program = [
        sys.executable,
        "-m",
        "llmauto",
        "run",
        "query",
        str(orders_csv),
        "--arg",
        f"sql={sql}",
        "--max-rows",
        "0",
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait() == 141


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    done = piped("--show-completion", shell, env={**os.environ, "SHELL": f"/bin/{shell}"})
    assert "LLMAUTO_COMPLETE" in done.stdout


def complete(*words: str) -> list[str]:
    environment = {
        **os.environ,
        "_LLMAUTO_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["llmauto", *words]),
        "COMP_CWORD": str(len(words)),
    }
    program = [
        sys.executable,
        "-c",
        "import sys; sys.argv = ['llmauto']; from llmauto.cli import main; main()",
    ]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", env=environment, timeout=60)
    return done.stdout.split()


def test_commands_tools_and_files_complete(orders_csv: Path) -> None:
    assert "sessions" in complete("ses")
    assert complete("run", "que") == ["query"]
    assert complete("ask", "how", "ord") == ["orders.csv"]
    assert complete("config", "get", "max") == ["max_rows"]
