"""The chat in a real terminal of several widths: layout, editing, interrupts, its end."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pty_chat import ALT_ENTER, CTRL_C, CTRL_D, ENDLESS, ENTER, TAB, UP, Terminal

from llmauto.render.text import width
from llmauto_tools.ledger import Ledger

Open = Callable[..., Terminal]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_everything_fits_the_width(
    open_terminal: Open, orders_csv: Path, sales_csv: Path, columns: int
) -> None:
    terminal = open_terminal("chat", orders_csv, sales_csv, columns=columns, spare=150)
    terminal.wait_ready()
    for line in ("average amount by region", "/help", "/tables", "/schema 销售", "/sql SELECT * FROM 销售",
                 "/sessions", "/why", "tell me a joke about penguins", "各大区的销售额合计", "/model"):  # fmt: skip
        terminal.ask(line)
    shown = terminal.lines()
    assert [line for line in shown if width(line) > columns] == []
    assert any("华东" in line for line in shown)
    assert any("not answered" in line for line in shown)
    assert b"\x1b[31m" + "红".encode() not in terminal.raw
    terminal.send("/quit")
    assert terminal.exit() == 0


def test_words_are_not_broken_at_the_edge(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv, columns=60)
    terminal.wait_ready()
    shown = terminal.ask("tell me a joke about penguins").split("\n")
    refusal = " ".join(shown[next(i for i, line in enumerate(shown) if "not answered" in line) :])
    assert "averages, filters, rankings, shares" in " ".join(refusal.split())


def test_ctrl_c_drops_a_line_and_twice_leaves(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.type("how many or")
    terminal.wait(lambda: terminal.line.startswith("› how many or"))
    terminal.type(CTRL_C)
    terminal.wait_ready()
    assert "5" in terminal.ask("how many orders?")
    terminal.type(CTRL_C)
    terminal.expect("Ctrl-C again leaves")
    terminal.wait_ready()
    terminal.type(CTRL_C)
    assert terminal.exit() == 0


def test_ctrl_d_leaves(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.type(CTRL_D)
    assert terminal.exit() == 0


def test_ctrl_c_stops_a_query_and_nothing_is_lost(
    open_terminal: Open, orders_csv: Path, tmp_path: Path
) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.ask("how many orders?")
    terminal.send(f"/sql {ENDLESS}")
    terminal.expect(r"query.* \d")
    terminal.type(CTRL_C)
    terminal.expect("Stopped")
    terminal.wait_ready()
    assert "North" in terminal.ask("and by region?")
    terminal.send("/quit")
    assert terminal.exit() == 0
    ledger = Ledger(tmp_path / "workspace" / "state.sqlite")
    states = [e.state for e in ledger.list()]
    ledger.close()
    assert states == ["finished", "failed", "finished"]


def test_a_second_ctrl_c_leaves_from_a_running_query(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.send(f"/sql {ENDLESS}")
    terminal.expect(r"query.* \d")
    terminal.type(CTRL_C)
    terminal.wait_ready()
    terminal.type(CTRL_C)
    assert terminal.exit() == 0


def test_a_closed_terminal_loses_nothing(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.ask("how many orders?")
    terminal.send(f"/sql {ENDLESS}")
    terminal.expect(r"query.* \d")
    terminal.hang_up()
    again = open_terminal("chat", "--resume")
    again.wait_ready()
    assert "how many orders?" in again.text()
    assert "North" in again.ask("and by region?")


def test_sigterm_at_the_prompt_gives_the_terminal_back(orders_csv: Path, open_terminal: Open) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    import termios

    during = termios.tcgetattr(terminal.child.child_fd)[3]
    terminal.child.kill(signal.SIGTERM)
    terminal.expect("Terminated")
    after = termios.tcgetattr(terminal.child.child_fd)[3]
    assert not during & termios.ECHO
    assert after & termios.ECHO
    assert after & termios.ICANON
    assert terminal.exit() == 143


def test_several_lines_paste_and_history(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.type("/sql SELECT 11 AS one,\\")
    terminal.type(ENTER)
    terminal.type("22 AS two,")
    terminal.type(ALT_ENTER)
    terminal.type("33 AS three")
    terminal.wait(lambda: terminal.line.strip() == "33 AS three")
    terminal.type(ENTER)
    terminal.expect(r"one\s+two\s+three")
    terminal.wait_ready()
    terminal.paste("/sql SELECT count(*)\nFROM orders\n-- a remark")
    terminal.wait(lambda: terminal.line.strip() == "-- a remark")
    terminal.type(ENTER)
    terminal.expect(r"count\S*\s+─+\s+5")
    terminal.wait_ready()
    terminal.send("/quit")
    assert terminal.exit() == 0
    again = open_terminal("chat", orders_csv)
    again.wait_ready()
    again.type(UP)
    again.wait(lambda: again.line == "› /quit")


def test_a_paste_of_ten_thousand_lines(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.paste("\n".join(f"{i},row {i},some text" for i in range(10_000)))
    terminal.expect(r"\[paste 1: 10,000 lines\]")
    terminal.type(ENTER)
    terminal.expect("10,000 lines with .* too long for")
    terminal.wait_ready()
    terminal.type("/sql ")
    terminal.paste("SELECT 7 AS seven" + "\n" * 10_000)
    terminal.expect(r"/sql \[paste 2: 10,001 lines\]")
    terminal.type(ENTER)
    terminal.expect(r"seven\s+─+\s+7")
    terminal.wait_ready()
    assert "5" in terminal.ask("how many orders?")


def test_completion_of_commands_columns_and_files(open_terminal: Open, orders_csv: Path) -> None:
    (orders_csv.parent / "odd name.csv").write_text("a b,c\n1,2\n")
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    terminal.type("/sch")
    terminal.expect("/schema +the columns of a table")
    terminal.type(TAB)
    terminal.wait(lambda: terminal.line.startswith("› /schema"))
    terminal.type(" ord" + TAB)
    terminal.wait(lambda: terminal.line.startswith("› /schema orders"))
    terminal.type(CTRL_C)
    terminal.wait_ready()
    terminal.type("average amo" + TAB)
    terminal.wait(lambda: terminal.line.startswith("› average amount"))
    terminal.type(CTRL_C)
    terminal.wait_ready()
    terminal.type("/add od")
    terminal.wait(lambda: terminal.line.startswith("› /add od"))
    terminal.type(TAB)
    terminal.wait(lambda: terminal.line.startswith("› /add odd\\ name.csv"))
    terminal.type(ENTER)
    terminal.expect(r"odd.name: 1 rows, 2 columns")
    terminal.wait_ready()
    terminal.type("/sql SELECT a" + TAB)
    terminal.expect('"a b" +')


def test_chinese_is_typed_completed_and_aligned(open_terminal: Open, sales_csv: Path) -> None:
    terminal = open_terminal("chat", sales_csv, columns=60)
    terminal.wait_ready()
    terminal.type("各大区的销" + TAB)
    terminal.wait(lambda: "销售额" in terminal.now())
    terminal.type(CTRL_C)
    terminal.wait_ready()
    shown = terminal.ask("/sql SELECT 大区, 城市, 销售额 FROM 销售 ORDER BY 销售额")
    rows = [line for line in shown.split("\n") if "深圳市南山区" in line]
    assert len(rows) == 7
    assert len({width(row) for row in rows}) == 1


def test_a_window_that_is_resized(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv, columns=80)
    terminal.wait_ready()
    terminal.ask("average amount by region")
    terminal.resize(60, 30)
    shown = terminal.ask("/sql SELECT * , region AS again, region AS other, ordered AS day FROM orders")
    assert "columns do not fit" in shown
    terminal.resize(200, 30)
    shown = terminal.ask("/sql SELECT *, region AS again, region AS other, ordered AS then FROM orders")
    assert "then" in shown.split("\n")[-9:][0] or "then" in shown
    terminal.send("/quit")
    assert terminal.exit() == 0


def test_without_colour(open_terminal: Open, orders_csv: Path) -> None:
    import re

    terminal = open_terminal("chat", orders_csv, environment={"NO_COLOR": "1"})
    terminal.wait_ready()
    terminal.ask("average amount by region")
    terminal.type("/he")
    terminal.expect("show this")
    colours = re.findall(rb"\x1b\[[0-9;]*m", terminal.raw)
    assert {c for c in colours if re.search(rb"[34][0-9]|9[0-7]|10[0-7]", c)} <= {b"\x1b[39m", b"\x1b[49m"}


def test_over_a_pipe(orders_csv: Path) -> None:
    done = _piped("how many orders?\n\nand by region?\n/nonsense\n", "chat", str(orders_csv))
    assert "› how many orders?" in done.stdout
    assert "North" in done.stdout
    assert "There is no command '/nonsense'" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert done.returncode == 2
    assert _piped("how many orders?\n", "chat", str(orders_csv)).returncode == 0
    assert _piped("tell me a joke\n", "chat", str(orders_csv)).returncode == 3


def _piped(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "llmauto", *arguments]
    return subprocess.run(program, input=text, capture_output=True, encoding="utf-8", timeout=90)


def test_ctrl_r_finds_an_earlier_line(open_terminal: Open, orders_csv: Path) -> None:
    terminal = open_terminal("chat", orders_csv, columns=60, rows=20)
    terminal.wait_ready()
    terminal.ask("/sql SELECT 41 + 1 AS answer")
    terminal.ask("/cost")
    terminal.type("\x12")
    terminal.expect("I-search backward")
    terminal.type("answ")
    terminal.expect("search backward: answ")
    terminal.type(ENTER)
    terminal.wait(
        lambda: terminal.line == "› /sql SELECT 41 + 1 AS answer" and "search" not in terminal.now()
    )
    terminal.type(CTRL_C)
    terminal.wait_ready()
    terminal.type("\x12nothing like it")
    terminal.expect("backward: nothing like it")
    terminal.type(CTRL_C)
    terminal.wait_ready()
    assert "tokens" in terminal.ask("/cost")
