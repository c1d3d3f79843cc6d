"""`llmauto planner`: what is printed, what is chosen, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from llmauto import exits, planner
from llmauto.cli import planner_run
from llmauto.cli.program import run_command
from llmauto.config import load_settings
from llmauto.exits import ConfigError, UsageError
from llmauto_agent.planner.neural.runtime import SHIPPED
from llmauto_tools.errors import Interrupted

PAIRS = [
    {"question": "how many orders per region", "sql": "SELECT region, count(*) FROM orders GROUP BY region"},
    {"question": "boomerangs", "sql": "SELECT count(*) FROM orders WHERE paid = 0"},
    {"question": "what is it", "sql": "SELECT nothing FROM orders"},
]


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, PAIRS)))
    return str(path)


@pytest.fixture
def mine() -> str:
    """A planner with the shipped weights under a name of its own."""

    def write(folder: Path) -> None:
        for path in SHIPPED.iterdir():
            shutil.copyfile(path, folder / path.name)

    return planner.store().versions.save("mine", write).ref


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert run_command(["planner", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_command_chooses_and_one_goes_back(mine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert [p["name"] for p in printed(capsys, "list")["planners"] if p["used"]] == ["builtin"]
    assert printed(capsys, "use", "mine") == {"version": 1, "planner": "mine@1"}
    assert load_settings().planner == "mine@1"
    assert [p["used"] for p in printed(capsys, "list")["planners"]] == [False, True]
    printed(capsys, "use", "builtin")
    assert load_settings().planner == "builtin"


def test_the_chosen_planner_reads_the_questions(
    mine: str, orders_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import llmauto
    from llmauto_agent.planner.neural import runtime

    read: list[Path] = []
    loaded = runtime.loaded
    monkeypatch.setattr(runtime, "loaded", lambda folder=SHIPPED: read.append(folder) or loaded(folder))
    planner.use(mine)
    with llmauto.Session(str(orders_csv), workspace=tmp_path / "ws") as session:
        session.ask("zyx of qwv please")
    assert read == [planner.weights(mine)]


def test_a_planner_that_is_gone_is_named_before_anything_is_asked(
    orders_csv: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LLMAUTO_PLANNER", "gone@3")
    assert run_command(["ask", "how many orders?", str(orders_csv)]) == exits.USAGE
    assert "llmauto planner use builtin" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="gone@3"):
        planner.weights("gone@3")
    assert planner.weights("builtin") is None


def test_what_would_be_left_out_is_listed(
    pairs: str, orders_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(capsys, "train", pairs, str(orders_csv), "--check")["left_out"]
    assert [(r["line"], r["question"]) for r in found][-1] == (3, "what is it")
    assert run_command(["planner", "train", pairs, str(orders_csv), "--check"]) == 0
    assert "line 3: what is it: the SQL does not run" in capsys.readouterr().out


def test_a_planner_is_measured_on_pairs(
    pairs: str, orders_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = printed(capsys, "eval", pairs, str(orders_csv))
    assert found["planners"] == ["builtin"]
    [result] = found["results"]
    assert result["set"] == "held-out pairs"
    assert result["questions"][0] == {"question": "how many orders per region", "states": ["right"]}
    assert [r["line"] for r in found["left_out"]] == [3]


def test_planners_are_compared_question_by_question(
    mine: str, pairs: str, orders_csv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [result] = printed(capsys, "compare", "builtin", "mine", pairs, str(orders_csv))["results"]
    paired = result["paired"]
    assert (paired["both"] + paired["neither"], paired["only_first"], paired["only_second"]) == (2, 0, 0)
    assert paired["p"] == 1.0
    assert run_command(["planner", "compare", "builtin", "mine@1", pairs, str(orders_csv), "--show"]) == 0
    assert "only A" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["use", "nobody"], exits.USAGE, "no planner 'nobody'"),
        (["train", "none.jsonl", "x.csv"], exits.SOURCE, "does not exist"),
        (["train", "PAIRS"], exits.USAGE, "No source was named"),
        (["train", "PAIRS", "ORDERS", "--time", "soon"], exits.USAGE, "'soon' is no time"),
        (["train", "PAIRS", "ORDERS", "--name", "a/b"], exits.USAGE, "cannot be the name"),
        (["train", "PAIRS", "ORDERS"], exits.USAGE, "10 are needed"),
        (["eval", "PAIRS", "gone.csv"], exits.SOURCE, "gone.csv"),
    ],
)
def test_a_mistake_says_what_to_do(
    arguments: list[str],
    code: int,
    said: str,
    pairs: str,
    orders_csv: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = {"PAIRS": pairs, "ORDERS": str(orders_csv)}
    if arguments[0] == "train":
        pytest.importorskip("torch")
    assert run_command(["planner", *(named.get(a, a) for a in arguments)]) == code
    error = capsys.readouterr().err
    assert said in error
    assert "hint:" in error


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5 h", 5400), ("45", 45)])
def test_times_are_read(text: str, seconds: float) -> None:
    assert planner_run.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-3m", "ten"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        planner_run.seconds_of(text)


def test_ctrl_c_waits_until_the_work_is_saved() -> None:
    saved: list[bool] = []
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()

    def work(progress: planner.Progress) -> None:
        try:
            while True:
                progress("training", 0.1)
                time.sleep(0.02)
        except Interrupted:
            time.sleep(0.6)  # longer than a command is waited for
            saved.append(True)
            raise

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted):
        planner_run._work(work)
    assert saved == [True]
    assert signal.getsignal(signal.SIGINT) is before
