"""A chat with a chat model behind a real server: streams, stops, approvals, a session that goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pty_chat import CTRL_C, ENDLESS, ENTER, Terminal

from llmauto_agent.testing import Drop, Reply, ScriptedServer, Stall, ToolCall

Open = Callable[..., Terminal]
Talk = Callable[..., Terminal]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

TOTAL = "SELECT sum(amount) AS total FROM orders"

COSTLY_TOOL = """
from pydantic import BaseModel
from llmauto_tools.registry import ToolSpec
from llmauto_tools.results import ToolResult

class Arguments(BaseModel):
    rounds: int = 1

def train(workspace, arguments, context):
    return ToolResult(text=f"trained {arguments.rounds} rounds")

TOOL = ToolSpec("train", "Train.", Arguments, train, costly=True)
"""


@pytest.fixture
def servers() -> Iterator[list[ScriptedServer]]:
    running: list[ScriptedServer] = []
    yield running
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture
def talk(open_terminal: Open, orders_csv: Path, servers: list[ScriptedServer], tmp_path: Path) -> Talk:
    """A chat over orders.csv whose model plays the given steps, with a costly tool `train` in it."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "costly_tool.py").write_text(COSTLY_TOOL)
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "from llmauto_tools import registry\nregistry._MODULES['train'] = 'costly_tool'\n"
    )

    def start(*steps: object, arguments: tuple[str, ...] = (), **options: object) -> Terminal:
        server = ScriptedServer(steps)  # type: ignore[arg-type]
        server.__enter__()
        servers.append(server)
        environment = {
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "a-key-that-nobody-may-see",
            "PYTHONPATH": str(tmp_path / "site"),
        }
        given = arguments or (str(orders_csv), "--model", "openai:scripted")
        terminal = open_terminal("chat", *given, environment=environment, **options)
        terminal.wait_ready()
        return terminal

    return start


def test_text_streams_wrapped_and_a_wrong_number_is_marked(talk: Talk) -> None:
    words = "The table below has the total of all of the orders that were made in these months. "
    terminal = talk(
        Reply(tool_calls=[ToolCall("query", {"sql": TOTAL})]),
        Reply(words * 2 + "It is 165.74.", pieces=20),
        Reply(tool_calls=[ToolCall("query", {"sql": TOTAL})]),
        Reply("It is 999.99 in all.", pieces=5),
        columns=60,
        spare=100,
    )
    shown = terminal.ask("what is the total?")
    assert " ".join(shown.split()).count("It is 165.74.") == 1
    assert "1 of 1 numbers traced" in shown
    assert max(map(len, terminal.lines())) <= 60
    shown = terminal.ask("and now?")
    assert "It is 999.99[?] in all." in shown
    assert shown.count("999.99") == 2  # in the sentence, and in the line that lists what was not traced
    assert "30 tokens" in terminal.ask("/cost") or "60 tokens" in terminal.ask("/cost")


def test_an_answer_that_broke_off_is_not_left_on_the_screen(talk: Talk) -> None:
    terminal = talk(Drop("The total is nine hun"), Reply("It is unknown."))
    shown = terminal.ask("what is the total?")
    assert "nine hun" not in shown
    assert shown.count("It is unknown.") == 1


def test_a_call_written_as_text_is_not_shown_as_an_answer(talk: Talk) -> None:
    terminal = talk(
        Reply('{"name": "query", "arguments": {"sql": "' + TOTAL + '"}}', pieces=9), Reply("It is 165.74.")
    )
    shown = terminal.ask("what is the total?")
    assert '"arguments"' not in shown
    assert "It is 165.74." in shown


def test_ctrl_c_while_a_model_streams(talk: Talk) -> None:
    terminal = talk(Stall(), Reply("All is well."), Reply("And still."))
    terminal.send("what is the total?")
    terminal.expect(r"(?m)^…")
    terminal.type(CTRL_C)
    terminal.expect("Stopped")
    terminal.wait_ready()
    assert "All is well." in terminal.ask("how are things?")
    assert "answered" in terminal.ask("/resume")
    assert "And still." in terminal.ask("and now?")


def test_an_open_question_goes_on_after_the_terminal_was_closed(talk: Talk, orders_csv: Path) -> None:
    terminal = talk(Reply(tool_calls=[ToolCall("query", {"sql": ENDLESS})]), Reply("never asked"))
    terminal.send("how many combinations?")
    terminal.expect(r"query.* \d|⠋|⠙")
    terminal.hang_up()
    again = talk(
        Reply("There are too many to count."),
        arguments=("--resume", "--timeout", "0.5", "--model", "openai:x"),
    )
    assert "how many combinations?" in again.text()
    assert "not answered" in again.text()
    shown = again.ask("/resume")
    assert "too many to count" in shown
    assert "Every question of this session is answered" in again.ask("/resume")


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (["y" + ENTER], "trained 3 rounds"),
        (["n" + ENTER], "Nothing was trained."),
        ([ENTER], "Nothing was trained."),
        (["e" + ENTER, "\x01\x0b" + '{"rounds": 7}' + ENTER], "trained 7 rounds"),
        (["e" + ENTER, "\x01\x0b" + "seven" + ENTER, "y" + ENTER], "trained 3 rounds"),
    ],
)
def test_a_costly_step_asks_first(talk: Talk, keys: list[str], shown: str) -> None:
    def conclude(request: dict) -> Reply:  # type: ignore[type-arg]
        told = str(request["messages"][-1]["content"])
        return Reply("It is done." if "evidence" in told else "Nothing was trained.")

    terminal = talk(Reply(tool_calls=[ToolCall("train", {"rounds": 3})]), conclude)
    terminal.send("train a model")
    for key in keys:
        terminal.wait(lambda: terminal.line.endswith(":") or "New arguments: {" in terminal.line)
        terminal.type(key)
        terminal.wait(lambda: not terminal.line.endswith(":"))
    terminal.wait_ready()
    assert "may take long" in terminal.text()
    assert shown in terminal.text() + terminal.ask("/why")


def test_ctrl_c_at_an_approval_leaves_the_question_open(talk: Talk) -> None:
    terminal = talk(Reply(tool_calls=[ToolCall("train", {"rounds": 3})]), Reply("It is done."))
    terminal.send("train a model")
    terminal.expect("Run it?")
    terminal.type(CTRL_C)
    terminal.expect("Stopped")
    terminal.wait_ready()
    terminal.send("/resume")
    terminal.wait(lambda: terminal.text().count("Run it?") == 2)
    terminal.type("y" + ENTER)
    terminal.expect("It is done.")
    terminal.wait_ready()


def test_the_model_and_the_share_level_change(talk: Talk) -> None:
    terminal = talk(Reply("Hello."))
    assert "no cell" in terminal.ask("/model")
    assert "example values" in terminal.ask("/share samples")
    assert "not a share level" in terminal.ask("/share everything")
    assert "sends nothing anywhere" in terminal.ask("/model builtin")
    assert "5" in terminal.ask("how many orders?")
    assert "names no chat model" in terminal.ask("/model nonsense")
    assert "Hello." in (terminal.ask("/model openai:other") and terminal.ask("hello"))
    assert "a-key-that" not in terminal.text()
