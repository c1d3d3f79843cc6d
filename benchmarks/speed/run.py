"""Speed of the main path, each measurement side by side with what it is compared with.

cold      a cold `llmauto ask` on a 1,000-row CSV, beside `python -c "import typer"` and
          `python -c "import langchain.agents"`; `llmauto --version` and `--help`
second    the second question of a new Python session, and later ones, less the query's own time
overhead  one agent step of ours (no model time) beside a bare LangChain agent
attach    attaching and counting 5,000,000 rows of CSV and parquet, beside plain DuckDB
memory    peak memory of `ask` on a file that is larger than the memory limit, beside plain DuckDB with the
          same limit and `ask` on a small file
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LLMAUTO = str(Path(sys.executable).with_name("llmauto"))


def environment(home: Path) -> dict[str, str]:
    """A clean home, and bytecode caches as on a person's machine."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def seconds(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return took


def medians(repeat: int, **runs: Callable[[], float]) -> dict[str, float]:
    """Run each in turn, `repeat` times, after one warm-up; the median seconds of each."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, run in runs.items():
            times[name].append(run())
    return {name: statistics.median(t) for name, t in times.items()}


def show(title: str, rows: list[tuple[str, str]]) -> None:
    print(f"\n{title}")
    for name, value in rows:
        print(f"  {name:<58}{value:>16}")


def thousand_rows(folder: Path) -> Path:
    path = folder / "sales.csv"
    lines = ["id,region,product,amount,day"]
    for i in range(1_000):
        lines.append(
            f"{i},{['North', 'South', 'East', 'West'][i % 4]},p{i % 13},{i * 7 % 1000 / 10},2024-{i % 12 + 1:02}-15"
        )
    path.write_text("\n".join(lines))
    return path


def cold(folder: Path, repeat: int) -> None:
    env = environment(folder)
    path = thousand_rows(folder)
    python = [sys.executable, "-c"]
    found = medians(
        repeat,
        typer=lambda: seconds([*python, "import typer"], env),
        version=lambda: seconds([LLMAUTO, "--version"], env),
        help=lambda: seconds([LLMAUTO, "--help"], env),
        agents=lambda: seconds([*python, "import langchain.agents"], env),
        ask=lambda: seconds([LLMAUTO, "ask", "total amount by region", str(path)], env),
    )
    show(
        f"cold start (median of {repeat})",
        [
            ("python -c 'import typer'", f"{found['typer'] * 1000:.0f} ms"),
            ("llmauto --version", f"{found['version'] * 1000:.0f} ms"),
            ("  ratio to import typer (target at most 2.5)", f"{found['version'] / found['typer']:.2f}"),
            ("llmauto --help", f"{found['help'] * 1000:.0f} ms"),
            ("python -c 'import langchain.agents'", f"{found['agents'] * 1000:.0f} ms"),
            ("llmauto ask, 1,000-row CSV (target 1,500 ms)", f"{found['ask'] * 1000:.0f} ms"),
        ],
    )


SECOND = """
import sys, llmauto
with llmauto.Session(sys.argv[1], workspace=sys.argv[2]) as session:
    for question in ["total amount by region", "average amount by product", "how many rows have amount over 50"]:
        seconds = session.ask(question)._answer.seconds
        print(seconds["total"] - seconds["tools"], end=" ")
"""


def second(folder: Path, repeat: int) -> None:
    """New processes, since what is imported and compiled at first use would only show there."""
    path = thousand_rows(folder)
    env = environment(folder)
    asked: list[list[float]] = []
    for i in range(repeat + 1):
        command = [sys.executable, "-c", SECOND, str(path), str(folder / f"second{i}")]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        asked.append([float(word) for word in done.stdout.split()])
    first, then, third = (statistics.median(times) for times in zip(*asked[1:], strict=True))
    show(
        f"questions of a new session, less the query's own time (median of {repeat} processes)",
        [
            ("the first, with what it imports", f"{first * 1000:.0f} ms"),
            ("the second (target 150 ms)", f"{then * 1000:.0f} ms"),
            ("the third", f"{third * 1000:.0f} ms"),
        ],
    )


def overhead(folder: Path, repeat: int) -> None:
    """Steps of a scripted model: a tool call and an answer, in ours and in a bare LangChain agent."""
    import sqlite3

    from langchain.agents import create_agent
    from langchain_core.messages import AIMessage, HumanMessage
    from langgraph.checkpoint.sqlite import SqliteSaver

    from llmauto_agent.session import Session
    from llmauto_agent.testing import ScriptedChatModel, call
    from llmauto_tools.workspace import Workspace

    steps = 10

    def script(prefix: str) -> list[AIMessage]:
        return [*(call("query", f"{prefix}{i}", sql="SELECT 1 AS one") for i in range(steps)), AIMessage("1")]

    def query(sql: str) -> str:
        """Run SQL."""
        return sql

    db = sqlite3.connect(folder / "bare.sqlite", check_same_thread=False)
    count = iter(range(10_000))

    def bare() -> float:
        agent = create_agent(ScriptedChatModel(steps=script("b")), [query], checkpointer=SqliteSaver(db))
        config: Any = {"configurable": {"thread_id": str(next(count))}}
        began = time.perf_counter()
        agent.invoke({"messages": [HumanMessage("go")]}, config, durability="sync")
        return time.perf_counter() - began

    workspace = Workspace(folder / "overhead")

    def ours() -> float:
        session = Session(workspace, model=ScriptedChatModel(steps=script("o")), share="results")
        session._make_graph()
        began = time.perf_counter()
        answer = session.ask("go")
        took = time.perf_counter() - began - answer.seconds["tools"]
        session.close()
        return took

    found = medians(repeat, bare=bare, ours=ours)
    workspace.close()
    db.close()
    per_step = {name: t / (steps + 1) * 1000 for name, t in found.items()}
    show(
        f"agent overhead per step, no model and no query time (median of {repeat} runs of {steps + 1} steps)",
        [
            ("a bare LangChain agent with SqliteSaver", f"{per_step['bare']:.1f} ms"),
            ("llmauto: with limits, ledger, grounding, session store", f"{per_step['ours']:.1f} ms"),
            ("difference (target under 20 ms)", f"{per_step['ours'] - per_step['bare']:.1f} ms"),
        ],
    )


def make_five_million(folder: Path) -> tuple[Path, Path]:
    import duckdb

    csv, parquet = folder / "big.csv", folder / "big.parquet"
    select = (
        "SELECT range AS id, 'region ' || range % 7 AS region, (hash(range) % 100000) / 100 AS amount,"
        " DATE '2020-01-01' + (range % 1500)::INT AS day FROM range(5000000)"
    )
    duckdb.sql(f"COPY ({select}) TO '{csv}'")
    duckdb.sql(f"COPY ({select}) TO '{parquet}'")
    return csv, parquet


def attach(folder: Path, repeat: int) -> None:
    import duckdb

    from llmauto_tools.runner import run_tool
    from llmauto_tools.workspace import Workspace

    paths = make_five_million(folder)
    rows: list[tuple[str, str]] = []
    for path in paths:
        split: list[tuple[float, float]] = []

        def ours(path: Path = path, split: list[tuple[float, float]] = split) -> float:
            began = time.perf_counter()
            with Workspace(folder / "attach") as workspace:
                workspace.attach(str(path))
                attached = time.perf_counter() - began
                evidence = run_tool(workspace, "query", {"sql": "SELECT count(*) FROM big"})
            assert evidence.rows == ((5_000_000,),)
            took = time.perf_counter() - began
            split.append((attached, took - attached))
            return took

        def plain(path: Path = path) -> float:
            began = time.perf_counter()
            with duckdb.connect() as db:
                db.execute(f"CREATE VIEW big AS FROM '{path}'")
                assert db.execute("SELECT count(*) FROM big").fetchone() == (5_000_000,)
            return time.perf_counter() - began

        found = medians(repeat, plain=plain, ours=ours)
        kind = path.suffix[1:]
        attached, counted = (statistics.median(s[i] for s in split) for i in (0, 1))
        rows += [
            (f"{kind}: plain DuckDB, view and count", f"{found['plain'] * 1000:.0f} ms"),
            (f"{kind}: llmauto, attach and count with evidence", f"{found['ours'] * 1000:.0f} ms"),
            (f"{kind}:   of which attach / count", f"{attached * 1000:.0f} / {counted * 1000:.0f} ms"),
            (f"{kind}: ratio", f"{found['ours'] / found['plain']:.2f}"),
        ]
    show(f"5,000,000 rows (median of {repeat})", rows)


LIMIT = "512MB"

PLAIN = """
import duckdb, sys
path, spill, limit = sys.argv[1:]
with duckdb.connect(config={"memory_limit": limit, "temp_directory": spill}) as db:
    db.execute("SELECT person, sum(amount) FROM read_parquet(?) GROUP BY 1 ORDER BY 2 DESC LIMIT 5", [path])
    assert len(db.fetchall()) == 5
"""


def peak(command: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Run a command; its seconds, and the largest memory of its process in MB."""
    began = time.perf_counter()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def memory(folder: Path, repeat: int) -> None:
    """`ask` in a child process with a 512 MB DuckDB limit on a file of more than that."""
    import duckdb

    path = folder / "large.parquet"
    duckdb.sql(
        "COPY (SELECT range AS id, 'user ' || hash(range) % 2000000 AS person,"
        " hash(range * 3)::VARCHAR || hash(range * 5)::VARCHAR AS token, (hash(range * 7) % 1000000) / 100 AS amount"
        f" FROM range(20000000)) TO '{path}'"
    )
    env = environment(folder) | {"LLMAUTO_MEMORY_LIMIT": LIMIT}
    small = peak([LLMAUTO, "ask", "total amount by region", str(thousand_rows(folder))], env)
    plain = peak([sys.executable, "-c", PLAIN, str(path), str(folder / "spill"), LIMIT], env)
    large = peak([LLMAUTO, "ask", "total amount by person, top 5", str(path)], env)
    show(
        f"a file of {path.stat().st_size / 1e6:.0f} MB, 20,000,000 rows in 2,000,000 groups; memory limit {LIMIT}",
        [
            ("llmauto ask, 1,000-row CSV", f"{small[1]:.0f} MB, {small[0]:.1f} s"),
            ("plain DuckDB, the same query on the large file", f"{plain[1]:.0f} MB, {plain[0]:.1f} s"),
            ("llmauto ask, the large file", f"{large[1]:.0f} MB, {large[0]:.1f} s"),
            ("  above plain DuckDB", f"{large[1] - plain[1]:.0f} MB"),
        ],
    )


PARTS = {"memory": memory, "cold": cold, "second": second, "overhead": overhead, "attach": attach}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {os.uname().machine}")
    for name in options.only:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder), options.repeat)


if __name__ == "__main__":
    main()
