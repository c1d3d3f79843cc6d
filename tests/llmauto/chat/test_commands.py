"""The commands of a chat, in a terminal: files they write, tables they keep, sessions they change."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pty_chat import Terminal

from llmauto.chat.choose import put_choice
from llmauto.chat.paste import Pastes

Open = Callable[..., Terminal]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


def test_results_are_saved_kept_and_drawn(open_terminal: Open, orders_csv: Path, tmp_path: Path) -> None:
    terminal = open_terminal("chat", orders_csv)
    terminal.wait_ready()
    assert "no result to save yet" in terminal.ask("/save x.csv")
    assert "■" in terminal.ask("average amount by region")
    assert "wrote 3 rows" in terminal.ask("/save 'by region.csv'")
    assert (tmp_path / "by region.csv").read_text().count("\n") == 4
    assert "wrote 3 rows" in terminal.ask("/save out.json")
    assert "no kind of file" in terminal.ask("/save out.docx")
    assert "cannot be written" in terminal.ask("/save nowhere/out.csv")
    assert "■" in terminal.ask("/chart")
    assert "wrote chart.png" in terminal.ask("/chart bar chart.png")
    assert (tmp_path / "chart.png").read_bytes()[:4] == b"\x89PNG"
    assert "saved 3 rows" in terminal.ask("/keep averages")
    assert "averages" in terminal.ask("/tables")
    terminal.ask("/sql SELECT 42 AS answer")
    assert "wrote 1 rows" in terminal.ask("/save answer.csv"), "the last result is now that of /sql"
    assert (tmp_path / "answer.csv").read_text().split() == ['"answer"', "42"]
    terminal.ask("/undo")
    assert "averages ·" not in terminal.ask("/tables").split("› /tables")[-1]
    assert "wrote chat.ipynb" in terminal.ask("/export chat.ipynb")
    assert "42" in (tmp_path / "chat.ipynb").read_text()


def test_sources_schema_and_why(open_terminal: Open, orders_csv: Path, sales_csv: Path) -> None:
    terminal = open_terminal("chat")
    terminal.wait_ready()
    assert "No source yet" in terminal.text()
    assert "orders: 5 rows" in terminal.ask(f"/add '{orders_csv}'")
    assert "销售: 7 rows" in terminal.ask(str(sales_csv)), "a path alone is attached"
    assert "Which table?" in terminal.ask("/schema")
    assert "North (2)" in terminal.ask("/schema orders")
    assert "no table" in terminal.ask("/schema nowhere").lower()
    assert "There is no answer yet" in terminal.ask("/why")
    terminal.ask("how many orders?")
    assert "from orders" in terminal.ask("/why")
    assert "Did you mean" in terminal.ask("/tabels")
    assert "0 tokens" in terminal.ask("/cost")


def test_sessions_are_resumed_and_changed(open_terminal: Open, orders_csv: Path) -> None:
    first = open_terminal("chat", orders_csv)
    first.wait_ready()
    first.ask("how many orders?")
    first.send("/quit")
    assert first.exit() == 0
    second = open_terminal("sessions", "resume")
    second.wait_ready()
    assert "how many orders?" in second.text()
    assert "North" in second.ask("and by region?")
    second.send("/quit")
    assert second.exit() == 0
    third = open_terminal("chat", orders_csv)
    third.wait_ready()
    listed = third.ask("/sessions")
    assert "this one" in listed
    [line] = [line for line in listed.split("\n") if "how many orders?" in line and "›" not in line]
    assert "by region" in third.ask(f"/resume {line.split()[0]}")
    assert "South" in third.ask("only South")


def test_a_source_that_is_gone_is_named_and_left_out(open_terminal: Open, orders_csv: Path) -> None:
    first = open_terminal("chat", orders_csv)
    first.wait_ready()
    first.ask("how many orders?")
    first.send("/quit")
    assert first.exit() == 0
    orders_csv.unlink()
    again = open_terminal("chat", "--resume")
    again.wait_ready()
    shown = again.text()
    assert "error:" in shown
    assert "There is no file or folder" in shown
    assert "how many orders?" in shown


def test_an_ambiguous_question_is_answered_by_a_number(open_terminal: Open, tmp_path: Path) -> None:
    (tmp_path / "trips.csv").write_text("id,home city,work city\n1,Rome,Oslo\n2,Rome,Rome\n3,Oslo,Bern\n")
    terminal = open_terminal("chat", "trips.csv")
    terminal.wait_ready()
    shown = terminal.ask("count by city")
    assert "1  home city" in shown
    assert "2  work city" in shown
    shown = terminal.ask("2")
    assert "count by work city" in shown
    assert "Bern" in shown


@pytest.mark.parametrize(
    ("question", "choices", "expected"),
    [
        ("count by city", ["home city", "work city"], "count by work city"),
        ("Count by City, please", ["home_city", "work_city"], "Count by work_city, please"),
        ("how many in Rome", ["home city = Rome", "work city = Rome"], "how many in work city = Rome"),
        ("各城市的数量", ["出发城市", "到达城市"], "各到达城市的数量"),
        ("the paid items", ["id one", "id two"], "the paid items (id two)"),
    ],
)
def test_the_ambiguous_words_are_made_exact(question: str, choices: list[str], expected: str) -> None:
    assert put_choice(question, choices, choices[1]) == expected


def test_marks_of_pastes_become_their_texts() -> None:
    pastes = Pastes()
    long = "\n".join(str(i) for i in range(500))
    mark = pastes.shown(long)
    assert mark == "[paste 1: 500 lines]"
    assert pastes.shown("a\r\nb") == "a\nb"
    assert pastes.whole(f"see {mark} and [paste 9: 2 lines]") == f"see {long} and [paste 9: 2 lines]"
