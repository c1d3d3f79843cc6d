"""A conversation of 200 turns, and one that is killed 100 times.

long      200 turns with the built-in planner: time of a turn, memory and disk, at the 10th and the 200th
model     200 turns with a chat model that calls a tool in each (scripted, so that only our part is timed),
          beside a bare LangChain agent with the same steps and SqliteSaver
kills     SIGKILL at random points of a conversation with tool calls, and what was found after each
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TURNS = 200
QUESTIONS = [
    "total amount by region",
    "average amount by product",
    "only North",
    "how many rows have amount over 50",
    "total amount by month",
]


def show(title: str, rows: list[tuple[str, ...]]) -> None:
    print(f"\n{title}")
    for name, *values in rows:
        print(f"  {name:<46}" + "".join(f"{value:>14}" for value in values))


def sales(folder: Path) -> Path:
    path = folder / "sales.csv"
    regions = ("North", "South", "East", "West")
    rows = [
        f"{i},{regions[i % 4]},p{i % 13},{i * 7 % 1000 / 10},2024-{i % 12 + 1:02}-15" for i in range(1_000)
    ]
    path.write_text("\n".join(["id,region,product,amount,day", *rows]))
    return path


def resident() -> float:
    """Memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def files(folder: Path) -> float:
    """Bytes on disk in MB, free room and logs included."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6


def content(path: Path) -> float:
    """Bytes in use in a SQLite file in MB: its pages less the free ones."""
    db = sqlite3.connect(path)
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    db.close()
    return float((pages - free) * size / 1e6)


class Turns:
    """The time of each turn, and memory and disk as they were after some of them."""

    def __init__(self, folder: Path, databases: list[str]) -> None:
        self.seconds: list[float] = []
        self.states: dict[int, tuple[float, ...]] = {}
        self._folder = folder
        self._databases = databases

    def run(self, turn: Callable[[int], float]) -> None:
        for i in range(TURNS):
            self.seconds.append(turn(i))
            if i + 1 in (10, 50, 100, 150, 200):
                used = sum(content(self._folder / name) for name in self._databases)
                self.states[i + 1] = (resident(), used, files(self._folder))

    def around(self, number: int) -> float:
        """Median milliseconds of the ten turns up to that one."""
        return statistics.median(self.seconds[number - 10 : number]) * 1000

    def rows(self) -> list[tuple[str, ...]]:
        numbers = list(self.states)
        return [
            ("turn", *(f"{n}" for n in numbers)),
            ("time, less the query's own", *(f"{self.around(n):.1f} ms" for n in numbers)),
            ("memory of the process", *(f"{self.states[n][0]:.0f} MB" for n in numbers)),
            ("in use in its databases", *(f"{self.states[n][1]:.2f} MB" for n in numbers)),
            ("files, with logs and free room", *(f"{self.states[n][2]:.1f} MB" for n in numbers)),
            ("ratio of turns 191-200 to turns 11-20", f"{self.around(200) / self.around(20):.2f}"),
        ]


def long(folder: Path) -> None:
    from llmauto_agent.session import Session
    from llmauto_tools.workspace import Workspace

    with Workspace(folder / "ws") as workspace, Session(workspace) as session:
        session.attach(str(sales(folder)))
        turns = Turns(workspace.path, ["state.sqlite", "checkpoints.sqlite"])

        def turn(i: int) -> float:
            began = time.perf_counter()
            answer = session.ask(QUESTIONS[i % len(QUESTIONS)])
            assert answer.status == "answered", answer.answer
            return time.perf_counter() - began - answer.seconds["tools"]

        turns.run(turn)
    show("200 turns with the built-in planner", turns.rows())


def scripted() -> Any:
    """A model that calls a tool and then answers in a few sentences; asked for a summary, it gives one."""
    from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

    from llmauto_agent.testing import ScriptedChatModel, call

    def step(messages: list[BaseMessage]) -> AIMessage:
        if not any(isinstance(m, HumanMessage) and str(m.id).startswith("q") for m in messages):
            return AIMessage("The person asked for totals of sales by region and got them.")
        if messages[-1].type == "tool":
            return AIMessage("The total of all sales is 49950. " * 10)
        return call("query", f"call_{len(messages)}", sql="SELECT sum(amount) AS total FROM sales")

    return ScriptedChatModel(steps=[step])


def model(folder: Path) -> None:
    from langchain.agents import create_agent
    from langchain_core.messages import HumanMessage
    from langgraph.checkpoint.sqlite import SqliteSaver

    from llmauto_agent.session import Session
    from llmauto_tools.workspace import Workspace

    def query(sql: str) -> str:
        """Run SQL."""
        return '{"evidence": "e1", "columns": ["total"], "rows": [[49950.0]]}'

    (folder / "bare").mkdir()
    db = sqlite3.connect(folder / "bare" / "checkpoints.sqlite", check_same_thread=False)
    bare_model, our_model = scripted(), scripted()
    agent = create_agent(bare_model, [query], checkpointer=SqliteSaver(db))
    bare = Turns(folder / "bare", ["checkpoints.sqlite"])

    def bare_turn(i: int) -> float:
        began = time.perf_counter()
        asked = HumanMessage("what is the total of all sales?", id=f"q{i}")
        agent.invoke({"messages": [asked]}, {"configurable": {"thread_id": "1"}}, durability="sync")
        bare_model.seen.clear()  # it keeps what it was given, for tests
        return time.perf_counter() - began

    with (
        Workspace(folder / "ws") as workspace,
        Session(workspace, model=our_model, share="results") as session,
    ):
        session.attach(str(sales(folder)))
        ours = Turns(workspace.path, ["state.sqlite", "checkpoints.sqlite"])

        def our_turn(i: int) -> float:
            began = time.perf_counter()
            answer = session.ask("what is the total of all sales?")
            our_model.seen.clear()
            assert answer.status == "answered", answer.error
            return time.perf_counter() - began - answer.seconds["tools"]

        ours.run(our_turn)
    bare.run(bare_turn)
    db.close()
    show("200 turns with a scripted chat model and a tool call in each: llmauto", ours.rows())
    show("the same steps in a bare LangChain agent with SqliteSaver", bare.rows())


def kills(folder: Path) -> None:
    script = ROOT / "tests" / "agent" / "kill_runs.py"
    rows: list[tuple[str, ...]] = []
    for kind in ("builtin", "scripted"):
        place = folder / kind
        place.mkdir()
        command = [sys.executable, str(script), str(place), kind, "100", "7"]
        began = time.perf_counter()
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        took = time.perf_counter() - began
        died = {moment: count for moment, count in found["moments"].items() if moment != "end"}
        rows += [
            (
                f"{kind}: kills, conversations, seconds",
                str(sum(died.values())),
                str(found["conversations"]),
                f"{took:.0f}",
            ),
            ("  the last thing that it had said", ", ".join(f"{n} {m}" for m, n in sorted(died.items()))),
            ("  lost, torn, answered or run twice", str(len(found["wrong"]))),
            *(("  !", wrong) for wrong in found["wrong"]),
        ]
    show("killed conversations", rows)


PARTS: dict[str, Callable[[Path], None]] = {"long": long, "model": model, "kills": kills}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {os.uname().machine}")
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main()
