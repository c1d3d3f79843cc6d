"""The status line, the cost, a shared transcript, and the approval of steps, without a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmauto.chat import approve
from llmauto.chat.approve import STEP_REASON, Verdict, ask_approval
from llmauto.chat.commands import run_command
from llmauto.chat.state import Chat
from llmauto.chat.toolbar import cost, toolbar
from llmauto.config import load_settings
from llmauto.exits import ConfigError, UsageError
from llmauto.render.text import width
from llmauto_agent.events import ApprovalWanted
from llmauto_agent.loop import _reason
from llmauto_agent.session import Session
from llmauto_tools.errors import InvalidArguments
from llmauto_tools.workspace import Workspace


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[Chat]:
    for name in ("orders", "customers", "a_table_with_a_long_name", "products"):
        (tmp_path / f"{name}.csv").write_text("region,amount\nNorthernmost,1234\nSouth,20\n")
    with Workspace(tmp_path / "w") as workspace, Session(workspace) as session:
        for name in ("orders", "customers", "a_table_with_a_long_name", "products"):
            session.attach(str(tmp_path / f"{name}.csv"))
        yield Chat(workspace, session, load_settings())


@pytest.mark.parametrize("columns", [20, 40, 59, 79, 119])
def test_the_status_line_fits_and_keeps_what_matters(chat: Chat, columns: int) -> None:
    line = toolbar(chat, columns)
    assert width(line) <= columns
    assert line.startswith("builtin")
    assert ("customers" in line) is (columns >= 59)
    if columns >= 40:
        assert "/help" in line


def test_a_remote_model_shows_its_share_tokens_and_cost(chat: Chat) -> None:
    chat.session.use(model="openai:small")
    chat.tokens = {"input": 1_200_000, "output": 34_000}
    assert toolbar(chat, 200).endswith(("1,234k tokens · /help", "1,234k tokens | /help"))
    chat.settings = load_settings(token_price="2.5/10")
    line = toolbar(chat, 79)
    assert width(line) <= 79
    for part in ("openai:small", "share schema", "$3.34"):
        assert part in line


def test_a_job_in_the_background_comes_first_until_it_is_done(chat: Chat) -> None:
    running: list[str | None] = ["train m3 40%"]
    chat.background.append(lambda: running[0])
    assert toolbar(chat, 60).startswith("train m3 40%")
    running[0] = None
    assert toolbar(chat, 60).startswith("builtin")


def test_the_cost_is_known_where_prices_are_set() -> None:
    assert cost({"input": 1000, "output": 1000}, "2/10") == pytest.approx(0.012)
    assert cost({"input": 1000}, None) is None
    with pytest.raises(ConfigError, match="input/output"):
        load_settings(token_price="cheap")


def test_share_writes_a_transcript_without_data_unless_asked(chat: Chat, tmp_path: Path) -> None:
    chat.session.ask("total amount by region")
    run_command(chat, f"/share {tmp_path / 'shared.html'}")
    page = (tmp_path / "shared.html").read_text("utf-8")
    assert "total amount by region" in page
    assert "SUM" in page.upper()
    assert "Northernmost" not in page
    assert "1234" not in page.replace(",", "")
    assert "<script" not in page
    run_command(chat, f"/share {tmp_path / 'shared.md'} --data")
    text = (tmp_path / "shared.md").read_text("utf-8")
    assert "Northernmost" in text
    assert "1234" in text
    with pytest.raises(InvalidArguments, match="no kind of transcript"):
        run_command(chat, "/share shared.txt")
    with pytest.raises(UsageError):
        run_command(chat, "/share --data")
    run_command(chat, "/share results")
    assert chat.session.share == "results"


def test_text_in_a_shared_page_stays_text(chat: Chat, tmp_path: Path) -> None:
    chat.session.ask("how many rows <img src=http://x/y.png> ![a](http://x/y.png) are in orders?")
    run_command(chat, f"/share {tmp_path / 'p.html'} --data")
    page = (tmp_path / "p.html").read_text("utf-8")
    assert "<img" not in page
    assert "<a " not in page


# ---- approvals

PLAN = {
    "steps": [
        {"tool": "query", "arguments": {"sql": "SELECT 1"}},
        {"tool": "query", "arguments": {"sql": "SELECT 2"}},
    ]
}


@pytest.fixture
def replies(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given: list[str] = []
    monkeypatch.setattr("llmauto.cli.confirm.can_answer", lambda: True)
    monkeypatch.setattr(approve, "_read", lambda prompt, default="": given.pop(0))
    return given


def _wanted(tool: str, arguments: dict[str, Any], reason: str = "may take long") -> ApprovalWanted:
    return ApprovalWanted("c1", tool, arguments, reason)


def test_one_step_of_a_plan_is_edited(replies: list[str]) -> None:
    replies += ["e 3", "e 2", '{"sql": "SELECT 3"}', "y"]
    verdict = ask_approval(_wanted("compose", PLAN))
    assert verdict.decision == "edit"
    assert verdict.arguments is not None
    assert [s["arguments"]["sql"] for s in verdict.arguments["steps"]] == ["SELECT 1", "SELECT 3"]


def test_an_edit_that_is_no_json_changes_nothing(replies: list[str]) -> None:
    replies += ["e 2", "SELECT 3", "y"]
    assert ask_approval(_wanted("compose", PLAN)) == Verdict("approve")


def test_all_of_a_long_plan_is_approved_at_once(replies: list[str]) -> None:
    replies += ["a"]
    assert ask_approval(_wanted("query", {"sql": "SELECT 1"}, STEP_REASON)) == Verdict("approve", rest=True)
    replies += ["a"]
    assert ask_approval(_wanted("train_model", {})).decision == "reject"


def test_the_reason_of_a_plan_s_step_is_the_agent_s() -> None:
    call: Any = {"name": "query", "args": {}, "id": "1", "type": "tool_call"}
    assert _reason(call, None, None) == STEP_REASON
